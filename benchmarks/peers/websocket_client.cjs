// Drives the client of the package websocket against the probe. Usage: node websocket_client.cjs URL
const { client: Client } = require("websocket");

const url = process.argv[2];
process.on("uncaughtException", (error) => console.log(error.message));
const left = () =>
  fetch(url.replace(/^wss?/, "http"))
    .then((answer) => answer.json())
    .then((told) => told.left, () => 0);
const one = () =>
  new Promise((resolve) => {
    const limit = setTimeout(resolve, 6000);
    const done = () => (clearTimeout(limit), resolve());
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
  });

(async () => {
  for (let count = await left(); count > 0; count = await left()) {
    await Promise.all(Array.from({ length: Math.min(4, count) }, one));
  }
  process.exit(0);
})();
