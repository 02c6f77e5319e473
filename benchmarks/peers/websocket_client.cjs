// Drives the client of the package websocket against the probe. Usage: node websocket_client.cjs URL
const { client: Client } = require("websocket");

function connect(url, done) {
  const client = new Client();
  client.on("connectFailed", done);
  client.on("connect", (socket) => {
    socket.on("message", (message) =>
      message.type === "utf8" ? socket.sendUTF(message.utf8Data) : socket.sendBytes(message.binaryData),
    );
    socket.on("error", () => {});
    socket.on("close", done);
  });
  client.connect(url);
  return () => client.abort();
}

import("./drive.mjs").then(({ drive }) => drive(connect));
