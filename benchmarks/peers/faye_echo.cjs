// An echo server with faye-websocket. Usage: node faye_echo.cjs PORT
const http = require("node:http");
const WebSocket = require("faye-websocket");

const server = http.createServer((request, response) => response.writeHead(426).end());
server.on("upgrade", (request, socket, body) => {
  socket.on("error", () => {});
  if (!WebSocket.isWebSocket(request)) return socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
  const peer = new WebSocket(request, socket, body);
  peer.on("message", (event) => peer.send(event.data));
  peer.on("error", () => {});
});
server.listen(Number(process.argv[2]), "127.0.0.1");
