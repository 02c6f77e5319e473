"""Control frames: Pongs that answer Pings, size and shape (RFC 6455, 5.5)."""

from __future__ import annotations

from ws_mcp.probe.words import ALIVE, Case, Expect, Kind, Octets, Send, echo, fail, pong

_PONG = ("6455-5.5.2-02", "6455-5.5.2-03")
_SHAPE = ("6455-10.7-01", "6455-7.1.7-05")
_TEN = tuple(b"ping %d" % number for number in range(10))

CASES = (
    Case("control/ping-empty", "an empty Ping", _PONG, (Send("ping"),), (pong(b""),)),
    Case("control/ping-text", "a Ping with text", _PONG, (Send("ping", b"hello"),), (pong(b"hello"),)),
    Case(
        "control/ping-binary",
        "a Ping with bytes that are no UTF-8",
        _PONG,
        (Send("ping", b"\x00\xff\xfe\xfd"),),
        (pong(b"\x00\xff\xfe\xfd"),),
    ),
    Case("control/ping-125", "a Ping of 125 bytes", _PONG, (Send("ping", b"p" * 125),), (pong(b"p" * 125),)),
    Case(
        "control/ping-octet-by-octet",
        "a Ping of 125 bytes sent byte by byte",
        _PONG,
        (Octets((Send("ping", b"p" * 125),)),),
        (pong(b"p" * 125),),
    ),
    Case(
        "control/ping-ten",
        "ten Pings in one go",
        _PONG,
        tuple(Send("ping", body) for body in _TEN),
        (pong(*_TEN),),
        (pong(_TEN[-1]),),
        why="Who gets several Pings before it answers may answer the newest only (5.5.3).",
    ),
    Case(
        "control/ping-then-text",
        "a Ping, then a text message",
        ("6455-5.5.2-02", "6455-6.2-01"),
        (Send("ping", b"first"), Send("text", b"second")),
        (Expect(Kind.ECHO, messages=((1, b"second"),), pongs=(b"first",)),),
    ),
    Case("control/pong-unasked", "a Pong that nobody asked for", ("6455-6.2-01",), (Send("pong", b"hi"),), (ALIVE,)),
    Case("control/pong-empty", "an empty Pong that nobody asked for", ("6455-6.2-01",), (Send("pong"),), (ALIVE,)),
    Case(
        "control/pong-then-ping",
        "a Pong that nobody asked for, then a Ping",
        _PONG,
        (Send("pong", b"one way"), Send("ping", b"and back")),
        (pong(b"and back"),),
    ),
    Case(
        "control/pong-then-text",
        "a Pong that nobody asked for, then a text message",
        ("6455-6.2-01",),
        (Send("pong", b"one way"), Send("text", b"hello")),
        (echo("hello"),),
    ),
    *(
        Case(
            f"control/{kind}-126",
            f"a {kind.capitalize()} frame of 126 bytes",
            _SHAPE,
            (Send(kind, body),),
            (fail(1002, taboo=(1000,) if kind == "close" else ()),),
        )
        for kind, body in (("ping", b"p" * 126), ("pong", b"p" * 126), ("close", b"\x03\xe8" + b"r" * 124))
    ),
    Case("control/ping-65536", "a Ping of 65,536 bytes", _SHAPE, (Send("ping", b"p" * 65536),), (fail(1002, 1009),)),
    *(
        Case(
            f"control/{kind}-fragmented",
            f"a {kind.capitalize()} frame without FIN",
            _SHAPE,
            (Send(kind, body, fin=False),),
            (fail(1002, taboo=(1000,) if kind == "close" else ()),),
        )
        for kind, body in (("ping", b"half"), ("pong", b"half"), ("close", b"\x03\xe8"))
    ),
    Case(
        "control/ping-fragmented-inside",
        "a Ping without FIN inside a fragmented message",
        _SHAPE,
        (Send("text", b"a", fin=False), Send("ping", b"half", fin=False), Send("continuation", b"b")),
        (fail(1002),),
    ),
)
