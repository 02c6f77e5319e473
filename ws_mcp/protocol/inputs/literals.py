r"""Strings with escapes: ``\x81\x85``, ``"\x81" "\x05Hello"`` (C, Rust, Go, JS), ``b'\x81\x05Hello'`` (Python)."""

from __future__ import annotations

import re
from itertools import pairwise

from ws_mcp.errors import InputError
from ws_mcp.protocol.inputs.model import Form, Pasted, pasted, place
from ws_mcp.types import Note

_ESCAPE = re.compile(
    r"\\(?:x([0-9A-Fa-f]{1,2})|u\{([0-9A-Fa-f]{1,6})\}|u([0-9A-Fa-f]{4})|([0-7]{1,3})|(\r?\n)|(.))", re.DOTALL
)
_ALL_HEX = re.compile(r"(?:\\x[0-9A-Fa-f]{2})*")
_SIMPLE = {
    "n": 10,
    "r": 13,
    "t": 9,
    "a": 7,
    "b": 8,
    "f": 12,
    "v": 11,
    "e": 27,
    "\\": 92,
    "'": 39,
    '"': 34,
    "`": 96,
    "?": 63,
}
_OPEN = re.compile(r"(?<![0-9A-Za-z_])[bBrRuU$@]{0,2}(['\"`])")
_ASSIGNED = re.compile(r"\s{0,20}(?:[\w.*]{1,40} ){0,4}[\w.*]{1,40}(?:\[\d{0,9}\])? ?:?= ?(?=[bBrRuU]{0,2}['\"`])")
_FIRST = re.compile(r"\s*\\(?:x[0-9A-Fa-f]|u[0-9A-Fa-f{]|[0-7])")


def looks_escaped(text: str) -> bool:
    r"""Whether the text begins with an escape, or is string literals of which one has an escape or a ``b`` prefix."""
    if _FIRST.match(text):
        return True
    assigned = _ASSIGNED.match(text)
    head = text[assigned.end() if assigned else 0 :].lstrip()[:3]
    if head[:2].lower() in {"b'", 'b"'}:
        return True
    return head[:1] in {"'", '"', "`"} and "\\" in text


def read_escapes(text: str) -> Pasted:
    r"""Read bare escapes, or one or more string literals side by side, joined by nothing, + . , or a backslash.

    Characters outside ASCII become UTF-8, with a note. ``\u0081`` up to U+00FF is that byte.

    Raises:
        InputError: a literal has no end, other text stands between literals, or an escape is not one.
    """
    notes: list[Note] = []
    parts = [(0, text.strip())] if _FIRST.match(text) else _literals(text)
    if parts and _FIRST.match(text):
        start = len(text) - len(text.lstrip())
        parts = [(start, text.strip().rstrip("\"';`"))]
    return pasted(Form.ESCAPES, b"".join(_unescape(text, start, body, notes) for start, body in parts), notes)


def _literals(text: str) -> list[tuple[int, str]]:
    """(offset, body) of each string literal."""
    found: list[tuple[int, str]] = []
    position = 0
    while True:
        opening = _OPEN.search(text, position)
        between = text[position : opening.start() if opening else len(text)]
        _check_between(text, position, between, first=not found)
        if not opening:
            return found
        end = _closing(text, opening.end(), opening.group(1))
        found.append((opening.end(), text[opening.end() : end]))
        position = end + 1


def _check_between(text: str, position: int, between: str, first: bool) -> None:
    left = between.strip(" \t\r\n+.,;\\()&")
    if left and not (first and left.endswith("=")):
        offset = position + between.find(left)
        raise InputError(
            f"{left[:40]!r} at {place(text, offset)} stands outside the literals. Send only literals, such as "
            r"b'\x81\x05Hello' or \x81\x05Hello, or hex."
        )


def _closing(text: str, start: int, quote: str) -> int:
    position = start
    while (end := text.find(quote, position)) >= 0:
        slashes = end
        while slashes > start and text[slashes - 1] == "\\":
            slashes -= 1
        if (end - slashes) % 2 == 0:
            return end
        position = end + 1
    raise InputError(
        f"The string literal that begins at {place(text, start - 1)} has no closing {quote}. Send the whole literal."
    )


def _unescape(text: str, start: int, body: str, notes: list[Note]) -> bytes:
    if _ALL_HEX.fullmatch(body):
        return bytes.fromhex(body.replace("\\x", ""))
    out: list[bytes] = []
    marks = [(m.start(), m.end(), m) for m in _ESCAPE.finditer(body)]
    edges = [(0, 0, None), *marks, (len(body), len(body), None)]
    for (_, previous, _m), (begin, _end, match) in pairwise(edges):
        out.append(_plain(body[previous:begin], start + previous, notes))
        if match:
            out.append(_byte(text, start + begin, match))
    return b"".join(out)


def _plain(piece: str, offset: int, notes: list[Note]) -> bytes:
    if "\\" in piece:
        raise InputError("The text ends in a backslash that escapes nothing. Send the whole literal.")
    if not piece.isascii():
        notes.append(Note("non-ascii-text", offset, len(piece), "characters outside ASCII were taken as UTF-8"))
    return piece.encode("utf-8", "surrogatepass")


def _byte(text: str, offset: int, match: re.Match[str]) -> bytes:
    short, braced, four, octal, newline, other = match.groups()
    if newline is not None:
        return b""
    if octal is not None:
        value = int(octal, 8)
    elif other is not None:
        if other not in _SIMPLE:
            raise InputError(
                f"\\{other} at {place(text, offset)} is no escape. Write each byte as \\x and two hex digits."
            )
        value = _SIMPLE[other]
    else:
        value = int(short or braced or four, 16)
    if value > 0xFF:
        raise InputError(
            f"{match.group()} at {place(text, offset)} is above one byte. Write each byte as \\x and two hex digits."
        )
    return bytes([value])
