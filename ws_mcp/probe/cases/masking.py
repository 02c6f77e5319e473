"""Masking: a client's frames are masked, a server's are not (RFC 6455, 5.1 and 5.3)."""

from __future__ import annotations

from ws_mcp.probe.words import Case, Octets, Send, echo, fail
from ws_mcp.types import Side

_SERVER, _CLIENT = frozenset({Side.SERVER}), frozenset({Side.CLIENT})
# What is masked with it stays ASCII, and 1000 becomes 1001: the mask alone is wrong, and not the content too.
_KEY = b"\0\1\0\1"

CASES = (
    *(
        Case(
            f"masking/unmasked-{kind}",
            f"a {kind} frame without mask, from the client",
            ("6455-5.1-02", "6455-5.1-03"),
            (Send(kind, body, wrong_mask=True),),
            (fail(1002, taboo=(1000,) if kind == "close" else ()),),
            sides=_SERVER,
        )
        for kind, body in (("text", b"bare"), ("binary", b"bare"), ("ping", b"bare"), ("close", b"\x03\xe8"))
    ),
    Case(
        "masking/unmasked-empty",
        "an empty text frame without mask, from the client",
        ("6455-5.1-02",),
        (Send("text", wrong_mask=True),),
        (fail(1002),),
        sides=_SERVER,
        why="Without payload there is nothing to unmask, but the mask bit is missing all the same.",
    ),
    Case(
        "masking/unmasked-after-masked",
        "a masked fragment, then the rest of the message without mask",
        ("6455-5.1-02",),
        (Send("text", b"half", fin=False), Send("continuation", b"bare", wrong_mask=True)),
        (fail(1002),),
        sides=_SERVER,
    ),
    Case(
        "masking/zero-key",
        "a text frame masked with the key 00 00 00 00",
        ("6455-6.2-05",),
        (Send("text", b"plain to see", key=b"\0\0\0\0"),),
        (echo("plain to see"),),
        sides=_SERVER,
        why="A key must be unpredictable (5.3), but a server cannot tell that from one frame.",
    ),
    Case(
        "masking/key-in-pieces",
        "a binary frame of 13 bytes sent byte by byte, so that the key turns inside it",
        ("6455-6.2-05",),
        (Octets((Send("binary", bytes(range(13))),)),),
        (echo(bytes(range(13))),),
        sides=_SERVER,
    ),
    *(
        Case(
            f"masking/masked-{kind}",
            f"a {kind} frame with mask, from the server",
            ("6455-5.1-05", "6455-5.1-06"),
            (Send(kind, body, wrong_mask=True, key=_KEY),),
            (fail(1002, taboo=(1000, 1001) if kind == "close" else ()),),
            sides=_CLIENT,
        )
        for kind, body in (("text", b"masked"), ("binary", b"masked"), ("ping", b"masked"), ("close", b"\x03\xe8"))
    ),
)
