"""Which facts of a handshake are known: what the ``needs`` of handshake rules ask for."""

from __future__ import annotations

from ws_mcp.protocol.connection import Connection
from ws_mcp.rules.http_parts import bare, heads
from ws_mcp.rules.transport import scheme_of
from ws_mcp.types import Handshake


def told(need: str, connection: Connection) -> bool:
    """Whether this fact is known of the connection.

    Raises:
        KeyError: no rule may ask for it.
    """
    handshake, policy = connection.handshake or Handshake(), connection.policy
    request, response = handshake.request, handshake.response
    return {
        "request": request is not None,
        "response": response is not None,
        "request line": request is not None and not bare(request),
        "status line": response is not None and not bare(response),
        "line ends": not any(note.kind == "line-ends-lf" for head in heads(handshake) for note in head.notes),
        "client kind": policy.browser or (request is not None and bool(request.values("Origin"))),
        "scheme": request is not None and bool(scheme_of(request, policy)),
    }[need]
