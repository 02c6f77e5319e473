"""Advice on handshakes: legal, and yet a risk or a trap; a warning or a remark, never an error."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

from ws_mcp.protocol.connection import Connection
from ws_mcp.protocol.headers import parse_target, tokens
from ws_mcp.rules.answers import key_of
from ws_mcp.rules.extension_lists import DEFLATE, listed
from ws_mcp.rules.handshake_examples import answer, ask, both, connect, refuse
from ws_mcp.rules.http_parts import (
    accepts,
    classic,
    fault,
    field_place,
    has_field,
    heads,
    joined,
    name_of,
    shown,
    side_of,
    start_place,
)
from ws_mcp.rules.refusals import MEANINGS
from ws_mcp.rules.registry import rule
from ws_mcp.rules.request_line import target_of
from ws_mcp.rules.transport import secrets_of
from ws_mcp.types import Fault, Handshake, Place, Request, Response, Severity, Side

LINE_LIMIT, HEAD_LIMIT, FIELD_LIMIT = 8 * 1024, 16 * 1024, 100
SAMPLE_KEY = "dGhlIHNhbXBsZSBub25jZQ=="
SECRET_NAME = re.compile(
    r"(?i)(?:access|auth|id|jwt|session|api|bearer|refresh)?[-_.]?(?:token|jwt|key|password|passwd|pwd|secret|auth|session|sid|ticket|signature)"
)


def query_secrets(request: Request) -> list[str]:
    """Names of query parameters that look like credentials."""
    query = parse_target(target_of(request)).query or ""
    pairs = [part.partition("=") for part in query.split("&")]
    return [unquote(name) for name, _, value in pairs if value and SECRET_NAME.fullmatch(unquote(name))]


@rule(
    severity=Severity.WARNING,
    sender=Side.CLIENT,
    sections=["rfc9110/17.9", "rfc6455/10.5"],
    fix="Send it in a cookie or in the first message; if it must be in the URL, use a ticket that is good once.",
    good=[ask(start="GET /chat?room=1 HTTP/1.1")],
    bad=[ask(start="GET /chat?access_token=abc123 HTTP/1.1"), ask(start="GET http://u:p@example.com/chat HTTP/1.1")],
)
def credentials_in_url(request: Request, connection: Connection) -> Iterator[Fault]:
    """The URL carries what looks like a credential.

    URLs end up in access logs, in proxies and in monitoring; user and password in a WebSocket URL are ignored by
    browsers or refused.
    """
    found = [f"the query parameter {shown(name)}" for name in query_secrets(request)]
    url = parse_target(request.target).url
    if url is not None and url.authority.userinfo is not None:
        found.append("a user in the authority")
    if found:
        yield Fault(f"The request target has {', '.join(found)}; it looks like a credential.", start_place(request))


@rule(
    severity=Severity.WARNING,
    sender=Side.CLIENT,
    sections=["rfc6455/10.2", "rfc6455/10.5"],
    fix="Find out which client sends the cookie; let the server refuse cookies without an Origin that it expects.",
    good=[ask("Cookie: session=1", "Origin: https://example.com")],
    bad=[ask("Cookie: session=1")],
)
def cookie_without_origin(request: Request, connection: Connection) -> Iterator[Fault]:
    """A cookie proves who the user is, and without Origin nothing tells whose page made the request.

    Browsers send cookies along with a handshake that any page starts; Origin is the only defence.
    """
    if has_field(request, "Cookie") and not has_field(request, "Origin"):
        yield fault(request, "Cookie", "There is a Cookie field and no Origin.")


@rule(
    severity=Severity.WARNING,
    sections=["rfc6455/10.4", "rfc9110/5.4"],
    fix="Shorten cookies and tokens, or raise the limit in every proxy on the way and in the server.",
    good=[both(ask())],
    bad=[ask("Cookie: a=" + "x" * 8192, "Origin: https://example.com")],
)
def oversized_field(handshake: Handshake, connection: Connection) -> Iterator[Fault]:
    """One field line is longer than 8 KiB, the limit of nginx, Apache, aiohttp, websockets and others.

    They answer 400 or 431, or close without a word.
    """
    for head in heads(handshake):
        for field in head.fields:
            size = len(field.name) + len(field.value) + 2
            if size > LINE_LIMIT:
                text = f"In the {name_of(head)}, {field.name} has {size:,} bytes; many peers allow {LINE_LIMIT:,}."
                yield Fault(text, field_place(head, field))


@rule(
    severity=Severity.WARNING,
    sections=["rfc6455/10.4", "rfc9110/5.4"],
    fix="Send fewer and shorter fields, or raise the limit in every proxy on the way and in the server.",
    good=[both(ask())],
    bad=[
        ask(*[f"X-{number}: {'x' * 1000}" for number in range(20)]),
        both(ask(), answer(*[f"X-{n}: 1" for n in range(120)])),
    ],
)
def oversized_head(handshake: Handshake, connection: Connection) -> Iterator[Fault]:
    """The head is larger than 16 KiB, or has more than 100 fields.

    node allows 16 KiB in all, websockets 128 fields, others about 100; they answer 400 or 431, or hang up.
    """
    for head in heads(handshake):
        size = head.size or sum(len(field.name) + len(field.value) + 4 for field in head.fields)
        if size > HEAD_LIMIT or len(head.fields) > FIELD_LIMIT:
            text = f"The {name_of(head)} has {size:,} bytes in {len(head.fields)} fields."
            yield Fault(text, Place(side_of(head), None, 0, size))


@rule(
    severity=Severity.INFO,
    sender=Side.SERVER,
    needs=["request", "response"],
    sections=["rfc7692/8", "rfc6455/10"],
    fix="Keep secrets and text that others choose out of the same message, or decline compression on this endpoint.",
    good=[
        both(
            ask("Sec-WebSocket-Extensions: permessage-deflate"), answer("Sec-WebSocket-Extensions: permessage-deflate")
        )
    ],
    bad=[
        both(
            ask("Sec-WebSocket-Extensions: permessage-deflate", "Cookie: session=1", "Origin: https://example.com"),
            answer("Sec-WebSocket-Extensions: permessage-deflate"),
        )
    ],
)
def compression_beside_secrets(handshake: Handshake, connection: Connection) -> Iterator[Fault]:
    """An authenticated connection is compressed: the length of a message then tells of its content.

    Where an attacker can put text beside a secret in one compression context, lengths give the secret away (CRIME).
    """
    request, response = handshake.request, handshake.response
    if request is None or response is None or not accepts(response):
        return
    secrets = secrets_of(request)
    if secrets and any(extension.name.lower() == DEFLATE for extension in listed(response)):
        text = f"permessage-deflate is agreed on a connection that carries {', '.join(secrets)}."
        yield fault(response, "Sec-WebSocket-Extensions", text)


@rule(
    severity=Severity.INFO,
    sender=Side.SERVER,
    sections=["rfc6455/4.2.2"],
    fix="Send 'Connection: Upgrade' alone in the 101 answer.",
    good=[both(ask())],
    bad=[both(ask(), answer("Connection: keep-alive, Upgrade"))],
)
def connection_lists_more_than_upgrade(response: Response, connection: Connection) -> Iterator[Fault]:
    """This is legal; yet several clients compare the whole value with 'Upgrade' and refuse such an answer.

    A client has to look for the token in the list. Usual cause: a proxy adds keep-alive.
    """
    listed_tokens = tokens(response.fields, "Connection")
    if classic(response) and accepts(response) and len(listed_tokens) > 1:
        if any(token.lower() == "upgrade" for token in listed_tokens):
            text = f"Connection is {joined(response, 'Connection')}: legal, but not every client takes it."
            yield fault(response, "Connection", text, "Connection: Upgrade")


@rule(
    severity=Severity.INFO,
    sender=Side.CLIENT,
    sections=["rfc6455/4.1", "rfc6455/4.2.1"],
    fix="Send 'Upgrade: websocket' alone, in one field.",
    good=[ask("Upgrade: WebSocket")],
    bad=[ask("Upgrade: h2c, websocket"), ask("Upgrade: websocket", "Upgrade: websocket")],
)
def upgrade_lists_more_than_websocket(request: Request, connection: Connection) -> Iterator[Fault]:
    """This is legal; yet servers such as websockets 17.4 and wsproto 1.3.2 refuse a request with such an Upgrade."""
    names = tokens(request.fields, "Upgrade")
    if classic(request) and len(names) > 1 and any(name.lower() == "websocket" for name in names):
        text = f"Upgrade is {joined(request, 'Upgrade')}: legal, but not every server takes it."
        yield fault(request, "Upgrade", text, "Upgrade: websocket")


@rule(
    severity=Severity.INFO,
    sender=Side.CLIENT,
    sections=["rfc6455/4.1"],
    fix="Take 16 bytes from a cryptographic random source for each handshake.",
    good=[ask()],
    bad=[ask("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="), ask("Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==")],
)
def predictable_key(request: Request, connection: Connection) -> Iterator[Fault]:
    """The key is the sample of RFC 6455, or sixteen times one byte: it was written by hand.

    Fine in a test; a client that always sends it can be served a cached answer.
    """
    key = key_of(request)
    if key == SAMPLE_KEY or key == "A" * 22 + "==" or key == "/" * 21 + "w==":
        yield fault(request, "Sec-WebSocket-Key", f"The key is {shown(key)}, which is not random.")


@rule(
    severity=Severity.INFO,
    sender=Side.SERVER,
    needs=["status line"],
    sections=["rfc6455/4.1", "statuses"],
    fix="Act on the status: the message says what it means; a fault of the request is reported by itself.",
    good=[both(ask()), both(connect(), "response:\n:status: 200")],
    bad=[both(ask(), refuse("403 Forbidden")), both(ask(), refuse("302 Found", "Location: /login"))],
)
def connection_refused(response: Response, connection: Connection) -> Iterator[Fault]:
    """The answer does not open the connection; that is the server's right, and breaks no rule.

    A browser shows its script nothing of this: an error event, then close with 1006.
    """
    if accepts(response) or response.status == 101 or has_field(response, "Sec-WebSocket-Accept"):
        return
    status = response.status
    meaning = MEANINGS.get(status, MEANINGS.get(status // 100 * 100, "no WebSocket was opened"))
    target = response.values("Location")
    to = f" It points to {shown(target[0])}." if target and 300 <= status < 400 else ""
    yield Fault(f"The answer is {status}: {meaning}.{to}", start_place(response))


@rule(
    severity=Severity.INFO,
    sender=Side.CLIENT,
    sections=["rfc6455/4.1"],
    fix="Wait for the answer before sending frames; nothing is wrong if they were sent after it.",
    good=[ask()],
    bad=[ask("<DATA>\x81\x82\x01\x02\x03\x04ik")],
)
def bytes_after_request(request: Request, connection: Connection) -> Iterator[Fault]:
    """Bytes follow the request; a client sends nothing until the server has answered.

    The text cannot tell whether the answer came first. Some servers drop early frames, others refuse the handshake.
    """
    content = any(has_field(request, name) for name in ("Content-Length", "Transfer-Encoding"))
    if request.rest.strip() and not content and connection.handshake and connection.handshake.response is None:
        text = f"{len(request.rest)} bytes follow the request: {request.rest[:16].hex(' ')}."
        yield Fault(text, Place(Side.CLIENT, None, request.size, len(request.rest)))
