"""What a text costs a model, estimated: how many tokens, so that answers can be cut to fit whatever is in them.

Characters alone do not tell: four of English make a token, less than two of hexadecimal digits, and some characters
are four tokens. The weights were fitted to the o200k vocabulary, on the side of too many; a test compares the two.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

A_TOKEN = 4  # characters of plain English
MOST = 7_400  # weight of an answer: under 8,000 characters and 2,000 tokens with room for escapes
_CUTS = ((600, 40), (200, 12), (80, 4), (40, 2))  # heaviest text, longest list; the first that fits is taken
_PIECES = re.compile(
    r"(?P<hex>[0-9a-f]{24,})"
    r"|(?P<run>[A-Za-z0-9+=]{24,})"  # base64, keys
    r"|(?P<word>[A-Z]?[a-z]+|[A-Z]+)"
    r"|(?P<digits>\d{1,3})"
    r"|(?P<glue> (?=[!-/:-~]))"  # a space that the next token takes in
    r"|(?P<space>(\s)\7*)"
    r"|(?P<marks>[!-/:-@\[-`{-~]+)"
    r"|(?P<other>[\x00-\x7f])"
    r"|(?P<two>[\x80-\u07ff])|(?P<three>[\u0800-\uffff])|(?P<four>.)",
    re.ASCII | re.DOTALL,
)
_COSTS: dict[str, Callable[[int], float]] = {
    "hex": lambda length: length / 1.7,
    "run": lambda length: length / 1.45,
    "word": lambda length: 1.0 if length < 8 else length / 6 if length < 16 else length / 1.7,
    "digits": lambda length: 1.0,
    "glue": lambda length: 0.05,
    "space": lambda length: 0.9 + length // 40,
    "marks": lambda length: 0.95 if length < 4 else length / 1.5,
    "other": lambda length: 1.0,
    "two": lambda length: 1.0,
    "three": lambda length: 1.5,
    "four": lambda length: 4.0,
}


def tokens(text: str) -> int:
    """About how many tokens ``text`` is."""
    return round(sum(_COSTS[piece.lastgroup or "other"](len(piece[0])) for piece in _PIECES.finditer(text)))


def weight(value: object) -> int:
    """The size of ``value``, as compact JSON unless it is a text: characters, or more where they are dense."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return max(len(text), A_TOKEN * tokens(text))


def fitting(text: str, room: int) -> int:
    """How many characters of ``text``, from its start, weigh at most ``room``."""
    left = room / A_TOKEN
    for piece in _PIECES.finditer(text, 0, room + 1):
        length = len(piece[0])
        cost = _COSTS[piece.lastgroup or "other"](length)
        if cost > left:
            return min(room, piece.start() + int(length * left / cost))
        left -= cost
    return min(room, len(text))


def shortened(value: dict[str, Any], room: int, whole: Iterable[str] = ()) -> dict[str, Any]:
    """``value`` with its texts and lists cut until it weighs no more than ``room``, or as short as they get.

    Each cut says what it was. Lists under the names in ``whole`` are bounded by what they list and never cut.
    """
    kept = frozenset(whole)
    for text, items in _CUTS:
        short: dict[str, Any] = _cut(value, text, items, kept)
        if weight(short) <= room:
            break
    return short


def first(entries: Iterable[Mapping[str, Any]], room: int, each: int = MOST) -> tuple[list[dict[str, Any]], int]:
    """(entries that together have ``room``, each ``shortened`` to ``each``; how many were left out)."""
    wanted = list(entries)
    shown: list[dict[str, Any]] = []
    for entry in wanted:
        short = shortened(dict(entry), each)
        room -= weight(short) + 1
        if room < 0:
            break
        shown.append(short)
    return shown, len(wanted) - len(shown)


def _cut(value: Any, text: int, items: int, whole: frozenset[str]) -> Any:
    if isinstance(value, str) and (end := fitting(value, text)) < len(value):
        return f"{value[:end]}… ({len(value):,} characters)"
    if isinstance(value, dict):
        return {key: _cut(item, text, len(item) if key in whole else items, whole) for key, item in value.items()}
    if isinstance(value, list | tuple):
        kept = [_cut(item, text, items, whole) for item in value[:items]]
        return [*kept, f"… and {len(value) - items:,} more"] if len(value) > items else kept
    return value
