"""Makes handshakes: good ones, changed in up to four places; seeded, so that a run can be repeated."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

KEY = "x3JJHMbDL1EzLkh9GBhXDw=="
ACCEPT = "HSmrc0sMlYUkAGmm5OPpG2HaGWk="
PROTOCOL, EXTENSIONS = "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions"
PMD = "permessage-deflate"
Values = dict[str, tuple[str | None, ...]]

# What a field is replaced by, or added with; None takes it out. Right and wrong values are mixed on purpose.
REQUEST_VALUES: Values = {
    "Host": (None, "example.com:8080", "[::1]:80", "127.0.0.1", "exa mple.com", "a@b", "h:x", "", "[::1", "h:99999"),
    "Upgrade": (None, "WebSocket", "h2c", "websocket, h2c", "h2c, websocket", "websocket/13", "", "websockets"),
    "Connection": (None, "upgrade", "keep-alive, Upgrade", "keep-alive", "close", "Upgrade,", "Upgrade;q=1", ""),
    "Sec-WebSocket-Key": (
        None,
        "dGhlIHNhbXBsZSBub25jZQ==",
        "dGhlIHNhbXBsZSBub25jZQ",
        "AQIDBAUGBwgJCgsMDQ4P",
        "AQIDBAUGBwgJCgsMDQ4PEBE=",
        "",
        "not base64 at all",
        "x3JJHMbDL1EzLkh9GBhXD_==",
        "AAAAAAAAAAAAAAAAAAAAAA==",
    ),
    "Sec-WebSocket-Version": (None, "8", "99", "013", "13, 8", "", "13.0", "0x0d", "256", "-13", "+13"),
    PROTOCOL: ("chat", "chat, superchat", "chat, chat", "chat,,x", "ch at", "", '"chat"', "a/b", "v1.x.org", ",", "é"),
    EXTENSIONS: (
        *(PMD, f"{PMD}; client_max_window_bits", f"{PMD}; server_max_window_bits=12", f"{PMD}, {PMD}", "", ";;;", ","),
        *(
            f"{PMD}; server_max_window_bits",
            f"{PMD}; client_max_window_bits=7",
            f"{PMD}; x",
            f"{PMD};",
            f"{PMD}; a=b=c",
        ),
        *(
            f'{PMD}; server_max_window_bits="10"',
            f'{PMD}; x="a b"',
            f"{PMD}; server_no_context_takeover=1",
            "a b",
            f"{PMD}=1",
        ),
        *(
            f"{PMD}; client_max_window_bits; client_max_window_bits",
            "x-foo",
            f"x-foo, {PMD}",
            f'{PMD}; x="a',
            "bbf-usp-protocol",
        ),
    ),
    "Origin": ("https://example.com", "null", "example.com", "https://example.com/", "HTTPS://EXAMPLE.COM", ""),
    "Content-Length": ("0",),
    "Cookie": ("a=b", "a=b; c=d"),
    "X-Test": ("1", "", "caf\xe9", "a\tb", "a\x01b", "x" * 300),
}
STARTS = (
    "POST /chat HTTP/1.1",
    "get /chat HTTP/1.1",
    "GET /chat HTTP/1.0",
    "GET /chat HTTP/2.0",
    "GET /chat",
    "GET chat HTTP/1.1",
    "GET * HTTP/1.1",
    "GET /a b HTTP/1.1",
    "GET /chat?x=1 HTTP/1.1",
    "GET /chat#f HTTP/1.1",
    "GET http://example.com/chat HTTP/1.1",
    "GET ws://example.com/chat HTTP/1.1",
    "GET / HTTP/1.1",
    "GET  /chat HTTP/1.1",
    "HEAD /chat HTTP/1.1",
)
ODD_LINES = (
    "no colon",
    "X-Space : 1",
    ": no name",
    "X Y: 1",
    "X-Fold: a\r\n b",
    "X-Cr: a\rb",
    "X(Y): 1",
    "X-Nul: a\0b",
)
ANSWER_VALUES: Values = {
    "Upgrade": (None, "WebSocket", "h2c", "websocket, h2c", ""),
    "Connection": (None, "upgrade", "keep-alive, Upgrade", "keep-alive", "close", ""),
    "Sec-WebSocket-Accept": (None, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "", ACCEPT + "x", ACCEPT[:-1], KEY, f"{ACCEPT}, x"),
    PROTOCOL: ("chat", "superchat", "Chat", "chat, superchat", "", "other", "ch at"),
    EXTENSIONS: (
        *(
            PMD,
            f"{PMD}; client_max_window_bits=12",
            f"{PMD}; server_max_window_bits=10",
            f"{PMD}, {PMD}",
            "",
            ";;;",
            "x-foo",
        ),
        *(
            f"{PMD}; server_max_window_bits=16",
            f"{PMD}; client_max_window_bits",
            f"{PMD}; client_max_window_bits=7",
            f"{PMD}; x",
        ),
        *(
            f"{PMD}; server_no_context_takeover",
            f"{PMD}; client_no_context_takeover",
            f"{PMD}; server_no_context_takeover=1",
        ),
        *(f"{PMD}; server_no_context_takeover; server_no_context_takeover", f'{PMD}; server_max_window_bits="10"'),
    ),
    "Server": ("x", ""),
    "Sec-WebSocket-Version": ("13", "013"),
    "X-Test": ("1", "caf\xe9", "a\tb", "a\x01b"),
}
STATUSES = (
    "HTTP/1.0 101 Switching Protocols",
    "HTTP/1.1 200 OK",
    "HTTP/1.1 101 ",
    "HTTP/1.1 101 Anything",
    "HTTP/1.1 400 Bad Request",
    "HTTP/1.1 403 Forbidden",
    "HTTP/1.1 426 Upgrade Required",
    "HTTP/1.1 1O1 Switching Protocols",
    "HTTP/1.1  101 Switching Protocols",
)
# What the client offers, where answers are judged; peers are set up to offer just that.
OFFERS: tuple[dict[str, str], ...] = (
    {},
    {PROTOCOL: "chat, superchat"},
    {EXTENSIONS: f"{PMD}; client_max_window_bits"},
    {PROTOCOL: "chat, superchat", EXTENSIONS: f"{PMD}; client_max_window_bits"},
)


@dataclass(slots=True)
class Head:
    """A head that is being changed."""

    start: str
    lines: list[tuple[str, str]]
    odd: list[str] = field(default_factory=list)

    def text(self) -> str:
        """As it is sent."""
        return "\r\n".join([self.start, *(f"{name}: {value}" for name, value in self.lines), *self.odd, "", ""])


def good_request(offer: dict[str, str] | None = None) -> Head:
    """A request without a fault."""
    lines = [("Host", "example.com"), ("Upgrade", "websocket"), ("Connection", "Upgrade")]
    lines += [("Sec-WebSocket-Key", KEY), ("Sec-WebSocket-Version", "13")]
    return Head("GET /chat HTTP/1.1", [*lines, *(offer or {}).items()])


def good_answer() -> Head:
    """An answer without a fault."""
    lines = [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Accept", ACCEPT)]
    return Head("HTTP/1.1 101 Switching Protocols", lines)


def requests(count: int, seed: int) -> Iterator[str]:
    """Requests."""
    source = random.Random(seed)
    for _ in range(count):
        head = good_request()
        for _ in range(source.choice((0, 1, 1, 1, 2, 2, 3, 4))):
            _change(head, source, REQUEST_VALUES, STARTS)
        yield head.text()


def answers(count: int, seed: int) -> Iterator[tuple[int, str]]:
    """Answers, each with the number of the offer that it answers."""
    source = random.Random(seed)
    for _ in range(count):
        head = good_answer()
        for _ in range(source.choice((0, 1, 1, 1, 2, 2, 3))):
            _change(head, source, ANSWER_VALUES, STATUSES)
        yield source.randrange(len(OFFERS)), head.text()


def _change(head: Head, source: random.Random, values: Values, starts: tuple[str, ...]) -> None:
    kind = source.random()
    if kind < 0.10:
        head.start = source.choice(starts)
    elif kind < 0.17:
        head.odd.append(source.choice(ODD_LINES))
    elif kind < 0.25:
        name, value = source.choice(head.lines)
        head.lines.append((name, value))
    elif kind < 0.32:
        source.shuffle(head.lines)
    elif kind < 0.38:
        head.lines = [(source.choice((name.lower(), name.upper())), value) for name, value in head.lines]
    else:
        name = source.choice(sorted(values))
        chosen = source.choice(values[name])
        if source.random() < 0.85:
            head.lines = [line for line in head.lines if line[0].lower() != name.lower()]
        if chosen is not None:
            head.lines.append((name, chosen))
