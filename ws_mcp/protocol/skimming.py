"""The skimmer: passes over frames that need no closer look, and sums them up.

A frame is plain if its header stands in a table of 65,536 bytes, one for each first two bytes of a frame, that the
caller passes; what is left to look at is the length, the key and, in text, UTF-8. Short frames go by in one tight loop
without an object for each; of a frame above ``KEPT`` bytes the payload is checked as it comes. A frame that is not
plain after all stops the skimmer before it, so that it is read closely instead; only of a long frame the text may turn
out bad when it is gone, and then the Run carries the message that it was.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ws_mcp.protocol.masking import apply_mask
from ws_mcp.protocol.utf8 import Utf8
from ws_mcp.types import Side
from ws_mcp.wire import Frame, Message, TextError

KEPT = 65535  # bytes; a longer payload is handed on in pieces and never held
LONG = 16 * 1024 * 1024  # bytes; a longer frame is never skimmed
MANY = 4096  # frames after which a Run is handed out
NOT_PLAIN, PLAIN_BYTES, PLAIN_TEXT = 0, 1, 2


@dataclass(slots=True)
class Run:
    """Plain frames that followed each other: each one a whole message, ``texts`` of them text, from ``first`` on.

    ``keys`` are those of all its frames and ``offsets`` where they stand; both are empty where no frame is masked. All
    text is UTF-8, but for that of ``broken``.
    """

    side: Side | None
    first: int
    frames: int = 0
    texts: int = 0
    payload: int = 0
    keys: list[bytes] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    broken: Message | None = None


class Passing:
    """A plain frame above ``KEPT`` that is going by; ``utf8`` checks its text once a byte is not ASCII."""

    __slots__ = ("_keys", "header", "length", "offset", "start", "text", "utf8")

    def __init__(self, header: bytes, offset: int, length: int, text: bool) -> None:
        self.header = header
        self.offset = offset
        self.length = length
        self.text = text
        self.start = 0
        self.utf8: Utf8 | None = None
        self._keys = header[10:] * 2  # twice, so that a slice is the key turned

    def take(self, data: bytes, at: int) -> int:
        """Takes payload from ``at`` on, as much as there is; the bytes taken."""
        start, size = self.start, min(self.length - self.start, len(data) - at)
        self.start = start + size
        if self.text:
            content, turn = data[at : at + size], start & 3  # a copy warms the cache: cheaper than a view
            if self._keys:
                content = apply_mask(content, self._keys[turn : turn + 4])
            if self.utf8 is not None or not content.isascii():
                self.utf8 = self.utf8 or Utf8(start)
                self.utf8.feed(content, self.start == self.length)
        return size

    def broken(self, side: Side | None, index: int) -> Message | None:
        """The message, if its text is not UTF-8 as far as it came."""
        utf8 = self.utf8
        if utf8 is None or utf8.error < 0:
            return None
        size = len(self.header)
        frame = Frame(index, side, self.offset, True, 0, 1, self.header[10:] or None, self.length, 64, size)
        error = TextError(utf8.error, index, self.offset + size + utf8.error, utf8.bad)
        return Message(side, 1, frame, 1, 0, self.start, b"", self.start == self.length, None, error)


class Skimmer:
    """Skims one direction.

    Attributes:
        passing: the long frame that is going by, None between frames.
        ripe: the Run wants to be handed out.
    """

    def __init__(self, side: Side | None) -> None:
        self.side = side
        self.passing: Passing | None = None
        self.ripe = False
        self._run: Run | None = None

    def take(self) -> Run | None:
        """What was skimmed since the last time, None if nothing was."""
        run, self._run, self.ripe = self._run, None, False
        return run

    def skim(self, data: bytes, at: int, plain: bytes | None, index: int, offset: int) -> tuple[int, int]:
        """Passes over what it can at ``at``; (bytes, frames) that are done, no bytes where it cannot go on.

        ``index`` and ``offset`` are those of the frame in progress and of the byte at ``at``.
        """
        if self.passing is not None:
            return self._pass(self.passing, data, at, index)
        if plain is None or at + 14 > len(data):
            return 0, 0
        if data[at + 1] | 0x80 == 0xFF:
            return self._begin(data, at, plain, index, offset)
        return self._short(data, at, plain, index, offset)

    def _running(self, index: int) -> Run:
        if self._run is None:
            self._run = Run(self.side, index)
        return self._run

    def _begin(self, data: bytes, at: int, plain: bytes, index: int, offset: int) -> tuple[int, int]:
        """Begins a frame above ``KEPT``, if it is plain."""
        second = data[at + 1]
        kind = plain[data[at] << 8 | second]
        length = int.from_bytes(data[at + 2 : at + 10], "big")
        if not kind or not KEPT < length <= LONG:
            return 0, 0
        size = 14 if second & 0x80 else 10
        self.passing = Passing(data[at : at + size], offset, length, kind == PLAIN_TEXT)
        taken, frames = self._pass(self.passing, data, at + size, index)
        return size + taken, frames

    def _pass(self, passing: Passing, data: bytes, at: int, index: int) -> tuple[int, int]:
        taken = passing.take(data, at)
        if passing.start < passing.length:
            return taken, 0
        self.passing = None
        run = self._running(index)
        run.frames += 1
        run.payload += passing.length
        run.texts += passing.text
        if len(passing.header) == 14:
            run.keys.append(passing.header[10:])
            run.offsets.append(passing.offset + 10)
        run.broken = passing.broken(self.side, index)
        self.ripe = run.broken is not None or run.frames >= MANY
        return taken, 1

    def _short(self, data: bytes, at: int, plain: bytes, index: int, offset: int) -> tuple[int, int]:
        start, size, base = at, len(data), offset - at
        run = self._running(index)
        texts = payload = frames = 0
        while at + 14 <= size:
            second = data[at + 1]
            kind = plain[data[at] << 8 | second]
            length = second & 0x7F
            body = at + 2
            if length == 126:
                body = at + 4
                length = data[at + 2] << 8 | data[at + 3]
                kind = kind if length > 125 else NOT_PLAIN  # 5.2: not the shortest form
            key = data[body : body + 4] if second & 0x80 else b""
            body += len(key)
            end = body + length
            if (
                not kind
                or end > size
                or second | 0x80 == 0xFF
                or (kind == PLAIN_TEXT and not _is_utf8(data[body:end], key))
            ):
                break
            texts += kind == PLAIN_TEXT
            if key:
                run.keys.append(key)
                run.offsets.append(base + body - 4)
            payload += length
            at = end
            frames += 1
        run.frames += frames
        run.texts += texts
        run.payload += payload
        self.ripe = run.frames >= MANY
        if not run.frames:
            self._run = None
        return at - start, frames


def _is_utf8(raw: bytes, key: bytes) -> bool:
    text = apply_mask(raw, key) if key else raw
    if text.isascii():
        return True
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True
