"""The heads that we send: an opening request or an answer, right but for what is asked (RFC 6455, 4.1 and 4.2.2)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from ws_mcp.protocol import build


@dataclass(frozen=True, slots=True)
class Ask:
    """How an opening request differs from the right one.

    ``fields`` maps a name to the values of that field: none leaves it out, several repeat it; "{key}" stands for the
    key, "{host}" for the right Host, "{origin}" for an origin with it. ``extra`` are raw lines after them, ``body``
    what follows the head; ``end`` ends each line. ``bare`` leaves out what the user gave to authenticate with;
    ``size`` is that of the pieces in which it goes out, 0 for one piece.
    """

    method: str = "GET"
    version: str = "HTTP/1.1"
    target: str | None = None
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    extra: tuple[str, ...] = ()
    body: bytes = b""
    end: str = "\r\n"
    lower: bool = False
    bare: bool = False
    size: int = 0

    def encode(self, target: str, base: Mapping[str, tuple[str, ...]], key: str) -> bytes:
        """The request for ``target``, or for the one of this variant."""
        lines = [f"{self.method} {self.wanted(target)} {self.version}"]
        lines += _lines({**base, **self.fields}, self.lower, {"{key}": key})
        host = ", ".join(base.get("Host", ()))
        head = [line.replace("{host}", host).replace("{origin}", f"https://{host}") for line in [*lines, *self.extra]]
        return _joined(head, self.end) + self.body

    def wanted(self, target: str) -> str:
        """Its own target, where it has one.

        There "{target}" stands for the right one, and "{?}" for what a query begins with, or goes on with.
        """
        return (self.target or "{target}").replace("{target}", target).replace("{?}", "&" if "?" in target else "?")

    @property
    def portable(self) -> bool:
        """Whether it can be asked over HTTP/2 as well: only target and fields differ, and none that HTTP/1.1 alone has.

        The right request itself is another one there.
        """
        target = self.wanted("/")
        same = self == Ask(target=self.target, fields=self.fields, bare=self.bare) and self != Ask()
        kept = {name.lower() for name in self.fields} <= PORTABLE
        return same and kept and target.startswith("/") and not set(target) & set(" #")


@dataclass(frozen=True, slots=True)
class Connect:
    """How an extended CONNECT differs from the right one (RFC 8441, 4 and 5).

    ``fields`` are as in ``Ask``, pseudo-header fields among them; ``setting`` is the value of
    SETTINGS_ENABLE_CONNECT_PROTOCOL that the client itself sends first, None for none.
    """

    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    setting: int | None = None

    def encode(self, base: Mapping[str, tuple[str, ...]], key: str) -> list[tuple[str, str]]:
        """The header list; pseudo-header fields come first (RFC 9113, 8.3)."""
        wanted = {**base, **self.fields}
        host = ", ".join(base.get(":authority", ()))
        found = []
        for name in sorted(wanted, key=lambda name: not name.startswith(":")):
            for value in wanted[name]:
                for mark, text in (("{key}", key), ("{host}", host), ("{origin}", f"https://{host}")):
                    value = value.replace(mark, text)
                found.append((name, value))
        return found


@dataclass(frozen=True, slots=True)
class Answer:
    """How an answer differs from the right one; see ``Ask``. "{accept}" stands for the Accept value that fits.

    "{wrong}" fits another key, "{cut}" lacks its padding.
    """

    status: str = "HTTP/1.1 101 Switching Protocols"
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    extra: tuple[str, ...] = ()
    body: bytes = b""
    end: str = "\r\n"
    lower: bool = False

    def encode(self, base: Mapping[str, tuple[str, ...]], key: str) -> bytes:
        """The answer to a request with this key."""
        wrong = build.accept("AAAAAAAAAAAAAAAAAAAAAA==")
        right = build.accept(key)
        named = {"{accept}": right, "{wrong}": wrong, "{key}": key, "{cut}": right.rstrip("=")}
        lines = [self.status, *_lines({**base, **self.fields}, self.lower, named), *self.extra]
        return _joined(lines, self.end) + self.body


PORTABLE = frozenset({"origin", "sec-websocket-version", "sec-websocket-protocol", "sec-websocket-extensions"})
RIGHT_ANSWER = {"Upgrade": ("websocket",), "Connection": ("Upgrade",), "Sec-WebSocket-Accept": ("{accept}",)}


def right_request(host: str) -> dict[str, tuple[str, ...]]:
    """The fields of a right request."""
    return {
        "Host": (host,),
        "Upgrade": ("websocket",),
        "Connection": ("Upgrade",),
        "Sec-WebSocket-Key": ("{key}",),
        "Sec-WebSocket-Version": ("13",),
    }


def right_connect(host: str, resource: str, secure: bool) -> dict[str, tuple[str, ...]]:
    """The header list of a right extended CONNECT (RFC 8441, 5)."""
    return {
        ":method": ("CONNECT",),
        ":protocol": ("websocket",),
        ":scheme": ("https" if secure else "http",),  # not wss and ws
        ":path": (resource,),
        ":authority": (host,),
        "sec-websocket-version": ("13",),
    }


def new_key() -> str:
    """A key that nobody used before (RFC 6455, 4.1)."""
    return build.key(os.urandom(16))


def _lines(fields: Mapping[str, tuple[str, ...]], lower: bool, named: Mapping[str, str]) -> list[str]:
    lines = []
    for name, values in fields.items():
        for value in values:
            for mark, text in named.items():
                value = value.replace(mark, text)
            lines.append(f"{name.lower() if lower else name}: {value}")
    return lines


def _joined(lines: list[str], end: str) -> bytes:
    return (end.join(lines) + end + end).encode("latin-1", "replace")
