"""What a conformant receiver does next, after all that was checked (RFC 6455, 7.1.7, 7.4.1, 5.5)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from ws_mcp.protocol.connection import Connection, Half
from ws_mcp.rules.registry import Rule
from ws_mcp.types import Fault, Place

CODES = {1002: "protocol error", 1007: "data that does not fit the message type", 1009: "message too big"}


class Found(Protocol):
    """What was found with one rule."""

    rule: Rule
    first: Fault


def next_step(found: Iterable[Found], connection: Connection) -> dict[str, Any] | None:
    """The close code for the first error, else the answer that the last frame asks for, None where it asks for none."""
    fatal = next((entry for entry in found if entry.rule.close and not _unread(entry.first.place, connection)), None)
    if fatal is not None:
        code = fatal.rule.close or 0
        return {
            "action": "fail the connection",
            "code": code,
            "rule": fatal.rule.id,
            "text": f"The receiver sends Close with {code} ({CODES[code]}) at {_at(fatal.first.place)} and closes the "
            "connection; what follows is not read.",
        }
    for half in connection.halves.values():
        if (step := _answer(half, connection)) is not None:
            return step
    return None


def _unread(place: Place, connection: Connection) -> bool:
    """Whether it comes after the sender's Close: the receiver has answered that and reads no more (RFC 6455, 5.5.1)."""
    half = connection.halves.get(place.side)
    closed = half.closed if half else None
    return closed is not None and place.frame is not None and place.frame > closed.index


def _answer(half: Half, connection: Connection) -> dict[str, Any] | None:
    peer = connection.peer(half.side)
    if half.closed is not None and (peer is None or peer.closed is None):
        body = half.closed.payload
        code = int.from_bytes(body[:2], "big") if len(body) >= 2 else None
        text = f"The receiver answers with Close ({code or 'without a code'}), then the server closes TCP."
        return {"action": "answer the Close", "code": code, "text": text}
    if half.pings and (peer is None or peer.closed is None):
        ping, _ = half.pings[-1]
        text = f"The receiver answers the last Ping (frame {ping.index}) with a Pong that repeats its payload."
        return {"action": "answer the Ping", "payload": ping.payload[:125].hex(), "text": text}
    return None


def _at(place: Place) -> str:
    return f"frame {place.frame}" if place.frame is not None else f"offset {place.offset}"
