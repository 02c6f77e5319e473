"""The frame reader: bytes of one direction → facts (RFC 6455, 5.2).

Theory of operation. A reader is fed bytes as they come and hands out facts in wire order; nothing handed out means that
more bytes are needed. It judges nothing, so no fault stops it as long as the length can be read. There are three facts:

* ``Frame`` for a frame of at most ``KEPT`` bytes, once it is complete, with its payload unmasked; for a longer frame as
  soon as its header is there, without payload;
* ``Part`` for each piece of the payload of such a longer frame, still masked: who needs the bytes calls ``unmasked``.
  So a frame of a gigabyte costs no more memory than the piece it came in;
* ``Run`` for frames that need no closer look, skimmed in one tight loop without an object for each. Which headers are
  plain is a table of 65,536 bytes, one for each first two bytes, that the caller passes when the moment allows it.

How the bytes were cut into pieces changes no Frame: a frame is read whole or, above ``KEPT``, from its header alone.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from ws_mcp.protocol.masking import apply_mask
from ws_mcp.types import Side
from ws_mcp.wire import Frame, Keys, Part

KEPT = 65535  # bytes; a longer payload is handed on in Parts and never held

NOT_PLAIN, PLAIN_BYTES, PLAIN_TEXT = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Run:
    """Plain frames that followed each other: each one a whole message, ``texts`` of them UTF-8 text."""

    side: Side | None
    first: int
    frames: int
    texts: int
    offset: int
    end: int
    payload: int
    keys: Keys | None


Fact = Frame | Part | Run


def unmasked(part: Part) -> bytes | memoryview:
    """The bytes of a Part; the key is turned to where the piece starts (RFC 6455, 5.3)."""
    key = part.frame.key
    if key is None:
        return part.raw
    turn = part.start & 3
    return apply_mask(part.raw, key[turn:] + key[:turn])


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
            before = at
            if self._long is not None:
                part = self._piece(self._long, data, at)
                at += len(part.raw)
                self.offset += len(part.raw)
                yield part
                continue
            if self.plain is not None and (run := self._skim(data, at, self.plain)) is not None:
                at += run.end - run.offset
                yield run
                continue
            frame = self._frame(data, at)
            if frame is None:
                break
            at += frame.header + len(frame.payload)
            self.offset += at - before
            yield frame
        if not self.stopped:
            self._held += data[at:]

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

    def _skim(self, data: bytes, at: int, plain: bytes) -> Run | None:
        """Passes over plain frames that are all there; None if the next one is not of that kind."""
        size, base = len(data), self.offset - at
        texts = payload = frames = 0
        keys: list[bytes] = []
        starts: list[int] = []
        while at + 14 <= size:
            second = data[at + 1]
            kind = plain[data[at] << 8 | second]
            length = second & 0x7F
            body = at + 2
            if length == 126:
                body = at + 4
                length = data[at + 2] << 8 | data[at + 3]
                kind = kind if length >= 126 else NOT_PLAIN  # 5.2: not the shortest form
            key = data[body : body + 4] if second & 0x80 else b""
            body += len(key)
            end = body + length
            if not kind or end > size or (kind == PLAIN_TEXT and not _is_utf8(data[body:end], key)):
                break
            texts += kind == PLAIN_TEXT
            if key:
                keys.append(key)
                starts.append(at)
            payload += length
            at = end
            frames += 1
        if not frames:
            return None
        return self._run(frames, texts, base + at, payload, keys, [base + start for start in starts])

    def _run(self, frames: int, texts: int, end: int, payload: int, keys: list[bytes], offsets: list[int]) -> Run:
        found = Keys(self.side, self.index, tuple(offsets), key_numbers(keys)) if keys else None
        run = Run(self.side, self.index, frames, texts, self.offset, end, payload, found)
        self.index += frames
        self.offset = end
        return run


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


def _is_utf8(raw: bytes, key: bytes) -> bool:
    text = apply_mask(raw, key) if key else raw
    if text.isascii():
        return True
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True
