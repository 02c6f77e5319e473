"""The closing handshake: codes that answer, codes that must not be on the wire, bodies (RFC 6455, 5.5.1 and 7.4)."""

from __future__ import annotations

from ws_mcp.probe.words import ALIVE, Case, Octets, Send, Wait, close, fail
from ws_mcp.protocol.build import close_body
from ws_mcp.types import Side

_ANSWER = (
    "6455-5.5.1-08",
    "6455-5.5.1-09",
    "6455-5.5.1-11",
    "6455-5.5.1-12",
    "6455-7.1.1-03",
    "6455-7.1.2-02",
    "6455-7.1.5-02",
)
_TCP = ("6455-7.1.1-04",)  # judged as the end of the connection
_VALIDATE = ("6455-10.7-01", "6455-7.1.7-05")

VALID = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999)
REGISTERED_LATER = (1012, 1013, 1014)
RESERVED = (1004, 1005, 1006, 1015)
UNUSED = (0, 1, 999, 5000, 65535)
UNASSIGNED = (1016, 1100, 2000, 2999)
ERRORS = (1002, 1007, 1008)
_LISTEN = 0.25  # seconds in which what comes too late would come


def _close(code: int, reason: bytes = b"") -> Send:
    return Send("close", close_body(code, reason))


_GOOD = [
    Case(
        f"closing/code-{code}",
        f"Close {code}",
        (*_ANSWER, *_TCP) if code == 1000 else _ANSWER,
        (_close(code),),
        (close(code, 1000),),
        (close(None, 1001),),
        sentinel=False,
        ignore=("unregistered-close-code",),
        why="5.5.1 lets an endpoint answer with the code that it got, which is what most do.",
    )
    for code in VALID
] + [
    Case(
        f"closing/code-{code}",
        f"Close {code}, registered after RFC 6455",
        _ANSWER,
        (_close(code),),
        (close(code, 1000),),
        (fail(1002, taboo=(code, 1000)),),
        sentinel=False,
        why="IANA registered 1012, 1013 and 1014 after RFC 6455; a peer that refuses them is behind the registry.",
    )
    for code in REGISTERED_LATER
]

_BAD = [
    Case(
        f"closing/code-{code}",
        f"Close {code}, {'which is reserved' if code in RESERVED else 'outside every range'}",
        ("6455-10.7-01", "6455-7.1.7-05"),
        (_close(code),),
        (fail(*ERRORS, taboo=(code, 1000, None)),),
        (close(None),),
    )
    for code in (*RESERVED, *UNUSED)
] + [
    Case(
        f"closing/code-{code}",
        f"Close {code}, which nobody registered",
        _VALIDATE,
        (_close(code),),
        (fail(*ERRORS, taboo=(code, 1000, None)),),
        (close(code, 1000, None),),
        why="7.4.2 keeps 1000 to 2999 for the protocol. It binds the sender, so taking the code is tolerated.",
    )
    for code in UNASSIGNED
]

_BODIES = [
    Case(
        "closing/empty",
        "an empty Close",
        _ANSWER,
        (Send("close"),),
        (close(None, 1000),),
        (close(1005),),
        sentinel=False,
        why="1005 stands for no code and is never on the wire.",
    ),
    Case(
        "closing/reason",
        "Close 1000 with a reason",
        _ANSWER,
        (_close(1000, b"bye"),),
        (close(1000),),
        (close(None, 1001),),
        sentinel=False,
    ),
    Case(
        "closing/reason-longest",
        "Close 1000 with a reason of 123 bytes",
        _ANSWER,
        (_close(1000, b"r" * 123),),
        (close(1000),),
        (close(None, 1001),),
        sentinel=False,
    ),
    Case(
        "closing/reason-multibyte",
        "Close 1000 with a reason in Greek",
        _ANSWER,
        (_close(1000, "αντίο".encode()),),
        (close(1000),),
        (close(None, 1001),),
        sentinel=False,
    ),
    Case(
        "closing/octet-by-octet",
        "Close 1000 sent byte by byte",
        _ANSWER,
        (Octets((_close(1000, b"slow"),)),),
        (close(1000),),
        (close(None, 1001),),
        sentinel=False,
    ),
    Case(
        "closing/one-byte",
        "a Close whose body is one byte",
        _VALIDATE,
        (Send("close", b"\x03"),),
        (fail(*ERRORS, taboo=(1000, 768, None)),),
        (close(None),),
    ),
    Case(
        "closing/reason-bad-utf8",
        "Close 1000 with a reason that is no UTF-8",
        ("6455-8.1-01", "6455-10.7-01"),
        (_close(1000, b"\xce\xba\xff"),),
        (fail(1007, 1002, taboo=(1000, None)),),
        (close(None),),
    ),
    Case(
        "closing/reason-cut-utf8",
        "Close 1000 with a reason cut inside a character",
        ("6455-8.1-01",),
        (_close(1000, b"\xce"),),
        (fail(1007, 1002, taboo=(1000, None)),),
        (close(None),),
    ),
]

_AROUND = [
    Case(
        "closing/text-after",
        "Close 1000, then a text message",
        ("6455-7.1.3-01", "6455-7.1.1-01", "6455-5.5.1-08"),
        (_close(1000), Send("text", b"too late")),
        (close(1000),),
        (close(None, 1001, 1002),),
        sentinel=False,
    ),
    Case(
        "closing/ping-after",
        "Close 1000, then a Ping",
        ("6455-5.5.2-02", "6455-5.5.1-08"),
        (_close(1000), Send("ping", b"too late")),
        (close(1000),),
        (close(None, 1001, 1002),),
        sentinel=False,
    ),
    Case(
        "closing/twice",
        "Close 1000 twice",
        _ANSWER,
        (_close(1000), _close(1001)),
        (close(1000),),
        (close(None, 1001, 1002),),
        sentinel=False,
    ),
    Case(
        "closing/inside-message",
        "Close 1000 inside a fragmented message",
        ("6455-5.4-08", "6455-5.5.1-08"),
        (Send("text", b"unfinished", fin=False), _close(1000)),
        (close(1000),),
        (close(None, 1001, 1002),),
        sentinel=False,
        why="Close is a control frame and may stand between fragments (5.4), so 1002 blames what is right.",
    ),
    Case(
        "closing/nothing-after",
        "a text message, Close 1000, then another text message",
        ("6455-6.1-01", "6455-6.1-02"),
        (Send("text", b"in time"), _close(1000), Send("text", b"too late"), Wait(_LISTEN)),
        (close(1000, last=True),),
        (close(None, 1001, 1002, last=True),),
        sentinel=False,
        why="Messages are sent in the state OPEN only; a Close ends it, and what was begun is dropped.",
    ),
    Case(
        "closing/crossing",
        "a frame with a reserved opcode and Close 1000 at once, so that the peer's Close crosses ours",
        ("6455-5.5.1-15",),
        (Send(3, b"?"), _close(1000), Wait(_LISTEN)),
        (close(*ERRORS, last=True),),
        (fail(*ERRORS, taboo=(1000, None)),),
        sentinel=False,
        why="Each end has sent and received a Close then, so neither answers the other's.",
    ),
    Case(
        "closing/after-message",
        "a text message, then Close 1000 in the same segment",
        _ANSWER,
        (Send("text", b"last words"), _close(1000)),
        (close(1000),),
        (close(None, 1001),),
        sentinel=False,
    ),
]

_WAITS = Case(
    "closing/tcp-left-to-server",
    "Close 1000, after whose answer the server leaves TCP open for 0.4 seconds",
    ("6455-5.5.1-13", "6455-7.1.1-05"),
    passed=(close(1000),),
    wanted="Close answers, and TCP stays open; tolerated: the client closes it itself",
    why="A client should let the server close TCP first, so that the server keeps no TIME_WAIT; it may close itself.",
    sides=frozenset({Side.CLIENT}),
    study="tcp-left-to-server",
)

_STAYS = Case(
    "closing/not-by-itself",
    "a text message, then nothing for a second",
    ("6455-7.1.7-08", "6455-7.2.1-03", "6455-7.3-02"),
    (Send("text", b"stay"), Wait(1.0)),
    (ALIVE,),
    (fail(),),
    why="A client should close when its application asks for it or for a fault only. What the application asked for, "
    "a probe cannot see: a client under test should ask for nothing.",
    sides=frozenset({Side.CLIENT}),
)

CASES = (*_GOOD, *_BAD, *_BODIES, *_AROUND, _WAITS, _STAYS)
