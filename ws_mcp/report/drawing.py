"""Draws the place of a finding: rows of bytes, or a line of a head, with what is wrong marked."""

from __future__ import annotations

from ws_mcp.report.evidence import Evidence, Paint, plain
from ws_mcp.types import Place

ROW = 16  # bytes of a row
ROWS = 4  # rows that a place shows at most
WIDTH = 88  # columns of a head's line


def draw(place: Place, evidence: Evidence, paint: Paint = plain) -> list[str]:
    """The rows for ``place``; none where the evidence does not reach it."""
    if place.field:
        return _head(place, evidence, paint)
    data = evidence.data.get(place.side, b"")
    return rows(data, place.offset, place.length, paint) if place.offset <= len(data) and data else []


def rows(data: bytes, offset: int, length: int, paint: Paint = plain) -> list[str]:
    """Hex and ASCII around ``data[offset:offset + length]``, those bytes marked; an empty place is a gap before it.

    Without colours the marks are carets below; the row before is shown where the place begins a row.
    """
    last = min(max(offset + length, offset + 1), len(data) + 1)
    first_row = max(0, offset - (4 if offset % ROW < 4 else 0)) // ROW
    last_row = (last - 1) // ROW
    drawn = []
    for row in range(first_row, min(last_row, first_row + ROWS - 1) + 1):
        drawn += _row(data, row * ROW, offset, last, paint)
    hidden = last - (first_row + ROWS) * ROW
    return [*drawn, f"… {hidden:,} more bytes"] if hidden > 0 else drawn


def _row(data: bytes, start: int, offset: int, last: int, paint: Paint) -> list[str]:
    piece = data[start : start + ROW]
    marked = [offset <= start + at < last for at in range(len(piece))]
    cells = [paint(f"{byte:02x}", "mark") if mark else f"{byte:02x}" for byte, mark in zip(piece, marked, strict=True)]
    signs = [chr(byte) if 0x20 <= byte < 0x7F else "." for byte in piece]
    shown = [paint(sign, "mark") if mark else sign for sign, mark in zip(signs, marked, strict=True)]
    space = " " * (3 * (ROW - len(piece)))
    line = f"{paint(f'{start:06x}', 'dim')}  {' '.join(cells)}{space}  |{''.join(shown)}|"
    beyond = offset == start + len(piece) and offset == len(data)
    if paint is not plain or not (any(marked) or beyond):
        return [line]
    carets = " ".join("^^" if mark else "  " for mark in [*marked, beyond][:ROW])
    return [line, f"{'':8}{carets.rstrip()}"]


def _head(place: Place, evidence: Evidence, paint: Paint) -> list[str]:
    found = evidence.head_line(place)
    if found is None:
        return []
    number, column, line = found
    shown = "".join(sign if sign.isprintable() else "·" for sign in line)
    skipped = max(0, column + min(place.length, WIDTH // 2) - WIDTH)
    cut = shown[skipped : skipped + WIDTH]
    begin = column - skipped
    end = min(begin + place.length, len(cut))
    label = f"{number:>4} | "
    if paint is plain:
        return [f"{label}{cut}", f"{'':7}{' ' * begin}{'^' * max(1, end - begin)}"]
    return [f"{paint(label, 'dim')}{cut[:begin]}{paint(cut[begin:end], 'mark')}{cut[end:]}"]
