"""Changes one value in JSON text and leaves every other byte alone: comments, order, indentation.

Clients' settings are JSON with comments and trailing commas, written by people. Parsing and dumping would lose what
they wrote, so the text is scanned for where an object begins and ends, and only that stretch is replaced.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ws_mcp.errors import InputError

_BLANK = re.compile(r"(?:\s+|//[^\n]*|/\*.*?\*/)*", re.S)
_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_OTHER = re.compile(r"[^\s,:\[\]{}/\"]+")


@dataclass(frozen=True, slots=True)
class Member:
    """A key with its value in the text: the places where the key starts, and where the value starts and ends."""

    key: str
    at: int
    start: int
    end: int


def loads(text: str) -> Any:
    """The value of JSON text with comments and trailing commas; an empty object where there is nothing else.

    Raises:
        InputError: It is not that; the message says where.
    """
    strict = _strict(text)
    try:
        return json.loads(strict) if strict.strip() else {}
    except json.JSONDecodeError as error:
        raise InputError(f"it is not JSON: {error.msg} in line {error.lineno}, column {error.colno}") from error


def _strict(text: str) -> str:
    """The text with comments blanked, and commas before a closing bracket; places stay as they are."""

    def blank(found: re.Match[str]) -> str:
        return found[0] if found[0].startswith('"') else re.sub(r"[^\n]", " ", found[0])

    text = re.sub(r'"(?:[^"\\\n]|\\.)*"|//[^\n]*|/\*.*?\*/', blank, text, flags=re.S)
    return re.sub(r'("(?:[^"\\\n]|\\.)*")|,(?=\s*[}\]])', lambda found: found[1] or " ", text)


def put(text: str, path: Sequence[str], value: dict[str, Any]) -> str:
    """The text with ``value`` at ``path``; objects on the way that are not there are made."""
    if not _strict(text).strip():
        text = f"{text.rstrip()}\n{{}}\n".lstrip()
    loads(text)
    return _put(text, _skip(text, 0), list(path), value, 0)


def remove(text: str, path: Sequence[str]) -> str:
    """The text without the member at ``path``; unchanged where there is none."""
    loads(text)
    at = _skip(text, 0)
    for key in path[:-1]:
        found = _find(text, at, key)
        if found is None:
            return text
        at = found.start
    members = _members(text, at)
    gone = next((n for n, member in enumerate(members) if member.key == path[-1]), None)
    if gone is None:
        return text
    member = members[gone]
    begin = len(text[: member.at].rstrip(" \t\n\r"))
    after = _skip(text, member.end)
    if text[after] == ",":
        return text[:begin] + text[after + 1 :]
    if gone == 0:
        return text[:begin] + text[member.end :]
    comma = _skip(text, members[gone - 1].end)  # it would be a trailing one, which plain JSON forbids
    return text[:comma] + text[comma + 1 : begin] + text[member.end :]


def _put(text: str, at: int, path: list[str], value: dict[str, Any], depth: int) -> str:
    if text[at : at + 1] != "{":
        raise InputError("an object is expected where the list of servers belongs")
    found = _find(text, at, path[0])
    if found and len(path) > 1:
        return _put(text, found.start, path[1:], value, depth + 1)
    new: Any = value
    for key in reversed(path[1:]):
        new = {key: new}
    unit = _unit(text)
    dumped = json.dumps(new, indent=unit, ensure_ascii=False).replace("\n", "\n" + unit * (depth + 1))
    if found:
        return text[: found.start] + dumped + text[found.end :]
    line = f"\n{unit * (depth + 1)}{json.dumps(path[0], ensure_ascii=False)}: {dumped}"
    members = _members(text, at)
    if not members:
        return f"{text[: at + 1]}{line}\n{unit * depth}{text[at + 1 :].lstrip()}"
    end = members[-1].end
    after = _skip(text, end)
    if text[after] == ",":
        spot = _line_end(text, after + 1)
        return f"{text[:spot]}{line},{text[spot:]}"
    spot = _line_end(text, end)
    return f"{text[:end]},{text[end:spot]}{line}{text[spot:]}"


def _line_end(text: str, at: int) -> int:
    """Behind the comment that follows on the same line, if there is one: it belongs to what stands before it."""
    found = re.compile(r"[ \t]*(?://[^\n]*|/\*[^\n]*?\*/)").match(text, at)
    return found.end() if found else at


def _unit(text: str) -> str:
    """How the file indents: its first indented line, else two spaces."""
    found = re.search(r"^([ \t]+)\S", text, re.M)
    return found[1] if found else "  "


def _find(text: str, at: int, key: str) -> Member | None:
    return next((member for member in _members(text, at) if member.key == key), None)


def _members(text: str, at: int) -> list[Member]:
    """The members of the object that begins at ``at``."""
    members = []
    at = _skip(text, at + 1)
    while text[at] != "}":
        found = _STRING.match(text, at)
        if found is None:
            raise InputError(f"a key in double quotes is expected at character {at}")
        start = _skip(text, _skip(text, found.end()) + 1)
        end = _value_end(text, start)
        members.append(Member(json.loads(found[0]), at, start, end))
        at = _skip(text, end)
        at = _skip(text, at + 1) if text[at] == "," else at
    return members


def _value_end(text: str, at: int) -> int:
    """Where the value that begins at ``at`` ends."""
    depth = 0
    while True:
        if text[at] == '"':
            found = _STRING.match(text, at)
            at = found.end() if found else at + 1
        elif text[at] in "{[":
            depth, at = depth + 1, at + 1
        elif text[at] in "}]":
            depth, at = depth - 1, at + 1
        elif text[at] == ",":
            at += 1
        else:
            found = _OTHER.match(text, at)
            at = found.end() if found else at + 1
        if depth <= 0:
            return at
        at = _skip(text, at)


def _skip(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at
