"""What the user asks of a probe: who to talk to, how, and within which bounds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ws_mcp.errors import InputError
from ws_mcp.protocol.headers import is_token

_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
LIMIT = 2.0  # seconds for a case
TOTAL = 120.0  # seconds for the default set; slow and stress cases add to it
PARALLEL = 16


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of a probe.

    Attributes:
        headers: fields to send with each right request, ("Authorization", "Bearer …"); cookies and the like too.
        subprotocols: what to offer.
        echo: whether the peer sends messages back; None finds out.
        prefix: what each text that we send has to begin with; the echo then has it too.
        insecure: whether any TLS certificate is good enough.
        tls: whether the connection is inside TLS; a URL of a server says so itself.
        http2: whether WebSockets are opened over HTTP/2 (RFC 8441): by ALPN for wss, by prior knowledge for ws.
        only: prefixes of case ids, or requirement ids; none means all.
        slow, stress: whether cases that wait long, or can hurt, are run.
        autobahn: whether Autobahn's cases are run too, after ours (the extra ``autobahn``).
        limit: seconds for a case; ``total`` for all of them.
        parallel: connections at a time.
        allowed: hosts beyond loopback that may be probed.
    """

    headers: tuple[tuple[str, str], ...] = ()
    subprotocols: tuple[str, ...] = ()
    echo: bool | None = None
    prefix: str = ""
    insecure: bool = False
    tls: bool = False
    http2: bool = False
    only: tuple[str, ...] = ()
    slow: bool = False
    stress: bool = False
    autobahn: bool = False
    limit: float = LIMIT
    total: float = TOTAL
    parallel: int = PARALLEL
    allowed: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuses what no head can carry; a line end in a value would begin a field of its own (RFC 9110, 5.5).

        Raises:
            InputError: a header, a cookie or a subprotocol is none.
        """
        for name, value in self.headers:
            if not is_token(name):
                raise InputError(f"{name[:80]!r} is no name of a header. Write 'Name: value'.")
            if not _VALUE.fullmatch(value):
                raise InputError(f"The value of {name} has characters that no header can carry. Percent-encode them.")
        for name in self.subprotocols:
            if not is_token(name):
                raise InputError(
                    f"{name[:80]!r} is no subprotocol: they have no spaces and commas. Repeat for several."
                )

    def fields(self, bare: bool = False) -> Mapping[str, tuple[str, ...]]:
        """The user's fields by name; a bare request has none that authenticates."""
        found: dict[str, tuple[str, ...]] = {}
        for name, value in self.headers:
            if not (bare and name.lower() in SECRETS):
                found[name] = (*found.get(name, ()), value)
        if self.subprotocols:
            found["Sec-WebSocket-Protocol"] = (", ".join(self.subprotocols),)
        return found


SECRETS = frozenset({"authorization", "cookie", "proxy-authorization", "x-api-key"})
