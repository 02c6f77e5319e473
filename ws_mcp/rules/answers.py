"""The answer that opens the connection, and the one that refuses a version (RFC 6455, 4.2.2)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

from ws_mcp.protocol.connection import Connection
from ws_mcp.protocol.headers import expected_accept, has_token, list_elements
from ws_mcp.rules.handshake_examples import answer, ask, both, refuse
from ws_mcp.rules.http_parts import (
    accepts,
    all_shown,
    classic,
    fault,
    field_place,
    fields_of,
    has_field,
    joined,
    line,
    shown,
    stands,
    start_place,
    without,
)
from ws_mcp.rules.registry import rule
from ws_mcp.types import Fault, Handshake, Request, Response, Severity, Side

ACCEPT, KEY, VERSION = "Sec-WebSocket-Accept", "Sec-WebSocket-Key", "Sec-WebSocket-Version"
SWITCHING = "HTTP/1.1 101 Switching Protocols"
DIGEST = 20  # bytes of SHA-1
VERSIONS = frozenset(str(version) for version in range(256))  # RFC 6455, 4.3 and 11.6: no leading zeros
REFUSED_VERSION = (400, 426)


def opens(response: Response) -> bool:
    """Whether it is an HTTP/1.1 answer that accepts."""
    return classic(response) and accepts(response)


def key_of(request: Request | None) -> str:
    """The one key of a request, "" where there is none or more than one."""
    keys = request.values(KEY) if request else ()
    return keys[0] if len(keys) == 1 else ""


def _other_version(request: Request | None) -> bool:
    """Whether a request asks for a version that is not 13."""
    asked = request.values(VERSION) if request else ()
    return bool(asked) and "13" not in asked


def _known_key(connection: Connection) -> str:
    return key_of(connection.handshake.request if connection.handshake else None)


@rule(
    "6455-4.2.2-18",
    sender=Side.SERVER,
    needs=["status line"],
    fix="Answer 101 Switching Protocols to accept, or refuse without Sec-WebSocket-Accept.",
    good=[both(ask())],
    bad=[both(ask(), answer(start="HTTP/1.1 200 OK")), both(ask(), answer(start="HTTP/1.1 102 Processing"))],
)
def accept_without_101(response: Response, connection: Connection) -> Iterator[Fault]:
    """The answer has Sec-WebSocket-Accept as if to accept, and its status is not 101.

    To a client only 101 opens the connection; a proxy or a framework may have replaced the status.
    """
    if classic(response) and response.status not in {0, 101} and has_field(response, ACCEPT):
        text = f"The status is {response.status}, and there is a {ACCEPT} field; an answer that accepts is 101."
        yield Fault(text, start_place(response), SWITCHING)


@rule(
    "6455-4.2.2-17",
    sender=Side.SERVER,
    needs=["status line"],
    fix="Answer with HTTP/1.1; behind nginx, set proxy_http_version 1.1.",
    good=[both(ask())],
    bad=[both(ask(), answer(start="HTTP/1.0 101 Switching Protocols"))],
)
def answer_http_version_too_low(response: Response, connection: Connection) -> Iterator[Fault]:
    """101 belongs to HTTP/1.1; HTTP/1.0 has neither 1xx statuses nor Upgrade.

    Some clients take it, others call it no valid response.
    """
    if opens(response) and response.version.upper() in {"HTTP/1.0", "HTTP/0.9"}:
        text = f"The status line says {shown(response.version)} with 101; that status needs HTTP/1.1."
        yield Fault(text, start_place(response), SWITCHING)


@rule(
    "6455-4.2.2-19",
    sender=Side.SERVER,
    fix="Send 'Upgrade: websocket', once and alone.",
    good=[both(ask(), answer("Upgrade: WebSocket"))],
    bad=[
        both(ask(), answer(drop="Upgrade")),
        both(ask(), answer("Upgrade: h2c")),
        both(ask(), answer("Upgrade: websocket, h2c")),
    ],
)
def answer_without_upgrade(response: Response, connection: Connection) -> Iterator[Fault]:
    """The answer's Upgrade is 'websocket' in any case, and nothing else.

    A client fails the connection otherwise. Usual cause: a proxy that drops hop-by-hop fields.
    """
    if opens(response) and [value.lower() for value in response.values("Upgrade")] != ["websocket"]:
        text = f"{stands(response, 'Upgrade')}; it must be 'websocket'."
        yield fault(response, "Upgrade", text, line("Upgrade", "websocket"))


@rule(
    "6455-4.2.2-20",
    sender=Side.SERVER,
    fix="Send 'Connection: Upgrade'.",
    good=[both(ask(), answer("Connection: upgrade"))],
    bad=[both(ask(), answer(drop="Connection")), both(ask(), answer("Connection: close"))],
)
def answer_without_connection_upgrade(response: Response, connection: Connection) -> Iterator[Fault]:
    """The answer's Connection has the token 'Upgrade', in any case; a client fails the connection otherwise.

    Usual cause: a proxy that writes its own Connection field.
    """
    if opens(response) and not has_token(response.fields, "Connection", "upgrade"):
        text = f"{stands(response, 'Connection')}; it must be 'Upgrade'."
        yield fault(response, "Connection", text, line("Connection", "Upgrade"))


@rule(
    "6455-4.2.2-21",
    sender=Side.SERVER,
    fix="Send base64(SHA-1(key + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11')) in Sec-WebSocket-Accept.",
    good=[both(ask())],
    bad=[both(ask(), answer(drop="Sec-WebSocket-Accept"))],
)
def answer_without_accept(response: Response, connection: Connection) -> Iterator[Fault]:
    """Sec-WebSocket-Accept proves that the server read this request and speaks WebSocket.

    A client fails the connection without it.
    """
    if opens(response) and not has_field(response, ACCEPT):
        key = _known_key(connection)
        due = f"; for this key it is {expected_accept(key)}" if key else ""
        corrected = line(ACCEPT, expected_accept(key)) if key else ""
        yield fault(response, ACCEPT, f"There is no {ACCEPT} field{due}.", corrected)


@rule(
    "6455-4.2.2-21",
    "6455-4.3-04",
    sender=Side.SERVER,
    needs=["request", "response"],
    fix="Hash the key as it was sent, in base64, not decoded; append the GUID; send the digest in base64, not in hex.",
    good=[both(ask())],
    bad=[
        both(ask(), answer("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")),
        both(ask(), answer("Sec-WebSocket-Accept: HSmrc0sMlYUkAGmm5OPpG2HaGWk=x")),
        both(ask(), answer("Sec-WebSocket-Accept:")),
    ],
)
def wrong_accept(handshake: Handshake, connection: Connection) -> Iterator[Fault]:
    """Sec-WebSocket-Accept is not the value that answers the request's key.

    Clients fail the connection. Usual causes: the decoded key was hashed, the GUID has a typing error, a cache gave the
    answer to another request, or a proxy replaced the key.
    """
    request, response = handshake.request, handshake.response
    key = key_of(request)
    if response is None or not opens(response) or not key:
        return
    values, due = response.values(ACCEPT), expected_accept(key)
    if values and due not in values:
        text = f"{ACCEPT} is {shown(values[0])}; the answer to the key {shown(key)} is {due}.{_cause(key, values[0])}"
        yield fault(response, ACCEPT, text, line(ACCEPT, due))


def _cause(key: str, value: str) -> str:
    """The mistake that leads to just this value, as far as it is a known one."""
    if value == expected_accept("dGhlIHNhbXBsZSBub25jZQ=="):
        return " It answers the sample key of RFC 6455: the value is hard-coded."
    if value == key:
        return " It is the key itself, not its hash."
    if value and value == expected_accept(""):
        return " It is the hash of the GUID alone: the server lost the key."
    if value.rstrip("=") == expected_accept(key).rstrip("="):
        return " Only the padding is missing."
    return ""


@rule(
    "6455-4.3-04",
    sender=Side.SERVER,
    fix="Send the base64 form of the 20 bytes of SHA-1: 28 characters that end in '='.",
    good=[both(ask())],
    bad=[answer("Sec-WebSocket-Accept: yes"), answer("Sec-WebSocket-Accept: aGVsbG8=")],
)
def malformed_accept(response: Response, connection: Connection) -> Iterator[Fault]:
    """Sec-WebSocket-Accept is base64 of 20 bytes; whatever the key was, this is no answer to it."""
    for field in fields_of(response, ACCEPT) if opens(response) and not _known_key(connection) else ():
        try:
            size = len(base64.b64decode(field.value.strip(" \t"), validate=True))
        except (binascii.Error, ValueError):
            size = -1
        if size != DIGEST:
            seen = "no base64" if size < 0 else f"base64 of {size} bytes"
            text = f"{ACCEPT} is {shown(field.value.strip())}, {seen}; it must be base64 of {DIGEST} bytes."
            yield Fault(text, field_place(response, field))


@rule(
    "6455-11.3.3-01",
    sender=Side.SERVER,
    fix="Send Sec-WebSocket-Accept once.",
    good=[both(ask())],
    bad=[both(ask(), answer(*["Sec-WebSocket-Accept: HSmrc0sMlYUkAGmm5OPpG2HaGWk="] * 2))],
)
def duplicate_accept(response: Response, connection: Connection) -> Iterator[Fault]:
    """Sec-WebSocket-Accept stands in an answer once.

    Usual cause: application and proxy, or application and library, both add it.
    """
    found = fields_of(response, ACCEPT)
    if opens(response) and len(found) > 1:
        values, key = set(response.values(ACCEPT)), _known_key(connection)
        right = expected_accept(key) if key else next(iter(values)) if len(values) == 1 else ""
        corrected = line(ACCEPT, right) if right else ""
        yield Fault(f"{ACCEPT} is there {len(found)} times.", field_place(response, found[1]), corrected)


@rule(
    "6455-4.2.2-17",
    sender=Side.SERVER,
    sections=["rfc9112/6.1", "rfc9110/15.2.2"],
    fix="Send no Content-Length and no Transfer-Encoding with 101; what follows the head is frames.",
    good=[both(ask())],
    bad=[both(ask(), answer("Content-Length: 0")), both(ask(), answer("Transfer-Encoding: chunked"))],
)
def answer_announces_content(response: Response, connection: Connection) -> Iterator[Fault]:
    """A 1xx response has no content and must not announce any (RFC 9110, 8.6; RFC 9112, 6.1).

    A proxy that believes it waits for content, or takes frames for it.
    """
    for name in ("Content-Length", "Transfer-Encoding"):
        if opens(response) and has_field(response, name):
            text = f"The 101 answer has {name} {joined(response, name)}."
            yield fault(response, name, text, without(response, "Content-Length", "Transfer-Encoding"))


@rule(
    "6455-4.2.2-08",
    sender=Side.SERVER,
    needs=["request", "response"],
    fix="Add 'Sec-WebSocket-Version: 13' to the answer that refuses the version.",
    good=[both(ask())],
    bad=["also: version-not-13\n" + both(ask("Sec-WebSocket-Version: 8"), refuse("426 Upgrade Required"))],
)
def version_refused_without_list(handshake: Handshake, connection: Connection) -> Iterator[Fault]:
    """A server that refuses a version says which ones it speaks, so that the client can try again."""
    request, response = handshake.request, handshake.response
    if request is None or response is None or has_field(response, VERSION):
        return
    if _other_version(request) and response.status in REFUSED_VERSION:
        text = (
            f"The answer {response.status} to version {joined(request, VERSION)} does not say which versions it speaks."
        )
        yield fault(response, VERSION, text, line(VERSION, "13"))


@rule(
    severity=Severity.WARNING,
    sender=Side.SERVER,
    sections=["rfc6455/4.4", "rfc9110/15.5.22"],
    fix="Add 'Sec-WebSocket-Version: 13' to a 426 answer; beside it 'Upgrade: websocket', which RFC 9110 demands.",
    good=[both(ask())],
    bad=[both(ask(), refuse("426 Upgrade Required", "Upgrade: websocket"))],
)
def upgrade_required_without_version(response: Response, connection: Connection) -> Iterator[Fault]:
    """426 asks the client to come back with another protocol or version, and does not say which.

    Without Sec-WebSocket-Version a client cannot tell a refused version from a missing Upgrade.
    """
    request = connection.handshake.request if connection.handshake else None
    if response.status == 426 and not has_field(response, VERSION) and not _other_version(request):
        yield fault(response, VERSION, f"The 426 answer has no {VERSION} field.", line(VERSION, "13"))


@rule(
    "6455-4.3-07",
    "6455-4.3-02",
    "6455-11.6-01",
    sender=Side.SERVER,
    fix="List plain numbers from 0 to 255, commas between them, as in 'Sec-WebSocket-Version: 13, 8'.",
    good=[both(ask(), answer("Sec-WebSocket-Version: 13, 8, 7"))],
    bad=[
        both(ask(), refuse("400 Bad Request", "Sec-WebSocket-Version: 013")),
        both(ask(), answer("Sec-WebSocket-Version:")),
    ],
)
def malformed_version_list(response: Response, connection: Connection) -> Iterator[Fault]:
    """Sec-WebSocket-Version in an answer lists version numbers: 0 to 255, in decimal, without leading zeros."""
    elements = [element for element in list_elements(response.values(VERSION)) if element]
    wrong = [element for element in elements if element not in VERSIONS]
    if has_field(response, VERSION) and (wrong or not elements):
        seen = f"{VERSION} is {joined(response, VERSION)}"
        yield fault(response, VERSION, f"{seen}; {all_shown(wrong) or 'an empty list'} is no version.")
