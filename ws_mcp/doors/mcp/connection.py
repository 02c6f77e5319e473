"""Connections that ask nothing do not stay: uvicorn waits for the head of a request for ever.

Each holds one of the connections there are, before any Host, Origin or token can be looked at, so a thousand silent
ones would keep everybody out.
"""

from __future__ import annotations

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD = 30.0  # seconds for the head of a request, from the connection's start or from its first byte


class Connection(H11Protocol):
    """HTTP/1.1 whose client has ``patience`` seconds for each request's head; then the connection is closed."""

    patience = HEAD
    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has connected."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Part of a request, a whole one or more."""
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop()
        elif self._waiting is None:  # super() has ended the time for an idle connection
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is closed."""
        self._stop()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._waiting = self.loop.call_later(self.patience, self.timeout_keep_alive_handler)

    def _stop(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None
