"""Dumps with offsets: xxd, hexdump, od, tcpdump -x and -X, Wireshark's hex views, curl --trace.

One reader serves all: rows are parsed alike (``rows``), the style is told by how the first rows are written, and
blocks are put together by their offsets, with ``*`` filled in.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ws_mcp.errors import InputError
from ws_mcp.protocol.inputs import packets
from ws_mcp.protocol.inputs.assemble import Block, assemble
from ws_mcp.protocol.inputs.hexdigits import looks_hex
from ws_mcp.protocol.inputs.model import Form, Pasted, Segment, joined
from ws_mcp.protocol.inputs.rows import Row, parse_row
from ws_mcp.types import Note, Side

DUMPS = frozenset(
    {Form.XXD, Form.HEXDUMP, Form.WORDS, Form.OD, Form.TCPDUMP, Form.WIRESHARK, Form.FOLLOW_HEX, Form.CURL_TRACE}
)
_COLON = frozenset({Form.XXD, Form.TCPDUMP, Form.CURL_TRACE})
_HEAD_LINES = 200


@dataclass(slots=True)
class _Scan:
    blocks: list[Block] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    skipped: int = 0


def dump_form(text: str) -> Form | None:
    """The style of the dump in ``text``, or None where its first lines hold no row of one.

    Raises:
        InputError: a line of plain hex stands before the rows.
    """
    rows: list[Row] = []
    start, plain = 0, ""
    for line in text[: 200 * _HEAD_LINES].split("\n")[:_HEAD_LINES]:
        row = parse_row(line, start)
        start += len(line) + 1
        if row and (row.groups or rows):
            rows.append(row)
        elif not rows and not plain and looks_hex(line) and not _is_ruler(line):
            plain = line.strip()
        if len(rows) == 3:
            break
    if not rows or not _is_dump(rows):
        return None
    if plain and rows[0].colon:
        raise _mixed(plain)
    return None if plain else _style(rows, text[: 200 * _HEAD_LINES])


def _is_ruler(line: str) -> bool:
    """Whether the line only numbers the columns, as Format-Hex of PowerShell prints."""
    return line.strip().startswith("00 01 02 03 04 05 06 07")


def _mixed(line: str) -> InputError:
    return InputError(
        f"The line {line[:40]!r} is plain hex among the rows of a dump. Send all as a dump, or all as hex."
    )


def _is_dump(rows: list[Row]) -> bool:
    """Whether the first rows are of a dump and not of plain hex that happens to begin with four digits or more."""
    first = rows[0]
    if first.colon or first.fits or len(first.offset) % 2:
        return True
    zero = int(first.offset, 16) == 0
    narrow = all(len(group) == 2 for group in first.groups)
    follows = len(rows) > 1 and _follows(first, rows[1])
    return narrow and (zero or follows)


def _follows(one: Row, two: Row) -> bool:
    for base in (16, 8, 10):
        try:
            if int(two.offset, base) - int(one.offset, base) == one.size:
                return True
        except ValueError:
            continue
    return False


def _style(rows: list[Row], head: str) -> Form:
    first = rows[0]
    if "\n=> Send" in "\n" + head or "\n<= Recv" in "\n" + head:
        return Form.CURL_TRACE
    if first.colon:
        return Form.TCPDUMP if first.prefix else Form.XXD
    if all(len(group) == 4 for group in first.groups) and not first.fits:
        return Form.WORDS
    if "Follow: tcp,hex" in head or _indents(head):
        return Form.FOLLOW_HEX
    if len(first.offset) in (6, 7):
        return Form.OD
    if len(first.offset) == 4 or (first.gutter.strip() and "|" not in first.gutter):
        return Form.WIRESHARK
    return Form.HEXDUMP


def _indents(head: str) -> bool:
    """Whether some rows are indented and some are not."""
    rows = [row for line in head.split("\n") if (row := parse_row(line, 0))]
    return len({bool(row.indent) for row in rows}) == 2


def read_dump(text: str, form: Form) -> Pasted:
    """Read a dump of the style ``form``.

    Raises:
        InputError: there is no row, a row has half a byte, rows are mixed with another form, or the dump is octal or
        binary.
    """
    if form is Form.TCPDUMP and "0x0000:" not in text:
        raise InputError("No line of tcpdump -x or -X (0x0000:  4500 …) is there. Send its whole output, or plain hex.")
    scan = _scan(text, form)
    if not any(block.rows for block in scan.blocks):
        raise InputError(
            "No row of a dump is there: an offset and bytes, such as “00000000: 8105 4865 6c6c 6f  ..Hello”. "
            "Send the dump as the tool printed it, or plain hex."
        )
    parts = [(block, assemble(block, form, scan.notes)) for block in scan.blocks if block.rows]
    if scan.skipped:
        text = f"{scan.skipped} line(s) that are no rows were left out"
        scan.notes.append(Note("lines-left-out", 0, 0, text))
    if form not in (Form.FOLLOW_HEX, Form.CURL_TRACE):
        unwrapped = packets.unwrap([data for _, data in parts], cut_allowed=form is Form.TCPDUMP)
        if unwrapped:
            return Pasted(form, joined(unwrapped[0]), (*scan.notes, *unwrapped[1]))
    return Pasted(form, joined([Segment(block.side, data) for block, data in parts]), tuple(scan.notes))


def _scan(text: str, form: Form) -> _Scan:
    """Split the lines into blocks; one ends where offsets restart, the direction turns or a header line stands."""
    scan = _Scan()
    side: Side | None = None
    wanted = True
    start = 0
    for line in text.split("\n"):
        row = parse_row(line, start)
        if row and (row.colon or form not in _COLON):
            if form is Form.FOLLOW_HEX:
                side = Side.SERVER if row.indent else Side.CLIENT
            if wanted:
                _add(scan, row, side, form)
        elif line.strip() == "*" and scan.blocks:
            scan.blocks[-1].stars.add(len(scan.blocks[-1].rows))
        elif line.startswith(("=> Send", "<= Recv")) and form is Form.CURL_TRACE:
            side = Side.CLIENT if line.startswith("=>") else Side.SERVER
            wanted = "SSL data" not in line
            scan.blocks.append(Block(side))
        elif line.strip():
            _skip(scan, line, start)
        start += len(line) + 1
    return scan


def _add(scan: _Scan, row: Row, side: Side | None, form: Form) -> None:
    last = scan.blocks[-1] if scan.blocks else None
    restarts = last is not None and bool(last.rows) and bool(row.groups) and set(row.offset) == {"0"}
    if last is None or last.side is not side or (restarts and form is not Form.FOLLOW_HEX):
        last = Block(side)
        scan.blocks.append(last)
    last.rows.append(row)


def _skip(scan: _Scan, line: str, start: int) -> None:
    stripped = line.strip()
    if (
        looks_hex(stripped)
        and len(stripped) >= 2
        and not _is_ruler(line)
        and not stripped.startswith(("#", "//", "--"))
    ):
        raise _mixed(stripped)
    if not scan.blocks or not stripped.startswith("===="):
        scan.skipped += not stripped.startswith(("=", "Follow:", "Filter:", "Node "))
    if not scan.blocks:
        return
    last = scan.blocks[-1]
    if last.rows and last.side is None:
        scan.blocks.append(Block(None))
