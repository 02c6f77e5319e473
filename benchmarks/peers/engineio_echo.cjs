// An echo server with engine.io, the transport of Socket.IO. Usage: node engineio_echo.cjs PORT
const http = require("node:http");
const { Server } = require("engine.io");

const plain = http.createServer((request, response) => response.writeHead(404).end());
const engine = new Server();
engine.attach(plain);
engine.on("connection", (socket) => socket.on("message", (data) => socket.send(data)));
plain.listen(Number(process.argv[2]), "127.0.0.1");
