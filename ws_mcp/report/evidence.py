"""What was checked, kept beside its report so that a finding can be shown where it stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ws_mcp.types import Place, Side

Paint = Callable[[str, str], str]  # (text, kind) → text; kinds: error, warning, info, good, mark, dim, name


def plain(text: str, kind: str) -> str:
    """No colours."""
    return text


@dataclass(frozen=True, slots=True)
class Evidence:
    """The input of a check.

    ``kind`` is "frames" or "handshake"; ``name`` is the file it came from, "" for a paste. ``data`` holds the bytes of
    each direction, ``texts`` the text that each side's head was read from. ``literal``: the file holds the bytes
    themselves, so that offsets are places in it.
    """

    kind: str
    name: str = ""
    data: Mapping[Side | None, bytes] = field(default_factory=dict)
    texts: Mapping[Side, str] = field(default_factory=dict)
    literal: bool = False

    def head_line(self, place: Place) -> tuple[int, int, str] | None:
        """Line number (from 1), column (from 0) and line of a place in a head; None where the text does not show it.

        Heads come in many forms. Offsets count characters of the text a head was read from, so a line is shown only
        where it begins with the name of the field, or is a start line.
        """
        text = self.texts.get(place.side, "") if place.side else ""
        if not (place.field and place.length and 0 <= place.offset < len(text)):
            return None
        start = text.rfind("\n", 0, place.offset) + 1
        end = text.find("\n", place.offset)
        line = text[start : end if end >= 0 else len(text)].rstrip("\r")
        name = "http/" if place.field.endswith(" line") else place.field.lower()
        if name not in line.lower():
            return None
        return text.count("\n", 0, start) + 1, place.offset - start, line


def printable(text: str) -> str:
    """``text`` with what a terminal would obey or hide written as escapes; what was sent is not to be trusted."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in text)


def where(place: Place) -> str:
    """A place in words: "client, frame 3, offset 17" or "client, Sec-WebSocket-Key"."""
    side = place.side.value if place.side else ""
    if place.field:
        return ", ".join(filter(None, (side, printable(place.field))))
    frame = f"frame {place.frame}" if place.frame is not None else ""
    return ", ".join(filter(None, (side, frame, f"offset {place.offset}")))


def plural(count: int, noun: str) -> str:
    """A count with its noun: 1 frame, 2 frames."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
