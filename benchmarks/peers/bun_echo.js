// An echo server with Bun. Usage: bun bun_echo.js PORT
Bun.serve({
  port: Number(process.argv[2]),
  hostname: "127.0.0.1",
  fetch: (request, server) => (server.upgrade(request) ? undefined : new Response(null, { status: 400 })),
  websocket: { message: (socket, data) => void socket.send(data) },
});
