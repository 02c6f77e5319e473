// Drives faye-websocket's client against the probe. Usage: node faye_client.cjs URL
const { Client } = require("faye-websocket");

function connect(url, done) {
  const socket = new Client(url);
  socket.on("message", (event) => socket.send(event.data));
  socket.on("error", () => {});
  socket.on("close", done);
  return () => socket.close();
}

import("./drive.mjs").then(({ drive }) => drive(connect));
