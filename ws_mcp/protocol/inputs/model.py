"""What a paste turns into: the form it was in, bytes with their directions, and the doubts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ws_mcp.errors import InputError
from ws_mcp.types import Note, Side

MAX_FILE = 64 * 1024 * 1024  # bytes of a file
MAX_UNFOLDED = 16 * 1024 * 1024  # bytes that the rows of a dump may stand for, repeats included
MAX_TEXT = 8 * 1024 * 1024  # characters of pasted text


class Form(StrEnum):
    """The forms that ``--input-type`` selects; AUTO tries them in the order of ``detect.ORDER``."""

    AUTO = "auto"
    BINARY = "binary"
    DIALOGUE = "dialogue"
    HEX = "hex"
    ESCAPES = "escapes"
    ARRAY = "array"
    CALL = "call"
    BASE64 = "base64"
    XXD = "xxd"
    HEXDUMP = "hexdump"
    WORDS = "words"
    OD = "od"
    TCPDUMP = "tcpdump"
    WIRESHARK = "wireshark"
    FOLLOW = "follow"
    FOLLOW_HEX = "follow-hex"
    FOLLOW_YAML = "follow-yaml"
    CURL_TRACE = "curl-trace"


@dataclass(frozen=True, slots=True)
class Segment:
    """Bytes that one side sent; ``side`` is None where the input does not say."""

    side: Side | None
    data: bytes


@dataclass(frozen=True, slots=True)
class Pasted:
    """What was read: segments in the order of the input, neighbours of one side joined.

    ``form`` is the form recognised. The notes' offsets count characters of a text with its line ends as LF; they name
    doubts (``packet-headers-stripped``, ``gutter-differs``, ``bytes-left-off`` …), 0 where a doubt has no one place.
    """

    form: Form
    segments: tuple[Segment, ...]
    notes: tuple[Note, ...] = ()

    @property
    def data(self) -> bytes:
        """All bytes in order, whoever sent them."""
        return b"".join(segment.data for segment in self.segments)

    def sent_by(self, side: Side | None) -> bytes:
        """The bytes of one side; None asks for those of unknown direction."""
        return b"".join(segment.data for segment in self.segments if segment.side is side)

    @property
    def sides(self) -> frozenset[Side | None]:
        """The directions that occur."""
        return frozenset(segment.side for segment in self.segments)


def pasted(form: Form, data: bytes, notes: list[Note] | tuple[Note, ...] = ()) -> Pasted:
    """One segment of unknown direction."""
    return Pasted(form, joined([Segment(None, data)]), tuple(notes))


def joined(segments: list[Segment]) -> tuple[Segment, ...]:
    """Drop empty segments and join neighbours of one side, in linear time."""
    runs: list[tuple[Side | None, list[bytes]]] = []
    for segment in segments:
        if not segment.data:
            continue
        if runs and runs[-1][0] is segment.side:
            runs[-1][1].append(segment.data)
        else:
            runs.append((segment.side, [segment.data]))
    return tuple(Segment(side, b"".join(parts)) for side, parts in runs)


def place(text: str, offset: int) -> str:
    """``line 3, column 5`` of a character offset, counted from 1."""
    line = text.count("\n", 0, offset) + 1
    return f"line {line}, column {offset - text.rfind(chr(10), 0, offset)}"


def check_size(size: int) -> None:
    """Refuse what unfolds to more than ``MAX_UNFOLDED`` bytes."""
    if size > MAX_UNFOLDED:
        raise InputError(
            f"The input unfolds to {size:,} bytes; at most {MAX_UNFOLDED:,} are read. Send the part in question."
        )
