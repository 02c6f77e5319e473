"""TLS over a connection that is already open, so that we see what comes before it and how it fails.

``asyncio`` hides both: it drops a connection whose TLS fails before anybody hears of it.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import Any
from weakref import WeakKeyDictionary

from ws_mcp.probe.talk import Reader, Transport, Writer

HELLO = 0x16  # the first byte of a TLS handshake record (RFC 8446, 5.1)
_PIECE = 16384


_NAMES: WeakKeyDictionary[Any, str | None] = WeakKeyDictionary()  # one context serves many connections


def _note_name(tls: Any, name: str | None, context: ssl.SSLContext) -> None:
    _NAMES[tls] = name


class Begun:
    """A reader whose first bytes were read already."""

    def __init__(self, first: bytes, reader: Reader) -> None:
        self._first, self._reader = first, reader

    async def read(self, n: int = -1, /) -> bytes:
        """The next bytes."""
        if not self._first:
            return await self._reader.read(n)
        size = len(self._first) if n < 0 else n
        data, self._first = self._first[:size], self._first[size:]
        return data


class Inside:
    """The server's end of TLS, to be read and written as any connection."""

    def __init__(self, reader: Reader, writer: Writer, context: ssl.SSLContext) -> None:
        self._reader, self._writer = reader, writer
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        context.sni_callback = _note_name
        self._tls = context.wrap_bio(self._in, self._out, server_side=True)

    @property
    def asked(self) -> str | None:
        """The server name of the ClientHello (RFC 6066, 3), None where it has none."""
        return _NAMES.get(self._tls)

    async def open(self) -> None:
        """The handshake.

        Raises:
            ssl.SSLError: it failed, ours or with an alert of the peer.
            ConnectionError: the connection ended within it.
        """
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                await self._flush()
                data = await self._reader.read(_PIECE)
                if not data:
                    raise ConnectionResetError("TCP ended") from None
                self._in.write(data)
            except ssl.SSLError:
                await self._flush()  # the alert
                raise
            else:
                await self._flush()
                return

    async def read(self, n: int = -1, /) -> bytes:
        """The next bytes that were inside; b"" at the end of TLS or of the connection."""
        while True:
            try:
                return self._tls.read(_PIECE if n < 0 else n)
            except ssl.SSLWantReadError:
                await self._flush()
                data = await self._reader.read(_PIECE)
                if data:
                    self._in.write(data)
                else:
                    self._in.write_eof()
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                return b""

    def write(self, data: bytes, /) -> None:
        """Queues bytes."""
        if data:
            self._tls.write(data)
            self._writer.write(self._out.read())

    async def drain(self) -> None:
        """Waits until the peer takes them."""
        await self._writer.drain()

    def write_eof(self) -> None:
        """Says that no more comes from us."""
        self._end()
        self._writer.write_eof()

    def close(self) -> None:
        """Ends TLS and the connection."""
        self._end()
        self._writer.close()

    @property
    def transport(self) -> Transport:
        """What is below."""
        return self._writer.transport

    def get_extra_info(self, name: str, /) -> Any:
        """What is known of the connection."""
        return self._writer.get_extra_info(name)

    def _end(self) -> None:
        try:
            self._tls.unwrap()
        except (ssl.SSLError, OSError):
            pass  # the peer has not said so yet, or is gone
        if data := self._out.read():
            self._writer.write(data)

    async def _flush(self) -> None:
        if data := self._out.read():
            self._writer.write(data)
            await self._writer.drain()


async def first_bytes(reader: asyncio.StreamReader, seconds: float) -> bytes:
    """What the peer begins with; b"" where nothing comes in time."""
    try:
        async with asyncio.timeout(seconds):
            return await reader.read(_PIECE)
    except (TimeoutError, ConnectionError):
        return b""
