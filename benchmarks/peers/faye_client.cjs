// Drives faye-websocket's client against the probe. Usage: node faye_client.cjs URL
const { Client } = require("faye-websocket");

const url = process.argv[2];
process.on("uncaughtException", (error) => console.log(error.message));
const left = () =>
  fetch(url.replace(/^wss?/, "http"))
    .then((answer) => answer.json())
    .then((told) => told.left, () => 0);
const one = () =>
  new Promise((resolve) => {
    const socket = new Client(url);
    const limit = setTimeout(() => (socket.close(), resolve()), 6000);
    socket.on("message", (event) => socket.send(event.data));
    socket.on("error", () => {});
    socket.on("close", () => (clearTimeout(limit), resolve()));
  });

(async () => {
  for (let count = await left(); count > 0; count = await left()) {
    await Promise.all(Array.from({ length: Math.min(4, count) }, one));
  }
  process.exit(0);
})();
