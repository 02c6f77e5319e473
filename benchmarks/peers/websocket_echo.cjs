// An echo server with the package websocket. Usage: node websocket_echo.cjs PORT
const http = require("node:http");
const { server: WebSocketServer } = require("websocket");

const plain = http.createServer((request, response) => response.writeHead(404).end());
plain.listen(Number(process.argv[2]), "127.0.0.1");
const server = new WebSocketServer({ httpServer: plain });
server.on("request", (request) => {
  const peer = request.accept(null, request.origin);
  peer.on("message", (message) =>
    message.type === "utf8" ? peer.sendUTF(message.utf8Data) : peer.sendBytes(message.binaryData),
  );
});
// One wrong subprotocol would end the process otherwise.
process.on("uncaughtException", () => {});
