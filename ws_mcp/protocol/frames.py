"""The frame reader: bytes of one direction → facts (RFC 6455, 5.2).

Theory of operation. A reader is fed bytes as they come and hands out facts in wire order; nothing handed out means that
more bytes are needed. It judges nothing, so no fault stops it as long as the length can be read. There are three facts:

* ``Frame`` for a frame of at most ``KEPT`` bytes, once it is complete, with its payload unmasked; for a longer frame as
  soon as its header is there, without payload;
* ``Part`` for each piece of the payload of such a longer frame, still masked: who needs the bytes calls ``unmasked``.
  So a frame of a gigabyte costs no more memory than the piece it came in;
* ``Run`` for frames that need no closer look: while ``plain`` is set, a skimmer goes ahead and sums up what it can.

How the bytes were cut into pieces changes no Frame: a frame is read whole or, above ``KEPT``, from its header alone.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from ws_mcp.protocol.masking import apply_mask
from ws_mcp.protocol.skimming import KEPT, Run, Skimmer
from ws_mcp.types import Side
from ws_mcp.wire import Frame, Message, Part

Fact = Frame | Part | Run


def unmasked(part: Part, size: int) -> bytes:
    """The first ``size`` bytes of a Part; the key is turned to where the piece starts (RFC 6455, 5.3)."""
    key, raw = part.frame.key, part.raw[:size]
    if key is None:
        return bytes(raw)
    turn = part.start & 3
    return apply_mask(raw, key[turn:] + key[:turn])


class FrameReader:
    """Reads the frames of one direction.

    Attributes:
        offset: bytes consumed so far, the offset of the next frame.
        index: number of the next frame.
        stopped: why reading ended before the input did, "" while it goes on.
        plain: the table of headers to skim, None to read each frame closely.
    """

    def __init__(self, side: Side | None = None) -> None:
        self.side = side
        self.offset = 0
        self.index = 0
        self.stopped = ""
        self.plain: bytes | None = None
        self._held = bytearray()
        self._wanted = 2
        self._long: Frame | None = None
        self._start = 0
        self._skimmer = Skimmer(side)

    def feed(self, data: bytes) -> Iterator[Fact]:
        """Takes the next bytes and gives the facts that they complete; drain it before the next call."""
        if self.stopped:
            return
        if self._held:
            self._held += data
            if len(self._held) < self._wanted:
                return
            data = bytes(self._held)
            self._held.clear()
        at = 0
        while at < len(data) and not self.stopped:
            plain = self.plain if self._long is None else None  # the payload of a long frame is no frame
            taken, frames = self._skimmer.skim(data, at, plain, self.index, self.offset)
            if taken:
                at += taken
                self.offset += taken
                self.index += frames
                if self._skimmer.ripe and (run := self._skimmer.take()):
                    yield run
                continue
            if (run := self._skimmer.take()) is not None:
                yield run
                continue
            fact, taken = self._closely(data, at)
            if fact is None:
                break
            at += taken
            self.offset += taken
            yield fact
        if not self.stopped:
            self._held += data[at:]

    def skimmed(self) -> Run | None:
        """What was skimmed and not handed out yet; ask when the order among both directions matters."""
        return self._skimmer.take()

    def broken(self) -> Message | None:
        """The bad text of a frame that the input broke off in, if that frame was being skimmed."""
        passing = self._skimmer.passing
        return passing.broken(self.side, self.index) if passing else None

    def _closely(self, data: bytes, at: int) -> tuple[Frame | Part | None, int]:
        """The next Frame or Part and the bytes it took; None when more bytes are needed."""
        if self._long is not None:
            part = self._piece(self._long, data, at)
            return part, len(part.raw)
        frame = self._frame(data, at)
        return (frame, frame.header + len(frame.payload)) if frame else (None, 0)

    def tail(self) -> Frame | None:
        """The frame that the input broke off in, as far as it can be read; None if not even its header is there.

        It is None also for a long frame, which was handed out already: ``missing`` tells about both.
        """
        held = bytes(self._held)
        return None if self.stopped or _header_size(held) > len(held) else self._read(held, 0, len(held))

    def missing(self) -> tuple[int, int, int] | None:
        """(offset, bytes there, bytes needed) of a frame or header that is not complete; None at a frame boundary."""
        if self.stopped:
            return None
        if self._long is not None:
            size = self._long.header + self._long.length
            return self._long.offset, self._long.header + self._start, size
        if (passing := self._skimmer.passing) is not None:
            size = len(passing.header)
            return passing.offset, size + passing.start, size + passing.length
        return (self.offset, len(self._held), self._wanted) if self._held else None

    def _piece(self, frame: Frame, data: bytes, at: int) -> Part:
        raw = memoryview(data)[at : at + frame.length - self._start]
        part = Part(frame, self._start, raw, self._start + len(raw) == frame.length)
        self._start += len(raw)
        if part.last:
            self._long = None
        return part

    def _frame(self, data: bytes, at: int) -> Frame | None:
        """The frame at ``at``, or None when bytes are missing; ``_wanted`` then says how many there must be."""
        there = len(data) - at
        head = data[at : at + 14]
        size = _header_size(head)
        if there < size:
            self._wanted = size
            return None
        length = _length(head)
        if length >> 63:  # 5.2: the top bit must be 0; no reader can tell where such a frame ends
            self.stopped = f"the 64-bit length {length:#x} has its top bit set, so the end of this frame is not known"
        elif length <= KEPT and there < size + length:
            self._wanted = size + length
            return None
        frame = self._read(data, at, at + size + length)
        self.index += 1
        if length > KEPT and not self.stopped:
            self._long, self._start = frame, 0
        return frame

    def _read(self, data: bytes, at: int, end: int) -> Frame:
        """Builds the frame at ``at`` from a complete header and the payload bytes up to ``end``."""
        first, second = data[at], data[at + 1]
        head = data[at : at + 14]
        size = _header_size(head)
        length = _length(head)
        key = data[at + size - 4 : at + size] if second & 0x80 else None
        payload = b"" if length > KEPT else data[at + size : end]
        form = {126: 16, 127: 64}.get(second & 0x7F, 7)
        return Frame(
            self.index,
            self.side,
            self.offset,
            first >= 0x80,
            first >> 4 & 7,
            first & 0x0F,
            key,
            length,
            form,
            size,
            apply_mask(payload, key) if key and payload else payload,
            len(payload) == length,
        )


def key_numbers(keys: list[bytes]) -> tuple[int, ...]:
    """Masking keys as big-endian numbers, in one call, so that rules can compare them cheaply."""
    return struct.unpack(f">{len(keys)}I", b"".join(keys))


def _header_size(head: bytes) -> int:
    if len(head) < 2:
        return 2
    return 2 + {126: 2, 127: 8}.get(head[1] & 0x7F, 0) + (4 if head[1] & 0x80 else 0)


def _length(head: bytes) -> int:
    short = head[1] & 0x7F
    if short < 126:
        return short
    return int.from_bytes(head[2:4] if short == 126 else head[2:10], "big")  # 5.2: network byte order
