"""The rows of one block put together by their offsets."""

from __future__ import annotations

from dataclasses import dataclass, field

from ws_mcp.errors import InputError
from ws_mcp.protocol.inputs.model import Form, check_size
from ws_mcp.protocol.inputs.rows import Row, spells
from ws_mcp.types import Note, Side

_OCTAL = "The dump is in octal or decimal, not hex. Print it with xxd, hexdump -C or od -A x -t x1z, and send that."


@dataclass(slots=True)
class Block:
    """Rows that belong together; ``stars`` are the indexes of the rows before which a ``*`` stood."""

    side: Side | None = None
    rows: list[Row] = field(default_factory=list)
    stars: set[int] = field(default_factory=set)


def assemble(block: Block, form: Form, notes: list[Note]) -> bytes:
    """The bytes of a block; doubts go to ``notes``.

    Raises:
        InputError: half a byte in a row, octal groups, or ``*`` for more bytes than are read.
    """
    base = _base(block, form)
    swap = _is_swapped(block, form, notes)
    chunks: list[bytes] = []
    size = 0
    first = _offset(block.rows[0], base)
    odd_gutters: list[Row] = []
    for index, row in enumerate(block.rows):
        begin = _offset(row, base) - first
        if index in block.stars and chunks:
            size += _repeat(chunks, begin - size)
        if not row.groups:
            _finish(chunks, begin, size)
            break
        if begin != size and index:
            kind = "offset-gap" if begin > size else "offset-overlap"
            notes.append(Note(kind, row.start, len(row.offset), f"the offset {row.offset} is not the one expected"))
            first = _offset(row, base) - size
        data = _bytes(row, swap)
        room = _room(block, index, base)
        if row.fits is not True and 0 < room < len(data):
            data = data[:room]
        elif row.fits is False and not swap:
            odd_gutters.append(row)
        chunks.append(data)
        size += len(data)
        check_size(size)
    if odd_gutters:
        text = f"in {len(odd_gutters)} row(s) the ASCII column does not spell the bytes"
        notes.append(Note("gutter-differs", odd_gutters[0].start, 0, text))
    return b"".join(chunks)


def _room(block: Block, index: int, base: int) -> int:
    """How many bytes the offsets leave for a row; 0 where they do not say."""
    if index + 1 < len(block.rows) and index + 1 not in block.stars:
        return _offset(block.rows[index + 1], base) - _offset(block.rows[index], base)
    return block.rows[0].size if index else 0


def _bytes(row: Row, swap: bool) -> bytes:
    groups = row.groups
    for group in groups:
        if len(group) % 2:
            if len(groups) > 1 and all(g.isdigit() and len(g) == 3 for g in groups):
                raise InputError(_OCTAL)
            raise InputError(
                f"The row at offset {row.offset} has half a byte: {group!r}. Send the row again, two digits a byte."
            )
    if swap:
        return b"".join(bytes.fromhex(group)[::-1] for group in groups)
    return bytes.fromhex("".join(groups))


def _offset(row: Row, base: int) -> int:
    try:
        return int(row.offset, base)
    except ValueError:
        return int(row.offset, 16)


def _base(block: Block, form: Form) -> int:
    """The base of the offsets: 16, but od prints octal or decimal ones unless told."""
    if form not in (Form.OD, Form.WORDS) or len(block.rows) < 2:
        return 16
    pairs = [(n, n + 1) for n in range(min(len(block.rows) - 1, 64)) if n + 1 not in block.stars]
    for base in (16, 8, 10):
        if all(_steps(block.rows[a], block.rows[b], base, b == len(block.rows) - 1) for a, b in pairs):
            return base
    return 16


def _steps(one: Row, two: Row, base: int, last: bool) -> bool:
    try:
        step = int(two.offset, base) - int(one.offset, base)
    except ValueError:
        return False
    return step == one.size or (last and not two.groups and step == one.size - 1)  # a word half filled


def _is_swapped(block: Block, form: Form, notes: list[Note]) -> bool:
    """Whether groups are little-endian words: hexdump's and od -x's default, and xxd -e, whose gutter tells."""
    row = block.rows[0]
    if form is Form.OD and any(len(group) != 2 for group in row.groups):
        raise InputError(_OCTAL)
    if form is Form.WORDS:
        text = "16-bit words were taken as little-endian, as hexdump and od -x print them on common machines"
        notes.append(Note("little-endian-words", row.start, 0, text))
        return True
    row = next((row for row in block.rows if row.fits is False), row)
    if form is not Form.XXD or row.fits is not False:
        return False
    turned = ["".join(reversed([g[i : i + 2] for i in range(0, len(g), 2)])) for g in row.groups]
    if spells(row.gutter, turned):
        notes.append(
            Note("little-endian-words", row.start, 0, "the groups are little-endian words, as the ASCII column shows")
        )
        return True
    return False


def _repeat(chunks: list[bytes], missing: int) -> int:
    """Fill in the rows that a ``*`` stands for."""
    check_size(sum(map(len, chunks)) + missing if missing > 0 else 0)
    last = chunks[-1]
    if missing <= 0 or not last:
        return 0
    chunks.append((last * (missing // len(last) + 1))[:missing])
    return missing


def _finish(chunks: list[bytes], end: int, size: int) -> None:
    """Cut the half of a last word that is no byte: the closing offset tells the true length."""
    if chunks and end == size - 1:
        chunks[-1] = chunks[-1][:-1]
