"""Streams, mostly broken, and what three other readers say about them: the other opinion on our verdict.

``python -m benchmarks.differential_streams`` makes the long comparison, with ``ws`` as the fourth.
"""

from __future__ import annotations

import asyncio
import random
import tomllib
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp._websocket.reader_py import WebSocketDataQueue, WebSocketReader
from aiohttp.base_protocol import BaseProtocol
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.protocol import Protocol, State
from websockets.protocol import Side as PeerSide
from wsproto.extensions import PerMessageDeflate as WsprotoDeflate
from wsproto.frame_protocol import FrameProtocol, ParseFailed

from ws_mcp.judge import check_frames
from ws_mcp.protocol.build import close_body, frame
from ws_mcp.types import Side

DEFLATE = "permessage-deflate"
CODES = (
    999,
    1000,
    1001,
    1003,
    1004,
    1005,
    1006,
    1007,
    1010,
    1011,
    1014,
    1015,
    1016,
    2000,
    2999,
    3000,
    4999,
    5000,
    65535,
)

KNOWN: list[dict[str, Any]] = tomllib.loads(
    (Path(__file__).parents[2] / "benchmarks/streams/known.toml").read_text("utf-8")
)["difference"]


@dataclass(frozen=True)
class Difference:
    """A stream that a peer refuses and in which we find no error."""

    peer: str
    reason: str
    stream: str
    extensions: str
    sender: Side


def compress(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return (packer.compress(data) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]


def streams(count: int, seed: int, sender: Side = Side.CLIENT) -> Iterator[bytes]:
    """``count`` streams of one to three frames from one side, each with a fault or several more often than not."""
    source = random.Random(seed)
    payloads = [
        b"",
        b"hi",
        b"hello",
        "é€".encode(),
        b"x" * 90,
        b"\xff",
        b"\xc3",
        b"\xed\xa0\x80",
        b"x" * 125,
        b"x" * 126,
        b"\x03",
    ]
    payloads += [compress(b"Hello"), compress(b"\xff"), compress(b"x" * 300)]
    for _ in range(count):
        yield b"".join(_frame(source, payloads, sender) for _ in range(source.randint(1, 3)))


def _frame(source: random.Random, payloads: list[bytes], sender: Side) -> bytes:
    right = source.random() < 0.97
    opcode = source.choice([1, 2, 8, 9, 10] * 5 + [0, 0, 0, 0, 3, 7, 11, 15])
    body = close_body(source.choice(CODES), source.choice([b"", b"", b"bye", b"\xff", b"\xc3"]))
    return frame(
        opcode,
        source.choice([source.choice(payloads), body if opcode == 8 else source.randbytes(source.randint(0, 20))]),
        fin=source.random() < 0.85,
        rsv=source.choice([0] * 20 + [1, 2, 4, 4, 4]),
        key=source.randbytes(4) if right is (sender is Side.CLIENT) else None,
        form=source.choice([None] * 30 + [16, 64]),
    )


def websockets(data: bytes, compressed: bool, sender: Side = Side.CLIENT) -> str:
    side = PeerSide.SERVER if sender is Side.CLIENT else PeerSide.CLIENT
    peer = Protocol(side, state=State.OPEN, max_size=None)
    peer.extensions = [PerMessageDeflate(False, False, 15, 15)] if compressed else []
    peer.receive_data(data)
    error = peer.parser_exc
    return "" if error is None or type(error).__name__.startswith("ConnectionClosed") else str(error)


def wsproto(data: bytes, compressed: bool, sender: Side = Side.CLIENT) -> str:
    extension = WsprotoDeflate()
    extension._enabled = compressed
    peer = FrameProtocol(client=sender is Side.SERVER, extensions=[extension] if compressed else [])
    try:
        peer.receive_bytes(data)
        list(peer.received_frames())
    except ParseFailed as error:
        return str(error)
    return ""


def aiohttp(data: bytes, compressed: bool, sender: Side = Side.CLIENT) -> str:
    loop = asyncio.new_event_loop()
    try:
        queue = WebSocketDataQueue(BaseProtocol(loop), 2**20, loop=loop)
        failed, _ = WebSocketReader(queue, 0, compressed, True).feed_data(data)
        return str(queue.exception()) if failed else ""
    finally:
        loop.close()


PEERS: dict[str, Callable[[bytes, bool, Side], str]] = {
    "websockets": websockets,
    "wsproto": wsproto,
    "aiohttp": aiohttp,
}


def refuse(data: bytes, extensions: str, sender: Side) -> bool:
    """Whether we find an error in a stream."""
    return check_frames(data, sender, extensions).verdict == "violations"


def differences(count: int, seed: int = 1, sender: Side = Side.CLIENT) -> Iterator[Difference]:
    """Every stream that a peer refuses although we find no error in it."""
    for data in streams(count, seed, sender):
        for extensions in ("none", DEFLATE):
            if refuse(data, extensions, sender):
                continue
            for name, peer in PEERS.items():
                if reason := peer(data, extensions == DEFLATE, sender):
                    yield Difference(name, reason, data.hex(" "), extensions, sender)


def is_known(found: Difference) -> bool:
    """Whether the table of known differences explains it."""
    return any(found.peer == entry["peer"] and found.reason.startswith(entry["reason"]) for entry in KNOWN)
