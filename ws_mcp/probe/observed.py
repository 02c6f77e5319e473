"""What a peer did: its bytes → what a verdict needs. Bounded, whatever the peer sends."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field

from ws_mcp.protocol.deflate import TAIL
from ws_mcp.protocol.frames import FrameReader, unmasked
from ws_mcp.types import Response, Side
from ws_mcp.wire import Frame, Part

MESSAGE = 1 << 20  # bytes of a message that are kept
INFLATED = 8 << 20  # bytes that the compressed messages of a connection may grow to
EVENTS = 20_000  # frames of a connection that are looked at
TRACE = 2048  # bytes of each direction that an outcome shows
CLOSE, PING, PONG = 8, 9, 10


@dataclass(slots=True)
class HttpLog:
    """The frames of an HTTP/2 connection each way, as a person reads them; the first ``TRACE`` characters of each."""

    sent: list[str] = field(default_factory=list)
    received: list[str] = field(default_factory=list)
    _sizes: dict[bool, int] = field(default_factory=lambda: {True: 0, False: 0})

    def note(self, line: str, ours: bool) -> None:
        """One more frame."""
        kept = self.sent if ours else self.received
        if self._sizes[ours] < TRACE:
            kept.append(line)
        elif kept[-1] != "…":
            kept.append("…")
        self._sizes[ours] += len(line)


@dataclass(slots=True)
class Observed:
    """What was seen of the peer on one connection.

    ``end`` is "" while the connection is open, else "fin" (closed in order) or "reset"; ``alive`` tells that our last
    Ping was answered; ``stopped`` why we gave up listening; ``refused`` why no connection came about. ``tracks`` holds
    the first bytes each way, ``sizes`` how many there were; ``blocked``: the peer stopped reading; ``late``: how many
    frames it sent after its Close. ``http`` is there over HTTP/2, where ``end`` may also be "lost" (the connection
    went, the stream was not ended), and ``end_told`` says the end in words. ``opened``: frames could come.
    """

    response: Response | None = None
    extensions: str = ""
    messages: list[tuple[int, bytes]] = field(default_factory=list)
    pongs: list[bytes] = field(default_factory=list)
    pings: int = 0
    others: int = 0
    close: tuple[int | None, bytes] | None = None
    end: str = ""
    alive: bool = False
    stopped: str = ""
    refused: str = ""
    blocked: bool = False
    sent: bytes = b""
    received: bytes = b""
    sent_size: int = 0
    received_size: int = 0
    wrote_all: bool = True
    closing_seconds: float | None = None
    closed_by_us: bool = False
    late: int = 0
    http: HttpLog | None = None
    end_told: str = ""
    opened: bool = False

    @property
    def over(self) -> bool:
        """Nothing more can come."""
        return bool(self.end or self.stopped or self.refused)

    def note_sent(self, data: bytes) -> None:
        """Counts bytes of ours."""
        self.sent_size += len(data)
        if len(self.sent) < TRACE:
            self.sent += data[: TRACE - len(self.sent)]

    def note_received(self, data: bytes) -> None:
        """Counts bytes of the peer's."""
        self.received_size += len(data)
        if len(self.received) < TRACE:
            self.received += data[: TRACE - len(self.received)]


class Ear:
    """Hears the frames of a peer and notes them in ``observed``.

    Args:
        side: the side that we hear.
        observed: where to note it.
        deflate: whether permessage-deflate was agreed.
        sentinel: the body of our own Pings, whose Pongs are not the peer's reaction to a case.
        greeting: how many messages it sends by itself at first, which are not its reaction either.
    """

    def __init__(self, side: Side, observed: Observed, deflate: bool, sentinel: bytes, greeting: int = 0) -> None:
        self.observed = observed
        self.sentinel = sentinel
        self._greeting = greeting
        self.pinged: list[Frame] = []
        self._reader = FrameReader(side)
        self._deflate = deflate
        self._inflater = zlib.decompressobj(-15)
        self._opcode = -1
        self._packed = False
        self._content = bytearray()
        self._frames = self._inflated_size = 0

    def feed(self, data: bytes) -> None:
        """Takes the next bytes."""
        self.pinged.clear()
        for fact in self._reader.feed(data):
            if isinstance(fact, Part):
                self._add(unmasked(fact, max(0, MESSAGE - len(self._content))))
                if fact.last:
                    self._done(fact.frame)
            elif isinstance(fact, Frame):
                self._frames += 1
                self._frame(fact)
        if self._frames > EVENTS:
            self.observed.stopped = self.observed.stopped or f"it sent more than {EVENTS:,} frames"
        if self._reader.stopped:
            self.observed.stopped = self.observed.stopped or f"unreadable: {self._reader.stopped}"

    def _frame(self, frame: Frame) -> None:
        self.observed.late += self.observed.close is not None
        if frame.control:
            self._control(frame)
            return
        if frame.opcode:
            self._opcode, self._packed = frame.opcode, bool(frame.rsv & 4) and self._deflate
            self._content.clear()
        if frame.whole:
            self._add(frame.payload)
            self._done(frame)

    def _control(self, frame: Frame) -> None:
        seen = self.observed
        if frame.opcode == CLOSE and seen.close is None:
            code = int.from_bytes(frame.payload[:2], "big") if len(frame.payload) > 1 else None
            seen.close = (code, frame.payload[2:])
        elif frame.opcode == PING:
            seen.pings += 1
            self.pinged.append(frame)
        elif frame.opcode == PONG and frame.payload == self.sentinel:
            seen.alive = True
        elif frame.opcode == PONG:
            seen.pongs.append(frame.payload)
        elif frame.opcode > PONG:
            seen.others += 1

    def _add(self, data: bytes) -> None:
        self._content += data[: MESSAGE - len(self._content)]

    def _done(self, frame: Frame) -> None:
        if not frame.fin:
            return
        content = bytes(self._content)
        self._content.clear()
        if self._packed:
            content = self._inflated(content)
            self._inflated_size += len(content)
            if self._inflated_size > INFLATED:
                self.observed.stopped = f"its messages inflate to more than {INFLATED >> 20} MiB"
                return
        if self._greeting:
            self._greeting -= 1
        else:
            self.observed.messages.append((self._opcode, content))

    def _inflated(self, content: bytes) -> bytes:
        """The content, or what there is of it: whether the data is right, the rules say."""
        if self._inflater.eof:
            self._inflater = zlib.decompressobj(-15)
        try:
            return self._inflater.decompress(content + TAIL, MESSAGE)
        except zlib.error:
            self._inflater = zlib.decompressobj(-15)
            return content
