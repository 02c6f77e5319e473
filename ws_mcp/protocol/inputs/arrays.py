"""Lists of numbers as programs print or declare them.

``unsigned char p[] = {0x81, 5};`` · ``bytes([129, 5])`` · ``Uint8Array(7) [129, 5, …]`` · ``[]byte{0x81, 0x5}`` ·
``[129 5 72]`` (Go) · ``<<129,5>>`` (Erlang) · ``<Buffer 81 05 …>`` · ``{"type":"Buffer","data":[…]}`` ·
``{"0":129,"1":5}``. A number is decimal unless it has 0x or 0b in front; -128 to -1 are Java's and Rust's signed bytes.
"""

from __future__ import annotations

import re

from ws_mcp.errors import InputError
from ws_mcp.protocol.inputs.hexdigits import uncommented
from ws_mcp.protocol.inputs.model import Form, Pasted, Segment, joined, place
from ws_mcp.types import Note, Side

_BUFFER = re.compile(r"<(?:Buffer|SlowBuffer)?\s*([0-9A-Fa-f]{2}(?:\s[0-9A-Fa-f]{2}){0,64})?")
_PEER = re.compile(r"peer([01])_\d+\b")
_MORE = re.compile(r"\.\.\.\s{0,4}(\d{1,12}) more (?:bytes?|items?)|…|\.\.\.")
_ITEM = re.compile(
    r"\s*(?:\"\d{1,9}\"\s*:\s*)?(?:\(byte\)\s*|\(char\)\s*)?"
    r"(?:(-?)(?:0[xX]([0-9A-Fa-f]{1,8})|0b([01]{1,32})|(\d{1,10}))(?:[uU]8?|L)?|b?'(\\?[^\n])')\s*([,;]?)"
)
_OPENING = re.compile(r"[\[{(]|<<")
_CLOSING = {"[": "]", "{": "}", "(": ")", "<<": ">>"}
_HEX_LIST = re.compile(
    r"(?=[0-9A-Fa-f\s,]{0,2000}?(?:\b0[0-9A-Fa-f]|[A-Fa-f]))\s*[0-9A-Fa-f]{2}(?:[\s,]{1,9}[0-9A-Fa-f]{2})+\s*[\])}>]"
)
_STATED = re.compile(r"\s*\d{1,9}\s*[\])]\s*(?:[=\[{]|u8|byte)")


def looks_array(text: str) -> bool:
    """Whether the text is a declaration or print of numbers in brackets, or a Node buffer."""
    body = uncommented(text).strip()[:4096]
    if "<Buffer" in body[:200] or body.startswith(("<SlowBuffer", "ArrayBuffer {")):
        return True
    for opening in list(_OPENING.finditer(body))[:4]:
        rest = body[opening.end() :].lstrip()
        if rest[:1] in _CLOSING.values() or rest.startswith(">>") or _declares(body, opening):
            continue  # the [] or [7] of a declaration
        item = _ITEM.match(body, opening.end())
        if item and (item.group(6) or body[item.end() : item.end() + 1] in "]})> \t\r\n0123456789"):
            return _plausible_head(body[: opening.start()]) and not _HEX_LIST.match(body, opening.end())
    return False


def _plausible_head(head: str) -> bool:
    """Whether what stands before the bracket is nothing, a name or a declaration, and no prose."""
    return not head or len(head) <= 300 and (head.rstrip()[-1] in "=([{)]}:,;!&>" or not any(c.isspace() for c in head))


def read_array(text: str) -> Pasted:
    """Read every list in ``text``; Wireshark's ``peer0_…`` and ``peer1_…`` give directions.

    Raises:
        InputError: something in a list is no number of 0 to 255 (or -128 to -1), or a list has no end.
    """
    body = uncommented(text)
    notes: list[Note] = []
    if "<Buffer" in body or "<SlowBuffer" in body or "Uint8Contents" in body:
        return Pasted(Form.ARRAY, joined([Segment(None, _buffers(body, notes))]), tuple(notes))
    segments: list[Segment] = []
    position = since = 0
    while opening := _OPENING.search(body, position):
        head = body[max(since, opening.start() - 200) : opening.start()]
        mark = opening.group()
        after = body[opening.end() : opening.end() + 12].lstrip()
        if after[:1] == _CLOSING[mark] or _declares(body, opening) or not _ITEM.match(body, opening.end()):
            position = opening.end()
            continue
        data, position = _numbers(body, opening.end(), _CLOSING[mark], notes)
        since, peer = position, _PEER.search(head)
        side = (Side.CLIENT, Side.SERVER)[int(peer.group(1))] if peer else None
        segments.append(Segment(side, data))
    if not any(segment.data for segment in segments):
        raise InputError(
            "There is no number in the list. Send bytes as numbers, such as [129, 5, 72, 101, 108, 108, 111]."
        )
    return Pasted(Form.ARRAY, joined(segments), tuple(notes))


def _declares(body: str, opening: re.Match[str]) -> bool:
    """Whether the bracket only states a length: ``pkt[7] =``, ``Uint8Array(7) [``."""
    return _STATED.match(body, opening.end()) is not None


def _buffers(body: str, notes: list[Note]) -> bytes:
    parts = []
    for match in re.finditer(r"<([^<>]*)>", body):
        inner = match.group(1)
        for word in ("SlowBuffer", "Buffer"):
            inner = inner.removeprefix(word)
        more = _MORE.search(inner)
        if more:
            notes.append(_left_off(match.start(1) + more.start(), more))
            inner = inner[: more.start()]
        if re.search(r"[^0-9A-Fa-f\s]", inner) or any(len(pair) != 2 for pair in inner.split()):
            raise InputError(
                f"{inner[:40]!r} at {place(body, match.start())} is no hex of a Node buffer. Send what Node prints, "
                "such as <Buffer 81 05 48 65 6c 6c 6f>, or buffer.toString('hex')."
            )
        parts.append(bytes.fromhex(inner))
    if not parts:
        raise InputError("The buffer has no closing “>”. Send it whole, or buffer.toString('hex').")
    return b"".join(parts)


def _left_off(offset: int, more: re.Match[str]) -> Note:
    count = more.group(1) or "an unknown number of"
    text = f"the printer left off {count} bytes; print buffer.toString('hex') to send all"
    return Note("bytes-left-off", offset, len(more.group()), text)


def _numbers(body: str, position: int, closing: str, notes: list[Note]) -> tuple[bytes, int]:
    """The numbers from ``position`` up to ``closing``, and the offset behind it."""
    out = bytearray()
    size = len(body)
    signed = False
    while True:
        while position < size and body[position] in " \t\r\n,":
            position += 1
        if body.startswith(closing, position):
            if signed:
                notes.append(Note("signed-bytes", position, 0, "negative numbers were taken as signed bytes"))
            return bytes(out), position + len(closing)
        more = _MORE.match(body, position)
        item = None if more else _ITEM.match(body, position)
        if more:
            notes.append(_left_off(position, more))
            position = more.end()
        elif item:
            value = _value(body, position, item)
            signed = signed or value < 0
            out.append(value & 0xFF)
            position = item.end()
        else:
            _refuse(body, position)


def _value(body: str, position: int, item: re.Match[str]) -> int:
    minus, hexa, binary, decimal, char, _ = item.groups()
    if char is not None:
        value = ord(char[-1]) if len(char) == 1 else {"n": 10, "r": 13, "t": 9, "0": 0}.get(char[1], ord(char[1]))
    elif hexa or binary:
        value = int(hexa, 16) if hexa else int(binary, 2)
    else:
        value = int(decimal)
    value = -value if minus else value
    if not -128 <= value <= 255:
        raise InputError(f"{value} at {place(body, position)} is not a byte. Send numbers from 0 to 255.")
    return value


def _refuse(body: str, position: int) -> None:
    if position >= len(body):
        raise InputError("The list of numbers has no closing bracket. Send it whole.")
    raise InputError(
        f"{body[position : position + 20]!r} at {place(body, position)} is not a number in a list of bytes. "
        "Send numbers from 0 to 255, such as [129, 5, 72] or {0x81, 0x05, 0x48}."
    )


_DECIMAL = re.compile(r"[\d\s,;]+")


def looks_decimal(text: str) -> bool:
    """Whether bare decimal numbers stand there, one of which cannot be hex pairs: ``129, 5, 72``."""
    if _DECIMAL.fullmatch(text) is None:
        return False
    numbers = re.findall(r"\d+", text)
    return (
        len(numbers) > 1 and any(len(n) == 3 for n in numbers) and all(len(n) <= 3 and int(n) <= 255 for n in numbers)
    )


def read_decimal(text: str) -> Pasted:
    """Read bare decimal numbers, with a note that this was a guess."""
    data = bytes(int(n) for n in re.findall(r"\d+", text))
    note = Note(
        "taken-as-decimal", 0, len(text), "groups of odd length cannot be hex, so the numbers were read as decimal"
    )
    return Pasted(Form.ARRAY, joined([Segment(None, data)]), (note,))
