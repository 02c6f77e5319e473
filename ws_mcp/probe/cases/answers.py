"""Answers to a client's opening request, right and wrong (RFC 6455, 4.1; RFC 7692, 7 for extensions)."""

from __future__ import annotations

from ws_mcp.probe.heads import Answer
from ws_mcp.probe.words import SHUN, Case, Expect, Send, echo
from ws_mcp.types import Side

_CLIENT = frozenset({Side.CLIENT})
_HELLO = Send("text", b"hello")
_ECHO = echo("hello")
ACCEPT, PROTOCOL, EXTENSIONS = "Sec-WebSocket-Accept", "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions"
_DEFLATE = "permessage-deflate"
_LIMIT = 1.0  # seconds in which a client shows whether it takes the connection for open


def _good(name: str, title: str, answer: Answer, *ids: str, why: str = "", told: tuple[Expect, ...] = ()) -> Case:
    numbers = ids or ("6455-4.1-37",)
    return Case(f"answers/{name}", title, numbers, (_HELLO,), (_ECHO,), (), told, why, answer=answer, sides=_CLIENT)


def _bad(name: str, title: str, answer: Answer, *ids: str, why: str = "", lenient: bool = False) -> Case:
    tolerated = (_ECHO,) if lenient else ()
    return Case(
        f"answers/{name}",
        title,
        ids,
        (_HELLO,),
        (SHUN,),
        tolerated,
        why=why,
        answer=answer,
        limit=_LIMIT,
        sides=_CLIENT,
    )


def _set(name: str, *values: str) -> Answer:
    return Answer(fields={name: values})


def _status(line: str, **fields: str) -> Answer:
    return Answer(status=line, fields={name.replace("_", "-"): (value,) for name, value in fields.items()})


_RIGHT = (
    _good("right", "the right answer", Answer(), "6455-4.1-37", "6455-4.1-02"),
    _good("names-lower-case", "field names in lower case", Answer(lower=True), "6455-4.1-47"),
    _good(
        "values-mixed-case",
        "Upgrade: WebSocket and Connection: upgrade",
        Answer(fields={"Upgrade": ("WebSocket",), "Connection": ("upgrade",)}),
        "6455-4.1-40",
        "6455-4.1-41",
    ),
    _good(
        "connection-list",
        "Connection: keep-alive, Upgrade",
        _set("Connection", "keep-alive, Upgrade"),
        "6455-4.1-41",
        why="Right, yet several clients compare the whole value and refuse it: a server had better send one word.",
    ),
    _good("other-reason", "101 with another reason phrase", Answer(status="HTTP/1.1 101 Let us talk")),
    _good("no-reason", "101 without a reason phrase", Answer(status="HTTP/1.1 101 ")),
    _good("unknown-fields", "fields that nobody knows", Answer(extra=("X-Unknown: 1", "Date: tomorrow"))),
    _good("spaces-around-accept", "spaces around Accept", _set(ACCEPT, "  {accept}  "), "6455-4.1-43"),
    _good(
        "frame-with-answer",
        "a message in the same segment as the answer",
        Answer(),
        "6455-6.2-01",
        "6455-4.2.2-25",
        why="The server is OPEN once its answer is sent.",
    ),
    _good(
        "interim-first",
        "100 Continue, then the right answer",
        Answer(status="HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 101 Switching Protocols"),
        told=(SHUN,),
        why="HTTP allows interim answers; for a handshake hardly any client expects one.",
    ),
)

_ACCEPTS = (
    _bad("accept-wrong", "an Accept for another key", _set(ACCEPT, "{wrong}"), "6455-4.1-42"),
    _bad("accept-missing", "no Accept", _set(ACCEPT), "6455-4.1-42"),
    _bad("accept-empty", "an empty Accept", _set(ACCEPT, ""), "6455-4.1-42"),
    _bad("accept-key-itself", "the key itself as Accept", _set(ACCEPT, "{key}"), "6455-4.1-42"),
    _bad("accept-more", "the right Accept with a letter after it", _set(ACCEPT, "{accept}x"), "6455-4.1-42"),
    _bad("accept-cut", "Accept without its padding", _set(ACCEPT, "{cut}"), "6455-4.1-42"),
    _bad("accept-wrong-then-right", "a wrong and a right Accept", _set(ACCEPT, "{wrong}", "{accept}"), "6455-4.1-46"),
    _bad(
        "accept-right-twice",
        "the right Accept twice",
        _set(ACCEPT, "{accept}", "{accept}"),
        "6455-4.1-46",
        lenient=True,
        why="11.3.3 forbids the second field; both say the same.",
    ),
)

_STATUSES = tuple(
    _bad(
        f"status-{code}",
        f"status {code} with all the fields of a right answer",
        _status(f"HTTP/1.1 {code} Other"),
        *ids,
    )
    for code, ids in (
        (200, ("6455-4.1-38",)),
        (201, ("6455-4.1-38",)),
        (204, ("6455-4.1-38",)),
        (400, ("6455-4.1-38",)),
        (403, ("6455-4.1-38",)),
        (404, ("6455-4.1-38",)),
        (426, ("6455-4.1-38", "6455-4.4-02")),
        (500, ("6455-4.1-38",)),
        (503, ("6455-4.1-38",)),
    )
) + (
    _bad(
        "status-302",
        "a redirect to a place that refuses",
        _status("HTTP/1.1 302 Found", Location="/redirected"),
        "6455-4.1-39",
    ),
    _bad(
        "status-401",
        "401 with a challenge",
        _status("HTTP/1.1 401 Unauthorized", WWW_Authenticate='Basic realm="probe"'),
        "6455-4.1-39",
    ),
)

_LINES = (
    _bad("http-1.0", "HTTP/1.0 101", Answer(status="HTTP/1.0 101 Switching Protocols"), "6455-4.1-46", lenient=True),
    _bad("garbage", "a line that is no HTTP", Answer(status="hello, client"), "6455-4.1-46"),
    _bad("no-upgrade", "no Upgrade", _set("Upgrade"), "6455-4.1-40"),
    _bad("upgrade-h2c", "Upgrade: h2c", _set("Upgrade", "h2c"), "6455-4.1-40"),
    _bad(
        "upgrade-list",
        "Upgrade: websocket, h2c",
        _set("Upgrade", "websocket, h2c"),
        "6455-4.1-40",
        why="4.1 wants a value equal to websocket.",
        lenient=True,
    ),
    _bad("no-connection", "no Connection", _set("Connection"), "6455-4.1-41"),
    _bad("connection-close", "Connection: close", _set("Connection", "close"), "6455-4.1-41"),
    _bad("connection-part-of-word", "Connection: upgraded", _set("Connection", "upgraded"), "6455-4.1-41"),
    _bad(
        "folded-line",
        "a value that goes on in the next line",
        Answer(extra=("X-Odd: 1", "  2")),
        "6455-4.1-46",
        lenient=True,
        why="RFC 9112, 5.2 lets a client put spaces for the fold.",
    ),
    _bad("no-colon", "a line without colon", Answer(extra=("no colon here",)), "6455-4.1-46", lenient=True),
    _bad("nul-in-value", "a NUL in a value", Answer(extra=("X-Odd: a\0b",)), "6455-4.1-46", lenient=True),
    _bad(
        "lf-only",
        "lines that end in LF without CR",
        Answer(end="\n"),
        "6455-4.1-46",
        lenient=True,
        why="RFC 9112, 2.2 lets a recipient take LF alone for the end of a line.",
    ),
)

_CHOICES = (
    _bad(
        "subprotocol-not-offered",
        "a subprotocol that was not offered",
        _set(PROTOCOL, "unwanted.example"),
        "6455-4.1-45",
    ),
    _bad("subprotocol-two", "two subprotocols", _set(PROTOCOL, "one.example, two.example"), "6455-4.1-45"),
    _bad("subprotocol-empty", "an empty subprotocol", _set(PROTOCOL, ""), "6455-4.1-45", lenient=True),
    _bad(
        "extension-unknown",
        "an extension that nobody offered",
        _set(EXTENSIONS, "x-unknown"),
        "6455-4.1-44",
        "7692-5-11",
    ),
    _bad("extension-garbage", "Sec-WebSocket-Extensions: ;;;", _set(EXTENSIONS, ";;;"), "6455-9.1-01"),
    *(
        _bad(f"deflate-{name}", f"the extension {_DEFLATE}{parameters}", _set(EXTENSIONS, _DEFLATE + parameters), *ids)
        for name, parameters, ids in (
            ("unknown-parameter", "; mystery=1", ("7692-7-05", "7692-5-11", "6455-4.1-44")),
            ("unknown-flag", "; mystery", ("7692-7-05", "7692-5-11", "6455-4.1-44")),
            (
                "parameter-twice",
                "; server_no_context_takeover; server_no_context_takeover",
                ("7692-7-07", "6455-4.1-44"),
            ),
            ("server-bits-16", "; server_max_window_bits=16", ("7692-7-06", "6455-4.1-44")),
            ("server-bits-7", "; server_max_window_bits=7", ("7692-7-06", "6455-4.1-44")),
            ("server-bits-08", "; server_max_window_bits=08", ("7692-7-06", "6455-4.1-44")),
            ("server-bits-no-value", "; server_max_window_bits", ("7692-7-06", "6455-4.1-44")),
            ("client-bits-7", "; client_max_window_bits=7", ("7692-7-06", "6455-4.1-44")),
            ("client-bits-no-value", "; client_max_window_bits", ("7692-7-06", "6455-4.1-44")),
            ("no-context-value", "; server_no_context_takeover=1", ("7692-7-06", "6455-4.1-44")),
            ("twice", f", {_DEFLATE}", ("7692-5-07", "6455-4.1-46")),
        )
    ),
)

_MANNERS = (
    Case(
        "answers/after-a-while",
        "the right answer, after 0.4 seconds in which the client has to wait",
        ("6455-4.1-36", "6455-4.1-15"),
        (_HELLO,),
        (_ECHO,),
        sides=_CLIENT,
        study="after-a-while",
    ),
    Case(
        "answers/one-at-a-time",
        "the right answer, after 0.4 seconds in which no other connection is asked for",
        ("6455-4.1-04",),
        (_HELLO,),
        (_ECHO,),
        why="A client has one connection to an address in the state CONNECTING and lets others wait, as browsers do. "
        "Several connections may also be those of several clients, so they are told and not judged.",
        sides=_CLIENT,
        study="one-at-a-time",
    ),
    Case(
        "answers/key-is-new",
        "the right answer, if the key was not used before",
        ("6455-4.1-25",),
        (_HELLO,),
        (_ECHO,),
        why="A new key for each connection proves that the answer is not an old one out of a cache.",
        sides=_CLIENT,
        study="key-is-new",
    ),
)

CASES = (*_RIGHT, *_MANNERS, *_ACCEPTS, *_STATUSES, *_LINES, *_CHOICES)
