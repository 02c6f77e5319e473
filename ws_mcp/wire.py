"""The facts of frames: what was on the wire after the handshake (level 0).

Readers make them, rules judge them. A fact never judges. Nobody changes one; those made for every frame are not frozen
all the same, because a frozen dataclass takes three times as long to make.
"""

from __future__ import annotations

from dataclasses import dataclass

from ws_mcp.types import Side


@dataclass(slots=True)
class Frame:
    """One frame, every fact of its header included (RFC 6455, 5.2).

    ``offset`` counts bytes of its direction; ``form`` is how the length was written (7, 16 or 64 bits) and ``header``
    the size of the header; ``rsv`` holds RSV1 to RSV3 as bits 4, 2, 1. ``payload`` is unmasked. ``whole`` tells that it
    is all there: a frame longer than the reader keeps comes without payload (Parts follow), a truncated one with what
    there was.
    """

    index: int
    side: Side | None
    offset: int
    fin: bool
    rsv: int
    opcode: int
    key: bytes | None
    length: int
    form: int
    header: int
    payload: bytes = b""
    whole: bool = True

    @property
    def masked(self) -> bool:
        """The mask bit."""
        return self.key is not None

    @property
    def control(self) -> bool:
        """Opcodes from 8 on are control frames (RFC 6455, 5.5)."""
        return self.opcode >= 8

    @property
    def minimal(self) -> bool:
        """The length is written in its shortest form."""
        return self.form == (7 if self.length < 126 else 16 if self.length < 65536 else 64)


@dataclass(slots=True)
class Part:
    """A piece of the payload of a long frame, as it came: ``raw`` may be masked, ``start`` is its place in it."""

    frame: Frame
    start: int
    raw: memoryview
    last: bool


@dataclass(slots=True)
class Keys:
    """Masking keys (as big-endian numbers) in the order they were used, and where each one stands."""

    side: Side | None
    first: int
    offsets: tuple[int, ...]
    keys: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Inflated:
    """What undoing permessage-deflate showed (RFC 7692, 7.2).

    ``error`` is "" or why the data is no DEFLATE stream; ``size`` counts inflated bytes. ``unaligned``: it does not end
    at a block boundary; ``tail_kept``: the four bytes the sender must cut are still there; ``too_far``: "" or the
    agreed limit that a back reference breaks ("window" or "context"); ``stopped``: inflating was given up, a bomb;
    ``skipped``: not tried, because an earlier message left the context unknown.
    """

    size: int = 0
    error: str = ""
    unaligned: bool = False
    tail_kept: bool = False
    too_far: str = ""
    stopped: bool = False
    skipped: bool = False


@dataclass(frozen=True, slots=True)
class TextError:
    """Where text stops being UTF-8: ``at`` in the message, ``frame`` and ``offset`` on the wire, ``seen`` the bytes."""

    at: int
    frame: int
    offset: int
    seen: bytes


@dataclass(slots=True)
class Message:
    """A data message, fragments joined: ``length`` is its payload on the wire, ``preview`` its first content bytes."""

    side: Side | None
    opcode: int
    first: Frame
    frames: int
    empty: int
    length: int
    preview: bytes
    complete: bool
    inflated: Inflated | None = None
    text_error: TextError | None = None

    @property
    def size(self) -> int:
        """Bytes of content, after inflating."""
        return self.length if self.inflated is None else self.inflated.size


@dataclass(frozen=True, slots=True)
class End:
    """The last byte of a direction that we were given."""

    side: Side | None
    frames: int
    offset: int
