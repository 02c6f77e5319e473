"""Handshakes for the tests: the fields that a request and an answer need, and changes to them."""

from __future__ import annotations

from ws_mcp.rules.handshake_examples import ANSWERED, ASKED

KEY = ASKED["Sec-WebSocket-Key"]
ACCEPT = ANSWERED["Sec-WebSocket-Accept"]


def head(start: str, *lines: str, end: str = "\r\n") -> str:
    """A head of these lines."""
    return end.join([start, *lines, "", ""])


def request(*lines: str, drop: tuple[str, ...] = (), start: str = "GET /chat HTTP/1.1") -> str:
    """A good request with some fields added, or left out by name."""
    kept = [f"{name}: {value}" for name, value in ASKED.items() if name not in drop]
    return head(start, *kept, *lines)


def response(*lines: str, drop: tuple[str, ...] = (), start: str = "HTTP/1.1 101 Switching Protocols") -> str:
    """A good answer with some fields added, or left out by name."""
    kept = [f"{name}: {value}" for name, value in ANSWERED.items() if name not in drop]
    return head(start, *kept, *lines)
