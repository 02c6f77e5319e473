"""One stream of HTTP/2, which a ``Talk`` takes for a connection of its own."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Protocol

from ws_mcp.probe.talk import Transport, Writer

Headers = list[tuple[str, str]]


class Carrier(Protocol):
    """The connection, as its streams know it; what it does not allow any more raises ConnectionResetError."""

    writer: Writer

    async def pump(self) -> None:
        """Waits until something came; that nothing can, raises ConnectionResetError."""

    def request(self, number: int, headers: Headers) -> None:
        """Opens a stream."""

    def room(self, number: int) -> int:
        """How many bytes may be sent."""

    def send(self, number: int, data: bytes, end: bool = False, padding: int | None = None) -> None:
        """One DATA frame."""

    def cancel(self, number: int) -> None:
        """RST_STREAM."""

    def give_back(self, number: int, size: int) -> None:
        """So much was read."""

    def abort(self) -> None:
        """Ends TCP at once."""


class Stream:
    """One stream: ``Reader`` and ``Writer`` in one; both raise ConnectionResetError when it was reset or lost.

    Attributes:
        headers: the answer's, None until it came.
        ended: END_STREAM came; ``broken`` says what ended it otherwise, and ``lost`` that the connection went.
        holding: no new window is granted for what is read.
    """

    def __init__(self, link: Carrier, number: int) -> None:
        self.link, self.id = link, number
        self.headers: Headers | None = None
        self.asked = self.ended = self.lost = self.holding = False
        self.broken = ""
        self._in, self._out = bytearray(), bytearray()

    def open(self, headers: Headers) -> None:
        """Sends the request."""
        self.asked = True
        try:
            self.link.request(self.id, headers)
        except ConnectionResetError as error:  # the connection ended meanwhile
            self.lose(str(error))

    async def answer(self) -> Headers | None:
        """The answer's header list, None where the stream ends without."""
        with suppress(ConnectionResetError):
            while self.headers is None and not (self.ended or self.broken):
                await self.link.pump()
        return self.headers

    async def read(self, n: int = -1, /) -> bytes:
        """The next bytes of DATA frames, b"" after END_STREAM."""
        while not self._in and not self.ended and not self.broken:
            await self.link.pump()
        if self.broken and not self._in:
            raise ConnectionResetError(self.broken)
        data = bytes(self._in[:n] if n >= 0 else self._in)
        del self._in[: len(data)]
        if data and not self.holding:
            self.link.give_back(self.id, len(data))
        return data

    def write(self, data: bytes, /) -> None:
        """Queues bytes until ``drain``."""
        self._out += data

    async def drain(self) -> None:
        """Sends what is queued, in DATA frames as large as the peer's windows and limits let them be."""
        data, self._out = bytes(self._out), bytearray()
        at = 0
        while at < len(data):
            room = await self._room(1)
            size = min(room, len(data) - at)
            self.link.send(self.id, data[at : at + size])
            at += size
            await self.link.writer.drain()

    async def frame(self, data: bytes, padding: int | None, end: bool) -> None:
        """One DATA frame with just this."""
        await self.drain()
        await self._room(len(data) + (padding + 1 if padding is not None else 0))
        self.link.send(self.id, data, end, padding)
        await self.link.writer.drain()

    async def _room(self, least: int) -> int:
        """How many bytes may be sent, ``least`` or more."""
        while True:
            if self.broken:
                raise ConnectionResetError(self.broken)
            room = self.link.room(self.id)
            if room >= least:
                return room
            await self.link.pump()

    def reset(self) -> None:
        """RST_STREAM with CANCEL (RFC 8441, 5)."""
        if not self.broken:
            with suppress(ConnectionResetError):  # it ended meanwhile
                self.link.cancel(self.id)
            self.fail("we reset the stream")

    def answered(self, headers: Headers) -> None:
        """An answer came; of informational ones only 101 is told, which HTTP/2 does not have."""
        status = dict(headers).get(":status", "")
        if self.headers is None and (status == "101" or not status.startswith("1")):
            self.headers = headers

    def came(self, data: bytes, counted: int) -> None:
        """A DATA frame came; its padding is given back at once."""
        self._in += data
        if counted > len(data) and not self.holding:
            self.link.give_back(self.id, counted - len(data))

    def fail(self, why: str) -> None:
        """It was reset."""
        if not self.ended:
            self.broken = self.broken or why

    def lose(self, why: str) -> None:
        """The connection ended below it."""
        if not self.ended and not self.broken:
            self.broken, self.lost = why, True

    def close(self) -> None:
        """END_STREAM."""
        if not self.broken:
            self.link.send(self.id, b"", end=True)

    def write_eof(self) -> None:
        """END_STREAM too: to end one half is all that there is."""
        self.close()

    @property
    def transport(self) -> Transport:
        """It stands for TCP too: to abort it ends the whole connection, which has one case to itself."""
        return self

    def abort(self) -> None:
        """Ends the connection."""
        self.link.abort()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Those of TCP; the windows of HTTP/2 count beside them."""
        self.link.writer.transport.set_write_buffer_limits(high, low)

    def get_extra_info(self, name: str, /) -> Any:
        """What is known of TCP below."""
        return self.link.writer.get_extra_info(name)
