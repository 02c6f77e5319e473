"""Compressed messages: data, context, window, and what is no DEFLATE (RFC 7692, 6 and 7.2)."""

from __future__ import annotations

import random
import zlib

from ws_mcp.probe.words import Case, Expect, Kind, Octets, Send, Step, close, echo, fail
from ws_mcp.protocol.deflate import TAIL

OFFER = "permessage-deflate"
RSV1 = 4
_DATA = ("6455-6.2-01", "7692-5-05")
_KEEPS = ("7692-7.2.2-05", "7692-7.2.2-03")
_WINDOW = ("7692-7.2.2-09", "7692-7.2.2-07")


class Packer:
    """Compresses messages one after the other, as a sender with context takeover does (RFC 7692, 7.2.1)."""

    def __init__(self, level: int = 6, bits: int = 15, strategy: int = zlib.Z_DEFAULT_STRATEGY) -> None:
        self._packer = zlib.compressobj(level, zlib.DEFLATED, -bits, 9, strategy)

    def pack(self, data: bytes) -> bytes:
        """One message without its tail."""
        return (self._packer.compress(data) + self._packer.flush(zlib.Z_SYNC_FLUSH)).removesuffix(TAIL)


def _pack(data: bytes, level: int = 6, strategy: int = zlib.Z_DEFAULT_STRATEGY) -> bytes:
    return Packer(level, 15, strategy).pack(data)


def _text(packed: bytes) -> Send:
    return Send("text", packed, rsv=RSV1)


def _case(
    name: str,
    title: str,
    ids: tuple[str, ...],
    steps: tuple[Step, ...],
    *passed: Expect,
    tolerated: tuple[Expect, ...] = (),
    why: str = "",
) -> Case:
    return Case(f"deflate/{name}", title, ids, steps, passed, tolerated, why=why, offer=OFFER, needs_deflate=True)


def _cut(packed: bytes, size: int, opcode: str = "text") -> tuple[Send, ...]:
    pieces = [packed[at : at + size] for at in range(0, len(packed), size)]
    last = len(pieces) - 1
    return tuple(
        Send("continuation" if at else opcode, piece, fin=at == last, rsv=0 if at else RSV1)
        for at, piece in enumerate(pieces)
    )


_NOISE = random.Random(6455).randbytes(65536)  # noqa: S311
_WORDS = "compress me, compress me, compress me again"
_FAR = _NOISE[:300]
_TWICE = Packer()
_FIRST, _SECOND = _TWICE.pack(_WORDS.encode()), _TWICE.pack(_WORDS.encode())
_WIDE = Packer(9)
_BLOCKS = Packer()
_WIDE_FIRST, _WIDE_SECOND = _WIDE.pack(_FAR + b"\0" * 32000), _WIDE.pack(_FAR)

_GOOD = (
    _case("text", "a compressed text", _DATA, (_text(_pack(_WORDS.encode())),), echo(_WORDS)),
    _case(
        "binary",
        "compressed bytes",
        _DATA,
        (Send("binary", _pack(bytes(range(256))), rsv=RSV1),),
        echo(bytes(range(256))),
    ),
    _case(
        "not-compressed",
        "a message that is not compressed",
        _DATA,
        (Send("text", b"plain"),),
        echo("plain"),
        why="Agreeing on compression obliges nobody to compress (RFC 7692, 6.1).",
    ),
    _case(
        "mixed",
        "compressed and plain messages in turn",
        _DATA,
        (_text(_pack(b"packed")), Send("text", b"plain"), _text(_pack(b"packed again"))),
        echo("packed", "plain", "packed again"),
    ),
    _case("empty", "an empty message, compressed", _DATA, (_text(b"\x00"),), echo("")),
    _case(
        "one-byte-fragments",
        "a compressed text in fragments of one byte",
        (*_DATA, "6455-6.2-06"),
        _cut(_pack(b"fragmented after compression"), 1),
        echo("fragmented after compression"),
    ),
    _case(
        "three-fragments",
        "compressed bytes in three fragments",
        (*_DATA, "6455-6.2-06"),
        _cut(_pack(_NOISE[:300]), 120, "binary"),
        echo(_NOISE[:300]),
    ),
    _case(
        "ping-between",
        "a Ping between compressed fragments",
        ("6455-5.4-08",),
        (*_cut(_pack(b"parted"), 4)[:1], Send("ping", b"p"), *_cut(_pack(b"parted"), 4)[1:]),
        Expect(Kind.ECHO, messages=((1, b"parted"),), pongs=(b"p",)),
    ),
    _case(
        "octet-by-octet",
        "a compressed text sent byte by byte",
        _DATA,
        (Octets((_text(_pack(b"slow motion")),)),),
        echo("slow motion"),
    ),
    _case(
        "stored-block",
        "data in a block without compression",
        _DATA,
        (_text(_pack(b"stored as it is", 0)),),
        echo("stored as it is"),
    ),
    _case(
        "fixed-block",
        "data in a block with fixed codes",
        _DATA,
        (_text(_pack(b"fixed codes", 6, zlib.Z_FIXED)),),
        echo("fixed codes"),
    ),
    _case(
        "two-blocks",
        "one message in two DEFLATE blocks",
        _DATA,
        (_text(_BLOCKS.pack(b"one ") + TAIL + _BLOCKS.pack(b"two")),),
        echo("one two"),
    ),
    _case(
        "final-block",
        "data in a block marked as the last",
        _DATA,
        (_text(bytes.fromhex("f348cdc9c9070000")),),
        echo("Hello"),
        why="RFC 7692, 7.2.3.4 shows it: BFINAL may be set.",
    ),
    _case(
        "zeros-64k",
        "64 KiB of zeros, which compress to less than 100 bytes",
        _DATA,
        (Send("binary", _pack(b"\0" * 65536), rsv=RSV1),),
        echo(b"\0" * 65536),
        tolerated=(close(1009),),
    ),
    _case(
        "noise-64k",
        "64 KiB that do not compress",
        _DATA,
        (Send("binary", _pack(_NOISE), rsv=RSV1),),
        echo(_NOISE),
        tolerated=(close(1009),),
    ),
    _case(
        "context-kept",
        "a message that refers back to the one before",
        _KEEPS,
        (_text(_FIRST), _text(_SECOND)),
        echo(_WORDS, _WORDS),
    ),
    _case(
        "context-over-plain",
        "a reference back over a message that was not compressed",
        _KEEPS,
        (_text(_FIRST), Send("text", b"between"), _text(_SECOND)),
        echo(_WORDS, "between", _WORDS),
    ),
    _case(
        "window-32k",
        "a reference back over 32,000 bytes",
        _WINDOW,
        (Send("binary", _WIDE_FIRST, rsv=RSV1), Send("binary", _WIDE_SECOND, rsv=RSV1)),
        echo(_FAR + b"\0" * 32000, _FAR),
        tolerated=(close(1009),),
    ),
)

_BITS = (
    _case(
        "rsv1-continuation",
        "RSV1 on a continuation frame",
        ("7692-6.1-05",),
        (Send("text", _FIRST[:5], fin=False, rsv=RSV1), Send("continuation", _FIRST[5:], rsv=RSV1)),
        fail(1002),
    ),
    _case(
        "rsv1-continuation-plain",
        "RSV1 on the second fragment of a plain message",
        ("7692-6.1-05",),
        (Send("text", b"plain", fin=False), Send("continuation", b"?", rsv=RSV1)),
        fail(1002),
    ),
    _case("rsv1-ping", "a Ping with RSV1", ("7692-6.1-05",), (Send("ping", _pack(b"p"), rsv=RSV1),), fail(1002)),
    _case("rsv1-pong", "a Pong with RSV1", ("7692-6.1-05",), (Send("pong", _pack(b"p"), rsv=RSV1),), fail(1002)),
    _case(
        "rsv1-close",
        "a Close with RSV1",
        ("7692-6.1-05",),
        (Send("close", b"\x03\xe8", rsv=RSV1),),
        fail(1002, taboo=(1000,)),
    ),
    _case("rsv2", "RSV2 on a compressed message", ("6455-5.2-03",), (Send("text", _FIRST, rsv=RSV1 | 2),), fail(1002)),
    _case("rsv3", "RSV3 on a plain message", ("6455-5.2-03",), (Send("text", b"plain", rsv=1),), fail(1002)),
)

_NOT_DEFLATE = (
    _case(
        "block-type-3",
        "data with the block type that does not exist",
        ("6455-10.7-01",),
        (_text(b"\x07\x00\x00"),),
        fail(1007, 1002, 1003),
    ),
    _case(
        "stored-length",
        "a stored block whose length and its complement do not fit",
        ("6455-10.7-01",),
        (_text(b"\x00\x05\x00\x00\x00hello"),),
        fail(1007, 1002, 1003),
    ),
    _case(
        "too-far-back",
        "a reference back to before the first byte",
        ("6455-10.7-01",),
        (_text(_SECOND),),
        fail(1007, 1002, 1003),
        why="The text refers to a message that was never sent on this connection.",
    ),
    _case(
        "plain-as-packed",
        "plain text with RSV1 set",
        ("6455-10.7-01",),
        (_text(b"\xfe\xff\xfe not packed"),),
        fail(1007, 1002, 1003),
    ),
    _case(
        "bad-utf8", "a compressed text that is no UTF-8", ("6455-8.1-01",), (_text(_pack(b"ok \xff\xfe")),), fail(1007)
    ),
)

_AGREED = tuple(
    Case(
        f"deflate/{name}",
        f"compressed messages with {parameter} agreed",
        ids,
        (_text(_pack(_WORDS.encode())), _text(_pack(_WORDS.encode()))),
        (echo(_WORDS, _WORDS),),
        offer=f"{OFFER}; {parameter}",
        needs_deflate=True,
        why="The rules check that what comes back keeps to it.",
    )
    for name, parameter, ids in (
        ("server-no-context", "server_no_context_takeover", ("7692-7.1.1.1-04",)),
        ("client-no-context", "client_no_context_takeover", ("7692-7.1.1.2-04",)),
        ("server-window-9", "server_max_window_bits=9", ("7692-5-05",)),
    )
)

CASES = (*_GOOD, *_AGREED, *_BITS, *_NOT_DEFLATE)
