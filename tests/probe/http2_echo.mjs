// Echo over HTTP/2 on Node: its http2 opens the stream, ws frames it. Arguments: the folder of ws; certificate and key.
// PORT of the environment is where it listens; without it, a free port that it prints.
import { readFileSync } from "node:fs";
import { createSecureServer, createServer } from "node:http2";
import { createRequire } from "node:module";

const [folder, cert, key] = process.argv.slice(2);
const WebSocket = createRequire(`${folder}/`)(folder);
const settings = { enableConnectProtocol: true };
const server = cert
  ? createSecureServer({ cert: readFileSync(cert), key: readFileSync(key), settings })
  : createServer({ settings });

server.on("stream", (stream, headers) => {
  stream.on("error", () => {});
  if (headers[":protocol"] !== "websocket") return stream.respond({ ":status": 501 }, { endStream: true });
  if (headers["sec-websocket-version"] !== "13") {
    return stream.respond({ ":status": 400, "sec-websocket-version": "13" }, { endStream: true });
  }
  stream.respond({ ":status": 200 });
  const socket = new WebSocket(null, undefined, { autoPong: true });
  stream.setNoDelay = () => {}; // what ws expects of a socket of TCP
  socket.setSocket(stream, Buffer.alloc(0), { allowSynchronousEvents: true, maxPayload: 1 << 20 });
  socket.on("message", (data, binary) => socket.send(data, { binary }));
  socket.on("error", () => {});
});
server.on("sessionError", () => {});
server.listen(Number(process.env.PORT ?? 0), "127.0.0.1", () => console.log(server.address().port));
