"""The fields an opening request must have: Host, Upgrade, Connection, key, version (RFC 6455, 4.1 items 4 to 9)."""

from __future__ import annotations

from collections.abc import Iterator

from ws_mcp.protocol.connection import Connection
from ws_mcp.protocol.headers import decode_key, has_token
from ws_mcp.rules.handshake_examples import ask
from ws_mcp.rules.http_parts import (
    all_shown,
    authority_of,
    classic,
    fault,
    field_place,
    fields_of,
    has_field,
    joined,
    line,
    shown,
    stands,
    without,
)
from ws_mcp.rules.registry import rule
from ws_mcp.types import Fault, Request, Severity, Side

NONCE = 16  # bytes
HOST, KEY, VERSION = "Host", "Sec-WebSocket-Key", "Sec-WebSocket-Version"
FLAWS = {
    "empty-host": "the host is empty",
    "bad-host": "the host has characters that no host has",
    "bad-ipv6": "what stands in brackets is no IPv6 address",
    "bad-port": "the port is no number up to 65535",
    "user-in-host": "there is a user before '@'",
}
IGNORED = {"empty-port"}  # "host:" is grammatical (RFC 3986, 3.2.3)


@rule(
    "6455-4.1-20",
    sender=Side.CLIENT,
    fix="Add a Host field with the host of the URL, and ':port' where the port is not the default.",
    good=[ask("Host: example.com:8080")],
    bad=[ask(drop="Host")],
)
def request_without_host(request: Request, connection: Connection) -> Iterator[Fault]:
    """The request names the host it wants in Host.

    One address serves many sites; servers and proxies answer 400 to a request that does not say which.
    """
    if classic(request) and not has_field(request, HOST):
        yield fault(request, HOST, "There is no Host field.")


@rule(
    "6455-4.1-20",
    "6455-4.1-16",
    sender=Side.CLIENT,
    sections=["rfc9112/3.2"],
    fix="Send one Host field.",
    good=[ask()],
    bad=[ask("Host: example.com", "Host: example.com"), ask("Host: a.example", "Host: b.example")],
)
def duplicate_host(request: Request, connection: Connection) -> Iterator[Fault]:
    """Host stands in a request once.

    Two of them let a proxy and the server behind it pick different sites; RFC 9112 has servers answer 400.
    """
    found = fields_of(request, HOST)
    if len(found) > 1:
        values = list(dict.fromkeys(request.values(HOST)))
        corrected = line(HOST, values[0]) if len(values) == 1 else ""
        text = f"Host is there {len(found)} times: {all_shown(values)}."
        yield Fault(text, field_place(request, found[1]), corrected)


@rule(
    "6455-4.1-20",
    "6455-11.1.1-01",
    "6455-11.1.2-01",
    sender=Side.CLIENT,
    fix="Send the host name in ASCII (IDNA for other scripts) or an IP address, IPv6 in brackets, then ':port'.",
    good=[ask("Host: [::1]:8080"), ask("Host: xn--bcher-kva.example")],
    bad=[
        ask("Host: exa mple.com"),
        ask("Host: example.com:port"),
        ask("Host: user@example.com"),
        ask("Host: b\xfccher.example"),
    ],
)
def malformed_host(request: Request, connection: Connection) -> Iterator[Fault]:
    """Host holds a host in ASCII and perhaps a port, nothing else.

    No scheme, path, user or password; names in other scripts are converted first. Servers answer 400.
    """
    for name in (HOST, ":authority"):
        for field in fields_of(request, name):
            value = field.value.strip(" \t")
            authority = authority_of(value)
            faults = [known for known in authority.faults if known not in IGNORED]
            if authority.userinfo is not None:
                faults.append("user-in-host")
            if faults:
                text = f"{field.name} is {shown(value)}, no host and port: {', '.join(map(FLAWS.__getitem__, faults))}."
                yield Fault(text, field_place(request, field), _ascii_host(field.name, value))


def _ascii_host(name: str, value: str) -> str:
    """The field with its host in IDNA, "" where that is not what is wrong."""
    if value.isascii():
        return ""
    raw = value.encode("latin-1", "replace")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = value
    host, colon, port = text.partition(":")
    try:
        mended = host.encode("idna").decode("ascii") + colon + port
    except UnicodeError:
        return ""
    return "" if authority_of(mended).faults else line(name, mended)


@rule(
    "6455-4.1-21",
    sender=Side.CLIENT,
    fix="Send 'Upgrade: websocket'. Behind nginx: proxy_set_header Upgrade $http_upgrade; other proxies need the like.",
    good=[ask("Upgrade: WebSocket"), ask("Upgrade: websocket")],
    bad=[ask(drop="Upgrade"), ask("Upgrade: h2c"), ask("Upgrade: websocket/13")],
)
def request_without_upgrade(request: Request, connection: Connection) -> Iterator[Fault]:
    """Upgrade lists the protocol 'websocket', in any case.

    It is a hop-by-hop field: a proxy that is not told to pass it on drops it, and the server sees a plain GET.
    """
    if classic(request) and not has_token(request.fields, "Upgrade", "websocket"):
        text = f"{stands(request, 'Upgrade')}; it must list 'websocket'."
        yield fault(request, "Upgrade", text, line("Upgrade", "websocket"))


@rule(
    "6455-4.1-22",
    sender=Side.CLIENT,
    fix="Send 'Connection: Upgrade'. Behind nginx: proxy_set_header Connection \"upgrade\"; others alike.",
    good=[ask("Connection: keep-alive, Upgrade"), ask("Connection: upgrade")],
    bad=[ask(drop="Connection"), ask("Connection: keep-alive"), ask("Connection: close")],
)
def request_without_connection_upgrade(request: Request, connection: Connection) -> Iterator[Fault]:
    """Connection lists the token 'Upgrade', in any case, so that proxies treat the Upgrade field as their own business.

    A proxy in between often puts 'keep-alive' or 'close' there instead.
    """
    if classic(request) and not has_token(request.fields, "Connection", "upgrade"):
        text = f"{stands(request, 'Connection')}; it must list 'Upgrade'."
        yield fault(request, "Connection", text, line("Connection", "Upgrade"))


@rule(
    "6455-4.1-23",
    sender=Side.CLIENT,
    fix="Add Sec-WebSocket-Key: the base64 form of 16 fresh random bytes. Over HTTP/2 and HTTP/3 it is not sent.",
    good=[ask()],
    bad=[ask(drop="Sec-WebSocket-Key")],
)
def request_without_key(request: Request, connection: Connection) -> Iterator[Fault]:
    """The request has a Sec-WebSocket-Key; without it the server has nothing to prove that it understood.

    Usual causes: a plain HTTP client, or a proxy that filters fields it does not know.
    """
    if classic(request) and not has_field(request, KEY):
        yield fault(request, KEY, "There is no Sec-WebSocket-Key field.")


@rule(
    "6455-4.1-24",
    "6455-4.3-03",
    sender=Side.CLIENT,
    fix="Send 16 random bytes in base64: 24 characters that end in '=='. Sixteen characters or a UUID are not that.",
    good=[ask()],
    bad=[
        ask("Sec-WebSocket-Key:"),
        ask("Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4P"),
        ask("Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw"),
        ask("Sec-WebSocket-Key: not base64 at all!"),
    ],
)
def malformed_key(request: Request, connection: Connection) -> Iterator[Fault]:
    """Sec-WebSocket-Key is the base64 form of exactly 16 bytes.

    Strict servers answer 400, lenient ones take any text; the key is no secret, only a mark of this one handshake.
    """
    for field in fields_of(request, KEY) if classic(request) else ():
        key = decode_key(field.value)
        if key.nonce is not None and len(key.nonce) == NONCE:
            continue
        text = f"Sec-WebSocket-Key {shown(key.raw)} {_flaw(key.raw)}; it must be base64 of 16 bytes."
        yield Fault(text, field_place(request, field), _mended_key(key.raw))


def _flaw(value: str) -> str:
    key = decode_key(value)
    if key.nonce is not None:
        return f"decodes to {len(key.nonce)} bytes"
    what = {
        "empty": "is empty",
        "alphabet": "has characters outside the base64 alphabet",
        "padding": "is padded wrongly",
    }
    return what[key.problem]


def _mended_key(value: str) -> str:
    """The key with its padding and its alphabet put right, where that alone makes it one."""
    text = value.rstrip("=").replace("-", "+").replace("_", "/") + "=="
    key = decode_key(text)
    return line(KEY, text) if key.nonce is not None and len(key.nonce) == NONCE and key.canonical else ""


@rule(
    "6455-4.1-24",
    severity=Severity.WARNING,
    sender=Side.CLIENT,
    fix="Take the key from a base64 encoder; the last character before '==' is one of A, Q, g and w.",
    good=[ask()],
    bad=[ask("Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDz==")],
)
def non_canonical_key(request: Request, connection: Connection) -> Iterator[Fault]:
    """The unused bits before the padding of a base64 value are zero (RFC 4648, 3.5).

    Such a key decodes to 16 bytes and was made by hand, not by an encoder; a strict decoder refuses it.
    """
    for field in fields_of(request, KEY) if classic(request) else ():
        key = decode_key(field.value)
        if key.nonce is not None and len(key.nonce) == NONCE and not key.canonical:
            text = f"Sec-WebSocket-Key {shown(key.raw)} has stray bits before its padding."
            yield Fault(text, field_place(request, field))


@rule(
    "6455-11.3.1-01",
    sender=Side.CLIENT,
    fix="Send Sec-WebSocket-Key once.",
    good=[ask()],
    bad=[ask("Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==", "Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==")],
)
def duplicate_key(request: Request, connection: Connection) -> Iterator[Fault]:
    """Sec-WebSocket-Key stands in a request once, or the two ends may answer and check different ones.

    Usual cause: code that sets the field although the library already does.
    """
    found = fields_of(request, KEY)
    if len(found) > 1:
        values = list(dict.fromkeys(request.values(KEY)))
        corrected = line(KEY, values[0]) if len(values) == 1 else ""
        yield Fault(f"Sec-WebSocket-Key is there {len(found)} times.", field_place(request, found[1]), corrected)


@rule(
    "6455-4.1-29",
    sender=Side.CLIENT,
    fix="Add 'Sec-WebSocket-Version: 13'.",
    good=[ask()],
    bad=[ask(drop="Sec-WebSocket-Version")],
)
def request_without_version(request: Request, connection: Connection) -> Iterator[Fault]:
    """The request names its protocol version; a server answers 400 or 426 to one that does not."""
    if not has_field(request, VERSION):
        yield fault(request, VERSION, "There is no Sec-WebSocket-Version field.", line(VERSION, "13"))


@rule(
    "6455-4.1-30",
    "6455-4.3-02",
    "6455-4.3-08",
    "6455-11.6-01",
    sender=Side.CLIENT,
    fix="Send 'Sec-WebSocket-Version: 13', that number alone; it is the version of RFC 6455 and the one in use.",
    good=[ask()],
    bad=[
        ask("Sec-WebSocket-Version: 8"),
        ask("Sec-WebSocket-Version: 013"),
        ask("Sec-WebSocket-Version: 13, 8"),
        ask("Sec-WebSocket-Version:"),
        ask("Sec-WebSocket-Version: 256"),
    ],
)
def version_not_13(request: Request, connection: Connection) -> Iterator[Fault]:
    """The value of Sec-WebSocket-Version in a request is 13.

    Versions 0 to 12 were drafts. A server that does not speak the version answers 426 and lists those it does.
    """
    for field in fields_of(request, VERSION):
        value = field.value.strip(" \t")
        if value != "13":
            text = f"Sec-WebSocket-Version is {shown(value)}; it must be 13."
            yield Fault(text, field_place(request, field), line(VERSION, "13"))


@rule(
    "6455-11.3.5-02",
    sender=Side.CLIENT,
    fix="Send Sec-WebSocket-Version once.",
    good=[ask()],
    bad=[ask("Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 13")],
)
def duplicate_version(request: Request, connection: Connection) -> Iterator[Fault]:
    """Sec-WebSocket-Version stands in a request once; only an answer may list several.

    Usual cause: code that sets the field although the library already does.
    """
    found = fields_of(request, VERSION)
    if len(found) > 1:
        text = f"Sec-WebSocket-Version is there {len(found)} times: {joined(request, VERSION)}."
        yield Fault(text, field_place(request, found[1]), line(VERSION, "13"))


@rule(
    severity=Severity.WARNING,
    sender=Side.CLIENT,
    sections=["rfc9110/9.3.1", "rfc6455/4.1"],
    fix="Send the opening request without content: no Content-Length but 0, and no Transfer-Encoding.",
    good=[ask("Content-Length: 0")],
    bad=[ask("Content-Length: 5"), ask("Transfer-Encoding: chunked")],
)
def request_with_content(request: Request, connection: Connection) -> Iterator[Fault]:
    """An opening request announces content, which a GET has no use for.

    Where one peer reads it as content and the next as frames, they lose step; that is how requests are smuggled.
    """
    if not classic(request):
        return
    for name in ("Content-Length", "Transfer-Encoding"):
        for field in fields_of(request, name):
            if field.value.strip(" \t").strip("0"):
                text = f"The request announces content: {name} is {shown(field.value.strip())}."
                yield Fault(text, field_place(request, field), without(request, "Content-Length", "Transfer-Encoding"))
