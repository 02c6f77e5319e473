"""Reads clean masked client streams beside the readers of other libraries, all our rules on.

Run: python -m benchmarks.frames [--seconds S] [--gigabyte] [--json]

Every reader is a server's and gets the same bytes in pieces of 64 KiB; CPU time, best of several rounds, one after the
other in one process. The others unmask and deliver each payload; wsproto, aiohttp and we check text for UTF-8. We
report every violation; of binary data that no rule looks at we unmask only what a report shows. Peers that are not
installed are left out. ``--gigabyte`` streams 1 GiB and prints how much memory that took.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import json
import logging
import random
import resource
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

from ws_mcp.judge import FrameCheck
from ws_mcp.protocol.build import frame
from ws_mcp.protocol.deflate import negotiated
from ws_mcp.types import Side

PIECE = 65536
SIZES = {"125 B": (125, 40_000), "64 KiB": (65536, 2_000), "1 MiB": (1 << 20, 100)}
Reader = Callable[[list[bytes]], int]


def stream(opcode: str, size: int, frames: int) -> list[bytes]:
    """Pieces of a stream of masked frames, each with a key of its own."""
    source = random.Random(size)
    payload = source.randbytes(size) if opcode == "binary" else bytes(source.choices(range(32, 127), k=size))
    whole = b"".join(frame(opcode, payload, key=source.randbytes(4)) for _ in range(frames))
    return [whole[start : start + PIECE] for start in range(0, len(whole), PIECE)]


def ours(pieces: list[bytes]) -> int:
    check = FrameCheck(negotiated("none"), dissected=10)
    for piece in pieces:
        check.feed(piece, Side.CLIENT)
    report = check.finish()
    assert report.ok, report.findings
    return int(report.facts["frames_total"])


def wsproto() -> Reader:
    connection = importlib.import_module("wsproto.connection")
    events = importlib.import_module("wsproto.events")

    def read(pieces: list[bytes]) -> int:
        peer = connection.Connection(connection.ConnectionType.SERVER)
        seen = 0
        for piece in pieces:
            peer.receive_data(piece)
            seen += sum(isinstance(event, events.Message) and event.message_finished for event in peer.events())
        return seen

    return read


def websockets(decode: bool = False) -> Reader:
    """Its parser leaves UTF-8 to the connection above it, which decodes each text frame: ``decode`` does that too."""
    protocol = importlib.import_module("websockets.protocol")
    text = importlib.import_module("websockets.frames").Opcode.TEXT

    def read(pieces: list[bytes]) -> int:
        peer = protocol.Protocol(protocol.Side.SERVER, state=protocol.State.OPEN, max_size=None)
        seen = 0
        for piece in pieces:
            peer.receive_data(piece)
            events = peer.events_received()
            seen += len(events)
            if decode:
                for event in events:
                    if event.opcode is text:
                        event.data.decode()
        assert peer.parser_exc is None, peer.parser_exc
        return seen

    return read


def aiohttp(module: str) -> Reader:
    readers = importlib.import_module(f"aiohttp._websocket.{module}")
    protocols = importlib.import_module("aiohttp.base_protocol")

    def read(pieces: list[bytes]) -> int:
        loop = asyncio.new_event_loop()
        queue = readers.WebSocketDataQueue(protocols.BaseProtocol(loop), 2**30, loop=loop)
        peer = readers.WebSocketReader(queue, 0, False, True)
        seen = 0
        for piece in pieces:
            failed, _ = peer.feed_data(piece)
            assert not failed, queue.exception()
            seen += len(queue._buffer)
            queue._buffer.clear()
        loop.close()
        return seen

    return read


class _Transport(asyncio.Transport):
    """A transport over one end of a socket pair that nobody reads."""

    def __init__(self, end: socket.socket) -> None:
        super().__init__({"socket": end})

    def write(self, data: bytes | bytearray | memoryview) -> None:
        pass

    def is_closing(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        return 0


def picows() -> Reader:
    library = importlib.import_module("picows")
    protocols = importlib.import_module("picows.picows")
    seen = 0

    class Listener(library.WSListener):  # type: ignore[name-defined, misc]
        def on_ws_frame(self, transport: Any, frame: Any) -> None:
            nonlocal seen
            seen += bool(frame.get_payload_as_bytes() is not None)

    async def run(pieces: list[bytes]) -> int:
        nonlocal seen
        seen = 0
        left, right = socket.socketpair(socket.AF_UNIX)
        server = socket.create_server(("127.0.0.1", 0))
        client = socket.create_connection(server.getsockname())
        accepted, _ = server.accept()
        quiet = logging.Logger("picows", logging.CRITICAL)
        peer = protocols.WSProtocol(
            None, None, False, lambda request: Listener(), quiet, False, None, False, 10, 10,
            library.WSAutoPingStrategy.PING_WHEN_IDLE, False, 1 << 31, None, 4 * PIECE,
        )  # fmt: skip
        peer.connection_made(_Transport(accepted))
        hello = b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        hello += b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        for piece in [hello, *pieces]:
            at = 0
            while at < len(piece):
                room = peer.get_buffer(-1)
                size = min(len(room), len(piece) - at)
                room[:size] = piece[at : at + size]
                peer.buffer_updated(size)
                at += size
        for end in (left, right, client, accepted, server):
            end.close()
        return seen

    return lambda pieces: asyncio.run(run(pieces))


READERS: dict[str, Callable[[], Reader]] = {
    "ws-mcp, all rules": lambda: ours,
    "wsproto": wsproto,
    "websockets, sans-I/O": websockets,
    "websockets, decoding": lambda: websockets(decode=True),
    "aiohttp, C": lambda: aiohttp("reader_c"),
    "aiohttp, Python": lambda: aiohttp("reader_py"),
    "picows": picows,
}


def installed() -> Iterator[tuple[str, Reader]]:
    for name, make in READERS.items():
        try:
            yield name, make()
        except ImportError as error:
            print(f"{name}: left out ({error})")


def measure(read: Reader, pieces: list[bytes], frames: int, seconds: float) -> float:
    """The least CPU time of one pass, in seconds."""
    best, until = float("inf"), time.process_time() + seconds
    while time.process_time() < until or best == float("inf"):
        start = time.process_time()
        seen = read(pieces)
        best = min(best, time.process_time() - start)
        assert seen == frames, (seen, frames)
    return best


def compare(seconds: float) -> list[dict[str, Any]]:
    readers = list(installed())
    rows = []
    for opcode in ("binary", "text"):
        for label, (size, frames) in SIZES.items():
            pieces = stream(opcode, size, frames)
            total = sum(map(len, pieces))
            for name, read in readers:
                best = measure(read, pieces, frames, seconds)
                row = {"what": f"{opcode} {label}", "reader": name, "frames_s": round(frames / best)}
                rows.append(row | {"MB_s": round(total / best / 1e6)})
    return rows


def gigabyte() -> dict[str, Any]:
    """Streams 1 GiB, in frames of 125 B, 64 KiB and one of the rest, and tells what memory grew by."""
    pieces = stream("text", 125, 4000) + stream("binary", 65536, 64) + stream("text", 1 << 20, 4)
    fed, check = 0, FrameCheck(negotiated("none"), dissected=10)
    for piece in pieces:
        check.feed(piece, Side.CLIENT)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    while fed < 1 << 29:
        for piece in pieces:
            check.feed(piece, Side.CLIENT)
            fed += len(piece)
    rest = (1 << 30) - fed
    check.feed(b"\x82\xff" + rest.to_bytes(8, "big") + b"\x01\x02\x03\x04", Side.CLIENT)
    for at in range(0, rest, PIECE):
        check.feed(bytes(min(PIECE, rest - at)), Side.CLIENT)
    report = check.finish()
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return {"bytes": report.facts["bytes"]["client"], "verdict": report.verdict, "memory_grew_KiB": grown}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=float, default=0.5, help="CPU time for each reader and stream")
    arguments.add_argument("--gigabyte", action="store_true", help="stream 1 GiB and watch the memory")
    arguments.add_argument("--json", action="store_true")
    told = arguments.parse_args()
    rows = [gigabyte()] if told.gigabyte else compare(told.seconds)
    for row in rows:
        print(json.dumps(row) if told.json or told.gigabyte else _line(row))


def _line(row: dict[str, Any]) -> str:
    return f"{row['what']:14} {row['reader']:22} {row['frames_s']:>10,} frames/s {row['MB_s']:>8,} MB/s"


if __name__ == "__main__":
    main()
