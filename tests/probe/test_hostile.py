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
import xml.etree.ElementTree as Tree
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from ws_mcp.probe.catalogue import all_cases
from ws_mcp.probe.client import Door, Exchange
from ws_mcp.probe.forms import html, junit, matrix, sarif, text
from ws_mcp.probe.observed import EVENTS
from ws_mcp.probe.result import ProbeReport
from ws_mcp.probe.runner import probe_server
from ws_mcp.probe.server import ClientProbe
from ws_mcp.probe.settings import Settings
from ws_mcp.probe.talk import CHUNK, MOST
from ws_mcp.probe.targets import read_url, resolve
from ws_mcp.probe.unreachable import UnreachableError
from ws_mcp.types import Verdict

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
CASES = ("handshake/right", "framing/text", "framing/reserved-opcode-3", "control/ping-text", "closing/code-1000")


async def opened(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, fields: str = "") -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    key = next(line.split(": ")[1] for line in head.split("\r\n") if line.startswith("Sec-WebSocket-Key"))
    accept = base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()
    writer.write(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {accept}\r\n{fields}\r\n".encode("latin-1")
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


async def endless_interim(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)
        await writer.drain()


async def half_closed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await opened(reader, writer)
    writer.write_eof()
    await asyncio.sleep(30)


async def compressed_bombs(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = (packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_SYNC_FLUSH)).removesuffix(b"\0\0\xff\xff")
    await opened(reader, writer, "Sec-WebSocket-Extensions: permessage-deflate\r\n")
    while True:  # each of 1 KiB grows to 1 MiB
        writer.write((b"\xc2\x7e" + len(packed).to_bytes(2, "big") + packed) * 10)
        await writer.drain()


BEFORE = [silent, drip, endless_head, garbage_head, reset, endless_interim]
AFTER = [
    silent_after,
    endless_frames,
    endless_pings,
    huge_frame,
    impossible_length,
    garbage_frames,
    never_reads,
    drip_frames,
    half_closed,
    compressed_bombs,
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


NASTY = "\x1b[31m\x1b]0;owned\x07\x9b2J<script>alert(1)</script>]]>\"'"


async def nasty(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await opened(reader, writer, f"Server: {NASTY}\r\nSec-WebSocket-Protocol: {NASTY}\r\n")
    data = NASTY.encode()
    size = bytes([len(data)])
    while await reader.read(65536):
        writer.write(b"\x81" + size + data + b"\x88" + bytes([len(data) + 2]) + b"\x03\xe8" + data)


def test_what_a_peer_says_gives_no_orders_to_who_reads_the_report() -> None:
    async def run() -> ProbeReport:
        async with hostile(nasty) as url:
            return await probe_server(url, Settings(only=("handshake/right", "framing/text", "closing/code-1000")))

    report = asyncio.run(run())
    assert "owned" in report.agent  # it is told, and does nothing
    for shown in (text.render(report, verbose=True), matrix.render([report], ["a"], verbose=True)):
        assert all(sign.isprintable() or sign == "\n" for sign in shown)
    page = html.render([report])
    assert "<script>" not in page and "owned" in page and "\x1b" not in page
    log = junit.render(report)
    assert Tree.fromstring(log).find(".//testcase") is not None and "\x1b" not in log
    told = [result["message"]["text"] for result in sarif.render(report)["runs"][0]["results"]]
    assert told and not any("\x1b" in message or "\x9b" in message for message in told)


def test_a_refusal_gives_no_orders_either() -> None:
    async def refuses(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 302 {NASTY}\r\nLocation: {NASTY}\r\n\r\n".encode("latin-1"))
        await writer.drain()

    async def run() -> None:
        async with hostile(refuses) as url:
            with pytest.raises(UnreachableError, match="give the URL that it leads to") as raised:
                await probe_server(url)
            assert str(raised.value).isprintable()

    asyncio.run(run())


def test_an_answer_that_only_announces_another_one_is_waited_past() -> None:
    async def hints(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
        await opened(reader, writer)
        await reader.read(1)

    assert asyncio.run(_one(hints, "handshake/right")).verdict is Verdict.PASSED


async def _one(behaviour: Behaviour, case: str) -> Exchange:
    async with hostile(behaviour) as url:
        door = Door.to(await resolve(read_url(url)), Settings(limit=1.0))
        return await door.exchange(all_cases()[case])


def test_a_server_that_stops_on_the_way_leaves_cases_not_run_and_the_report_says_so() -> None:
    async def run() -> ProbeReport:
        count = 0
        stopping = asyncio.Event()

        async def some(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal count
            count += 1
            if count > 20:
                stopping.set()
            await opened(reader, writer)
            await reader.read(1)
            writer.close()

        server = await asyncio.start_server(some, "127.0.0.1", 0)
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        probing = asyncio.create_task(probe_server(url, Settings(only=("framing/", "closing/"))))
        await stopping.wait()
        server.close()
        return await probing

    report = asyncio.run(run())
    assert "got no connection" in report.incomplete and "the server stopped or turns us away" in report.incomplete
    assert report.counts["NOT_RUN"] > 20
    assert not any("no connection" in outcome.actual for outcome in report.failures)


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
