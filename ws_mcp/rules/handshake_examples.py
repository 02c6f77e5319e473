"""Writes examples of handshakes from what they differ in; the rest of each head is what a good peer sends."""

from __future__ import annotations

ASKED = {
    "Host": "example.com",
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "x3JJHMbDL1EzLkh9GBhXDw==",
}
ANSWERED = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Accept": "HSmrc0sMlYUkAGmm5OPpG2HaGWk=",
}
CONNECT = {
    ":method": "CONNECT",
    ":authority": "example.com",
    ":scheme": "https",
    ":path": "/chat",
    ":protocol": "websocket",
    "sec-websocket-version": "13",
}


def ask(*lines: str, drop: str = "", start: str = "GET /chat HTTP/1.1") -> str:
    """A request; ``lines`` replace the fields of their name or are added, ``drop`` names fields to leave out."""
    return "\n".join(["request:", start, *_fields(ASKED, lines, drop)])


def answer(*lines: str, drop: str = "", start: str = "HTTP/1.1 101 Switching Protocols") -> str:
    """An answer, changed as ``ask`` changes a request."""
    return "\n".join(["response:", start, *_fields(ANSWERED, lines, drop)])


def refuse(status: str, *lines: str) -> str:
    """An answer that refuses."""
    return "\n".join(["response:", f"HTTP/1.1 {status}", *lines])


def connect(*lines: str, drop: str = "") -> str:
    """A request over HTTP/2 or HTTP/3 (RFC 8441, 5), changed as ``ask`` changes one."""
    return "\n".join(["request:", *_fields(CONNECT, lines, drop)])


def both(request: str, response: str = "") -> str:
    """A whole handshake; the answer is a good one unless given."""
    return f"{request}\n{response or answer()}"


def policy(demands: str, *parts: str) -> str:
    """A handshake under a policy, given as JSON."""
    return "\n".join([f"policy: {demands}", *parts])


def _fields(usual: dict[str, str], lines: tuple[str, ...], drop: str) -> list[str]:
    replaced = {_name(line) for line in lines} | {drop.lower()}
    kept = [f"{name}: {value}" for name, value in usual.items() if name.lower() not in replaced]
    pseudo = [line for line in lines if line.startswith(":")]
    first = [line for line in kept if line.startswith(":")]
    rest = [line for line in [*kept, *lines] if not line.startswith(":")]
    return [*first, *pseudo, *rest]


def _name(line: str) -> str:
    start = 1 if line.startswith(":") else 0
    return line[: line.find(":", start)].strip().lower()
