"""UTF-8 checked in pieces, with the exact place of the first bad byte (RFC 6455, 5.6 and 8.1)."""

from __future__ import annotations

import codecs

_decoder = codecs.getincrementaldecoder("utf-8")


class Utf8:
    """Checks one text; ``feed`` it all, the last time with ``final``; the first ``seen`` bytes may be known as ASCII.

    Attributes:
        seen: bytes taken so far.
        error: place of the first byte of the first ill-formed sequence, -1 while there is none.
        bad: the bytes from there on, at most four, as far as they were at hand.
    """

    __slots__ = ("_decode", "_held", "bad", "error", "seen")

    def __init__(self, seen: int = 0) -> None:
        self.seen = seen
        self.error = -1
        self.bad = b""
        self._held = b""
        self._decode: codecs.IncrementalDecoder | None = None  # made when a byte above 127 comes

    def feed(self, data: bytes, final: bool = False) -> bool:
        """Takes the next bytes; True if the first error is in them."""
        if self.error >= 0:
            return False
        if not self._held and data.isascii():
            self.seen += len(data)
            return False
        start = self.seen - len(self._held)
        decoder = self._decode = self._decode or _decoder()
        try:
            decoder.decode(data, final)
        except UnicodeDecodeError as error:
            self.error = start + error.start
            self.bad = (self._held + data)[error.start : error.start + 4]
            self.seen += len(data)
            return True
        self.seen += len(data)
        self._held = bytes(decoder.getstate()[0])
        return False


def utf8_error(text: bytes) -> int:
    """Place of the first ill-formed sequence of a whole text, -1 if there is none."""
    check = Utf8()
    check.feed(text, final=True)
    return check.error
