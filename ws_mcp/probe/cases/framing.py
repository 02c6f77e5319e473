"""Reserved bits, opcodes, and messages whole or in pieces of segments (RFC 6455, 5.2)."""

from __future__ import annotations

from ws_mcp.probe.words import ALIVE, Case, Octets, Send, echo, fail

_HELLO = Send("text", b"hello")
# How a connection is failed: it is closed, after a Close with a fitting code (7.1.7, 7.4.1, 10.7).
_FAILING = ("6455-7.1.7-01", "6455-7.1.7-03", "6455-7.2.1-01", "6455-7.4.1-08", "6455-10.7-01", "6455-10.7-03")

_RIGHT = [
    Case("framing/text", "a text message", ("6455-5.4-10", "6455-6.2-01", "6455-6.1-08"), (_HELLO,), (echo("hello"),)),
    Case(
        "framing/binary",
        "a binary message of every byte value",
        ("6455-5.4-10", "6455-6.2-02"),
        (Send("binary", bytes(range(256))),),
        (echo(bytes(range(256))),),
    ),
    Case(
        "framing/two-in-one-segment",
        "two messages in one TCP segment",
        ("6455-6.2-03", "6455-5.4-16"),
        (Send("text", b"one"), Send("text", b"two")),
        (echo("one", "two"),),
    ),
    Case(
        "framing/octet-by-octet",
        "a text message sent byte by byte",
        ("6455-6.2-01",),
        (Octets((Send("text", "grüße".encode()),)),),
        (echo("grüße"),),
    ),
    Case(
        "framing/header-apart",
        "a frame of 300 bytes whose header comes in pieces of three bytes",
        ("6455-6.2-01",),
        (Octets((Send("binary", b"h" * 300),), 3),),
        (echo(b"h" * 300),),
    ),
    Case(
        "framing/hundred-messages",
        "a hundred messages in one go",
        ("6455-6.2-03",),
        tuple(Send("text", b"%d" % number) for number in range(100)),
        (echo(*(str(number) for number in range(100))),),
    ),
]

_BITS = [
    Case(
        f"framing/reserved-bits-{name}",
        f"a text frame with {name.upper().replace('-', ' and ')} set, with no extension agreed",
        ("6455-5.2-03", *_FAILING),
        (Send("text", b"reserved", rsv=bits),),
        (fail(1002),),
    )
    for name, bits in (("rsv1", 4), ("rsv2", 2), ("rsv3", 1), ("rsv1-rsv2-rsv3", 7))
] + [
    Case(
        f"framing/reserved-bits-{kind}",
        f"a {kind} frame with {name} set",
        ("6455-5.2-03",),
        (Send(kind, b"reserved" if kind != "close" else b"\x03\xe8", rsv=bits),),
        (fail(1002, taboo=(1000,) if kind == "close" else ()),),
    )
    for kind, name, bits in (("binary", "RSV1", 4), ("ping", "RSV1", 4), ("pong", "RSV3", 1), ("close", "RSV2", 2))
]

_OPCODES = [
    Case(
        f"framing/reserved-opcode-{code:x}",
        f"a frame with the reserved {'control' if code > 7 else 'data'} opcode {code:#x}",
        ("6455-5.2-05", *_FAILING),
        (Send(code, b"?"),),
        (fail(1002),),
    )
    for code in (3, 4, 5, 6, 7, 0xB, 0xC, 0xD, 0xE, 0xF)
]

_AFTER = [
    Case(
        "framing/fault-after-message",
        "a right message, then a frame with a reserved opcode",
        ("6455-5.2-05",),
        (_HELLO, Send(3, b"?")),
        (fail(1002),),
        why="Whether the first message comes back before the connection is failed, the RFC leaves open.",
    ),
    Case(
        "framing/nothing-after-fault",
        "a frame with a reserved opcode, then a right message",
        ("6455-7.1.7-07",),
        (Send(3, b"?"), _HELLO),
        (fail(1002),),
    ),
    Case(
        "framing/empty-reserved-control",
        "an empty frame with the reserved control opcode 0xB",
        ("6455-5.2-05",),
        (Send(0xB),),
        (fail(1002),),
    ),
    Case(
        "framing/open-without-traffic",
        "nothing but a Pong that nobody asked for",
        ("6455-6.2-01",),
        (Send("pong", b""),),
        (ALIVE,),
    ),
]

CASES = (*_RIGHT, *_BITS, *_OPCODES, *_AFTER)
