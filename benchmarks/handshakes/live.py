"""Peers behind sockets: aiohttp, and ``ws`` under node where that is installed. They answer as those in sansio do."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import aiohttp
from aiohttp import web
from websockets.utils import accept_key

from benchmarks.handshakes.generate import ACCEPT, EXTENSIONS, OFFERS, PROTOCOL

PATIENCE = 5.0  # seconds that an answer may take
AT_ONCE = 16

NODE_SERVER = """
const {WebSocketServer} = require('ws');
process.on('uncaughtException', () => {});
const server = new WebSocketServer({port: 0, host: '127.0.0.1', perMessageDeflate: true});
server.on('listening', () => console.log(server.address().port));
server.on('connection', socket => { socket.on('error', () => {}); socket.close(); });
"""
NODE_CLIENT = """
const WebSocket = require('ws');
const [port, list] = [process.argv[1], JSON.parse(require('fs').readFileSync(0, 'utf8'))];
let next = 0;
const told = list.map(() => '');
function run() {
  if (next >= list.length) return Promise.resolve();
  const at = next++, {protocols, deflate} = list[at];
  return new Promise(done => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/${at}`, protocols,
      {perMessageDeflate: deflate, handshakeTimeout: 5000});
    let opened = false;
    socket.on('open', () => { opened = true; socket.terminate(); });
    socket.on('error', error => { if (!opened) told[at] = told[at] || 'refused: ' + error.message; });
    socket.on('close', done);
  }).then(run);
}
Promise.all(Array.from({length: 16}, run)).then(() => console.log(JSON.stringify(told)));
"""


def ask(port: int, text: str) -> str:
    """What the server at ``port`` says of a request: "" for 101, its status and body, or that it hung up."""
    got = b""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as peer, suppress(OSError):
        peer.sendall(text.encode("latin-1"))
        while b"\r\n\r\n" not in got and (piece := peer.recv(65536)):
            got += piece
    if not got:
        return "no answer"
    head, _, body = got.decode("latin-1").partition("\r\n\r\n")
    status = head.split(" ")[1] if " " in head else head
    return "" if status == "101" else f"{status}: {body[:100].strip()}"


@contextmanager
def looping() -> Iterator[asyncio.AbstractEventLoop]:
    """An event loop in a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield loop
    finally:
        asyncio.run_coroutine_threadsafe(_settle(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _settle() -> None:
    """Ends what still runs."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


@contextmanager
def aiohttp_server() -> Iterator[int]:
    """The port of a WebSocket server of aiohttp."""

    async def handle(request: web.Request) -> web.WebSocketResponse:
        answer = web.WebSocketResponse()
        await answer.prepare(request)
        await answer.close()
        return answer

    async def start() -> web.AppRunner:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return runner

    logging.getLogger("aiohttp").setLevel(logging.CRITICAL)  # it tells of every request that it refuses
    with looping() as loop:
        runner = asyncio.run_coroutine_threadsafe(start(), loop).result(10)
        try:
            yield runner.addresses[0][1]
        finally:
            asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(10)


def node_modules() -> Path | None:
    """The folder with the ``ws`` package: NODE_PATH, None where node or the package is missing."""
    folder = Path(os.environ.get("NODE_PATH", ""))
    return folder if shutil.which("node") and (folder / "ws" / "package.json").is_file() else None


@contextmanager
def ws_server() -> Iterator[int]:
    """The port of a server of ``ws``."""
    server = subprocess.Popen(["node", "-e", NODE_SERVER], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        yield int(server.stdout.readline())
    finally:
        server.kill()
        server.wait(10)
        server.stdout.close()


@contextmanager
def canned(answers: Sequence[str]) -> Iterator[int]:
    """The port of a server that sends ``answers[N]`` to a request for ``/N``, with the Accept of that request's key."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, ValueError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
            lines = {line.split(":")[0].lower(): line.partition(": ")[2] for line in head.split("\r\n")[1:]}
            accept = accept_key(lines["sec-websocket-key"]) if "sec-websocket-key" in fields else ""
            text = answers[int(head.split(" ")[1].lstrip("/"))].replace(ACCEPT[:-1], accept[:-1])
            writer.write(text.encode("latin-1"))
            await writer.drain()
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    async def start() -> asyncio.Server:
        return await asyncio.start_server(serve, "127.0.0.1", 0)

    with looping() as loop:
        server = asyncio.run_coroutine_threadsafe(start(), loop).result(10)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            loop.call_soon_threadsafe(server.close)


def aiohttp_client(cases: Sequence[tuple[int, str]]) -> list[str]:
    """What aiohttp says of answers."""

    async def one(session: aiohttp.ClientSession, gate: asyncio.Semaphore, port: int, at: int) -> str:
        wanted = OFFERS[cases[at][0]]
        names = [name for name in wanted.get(PROTOCOL, "").split(", ") if name]
        async with gate:
            try:
                socket = await asyncio.wait_for(
                    session.ws_connect(
                        f"http://127.0.0.1:{port}/{at}", protocols=names, compress=15 if EXTENSIONS in wanted else 0
                    ),
                    PATIENCE,
                )
            except aiohttp.ClientResponseError as error:
                return f"refused: {error.status} {error.message}"
            except (aiohttp.ClientError, TimeoutError, ValueError, OSError) as error:
                return f"refused: {error!r}"
            await socket.close()
            return ""

    async def every(port: int) -> list[str]:
        gate = asyncio.Semaphore(AT_ONCE)
        connector = aiohttp.TCPConnector(force_close=True)
        async with aiohttp.ClientSession(connector=connector) as session:
            return list(await asyncio.gather(*(one(session, gate, port, at) for at in range(len(cases)))))

    with canned([text for _, text in cases]) as port:
        return asyncio.run(every(port))


def ws_client(cases: Sequence[tuple[int, str]]) -> list[str]:
    """What ``ws`` says of answers."""
    wanted = [OFFERS[offer] for offer, _ in cases]
    told = [
        {
            "protocols": [name for name in offer.get(PROTOCOL, "").split(", ") if name],
            "deflate": EXTENSIONS in offer,
        }
        for offer in wanted
    ]
    with canned([text for _, text in cases]) as port:
        done = subprocess.run(
            ["node", "-e", NODE_CLIENT, str(port)], input=json.dumps(told), capture_output=True, text=True, timeout=300
        )
    found: list[str] = json.loads(done.stdout)
    return found
