"""The message assembler: frames of one direction → messages (RFC 6455, 5.4 and 6.2; RFC 7692, 6.2).

For each data frame call ``begin``, ``add`` for its payload in pieces or whole, and ``end``, which gives the Message
that the frame completes. Content passes through: text is checked, compressed data inflated, and only a preview is
kept. A message that begins inside another is joined beside it: a whole one leaves the first open, a fragmented one
takes its place, so that one fault does not cast doubt on all that follows.
"""

from __future__ import annotations

from dataclasses import dataclass

from ws_mcp.protocol.deflate import Inflater
from ws_mcp.protocol.utf8 import Utf8
from ws_mcp.wire import Frame, Inflated, Message, TextError

PREVIEW = 256  # bytes of content that a Message shows
TEXT = 1
RSV1 = 4


@dataclass(slots=True)
class Joining:
    """A message that is being joined."""

    first: Frame
    inflater: Inflater | None
    skipped: bool
    text: Utf8 | None
    frames: int = 0
    empty: int = 0
    length: int = 0
    preview: bytes = b""
    text_error: TextError | None = None

    def add(self, data: bytes, frame: Frame, start: int) -> None:
        """Takes payload bytes of ``frame`` that stand at ``start`` in it."""
        self.length += len(data)
        if self.inflater is None:
            if not self.skipped:
                self.content(data, frame, start)
            return
        for piece in self.inflater.feed(data):
            self.content(piece, self.first, None)

    def content(self, data: bytes, frame: Frame, start: int | None, final: bool = False) -> None:
        """Takes content; ``start`` is None where it was inflated, so that it has no place on the wire."""
        if len(self.preview) < PREVIEW:
            self.preview += bytes(data[: PREVIEW - len(self.preview)])
        if self.text is None or not self.text.feed(data, final):
            return
        offset = frame.offset
        if start is not None:
            offset += frame.header + start + max(0, self.text.error - (self.text.seen - len(data)))
        self.text_error = TextError(self.text.error, frame.index, offset, self.text.bad)

    def close(self, frame: Frame, complete: bool) -> Message:
        """Ends the message with ``frame``, its last one."""
        result: Inflated | None = Inflated(skipped=True) if self.skipped else None
        if self.inflater is not None:
            for piece in self.inflater.finish(complete):
                self.content(piece, self.first, None)
            result = self.inflater.result
        readable = result is None or not (result.error or result.stopped or result.skipped or result.unaligned)
        if complete and readable:
            self.content(b"", frame, None if result else frame.length, final=True)
        first = self.first
        return Message(
            first.side,
            first.opcode,
            first,
            self.frames,
            self.empty,
            self.length,
            self.preview,
            complete,
            result,
            self.text_error,
        )


class Assembler:
    """Joins the messages of one direction.

    Attributes:
        open: the message that waits for its continuation, None between messages.
    """

    def __init__(self) -> None:
        self.open: Joining | None = None
        self._current: Joining | None = None

    def begin(self, frame: Frame, inflater: Inflater | None) -> None:
        """Starts a data frame; ``inflater`` is that of the direction where RSV1 may mean compression, else None."""
        if frame.opcode == 0:
            self._current = self.open
        else:
            compressed = inflater is not None and bool(frame.rsv & RSV1)
            usable = inflater if compressed and inflater is not None and not inflater.busy else None
            plain = not frame.rsv & ~(RSV1 if inflater is not None else 0)  # else nobody knows what the bytes mean
            text = Utf8() if frame.opcode == TEXT and plain else None
            self._current = Joining(frame, usable, compressed and usable is None, text)
            if usable is not None:
                usable.start()
            if not frame.fin:
                self.open = self._current
        if self._current is not None:
            self._current.frames += 1
            self._current.empty += not frame.length

    def add(self, data: bytes, frame: Frame, start: int) -> None:
        """Takes payload of the frame that was begun."""
        if self._current is not None:
            self._current.add(data, frame, start)

    def wanted(self, size: int) -> int:
        """How many of the next ``size`` payload bytes matter: of plain binary data only the beginning does."""
        current = self._current
        if current is None:
            return 0
        if current.inflater is None and current.text is None:
            return min(size, PREVIEW - len(current.preview))
        return size

    def skip(self, size: int) -> None:
        """Counts payload that nobody needs."""
        if self._current is not None:
            self._current.length += size

    def end(self, frame: Frame) -> Message | None:
        """Ends the frame; the message, if it is the last of one."""
        current, self._current = self._current, None
        if current is None or not frame.fin:
            return None
        if current is self.open:
            self.open = None
        return current.close(frame, complete=True)

    def unfinished(self) -> list[Message]:
        """What there is of messages that have no end, at the end of the input."""
        left = [self.open, self._current] if self._current is not self.open else [self.open]
        return [joining.close(joining.first, complete=False) for joining in left if joining is not None]
