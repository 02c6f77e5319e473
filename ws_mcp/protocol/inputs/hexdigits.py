r"""Plain hexadecimal: digits with or without separators, 0x prefixes or comments, and Wireshark's raw "Follow" view.

``8185…``, ``81 85``, ``81:85``, ``81-85``, ``81,85``, ``0x81, 0x85``, ``0x8185``, ``81h 85h``; ``#`` and ``//`` begin
a comment.
"""

from __future__ import annotations

import re

from ws_mcp.errors import InputError
from ws_mcp.protocol.inputs.model import Form, Pasted, Segment, joined, pasted, place
from ws_mcp.types import Side

_SEPARATORS = str.maketrans(dict.fromkeys(" \t\r\n\v\f,;:-_.|\xa0\u200b'\"[]{}()<>", " "))
_PREFIX = re.compile(r"(?<![0-9A-Za-z])0[xX](?=[0-9A-Fa-f])|(?<=[0-9A-Fa-f]{2})[hH](?![0-9A-Za-z])")
_NOT_HEX = re.compile(r"[^0-9A-Fa-f]")
_COMMENT = re.compile(r"(?<!\S)#|//")
_HEX_LINE = re.compile(r"[0-9A-Fa-f]+")


def uncommented(text: str) -> str:
    """``text`` with the comments of hex pastes blanked out, every other character at its old offset."""
    if "#" not in text and "//" not in text and "/*" not in text:
        return text
    lines = []
    for line in _without_block_comments(text).split("\n"):
        comment = _COMMENT.search(line)
        cut = comment.start() if comment else len(line)
        lines.append(line[:cut] + " " * (len(line) - cut))
    return "\n".join(lines)


def _without_block_comments(text: str) -> str:
    parts, position = [], 0
    while (start := text.find("/*", position)) >= 0:
        end = text.find("*/", start + 2)
        end = len(text) if end < 0 else end + 2
        blank = "".join("\n" if c == "\n" else " " for c in text[start:end])
        parts += [text[position:start], blank]
        position = end
    return "".join([*parts, text[position:]])


def looks_hex(text: str) -> bool:
    """Whether nothing but hex digits, separators, prefixes and comments is there, and at least one digit."""
    body = _cleaned(text)
    squeezed = body.replace(" ", "")
    return bool(squeezed) and _NOT_HEX.search(squeezed) is None


def _cleaned(text: str) -> str:
    body = uncommented(text)
    if "x" in body or "X" in body or "h" in body or "H" in body:
        body = _PREFIX.sub(lambda m: " " * len(m.group()), body)
    return body.translate(_SEPARATORS)


def read_hex(text: str) -> Pasted:
    """Read plain hex.

    Raises:
        InputError: a character is no hex digit, or a group has an odd number of digits; the message says where.
    """
    body = _cleaned(text)
    squeezed = body.replace(" ", "")
    wrong = _NOT_HEX.search(body.replace(" ", "0"))
    if wrong:
        raise InputError(
            f"{text[wrong.start()]!r} at {place(text, wrong.start())} is not a hex digit. Send pairs of hex digits, "
            "such as 81 85 37 fa 21 3d 7f 9f 4d 51 58, or name the form of the input."
        )
    groups = body.split()
    if any(len(group) & 1 for group in groups):
        squeezed = _pad_groups(text, body)
    return pasted(Form.HEX, bytes.fromhex(squeezed))


def _pad_groups(text: str, body: str) -> str:
    """Digits of groups of odd length: ``0x5`` in a list is 05; any other odd group is a digit lost."""
    digits = []
    for match in re.finditer(r"[^ ]+", body):
        group, start = match.group(), match.start()
        if len(group) & 1:
            if len(group) != 1 or text[max(0, start - 2) : start].lower() != "0x":
                total = sum(len(g) for g in body.split())
                raise InputError(
                    f"A byte is two hex digits, but the group {_short(group)} at {place(text, start)} has {len(group)} "
                    f"({total} digits in all): a digit is missing or one too many. Send pairs, such as 81 05 48 65."
                )
            group = "0" + group
        digits.append(group)
    return "".join(digits)


def _short(group: str) -> str:
    return group if len(group) <= 24 else f"{group[:10]}…{group[-10:]}"


def looks_follow(text: str) -> bool:
    """Whether this is a raw "Follow TCP stream": lines of bare hex, some indented, or tshark's frame round them."""
    lines = [line for line in text.split("\n") if line.strip()]
    if any(line.startswith("Follow: tcp,raw") for line in lines[:4]):
        return True
    if any(_HEX_LINE.fullmatch(line.strip()) is None for line in lines):
        return False
    indented = sum(line[0] in " \t" for line in lines)
    return 0 < indented < len(lines) and not text[:1].isspace()


def read_follow(text: str) -> Pasted:
    """Read Wireshark's or tshark's raw view: unindented lines are the client's (node 0), indented ones the server's.

    Raises:
        InputError: a line is not an even number of hex digits.
    """
    segments: list[Segment] = []
    for number, line in enumerate(text.split("\n"), 1):
        digits = line.strip()
        if not digits or digits.startswith(("=====", "Follow:", "Filter:", "Node ")):
            continue
        if _HEX_LINE.fullmatch(digits) is None or len(digits) & 1:
            raise InputError(
                f"Line {number} is not an even number of hex digits. Send the raw view of Wireshark's "
                "“Follow TCP stream” as it is: one line for each chunk, the server's lines indented."
            )
        side = Side.SERVER if line[0] in " \t" else Side.CLIENT
        segments.append(Segment(side, bytes.fromhex(digits)))
    return Pasted(Form.FOLLOW, joined(segments))
