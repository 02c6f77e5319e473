"""Says why no WebSocket opens at all, and what to try next."""

from __future__ import annotations

from ws_mcp.errors import WsMcpError
from ws_mcp.probe.observed import Observed
from ws_mcp.probe.targets import Target

_AUTHENTICATE = (
    "Give what authenticates (--header 'Authorization: …', --cookie; headers of the tool), so that a connection opens."
)
_PROXY = (
    "Is the path right, and does a proxy before it pass Upgrade and Connection on over HTTP/1.1? Some servers want a "
    "subprotocol (--subprotocol; subprotocols of the tool)."
)
_NEXT = {
    401: _AUTHENTICATE,
    403: f"{_AUTHENTICATE} Where it checks who may connect, an Origin may be missing: --header 'Origin: …'.",
    404: "Give the path too: ws://HOST/PATH.",
    429: "It limits connections: try --parallel 1, or lift the limit for the test.",
}
_RUNNING = "Is the server running, and is the port right?"


class UnreachableError(WsMcpError):
    """No connection opens, so nothing can be judged."""


def no_connection(target: Target, why: str) -> UnreachableError:
    """TCP or TLS did not open."""
    hint = _RUNNING
    if "CERTIFICATE_VERIFY_FAILED" in why:
        hint = (
            "Name the authority in SSL_CERT_FILE, or take any certificate: --insecure on the command line, "
            "insecure=true for the tool."
        )
    elif target.secure and "Connect call failed" not in why:
        hint = f"Does the port speak TLS? If not: ws{target.url[3:]}"
    return UnreachableError(f"{target.url}: {why}. {hint}")


def not_opened(target: Target, seen: Observed, told: str) -> UnreachableError:
    """A right opening request opened no WebSocket."""
    return UnreachableError(f"{target.url} answers a right opening request with {told}. {_next(target, seen)}")


def _next(target: Target, seen: Observed) -> str:
    if seen.http is not None:
        return "Is the path right, and does the server open WebSockets over HTTP/2 there?"
    if seen.response is None:
        tls = "" if target.secure else f" If it speaks TLS: wss{target.url[2:]}"
        return f"Is a WebSocket server behind that port?{tls}"
    status = seen.response.status
    if 300 <= status < 400:
        return "Redirects are not followed: give the URL that it leads to."
    return _NEXT.get(status, _PROXY)
