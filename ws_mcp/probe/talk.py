"""One connection to a peer: sends the steps of a case, listens within bounds, closes in order.

It serves both roles: after the opening handshake a server and a client are talked to alike. Nothing the peer does makes
it wait past its deadline, keep more than ``MOST`` bytes' worth of facts, or raise.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from ws_mcp.errors import InputError
from ws_mcp.judge import FrameCheck
from ws_mcp.probe.observed import Ear, Observed
from ws_mcp.probe.words import Data, Octets, Reset, Send, Step, Wait
from ws_mcp.protocol import build
from ws_mcp.protocol.deflate import Extensions, negotiated
from ws_mcp.types import Finding, Side

HEAD = 65536  # bytes of a head
MOST = 16 << 20  # bytes of a connection
CHUNK = 16384  # bytes that are looked at in one go; 8,000 frames at most
PONGS = 100  # Pings of the peer that are answered
QUIET = 0.25  # seconds without a reaction before we ask whether the peer is still there
APART = 0.001  # seconds between the pieces of a frame, so that each travels by itself
FAREWELL = 1.0  # seconds for the closing handshake
SENTINEL = b"still there?"


class Reader(Protocol):
    """Where bytes come from: a TCP connection, or a stream of HTTP/2."""

    async def read(self, n: int = -1, /) -> bytes:
        """The next bytes, ``n`` at most; b"" at the end."""


class Transport(Protocol):
    """What is below a ``Writer``."""

    def abort(self) -> None:
        """Ends the connection at once."""

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """How many bytes may wait before ``drain`` does."""


class Writer(Protocol):
    """Where bytes go, as ``asyncio.StreamWriter`` takes them."""

    @property
    def transport(self) -> Transport:
        """What is below."""

    def write(self, data: bytes, /) -> None:
        """Queues bytes."""

    async def drain(self) -> None:
        """Waits until the peer takes them."""

    def close(self) -> None:
        """Ends our half in order."""

    def write_eof(self) -> None:
        """The same, where what is still to come is read."""

    def get_extra_info(self, name: str, /) -> Any:
        """What is known of the connection."""


class Talk:
    """A connection on which we play ``side``; ``deadline`` is when it has to be over, on the loop's clock."""

    def __init__(self, reader: Reader, writer: Writer, side: Side, deadline: float) -> None:
        self.reader, self.writer, self.side, self.deadline = reader, writer, side, deadline
        self.observed = Observed()
        self.greeting = 0
        self.check: FrameCheck | None = None
        self.clock = asyncio.get_running_loop().time
        self._ear: Ear | None = None
        self._both = False
        self._answered = 0
        self._rest = b""

    @property
    def left(self) -> float:
        """Seconds until the deadline."""
        return max(0.0, self.deadline - self.clock())

    async def write(self, data: bytes) -> None:
        """Sends bytes; a peer that is gone or does not read is noted."""

        async def plainly() -> None:
            self.writer.write(data)
            await self.writer.drain()

        await self.put(data, plainly)

    async def put(self, data: bytes, sending: Callable[[], Awaitable[None]]) -> None:
        """Sends bytes by ``sending``, within bounds, and notes what came of it."""
        seen = self.observed
        if not seen.wrote_all or seen.blocked:
            return
        try:
            async with asyncio.timeout(self.left):
                await sending()
        except TimeoutError:
            seen.blocked = True
        except OSError:
            seen.wrote_all = False
        seen.note_sent(data)
        if self._both and self.check is not None:
            self.check.feed(data, self.side)

    async def head(self) -> bytes:
        """The peer's head with its empty line; less where none ends it in time or in ``HEAD`` bytes."""
        data, self._rest = self._rest, b""
        while b"\r\n\r\n" not in data and b"\n\n" not in data and len(data) < HEAD:
            piece = await self._read(self.deadline)
            if not piece:
                break
            data += piece
        ends = [at + len(mark) for mark in (b"\r\n\r\n", b"\n\n") if (at := data.find(mark)) >= 0]
        end = min(ends, default=len(data))
        self._rest = data[end:]
        return data[:end]

    async def body(self, size: int) -> bytes:
        """What is left of the connection's bytes before frames, up to ``size``."""
        data = self._rest
        while len(data) < size and (piece := await self._read(self.deadline)):
            data += piece
        return data

    async def heard_within(self, seconds: float) -> bool:
        """Whether the peer sends anything before its turn; what it sent is kept."""
        if not self._rest:
            self._rest = await self._read(self.clock() + seconds)
        return bool(self._rest)

    def opened(self, extensions: str, both: bool) -> None:
        """Frames follow. ``both``: what we send is right, so that the dialogue can be checked."""
        try:
            agreed = negotiated(extensions or "none")
        except InputError:
            agreed = Extensions(known=False)
        self.observed.extensions = extensions
        self.observed.opened = True
        self.check = FrameCheck(agreed, dissected=0)
        self.check.connection.half(self.side.peer)
        if both:
            self.check.connection.half(self.side)
        self._both = both
        self._ear = Ear(self.side.peer, self.observed, agreed.deflate is not None, SENTINEL, self.greeting)
        if self._rest:
            self._hear(self._rest)
            self._rest = b""

    async def perform(self, steps: tuple[Step, ...]) -> None:
        """Sends the steps of a case, one after the other."""
        together = b""
        for step in steps:
            if isinstance(step, Send):
                together += step.encode(self.side)
                self.observed.closed_by_us |= step.opcode == "close"
                continue
            if together:
                await self.write(together)
                together = b""
            await self._step(step)
        if together:
            await self.write(together)

    async def _step(self, step: Octets | Wait | Data | Reset) -> None:
        if isinstance(step, Wait):
            until = min(self.clock() + step.seconds, self.deadline)
            count = step.messages or 1 << 60
            await self.listen(lambda: len(self.observed.messages) >= count, until)
            return
        if not isinstance(step, Octets):
            raise TypeError(f"{step} takes a stream of HTTP/2")
        data = b"".join(frame.encode(self.side) for frame in step.frames)
        for at in range(0, len(data), step.size):
            await self.write(data[at : at + step.size])
            await asyncio.sleep(APART)

    async def react(self, settled: Callable[[], bool], sentinel: bool) -> None:
        """Listens until ``settled`` or the deadline; after a quiet while, asks whether the peer is there."""
        early = min(self.clock() + QUIET, self.deadline)
        await self.listen(settled, early)
        if settled() or self.observed.over or not sentinel:
            await self.listen(settled, self.deadline)
            return
        await self.ask()
        await self.listen(lambda: settled() or self.observed.alive, self.deadline)

    async def ask(self) -> None:
        """Sends the Ping whose Pong tells that the peer goes on as if nothing had happened."""
        await self.write(Send("ping", SENTINEL).encode(self.side))

    async def farewell(self, code: int = 1000) -> None:
        """The closing handshake, or the peer's half of it where it began one (RFC 6455, 7.1.2)."""
        seen = self.observed
        started = self.clock()
        self.deadline = max(self.deadline, started + FAREWELL)
        if not seen.closed_by_us and not seen.over:
            if seen.close is not None and seen.close[0] is not None:
                code = seen.close[0]
            seen.closed_by_us = True
            await self.write(Send("close", build.close_body(code)).encode(self.side))
        if self.side is Side.SERVER:
            await self.listen(lambda: seen.close is not None, started + FAREWELL)
            self._finish()  # the server is the one that closes TCP first (RFC 6455, 7.1.1)
            seen.end = seen.end or "fin"
            return
        await self.listen(lambda: False, started + FAREWELL)
        seen.closing_seconds = self.clock() - started

    async def listen(self, done: Callable[[], bool], until: float) -> None:
        """Takes what the peer sends until ``done``, the time ``until``, or the end of the connection."""
        while not done() and not self.observed.over:
            data = await self._read(until)
            if not data:
                return
            self._hear(data)
            await self._respond()

    async def _read(self, until: float) -> bytes:
        """The next bytes; b"" at the end of the connection, at ``until``, or when the peer sent too much."""
        seen = self.observed
        if self.clock() >= until:  # data that is always there would never let the time-out act
            return b""
        try:
            async with asyncio.timeout_at(until):
                data = await self.reader.read(CHUNK)
        except TimeoutError:
            return b""
        except OSError:
            seen.end = "reset"
            return b""
        if not data:
            seen.end = "fin"
        seen.note_received(data)
        if seen.received_size > MOST:
            seen.stopped = f"it sent more than {MOST >> 20} MiB"
        return data

    def _hear(self, data: bytes) -> None:
        if self._ear is not None:
            self._ear.feed(data)
        if self.check is not None:
            self.check.feed(data, self.side.peer)

    async def _respond(self) -> None:
        """Answers the peer's Pings, as a right endpoint does (RFC 6455, 5.5.2)."""
        if self._ear is None or self.observed.close is not None or self.observed.closed_by_us:
            return
        for ping in self._ear.pinged:
            self._answered += 1
            if self._answered <= PONGS:
                await self.write(Send("pong", ping.payload).encode(self.side))

    def findings(self) -> tuple[Finding, ...]:
        """What the peer's own frames break."""
        if self.check is None:
            return ()
        whole = self.observed.end and not self.observed.stopped
        found = self.check.finish().findings if whole else self.check.judge.findings()
        return tuple(finding for finding in found if finding.where[0].side is self.side.peer)

    def _finish(self) -> None:
        try:
            self.writer.close()
        except OSError:
            self.observed.end = self.observed.end or "reset"

    def hang_up(self) -> None:
        """Ends the connection, whatever is left on it."""
        self.writer.transport.abort()
