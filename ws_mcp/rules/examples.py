"""The notation of examples: short text that is test, documentation and input at once.

Frames are lines of hexadecimal bytes with their sender before them, ``* N`` after them to repeat them, and a remark::

    extensions: permessage-deflate; client_max_window_bits=10
    C: 81 82 37fa213d 5f93          # text "hi"
    S: 8a 00 * 3

Lines before that give what was agreed (``extensions:``, without it none) and the user's policy (``policy:`` and JSON).
A handshake is HTTP text: ``request:`` on a line of its own and the request, ``response:`` and the response. In it
``<SP>``, ``<TAB>``, ``<NUL>`` and ``<CR>`` stand for that character, ``<LF>`` at the end of a line for LF without CR;
after ``<DATA>`` come the bytes that follow the head. ``also:`` names errors that cannot be kept out of a bad example.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ws_mcp.types import Policy, Side

_FRAMES = re.compile(r"(?P<side>[CS]):(?P<hex>[0-9A-Fa-f ]*)(?:\*\s*(?P<times>\d+))?\s*")
MARKS = {"<LF>\r\n": "\n", "<LF>": "", "<SP>": " ", "<TAB>": "\t", "<NUL>": "\0", "<CR>": "\r"}
_SIDES = {"C": Side.CLIENT, "S": Side.SERVER}


@dataclass(frozen=True, slots=True)
class Example:
    """One example; ``text`` is how it was written, the rest what it says."""

    text: str
    segments: tuple[tuple[Side, bytes], ...] = ()
    extensions: str = "none"
    policy: Policy = Policy()
    request: str = ""
    response: str = ""
    also: tuple[str, ...] = ()


def parse_example(text: str) -> Example:
    """Reads an example.

    Raises:
        ValueError: a line fits no form.
    """
    lines = [line.strip() for line in text.strip().splitlines()]
    told = {key: value.strip() for key, value in _options(lines)}
    parts = _handshake(lines)
    return Example(
        "\n".join(lines),
        () if parts else tuple(_segments(lines)),
        told.get("extensions", "none"),
        read_policy(json.loads(told.get("policy", "{}"))),
        parts.get("request", ""),
        parts.get("response", ""),
        tuple(told.get("also", "").split()),
    )


def read_policy(told: dict[str, Any]) -> Policy:
    """A policy from its JSON form; lists become tuples.

    Raises:
        TypeError: it names something that no policy has.
    """
    read: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in told.items()}
    return Policy(**read)


def _options(lines: list[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        key, _, value = line.partition(":")
        if key in {"extensions", "policy", "also"}:
            yield key, value


def _segments(lines: list[str]) -> Iterator[tuple[Side, bytes]]:
    for line in lines:
        code = line.partition("#")[0].strip()
        if not code or code.startswith(("extensions:", "policy:")):
            continue
        found = _FRAMES.fullmatch(code)
        if found is None:
            raise ValueError(f"no line of an example: {line!r}")
        yield _SIDES[found["side"]], bytes.fromhex(found["hex"]) * int(found["times"] or 1)


def _handshake(lines: list[str]) -> dict[str, str]:
    parts: dict[str, list[str]] = {}
    for line in lines:
        if line in {"request:", "response:"}:
            parts[line[:-1]] = []
        elif parts:
            parts[next(reversed(parts))].append(line)
    return {part: _head(text) for part, text in parts.items()}


def _head(lines: list[str]) -> str:
    """A head as it is sent, with what follows it."""
    text, _, after = "\r\n".join(lines).strip("\r\n").partition("<DATA>")
    text = text.rstrip("\r\n") + "\r\n\r\n"
    for mark, character in MARKS.items():
        text = text.replace(mark, character)
    return text + after
