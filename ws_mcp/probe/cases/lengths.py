"""Payload lengths: the edges of the three forms, and lengths written wrong (RFC 6455, 5.2)."""

from __future__ import annotations

from ws_mcp.probe.words import Case, Send, close, echo, fail, pong

_SIZES = (0, 1, 124, 125, 126, 127, 128, 65534, 65535, 65536, 65537)
_TEXTS = (0, 125, 126, 65535, 65536)
_LIMITED = (close(1009),)
_LIMITS = (
    "1009 is how a peer says that it takes no messages so long; hardening/announced-size tells where its limit is."
)
_SENDER = "5.2 binds the sender to the shortest form and says nothing of the receiver, so taking it is tolerated."

CASES = (
    *(
        Case(
            f"lengths/binary-{size}",
            f"a binary message of {size:,} bytes",
            ("6455-5.4-10", "6455-6.2-01"),
            (Send("binary", b"\xfe" * size),),
            (echo(b"\xfe" * size),),
            _LIMITED if size > 8192 else (),
            why=_LIMITS if size > 8192 else "",
        )
        for size in _SIZES
    ),
    *(
        Case(
            f"lengths/text-{size}",
            f"a text message of {size:,} bytes",
            ("6455-5.4-10", "6455-6.2-01"),
            (Send("text", b"*" * size),),
            (echo("*" * size),),
            _LIMITED if size > 8192 else (),
            why=_LIMITS if size > 8192 else "",
        )
        for size in _TEXTS
    ),
    *(
        Case(
            f"lengths/not-minimal-{form}-bit-{size}",
            f"a binary frame of {size:,} bytes with its length in {form} bits",
            ("6455-10.7-01",),
            (Send("binary", b"n" * size, form=form),),
            (fail(1002),),
            (echo(b"n" * size),),
            why=_SENDER,
        )
        for form, size in ((16, 0), (16, 5), (16, 125), (64, 5), (64, 126), (64, 65535))
    ),
    Case(
        "lengths/not-minimal-ping",
        "a Ping of 4 bytes with its length in 16 bits",
        ("6455-10.7-01",),
        (Send("ping", b"ping", form=16),),
        (fail(1002),),
        (pong(b"ping"),),
        why=_SENDER,
    ),
    Case(
        "lengths/top-bit",
        "a frame whose 64-bit length has its top bit set",
        ("6455-10.7-01",),
        (Send("binary", b"16 bytes of data", form=64, length=1 << 63 | 16),),
        (fail(1002, 1009),),
        sentinel=False,
        why="The bit must be 0 (5.2); a peer that waits for so many bytes would wait for ever.",
    ),
    Case(
        "lengths/all-bits",
        "a frame whose 64-bit length has all bits set",
        ("6455-10.7-01",),
        (Send("binary", b"16 bytes of data", form=64, length=(1 << 64) - 1),),
        (fail(1002, 1009),),
        sentinel=False,
    ),
)
