"""Opening requests, right and wrong, to a server (RFC 6455, 4.2.1 and 4.2.2; RFC 9112 for their syntax)."""

from __future__ import annotations

from ws_mcp.probe.heads import Ask
from ws_mcp.probe.words import ACCEPT, DROP, REFUSE, Case, Expect, Kind
from ws_mcp.types import Side

_SERVER = frozenset({Side.SERVER})
_NOT_101 = Expect(Kind.REFUSE, statuses=(200, 599))
_GRAMMAR, _FITTING = "6455-4.2.1-01", "6455-10.7-04"
_LENIENT = "RFC 9112 lets a recipient be lenient here."
KEY, VERSION, PROTOCOL = "Sec-WebSocket-Key", "Sec-WebSocket-Version", "Sec-WebSocket-Protocol"


def _good(name: str, title: str, ask: Ask, *ids: str, why: str = "", told: tuple[Expect, ...] = ()) -> Case:
    return Case(
        f"handshake/{name}",
        title,
        ids or ("6455-4.2.2-01",),
        passed=(ACCEPT,),
        told=told,
        ask=ask,
        ignore=("offered-subprotocol-not-answered",),
        sides=_SERVER,
        why=why,
    )


def _bad(name: str, title: str, ask: Ask, *ids: str, why: str = "", lenient: bool = False) -> Case:
    return Case(
        f"handshake/{name}",
        title,
        (*ids, _FITTING),
        passed=(REFUSE,),
        tolerated=(DROP, ACCEPT) if lenient else (DROP,),
        ask=ask,
        ignore=("offered-subprotocol-not-answered",),
        sides=_SERVER,
        why=why,
    )


def _set(name: str, *values: str) -> Ask:
    return Ask(fields={name: values})


_RIGHT = (
    _good("right", "the right request", Ask()),
    _good("names-lower-case", "field names in lower case", Ask(lower=True), "6455-4.1-47", "6455-4.2.1-10"),
    _good(
        "values-mixed-case",
        "Upgrade: WebSocket and Connection: UPGRADE",
        Ask(fields={"Upgrade": ("WebSocket",), "Connection": ("UPGRADE",)}),
        "6455-4.2.1-10",
    ),
    _good(
        "connection-list",
        "Connection: keep-alive, Upgrade",
        _set("Connection", "keep-alive, Upgrade"),
        "6455-4.2.1-05",
        why="Firefox sends it so.",
    ),
    _good(
        "connection-two-fields", "two Connection fields", _set("Connection", "keep-alive", "Upgrade"), "6455-4.2.1-05"
    ),
    _good(
        "fields-in-other-order",
        "the fields in reverse order",
        Ask(fields={"Host": ()}, extra=("Host: {host}",)),
        "6455-4.2.1-10",
    ),
    _good(
        "unknown-fields",
        "fields that nobody knows",
        Ask(extra=("X-Unknown: 1", "Sec-WebSocket-Future: yes")),
        "6455-4.2.1-12",
    ),
    _good(
        "value-not-ascii",
        "a value with bytes above 0x7f",
        Ask(extra=("X-Unknown: gr\u00fc\u00df",)),
        "6455-4.2.2-01",
        told=(REFUSE,),
        why="HTTP lets such bytes stand in a value (obs-text, RFC 9110, 5.5) and gives them no meaning.",
    ),
    _good(
        "spaces-around-values",
        "spaces around the values",
        Ask(fields={VERSION: ("  13  ",), "Upgrade": ("\t websocket ",)}),
        "6455-4.2.1-10",
    ),
    _good("in-two-pieces", "the request in pieces of 40 bytes", Ask(size=40), "6455-4.2.2-01"),
    _good("byte-by-byte", "the request byte by byte", Ask(size=1), "6455-4.2.2-01"),
    _good(
        "empty-line-before",
        "an empty line before the request",
        Ask(target="{target}", method="\r\nGET"),
        "6455-4.2.2-01",
        why="RFC 9112, 2.2 asks servers to ignore it.",
        told=(REFUSE, DROP),
    ),
    _good(
        "query",
        "a query in the target",
        Ask(target="{target}{?}probe=1&x=%20"),
        "6455-4.2.2-24",
        told=(REFUSE,),
        why="A server may give a query a meaning.",
    ),
    _good(
        "absolute-target",
        "the target as an absolute URI",
        Ask(target="http://{host}{target}"),
        "6455-4.2.2-24",
        why="RFC 9112, 3.2.2 asks servers to take it.",
        told=(REFUSE, DROP),
    ),
    _good(
        "upgrade-list",
        "Upgrade: foo, websocket",
        _set("Upgrade", "foo/2, websocket"),
        "6455-4.2.1-04",
        told=(_NOT_101, DROP),
        why="Upgrade is a list (RFC 9110, 7.8) that names websocket; many servers take that one word only.",
    ),
    _good(
        "hundred-fields",
        "a hundred fields of 60 bytes",
        Ask(extra=tuple(f"X-Field-{number}: {'v' * 45}" for number in range(100))),
        "6455-4.2.1-12",
        told=(REFUSE, DROP),
        why="How many fields a server takes is its own choice.",
    ),
    _good(
        "subprotocols-unknown",
        "subprotocols that nobody speaks",
        _set(PROTOCOL, "unknown.example, other.example"),
        "6455-4.2.2-01",
        why="No subprotocol in common: a server opens without one, or declines.",
        told=(REFUSE,),
    ),
    _good(
        "subprotocols-two-fields",
        "subprotocols in two fields",
        _set(PROTOCOL, "one.example", "two.example"),
        "6455-4.2.2-01",
        told=(REFUSE,),
    ),
)

_LINE = (
    _bad("method-post", "the method POST", Ask(method="POST"), "6455-4.2.1-02"),
    _bad("method-put", "the method PUT", Ask(method="PUT"), "6455-4.2.1-02"),
    _bad("method-options", "the method OPTIONS", Ask(method="OPTIONS"), "6455-4.2.1-02"),
    _bad("method-lower-case", "the method get; methods are case-sensitive", Ask(method="get"), "6455-4.2.1-02"),
    _bad("http-1.0", "HTTP/1.0", Ask(version="HTTP/1.0"), "6455-4.2.1-02"),
    _bad("http-unknown", "the version HTTP/1.x", Ask(version="HTTP/1.x"), _GRAMMAR),
    Case(
        "handshake/no-http",
        "a first line that is no HTTP",
        ("6455-7.2.2-01", _FITTING),
        passed=(REFUSE, DROP),
        ask=Ask(method="hello", version="how are you?"),
        sides=_SERVER,
        why="With or without an answer, the server has to end the connection.",
    ),
    _bad("no-version", "a request line without version", Ask(version=""), _GRAMMAR),
    _bad("space-in-target", "a target with a space", Ask(target="{target} x"), _GRAMMAR),
    _bad(
        "fragment-in-target",
        "a target with a fragment",
        Ask(target="{target}#part"),
        _GRAMMAR,
        lenient=True,
        why="3 forbids fragments in ws URLs; a server that ignores one does no harm.",
    ),
    _bad("no-host", "no Host", _set("Host"), "6455-4.2.1-03"),
    _bad(
        "two-hosts",
        "two Host fields",
        _set("Host", "one.example", "two.example"),
        _GRAMMAR,
        lenient=True,
        why="RFC 9112, 3.2 demands 400; RFC 6455 itself only asks for a Host field.",
    ),
    _bad(
        "host-bad",
        "Host: a b",
        _set("Host", "a b"),
        _GRAMMAR,
        lenient=True,
        why="RFC 9112, 3.2 demands 400 for a value that is no host.",
    ),
)

_UPGRADE = tuple(
    Case(
        f"handshake/{name}",
        title,
        (number,),
        passed=(_NOT_101,),
        tolerated=(DROP,),
        ask=ask,
        sides=_SERVER,
        why="Without it this is an ordinary HTTP request, which a server may answer as such, only not with 101.",
    )
    for name, title, number, ask in (
        ("no-upgrade", "no Upgrade", "6455-4.2.1-04", _set("Upgrade")),
        ("upgrade-other", "Upgrade: other/1", "6455-4.2.1-04", _set("Upgrade", "other/1")),
        (
            "upgrade-websockets",
            "Upgrade: websockets, with an s too many",
            "6455-4.2.1-04",
            _set("Upgrade", "websockets"),
        ),
        ("no-connection", "no Connection", "6455-4.2.1-05", _set("Connection")),
        ("connection-keep-alive", "Connection: keep-alive", "6455-4.2.1-05", _set("Connection", "keep-alive")),
        ("connection-close", "Connection: close", "6455-4.2.1-05", _set("Connection", "close")),
        ("connection-part-of-word", "Connection: upgraded", "6455-4.2.1-05", _set("Connection", "upgraded")),
    )
)

_KEYS = (
    _bad("no-key", "no key", _set(KEY), "6455-4.2.1-06"),
    _bad("key-empty", "an empty key", _set(KEY, ""), "6455-4.2.1-07"),
    _bad("key-15-bytes", "a key of 15 bytes", _set(KEY, "AQIDBAUGBwgJCgsMDQ4P"), "6455-4.2.1-07"),
    _bad("key-17-bytes", "a key of 17 bytes", _set(KEY, "AQIDBAUGBwgJCgsMDQ4PEBE="), "6455-4.2.1-07"),
    _bad("key-no-base64", "a key that is no base64", _set(KEY, "!!!!not-base64!!!!!!!!=="), "6455-4.2.1-07"),
    _bad("key-no-padding", "a key without its ==", _set(KEY, "AQIDBAUGBwgJCgsMDQ4PEA"), "6455-4.2.1-07"),
    _bad("key-twice", "two different keys", _set(KEY, "{key}", "AQIDBAUGBwgJCgsMDQ4PEA=="), _GRAMMAR, "6455-4.2.1-07"),
)

_VERSIONS = tuple(
    _bad(f"version-{name}", title, _set(VERSION, *values), "6455-4.2.1-08", "6455-4.2.2-07")
    for name, title, values in (
        ("missing", "no version", ()),
        ("empty", "an empty version", ("",)),
        ("0", "version 0", ("0",)),
        ("8", "version 8, of a draft", ("8",)),
        ("12", "version 12", ("12",)),
        ("14", "version 14", ("14",)),
        ("99", "version 99", ("99",)),
        ("256", "version 256, which is out of range", ("256",)),
        ("013", "version 013", ("013",)),
        ("negative", "version -13", ("-13",)),
        ("word", "version thirteen", ("thirteen",)),
        ("list", "version 13, 8", ("13, 8",)),
        ("twice", "the versions 8 and 13 in two fields", ("8", "13")),
    )
) + (
    _bad("version-13-twice", "version 13 in two fields", _set(VERSION, "13", "13"), "6455-4.2.1-08", lenient=True),
    Case(
        "handshake/version-99-told-13",
        "version 99: the answer tells which versions there are",
        ("6455-4.4-01", "6455-4.2.2-07"),
        passed=(Expect(Kind.REFUSE, statuses=(400, 499), field=(VERSION, "13")),),
        ask=_set(VERSION, "99"),
        sides=_SERVER,
        why="4.4 wants Sec-WebSocket-Version: 13 in it, so that a client can try again.",
    ),
)

_LISTS = (
    _bad("subprotocol-space", "a subprotocol with a space and a stroke", _set(PROTOCOL, "ch at/1"), "6455-4.2.1-09"),
    _bad("subprotocol-separator", "a subprotocol in parentheses", _set(PROTOCOL, "(chat)"), "6455-4.2.1-09"),
    _bad(
        "subprotocol-empty",
        "an empty Sec-WebSocket-Protocol",
        _set(PROTOCOL, ""),
        "6455-4.2.1-09",
        lenient=True,
        why="11.3.4 wants at least one; RFC 9110, 5.6.1 lets a recipient take an empty list for none.",
    ),
    _bad(
        "subprotocol-empty-element",
        "an empty element among the subprotocols",
        _set(PROTOCOL, "chat,,superchat"),
        "6455-4.2.1-09",
        lenient=True,
        why="RFC 9110, 5.6.1 lets a recipient skip empty elements.",
    ),
    _bad(
        "subprotocol-twice",
        "the same subprotocol twice",
        _set(PROTOCOL, "chat, chat"),
        "6455-4.2.1-01",
        lenient=True,
        why="4.1 binds the client; picking one of two equal names does no harm.",
    ),
    *(
        _bad(
            f"extensions-{name}",
            f"Sec-WebSocket-Extensions: {value}",
            _set("Sec-WebSocket-Extensions", value),
            "6455-9.1-01",
            "6455-4.2.1-09",
            lenient=name == "empty",
        )
        for name, value in (
            ("garbage", ";;;"),
            ("no-name", "; a=1"),
            ("no-parameter-name", "foo; =1"),
            ("open-quote", 'foo; a="1'),
            ("quoted-not-token", 'foo; a="b c"'),
            ("separator", "foo(bar)"),
            ("empty", ""),
        )
    ),
)

_SYNTAX = (
    _bad(
        "space-before-colon",
        "a space between a field name and its colon",
        Ask(extra=("X-Odd : 1",)),
        _GRAMMAR,
        why="RFC 9112, 5.1 demands 400, because proxies have been fooled by it.",
    ),
    _bad(
        "folded-line",
        "a value that goes on in the next line",
        Ask(extra=("X-Odd: 1", "  2")),
        _GRAMMAR,
        lenient=True,
        why="RFC 9112, 5.2: refuse it or put spaces for the fold.",
    ),
    _bad("no-colon", "a line without colon", Ask(extra=("no colon here",)), _GRAMMAR),
    _bad("nul-in-value", "a NUL in a value", Ask(extra=("X-Odd: a\0b",)), _GRAMMAR),
    _bad(
        "cr-in-value", "a CR without LF in a value", Ask(extra=("X-Odd: a\rb",)), _GRAMMAR, lenient=True, why=_LENIENT
    ),
    _bad("name-not-token", "a field name with a space", Ask(extra=("X Odd: 1",)), _GRAMMAR),
    _bad("name-empty", "a line that begins with a colon", Ask(extra=(": value",)), _GRAMMAR),
    _bad(
        "lf-only",
        "lines that end in LF without CR",
        Ask(end="\n"),
        _GRAMMAR,
        lenient=True,
        why="RFC 9112, 2.2 lets a recipient take LF alone for the end of a line.",
    ),
    _bad(
        "with-body",
        "a body of five bytes",
        Ask(extra=("Content-Length: 5",), body=b"hello"),
        _GRAMMAR,
        lenient=True,
        why="Its bytes could be taken for frames; most servers refuse or ignore the body.",
    ),
    _bad(
        "chunked",
        "Transfer-Encoding: chunked",
        Ask(extra=("Transfer-Encoding: chunked",), body=b"0\r\n\r\n"),
        _GRAMMAR,
        lenient=True,
        why="As a body of known length.",
    ),
)

_RESOURCE = (
    Case(
        "handshake/unknown-resource",
        "a resource that nobody offers",
        ("6455-4.2.2-09",),
        passed=(Expect(Kind.REFUSE, statuses=(400, 499)),),
        tolerated=(DROP,),
        told=(ACCEPT,),
        ask=Ask(target="/no-such-resource-6455"),
        sides=_SERVER,
        why="404 is the usual answer. A server that opens for every path has one service for all of them.",
    ),
)

CASES = (*_RIGHT, *_RESOURCE, *_LINE, *_UPGRADE, *_KEYS, *_VERSIONS, *_LISTS, *_SYNTAX)
