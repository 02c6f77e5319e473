// Lets a client connect while the probe has cases left, four at a time at most. The probe's URL is the first argument.
import process from "node:process";

const url = process.argv[2];
process.on("uncaughtException", (error) => console.log(error.message));

const left = () =>
  fetch(url.replace(/^wss?/, "http"))
    .then((answer) => answer.json())
    .then((told) => told.left, () => 0);

// `connect(url, done)` opens a connection that echoes, calls `done` at its end, and returns what closes it.
export async function drive(connect) {
  const one = () =>
    new Promise((resolve) => {
      const limit = setTimeout(() => (close(), resolve()), 6000);
      const close = connect(url, () => (clearTimeout(limit), resolve()));
    });
  for (let count = await left(); count > 0; count = await left()) {
    await Promise.all(Array.from({ length: Math.min(4, count) }, one));
  }
  process.exit(0);
}

// The `connect` of a WebSocket such as browsers have.
export const web = (WebSocket) => (url, done) => {
  const socket = new WebSocket(url);
  socket.binaryType = "arraybuffer";
  socket.onmessage = (event) => socket.readyState === WebSocket.OPEN && socket.send(event.data);
  socket.onerror = () => {};
  socket.onclose = done;
  return () => socket.close();
};
