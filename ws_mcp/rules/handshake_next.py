"""What a conformant peer does next with a handshake (RFC 6455, 4.1, 4.2.1, 4.2.2, 4.4)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ws_mcp.protocol.headers import expected_accept
from ws_mcp.rules.answers import key_of
from ws_mcp.rules.http_parts import accepts, bare, classic
from ws_mcp.rules.refusals import MEANINGS
from ws_mcp.types import Finding, Handshake, Request, Response, Severity, Side

# The status that answers a fault of the request, where 400 is not the best one; the first that applies wins.
STATUSES = {
    "request-method-not-get": (405, "Method Not Allowed", "Allow: GET"),
    "request-http-version-too-low": (505, "HTTP Version Not Supported", ""),
    "request-without-upgrade": (
        426,
        "Upgrade Required",
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13",
    ),
    "request-without-connection-upgrade": (
        426,
        "Upgrade Required",
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13",
    ),
    "request-without-version": (
        426,
        "Upgrade Required",
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13",
    ),
    "version-not-13": (
        426,
        "Upgrade Required",
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13",
    ),
    "policy-origin": (403, "Forbidden", ""),
}
# Faults of an offer that a server declines, without refusing the handshake (RFC 6455, 9.1; RFC 7692, 7).
DECLINED = frozenset(
    {
        "unregistered-extension",
        "undefined-extension-parameter",
        "duplicate-extension-parameter",
        "takeover-parameter-with-value",
        "window-bits-out-of-range",
        "policy-subprotocol-not-offered",
        "unencoded-character-in-target",
    }
)


def next_steps(handshake: Handshake, findings: Iterable[Finding]) -> dict[str, Any] | None:
    """What the server answers to the request, and what the client makes of the answer."""
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    steps: dict[str, Any] = {}
    if handshake.request is not None:
        steps["server"] = _server(
            handshake.request, [finding.rule for finding in errors if _blames(finding, Side.CLIENT)]
        )
    if handshake.response is not None:
        blamed = [finding.rule for finding in errors if _blames(finding, Side.SERVER)]
        steps["client"] = _client(handshake.response, blamed)
    if not steps:
        return None
    last = steps.get("client") or steps["server"]
    return {"action": last["action"], "text": last["text"], **steps}


def _blames(finding: Finding, side: Side) -> bool:
    return any(place.side is side for place in finding.where)


def _server(request: Request, rules: list[str]) -> dict[str, Any]:
    fatal = [rule for rule in rules if rule not in DECLINED]
    if not fatal:
        return _accept(request)
    chosen = next((rule for rule in STATUSES if rule in fatal), fatal[0])
    status, reason, fields = STATUSES.get(chosen, (400, "Bad Request", ""))
    if len(fatal) > 1 and status == 426 and not {"request-without-version", "version-not-13"} & set(fatal):
        status, reason, fields = 400, "Bad Request", ""
    head = f"HTTP/1.1 {status} {reason}\r\n{fields}{chr(13) + chr(10) if fields else ''}Content-Length: 0\r\n\r\n"
    text = f"The server refuses the handshake with {status} {reason} and opens no connection ({', '.join(fatal[:4])})."
    return {
        "action": "refuse",
        "status": status,
        "rule": chosen,
        "head": head if classic(request) else "",
        "text": text,
    }


def _accept(request: Request) -> dict[str, Any]:
    if not classic(request):
        return {"action": "accept", "status": 200, "head": "", "text": "The server accepts with :status 200."}
    accept = expected_accept(key_of(request))
    head = (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {accept}\r\n\r\n"
    )
    text = f"The server accepts with 101 and Sec-WebSocket-Accept: {accept}, or refuses with a status of its choice."
    return {"action": "accept", "status": 101, "head": head, "text": text}


def _client(response: Response, rules: list[str]) -> dict[str, Any]:
    if bare(response):
        return {
            "action": "unknown",
            "text": "Without the status line nobody can say whether the client opens the connection.",
        }
    if not accepts(response):
        return _refused(response)
    fatal = [rule for rule in rules if not rule.startswith("policy-")]
    if fatal:
        text = (
            f"The client fails the connection and sends no frame ({', '.join(fatal[:4])}); script sees close code 1006."
        )
        return {"action": "fail the connection", "rule": fatal[0], "text": text}
    return {"action": "open", "text": "The connection is open; both sides may send frames."}


def _refused(response: Response) -> dict[str, Any]:
    status = response.status
    actions = {
        401: ("authenticate", "The client may repeat the request with credentials; a browser's WebSocket cannot."),
        426: ("retry", "The client may try again with a version that Sec-WebSocket-Version lists."),
        429: ("wait", "The client waits as Retry-After says, then tries again."),
        503: ("wait", "The client tries again later, with a growing delay."),
    }
    if status in actions:
        action, text = actions[status]
    elif 300 <= status < 400:
        action, text = "follow or fail", "The client may follow the redirect; browsers fail the connection instead."
    else:
        meaning = MEANINGS.get(status, "no WebSocket was opened")
        action, text = "fail the connection", f"The client opens no WebSocket: {meaning}."
    return {"action": action, "status": status, "text": text}
