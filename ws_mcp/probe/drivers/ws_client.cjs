// Drives the Node library ws against `websocket-mcp probe client`.
// Usage: npm install ws && node ws_client.cjs ws://127.0.0.1:9001/
const http = require("node:http");
const WebSocket = require("ws");

const url = process.argv[2] || "ws://127.0.0.1:9001/";
const AT_A_TIME = 4;

// How many cases no client took yet; 0 once the probe is gone.
function left() {
  return new Promise((resolve) => {
    http
      .get(url.replace(/^wss?/, "http"), (answer) => {
        let text = "";
        answer.on("data", (piece) => (text += piece));
        answer.on("end", () => resolve(JSON.parse(text).left));
      })
      .on("error", () => resolve(0));
  });
}

// Connects, and sends back what comes until the connection ends, however that may be.
function one() {
  return new Promise((resolve) => {
    const socket = new WebSocket(url, { handshakeTimeout: 5000 });
    const limit = setTimeout(() => socket.terminate(), 10000);
    socket.on("message", (data, binary) => socket.send(data, { binary }));
    socket.on("error", (error) => console.log(error.message));
    socket.on("close", () => {
      clearTimeout(limit);
      resolve();
    });
  });
}

(async () => {
  for (let count = await left(); count > 0; count = await left()) {
    await Promise.all(Array.from({ length: Math.min(AT_A_TIME, count) }, one));
  }
})();
