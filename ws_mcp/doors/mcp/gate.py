"""What stands before the HTTP server: who may ask, for how long, and how it went."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field

import anyio
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ws_mcp.doors.mcp import auth
from ws_mcp.doors.mcp.metrics import Metrics

OPEN = frozenset({"/healthz"})  # what orchestrators ask, by address and without a token
_GONE = 499  # as nginx logs a client that had gone
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a client may take.

    Attributes:
        sending: seconds for a whole request.
        reading: seconds in which a client has to take in a piece of its answer.
    """

    sending: float = 30.0
    reading: float = 30.0


@dataclass(slots=True)
class _Exchange:
    """One request as it goes on."""

    status: int = 0
    body_read: bool = False
    late: bool = False
    ended: bool = False
    started: float = field(default_factory=time.perf_counter)


class Gate:
    """An ASGI application that lets through to ``app`` what may pass, and counts everything.

    The SDK could check Host and Origin too, but only at its own route, after the body was read, and with the letters'
    case, which a host name does not have (RFC 9110, 4.2.3).
    """

    def __init__(
        self,
        app: ASGIApp,
        metrics: Metrics,
        hosts: tuple[str, ...],
        origins: tuple[str, ...],
        token: str,
        limits: Limits,
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._hosts = frozenset(hosts)
        self._origins = frozenset(origins)
        self._token = token
        self._limits = limits
        self._standing: set[anyio.CancelScope] = set()
        self._draining = False

    def drain(self) -> None:
        """End the streams on which nothing is owed, so that the server can stop: nobody waits for their end."""
        self._draining = True
        for scope in self._standing:
            scope.cancel()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange()
        self._metrics.begin()
        try:
            await self._pass(scope, self._in_time(receive, exchange), self._taken(send, exchange), exchange)
        finally:
            seconds = time.perf_counter() - exchange.started
            self._metrics.end(scope["method"], scope["path"], exchange.status or _GONE, seconds)

    async def _pass(self, scope: Scope, receive: Receive, send: Send, exchange: _Exchange) -> None:
        refusal = None if scope["path"] in OPEN else self._refusal(scope)
        app = refusal or (self._stand if _is_standing(scope) else self._app)
        try:
            await app(scope, receive, send)
        except Exception:
            if not exchange.late:
                raise
        if exchange.status and not exchange.ended:
            await send({"type": "http.response.body", "body": b""})
        if exchange.late:
            _log.warning("a client was too slow at %s", ascii(scope["path"])[:80])
            if not exchange.status:
                exchange.late = False
                late = PlainTextResponse("The request took too long.\n", 408, {"Connection": "close"})
                await late(scope, receive, send)

    async def _stand(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The application, until the server drains."""
        with anyio.CancelScope() as standing:
            self._standing.add(standing)
            try:
                if not self._draining:
                    await self._app(scope, receive, send)
                else:
                    await PlainTextResponse("This server is stopping.\n", 503)(scope, receive, send)
            finally:
                self._standing.discard(standing)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        headers: dict[bytes, list[bytes]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name, []).append(value)
        hosts, origins = headers.get(b"host", []), headers.get(b"origin", [])
        if len(hosts) != 1 or _name(hosts[0]) not in self._hosts:
            return PlainTextResponse("This Host is not served here.\n", 421)
        if any(not self._known(origin) for origin in origins):
            return PlainTextResponse("This Origin may not connect.\n", 403)
        credentials = headers.get(b"authorization", [])
        if self._token and not (len(credentials) == 1 and auth.is_bearer(credentials[0], self._token)):
            # RFC 6750, 3: no error code where no credentials came
            challenge = 'Bearer realm="websocket-mcp"' + (', error="invalid_token"' if credentials else "")
            return PlainTextResponse("A valid bearer token is needed.\n", 401, {"WWW-Authenticate": challenge})
        return None

    def _known(self, origin: bytes) -> bool:
        text = origin.decode("latin-1").lower()
        name, _, port = text.rpartition(":")
        return text in self._origins or (port.isdecimal() and f"{name}:*" in self._origins)

    def _in_time(self, receive: Receive, exchange: _Exchange) -> Receive:
        """``receive`` that gives up on a request that does not come to its end; the application sees it gone."""

        async def wait() -> Message:
            if exchange.body_read:  # what comes now is that the client has gone, at any time
                return await receive()
            left = exchange.started + self._limits.sending - time.perf_counter()
            with anyio.move_on_after(max(0.0, left)):
                message = await receive()
                exchange.body_read = not message.get("more_body", False)
                return message
            exchange.late = True
            return {"type": "http.disconnect"}

        return wait

    def _taken(self, send: Send, exchange: _Exchange) -> Send:
        """``send`` that gives up on a client that does not read; what is left out ends the connection."""

        async def push(message: Message) -> None:
            if exchange.late:
                return
            if message["type"] == "http.response.start":
                exchange.status = message["status"]
            exchange.ended = message["type"] == "http.response.body" and not message.get("more_body", False)
            with anyio.move_on_after(self._limits.reading) as scope:
                await send(message)
            exchange.late = scope.cancelled_caught

        return push


def _is_standing(scope: Scope) -> bool:
    """Whether a request asks for a stream that has no end: the handshake era's GET, the stateless era's listening."""
    return scope["method"] == "GET" or (b"mcp-method", b"subscriptions/listen") in scope["headers"]


def _name(host: bytes) -> str:
    """A Host header's name without its port; IPv6 addresses keep their brackets."""
    text = host.decode("latin-1").lower()
    name, _, port = text.rpartition(":")
    return name if name and port.isdecimal() else text
