"""uvicorn's protocols, completed by what they lack: strict handshakes, a way to cut, a word when TCP has ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from fastapi import WebSocket, WebSocketDisconnect
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode, Frame

_LINGER_SECONDS = 5.0
_HEAD_BYTES, _HEAD_FIELDS = 8_000, 100
_FRAGMENTS = 100_000


class Http(H11Protocol):
    """What cannot become a WebSocket is answered by a route: uvicorn would leave some of it without any answer."""

    def _should_upgrade(self) -> bool:
        fields = dict(self.headers)
        size = len(self.scope["raw_path"]) + len(self.scope["query_string"])
        size += sum(len(name) + len(value) for name, value in self.headers)
        return (
            super()._should_upgrade()
            and (self.scope["method"], self.scope["http_version"]) == ("GET", "1.1")
            and fields.get(b"sec-websocket-version") == b"13"
            and not fields.keys() & {b"content-length", b"transfer-encoding"}
            and size <= _HEAD_BYTES
            and len(self.headers) <= _HEAD_FIELDS
        )


class Connection(WebSocketsSansIOProtocol):
    """One TCP connection; the application finds it in ``websocket.state.connection``."""

    on_lost: Callable[[], None] | None = None

    @property
    def code(self) -> int:
        """The close code, the peer's if it sent one."""
        frame = self.conn.close_rcvd or self.conn.close_sent
        return frame.code if frame else 1006

    def cut(self) -> None:
        self.transport.abort()

    async def run_asgi(self) -> None:
        self.scope["state"]["connection"] = self
        self.ended = asyncio.Event()
        await super().run_asgi()
        # uvicorn's close waits without limit for a peer that does not read.
        self.loop.call_later(_LINGER_SECONDS, self.cut)

    def handle_cont(self, event: Frame) -> None:
        super().handle_cont(event)
        if len(self.frames) > _FRAGMENTS:
            # Empty ones count for no message's length, and uvicorn keeps them all.
            self.frames = []
            self.conn.fail(CloseCode.MESSAGE_TOO_BIG, "too many fragments")
            self.handle_parser_exception()

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        self.cut()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self.on_lost:
            self.on_lost()
        if self.handshake_initiated:
            self.ended.set()


class Ended(Exception):
    """The connection is closed."""


class Carrier:
    """A FastAPI ``WebSocket`` as a session wants it."""

    def __init__(self, websocket: WebSocket, connection: Connection) -> None:
        self._websocket = websocket
        self._connection = connection

    async def recv(self) -> str | bytes:
        message = await self._websocket.receive()
        if message["type"] == "websocket.disconnect":
            raise Ended
        text: str | None = message.get("text")
        payload: bytes = message.get("bytes") or b""
        return payload if text is None else text

    async def send(self, message: str | bytes, /) -> None:
        # Waits while the peer does not read: that is what fills its bounded queue, and nothing else.
        if isinstance(message, str):
            await self._websocket.send_text(message)
        else:
            await self._websocket.send_bytes(message)

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Say why, and wait for the end; whoever calls sets the limit."""
        with suppress(WebSocketDisconnect, RuntimeError):  # it was closed already
            await self._websocket.close(code, reason)
        await self._connection.ended.wait()

    def cut(self) -> None:
        self._connection.cut()
