"""Whatever a peer does, the probe comes to a verdict in bounded time and memory."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import os
import socket
import struct
import time
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from ws_mcp.probe.catalogue import all_cases
from ws_mcp.probe.client import Door, Exchange
from ws_mcp.probe.observed import EVENTS
from ws_mcp.probe.runner import UnreachableError, probe_server
from ws_mcp.probe.server import ClientProbe
from ws_mcp.probe.settings import Settings
from ws_mcp.probe.talk import CHUNK, MOST
from ws_mcp.probe.targets import read_url, resolve
from ws_mcp.types import Verdict

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
CASES = ("handshake/right", "framing/text", "framing/reserved-opcode-3", "control/ping-text", "closing/code-1000")


async def opened(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    key = next(line.split(": ")[1] for line in head.split("\r\n") if line.startswith("Sec-WebSocket-Key"))
    accept = base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()
    writer.write(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {accept}\r\n\r\n".encode()
    )


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(30)


async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    for byte in b"HTTP/1.1 101 Switching Protocols\r\n":
        writer.write(bytes([byte]))
        await asyncio.sleep(1)


async def endless_head(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 101 Switching Protocols\r\n")
    while True:
        writer.write(b"X-More: and more\r\n" * 1000)
        await writer.drain()


async def garbage_head(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(os.urandom(5000) + b"\r\n\r\n")
    await writer.drain()


async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def silent_after(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await opened(reader, writer)
    await asyncio.sleep(30)


async def endless_frames(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await opened(reader, writer)
    while True:
        writer.write(b"\x81\x02hi\x89\x00\x8a\x00" * 5000)
        await writer.drain()


async def endless_pings(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await opened(reader, writer)
    while True:
        writer.write(b"\x89\x04ping" * 5000)
        await writer.drain()


async def huge_frame(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await opened(reader, writer)
    writer.write(b"\x82\x7f" + (1 << 62).to_bytes(8, "big"))
    while True:
        writer.write(bytes(1 << 16))
        await writer.drain()


async def impossible_length(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await opened(reader, writer)
    writer.write(b"\x82\x7f" + b"\xff" * 8 + b"payload")
    await asyncio.sleep(30)


async def garbage_frames(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await opened(reader, writer)
    while True:
        writer.write(os.urandom(4096))
        await writer.drain()
        await asyncio.sleep(0.01)


async def never_reads(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await opened(reader, writer)
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    await asyncio.sleep(30)


async def drip_frames(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await opened(reader, writer)
    for byte in b"\x81\x7e\xff\xff" + b"a" * 60:
        writer.write(bytes([byte]))
        await asyncio.sleep(1)


BEFORE = [silent, drip, endless_head, garbage_head, reset]
AFTER = [
    silent_after,
    endless_frames,
    endless_pings,
    huge_frame,
    impossible_length,
    garbage_frames,
    never_reads,
    drip_frames,
]


@contextlib.asynccontextmanager
async def hostile(behaviour: Behaviour) -> AsyncIterator[str]:
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        with contextlib.suppress(ConnectionError, asyncio.CancelledError, asyncio.IncompleteReadError):
            await behaviour(reader, writer)
        tasks.discard(task)
        writer.transport.abort()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def exchanges(url: str) -> list[Exchange]:
    door = Door.to(await resolve(read_url(url)), Settings(limit=1.0))
    return await asyncio.gather(*(door.exchange(all_cases()[case]) for case in CASES))


@pytest.mark.parametrize("behaviour", [*BEFORE, *AFTER], ids=lambda b: b.__name__)
def test_a_hostile_server_gets_a_verdict_in_bounded_time(behaviour: Behaviour) -> None:
    async def run() -> list[Exchange]:
        async with hostile(behaviour) as url:
            return await exchanges(url)

    tracemalloc.start()
    started = time.monotonic()
    found = asyncio.run(run())
    taken = time.monotonic() - started
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert taken < 15
    assert peak < 5 * 2 * MOST
    for exchange in found:
        assert exchange.verdict in Verdict
        assert exchange.actual
        assert exchange.seen.received_size <= MOST + 65536
        assert len(exchange.seen.messages) <= EVENTS + CHUNK // 2
    if behaviour in BEFORE:
        assert {exchange.verdict for exchange in found[:1]} == {Verdict.FAILED}


@pytest.mark.parametrize("behaviour", BEFORE, ids=lambda b: b.__name__)
def test_a_server_that_opens_no_connection_cannot_be_probed(behaviour: Behaviour) -> None:
    async def run() -> None:
        async with hostile(behaviour) as url:
            with pytest.raises(UnreachableError, match="answers a right opening request|no connection"):
                await probe_server(url, Settings(only=("framing/text",)))

    asyncio.run(run())


def test_the_total_time_bound_leaves_cases_not_run_and_says_so() -> None:
    async def run() -> None:
        async with hostile(silent_after) as url:
            started = time.monotonic()
            report = await probe_server(url, Settings(total=1.5, parallel=2, echo=True))
            assert time.monotonic() - started < 12
        assert "the time (1.5 s) was over" in report.incomplete
        assert not report.ok
        assert Verdict.NOT_RUN in {outcome.verdict for outcome in report.outcomes}

    asyncio.run(run())


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"\x16\x03\x01\x02\x00\x01" * 50 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 50_000,
        b"GET / HTTP/1.1\r\nConnection: Upgrade\r\n\r\n",
        b"GET / HTTP/1.1\r\nConnection: Upgrade\r\nSec-WebSocket-Key: \xff\xfe\r\n\r\n" + os.urandom(20_000),
    ],
    ids=["nothing", "tls", "endless-head", "no-key", "garbage-frames"],
)
def test_a_hostile_client_does_not_stop_the_probe(sent: bytes) -> None:
    async def run() -> None:
        probe = ClientProbe(Settings(only=("framing/text",), limit=0.5))
        await probe.start()
        port = int(probe.url.rsplit(":", 1)[1].strip("/"))
        for _ in range(3):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            with contextlib.suppress(ConnectionError):
                writer.write(sent)
                await writer.drain()
                writer.write_eof()
                await reader.read()
            writer.close()
        report = probe.report()
        await probe.stop()
        assert [outcome.verdict for outcome in report.outcomes][0] in {Verdict.NOT_RUN, Verdict.FAILED}

    asyncio.run(run())
