"""WebSocket over HTTP/2 to a server: the setting, extended CONNECT, streams (RFC 8441; RFC 9113 for their syntax)."""

from __future__ import annotations

from ws_mcp.probe.heads import Connect
from ws_mcp.probe.words import ACCEPT, DROP, REFUSE, Case, Data, Expect, Kind, Octets, Send, echo
from ws_mcp.protocol.build import close_body
from ws_mcp.types import Side

_SERVER = frozenset({Side.SERVER})
_NO_HTTP_1 = Expect(Kind.ACCEPT, absent=("sec-websocket-accept", "connection", "upgrade", "transfer-encoding"))
_REJOINED, _FRAMES, _ORDERLY, _RESET = "8441-4-06", "8441-5-09", "8441-5-10", "8441-5-11"
_MALFORMED = "6455-4.2.1-01"
_HELLO, _HELLO_BACK = Send("text", b"hello"), echo("hello")
_LONG = bytes(range(256)) * 800  # 200 KiB, three times the first window (RFC 9113, 6.9.2)


def _good(name: str, title: str, ids: tuple[str, ...], connect: Connect, why: str = "") -> Case:
    return Case(f"http2/{name}", title, ids, (_HELLO,), (_HELLO_BACK,), connect=connect, sides=_SERVER, why=why)


def _bad(
    name: str, title: str, ids: tuple[str, ...], fields: dict[str, tuple[str, ...]], why: str, lenient: bool = False
) -> Case:
    return Case(
        f"http2/{name}",
        title,
        ids,
        passed=(REFUSE, DROP),
        tolerated=(ACCEPT,) if lenient else (),
        connect=Connect(fields),
        sides=_SERVER,
        why=why,
    )


def _study(name: str, title: str, ids: tuple[str, ...], wanted: str, why: str = "") -> Case:
    return Case(f"http2/{name}", title, ids, sides=_SERVER, study=f"http2-{name}", wanted=wanted, why=why)


_SETTING = (
    _study(
        "setting-value",
        "the value of SETTINGS_ENABLE_CONNECT_PROTOCOL that the server sends",
        ("8441-3-01", "8441-3-02"),
        "1; none or 0 is told",
        why="With the value 1 a client may open WebSockets over HTTP/2; without it every client stays with HTTP/1.1.",
    ),
    _study(
        "setting-kept",
        "a message there and back: the setting is not sent as 0 later",
        ("8441-3-05",),
        "no 0 after the 1",
        why="A client that saw 1 goes on using it; there is no way back on that connection.",
    ),
    *(
        _good(
            f"setting-{value}-of-client",
            f"the client itself sends the setting with the value {value}",
            ("8441-3-04",),
            Connect(setting=value),
            why="The setting says what a server takes; from a client it means nothing.",
        )
        for value in (0, 1)
    ),
)

_OPENING = (
    Case(
        "http2/right",
        "the right extended CONNECT",
        (_REJOINED, "8441-5-08", "8441-5-06"),
        passed=(_NO_HTTP_1,),
        connect=Connect(),
        sides=_SERVER,
        why="Key, Accept, Upgrade and Connection belong to HTTP/1.1; here :protocol and a 2xx status do their work.",
    ),
    Case(
        "http2/with-key",
        "an extended CONNECT with Sec-WebSocket-Key",
        ("8441-5-06",),
        passed=(_NO_HTTP_1,),
        told=(REFUSE,),
        connect=Connect({"sec-websocket-key": ("{key}",)}),
        sides=_SERVER,
        why="The key plays no part: it is neither needed nor answered.",
    ),
    Case(
        "http2/unknown-protocol",
        ":protocol names what nobody speaks",
        (_REJOINED, "6455-10.7-04"),
        passed=(REFUSE,),
        tolerated=(DROP,),
        connect=Connect({":protocol": ("unknown-protocol",)}),
        sides=_SERVER,
        why="RFC 9220, 3 asks servers to answer 501; 400 and others say it less clearly.",
    ),
    _study(
        "authority-elsewhere",
        ":authority names another listener on this machine, where nothing may connect",
        ("8441-4-05", "8441-4-04"),
        "a WebSocket of the server itself, or a refusal; nobody connects to the host in :authority",
        why="Without :protocol CONNECT asks for a tunnel to :authority; with it the server itself is meant.",
    ),
    _bad(
        "protocol-twice",
        ":protocol twice",
        (_MALFORMED, "8441-4-02"),
        {":protocol": ("websocket", "websocket")},
        "RFC 9113, 8.3: a pseudo-header field comes once; such a request is malformed.",
    ),
    _bad(
        "method-get",
        "GET with :protocol",
        (_MALFORMED, "8441-5-01"),
        {":method": ("GET",)},
        "Only CONNECT is extended by :protocol; RFC 9113, 8.3 calls others malformed.",
    ),
    *(
        _bad(
            f"no-{name}",
            f"no :{name}",
            (_MALFORMED, requirement),
            {f":{name}": ()},
            why,
            lenient=name == "authority",
        )
        for name, requirement, why in (
            ("scheme", "8441-4-03", "RFC 8441, 4 wants :scheme beside :protocol; a request without it is malformed."),
            ("path", "8441-4-03", "RFC 8441, 4 wants :path beside :protocol; a request without it is malformed."),
            ("authority", "8441-5-05", "RFC 9113, 8.3.1 lets a server take a request that names no host."),
        )
    ),
    *(
        _bad(
            name,
            f"the field {field}: {value}",
            (_MALFORMED, requirement),
            {field: (value,)},
            "RFC 9113, 8.2 calls a request with such a field malformed.",
        )
        for name, field, value, requirement in (
            ("with-upgrade", "upgrade", "websocket", "8441-5-04"),
            ("with-connection", "connection", "Upgrade", "8441-5-04"),
            ("name-upper-case", "X-Upper-Case", "1", "8441-5-07"),
        )
    ),
)

_STREAM = (
    Case(
        "http2/octet-by-octet",
        "a text frame in DATA frames of one byte",
        (_FRAMES,),
        (Octets((Send("text", b"byte by byte"),)),),
        (echo("byte by byte"),),
        sides=_SERVER,
        why="DATA frames are like segments of TCP: their ends mean nothing to WebSocket.",
    ),
    Case(
        "http2/frames-in-one-data",
        "three messages in one DATA frame",
        (_FRAMES,),
        (Data(tuple(Send("text", text) for text in (b"one", b"two", b"three"))),),
        (echo("one", "two", "three"),),
        sides=_SERVER,
    ),
    Case(
        "http2/padded-data",
        "a text frame in a DATA frame with 100 bytes of padding, then another message",
        (_FRAMES,),
        (Data((_HELLO,), padding=100), Send("text", b"again")),
        (echo("hello", "again"),),
        sides=_SERVER,
    ),
    Case(
        "http2/empty-data",
        "empty DATA frames before, within and after a message",
        (_FRAMES,),
        (Data(), Send("text", b"hel", fin=False), Data(), Send("continuation", b"lo"), Data()),
        (_HELLO_BACK,),
        sides=_SERVER,
    ),
    Case(
        "http2/long-message",
        "a message of 200 KiB, more than the windows of both sides",
        (_FRAMES,),
        (Send("binary", _LONG),),
        (echo(_LONG),),
        sides=_SERVER,
        why="Whoever reads has to send WINDOW_UPDATE, for the stream and for the connection (RFC 9113, 6.9).",
    ),
    _study(
        "small-window",
        "the client grants 10 bytes, and 10 more when those came",
        (_FRAMES,),
        "the message comes, and never more than was granted",
        why="RFC 9113, 6.9: a sender keeps to the window, and goes on when it grows.",
    ),
    _study(
        "two-sockets",
        "two WebSockets on one connection, a fragmented message on one around a message on the other",
        (_REJOINED, _FRAMES),
        "each WebSocket gets its own message back",
    ),
    _study(
        "fault-on-one",
        "two WebSockets on one connection; a reserved opcode on one",
        (_FRAMES, "6455-10.7-01"),
        "that WebSocket is failed, the other goes on",
        why="Failing a WebSocket ends its stream, not the connection that others share.",
    ),
)

_ENDS = (
    Case(
        "http2/close-then-end",
        "Close 1000: after its answer the server ends the stream",
        (_ORDERLY,),
        (Send("close", close_body(1000)),),
        (Expect(Kind.END, codes=(1000,), ends=("fin",)),),
        (Expect(Kind.END, codes=(1000,), ends=("reset",)),),
        sides=_SERVER,
        sentinel=False,
        why="Where a server closes TCP in HTTP/1.1, it sends END_STREAM here; RST_STREAM stands for a reset.",
    ),
    Case(
        "http2/end-without-close",
        "END_STREAM without Close: the server ends its half too",
        (_ORDERLY,),
        (_HELLO, Data(end=True)),
        (Expect(Kind.END, ends=("fin",)),),
        (Expect(Kind.END, ends=("reset",)),),
        sides=_SERVER,
        sentinel=False,
        why="It is what the end of TCP without a closing handshake is in HTTP/1.1.",
    ),
    _study(
        "close-on-one",
        "two WebSockets on one connection; Close 1000 on one",
        (_ORDERLY,),
        "Close answers, the other WebSocket goes on, and a third opens",
        why="What ends TCP in HTTP/1.1 ends a stream here; the connection stays for the others.",
    ),
    _study(
        "reset-one",
        "two WebSockets on one connection; RST_STREAM with CANCEL ends one",
        (_RESET,),
        "the other goes on",
        why="A reset ends its own WebSocket only.",
    ),
)

CASES = (*_SETTING, *_OPENING, *_STREAM, *_ENDS)
