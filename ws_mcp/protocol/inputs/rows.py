"""One row of a dump: indent, offset, bytes and the ASCII gutter, told apart without knowing which tool wrote it.

A gutter may look like hex ("be ad"), so the cut is taken where the gutter spells the bytes before it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_ROW = re.compile(r"([ \t]*)(0x)?([0-9A-Fa-f]{4,16})(:?)(?=[ \t]|$)")
_GROUP = re.compile(r"([ \t]+)([0-9A-Fa-f]{2,16})(?=[ \t|>]|$)")
_MAX_GROUPS = 64
_XXD_E_WIDTH = 36  # a space and eight digits, four times
_DOTS = bytes(b if 0x21 <= b <= 0x7E else 0x2E for b in range(256))


@dataclass(slots=True)
class Row:
    """A row as written; ``base`` is 16 where the offset says so, else 0. ``start`` counts characters of the text.

    ``cuts`` are the byte counts at which the hex may end, ``gutter`` the text behind the cut taken, ``fits`` whether
    it spells the bytes (None: no gutter).
    """

    indent: str
    prefix: str
    offset: str
    colon: bool
    start: int
    groups: list[str]
    gutter: str = ""
    fits: bool | None = None

    @property
    def size(self) -> int:
        """Bytes in the row; a group with an odd digit counts the half."""
        return sum(map(len, self.groups)) // 2


def parse_row(line: str, start: int) -> Row | None:
    """The row in ``line``, or None where it does not begin with an offset of 4 to 16 digits."""
    head = _ROW.match(line)
    if head is None:
        return None
    groups: list[str] = []
    ends = [head.end()]
    gaps: list[str] = []
    position = head.end()
    narrow = _is_narrow(line, position, bool(head.group(4)))
    while len(groups) < _MAX_GROUPS and (group := _GROUP.match(line, position)):
        if narrow and group.end() > head.end() + _XXD_E_WIDTH:
            break
        if not narrow and groups and (len(group.group(1)) > 2 or "\t" in group.group(1)) and len(groups) != 8:
            break
        groups.append(group.group(2))
        gaps.append(group.group(1))
        position = group.end()
        ends.append(position)
    row = Row(head.group(1), head.group(2) or "", head.group(3), bool(head.group(4)), start, groups)
    _cut(row, line, ends, gaps)
    return row


def _is_narrow(line: str, position: int, colon: bool) -> bool:
    """Whether the row is of xxd -e or -g4: groups of eight digits in a region of fixed width, gaps in it included."""
    group = _GROUP.match(line, position)
    return colon and group is not None and len(group.group(2)) == 8


def _cut(row: Row, line: str, ends: list[int], gaps: list[str]) -> None:
    """Cut the groups where the gutter spells them; where it nowhere does, at 16 bytes or the first wide gap."""
    count = len(row.groups)
    if not line[ends[count] :].strip() and not any(len(gap) > 1 for gap in gaps[1:]) and row.size <= 16:
        return
    for n in range(count, 0, -1):
        last = n == count or len(gaps[n]) > 1 or sum(map(len, row.groups[:n])) == 32
        gutter = line[ends[n] :]
        if last and gutter.strip() and spells(gutter, row.groups[:n]):
            row.groups, row.gutter, row.fits = row.groups[:n], gutter, True
            return
    limit = count
    if len({len(g) for g in row.groups}) == 1 and len(row.groups[0]) == 2 and count > 16:
        limit = next((n for n in range(16, count) if len(gaps[n]) > 1), 16)
    row.groups = row.groups[:limit]
    row.gutter = line[ends[limit] :]
    row.fits = False if row.gutter.strip() else None


def spells(gutter: str, groups: list[str]) -> bool:
    """Whether ``gutter`` shows the bytes of ``groups``: printable ASCII as it is, a dot or a space for the rest."""
    digits = "".join(groups)
    if len(digits) & 1 or len(gutter) > 4 * len(digits) + 200:
        return False
    wanted = bytes.fromhex(digits).translate(_DOTS).decode("ascii")
    # The space before the gutter is 1 to many: compare from the right end and from each frame.
    shown = gutter.rstrip("\r\n")
    for text in _unframed(shown, len(wanted)):
        if _dotted(text) == wanted or _dotted(text[:8] + text[9:]) == wanted:
            return True
        if _dotted(text).rstrip(".") == wanted.rstrip("."):
            return True
    return False


def _unframed(shown: str, size: int) -> list[str]:
    """The candidates for the gutter's text: inside its frame, or behind one to three spaces, or trimmed."""
    inner = shown.strip()
    if len(inner) >= 2 and (inner[0], inner[-1]) in {("|", "|"), (">", "<")}:
        return [inner[1:-1]]
    lead = len(shown) - len(shown.lstrip())
    starts = {min(lead, n) for n in (1, 2, 3)} | {lead}
    return [shown[n:] for n in sorted(starts)] + [shown[-size:], shown[-size - 1 :]]


def _dotted(text: str) -> str:
    return "".join(c if "!" <= c <= "~" else "." for c in text)
