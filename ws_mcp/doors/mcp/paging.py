"""Cuts a report to a page that fits: findings first, then frames, then messages, counted as one list."""

from __future__ import annotations

import json
from typing import Any

MAX_CHARACTERS = 7_400  # of a page's JSON; the rest of 8,000 is for escapes
LONGEST = 600  # characters of one text in a page
_LISTED = ("frames", "messages")


def page(report: dict[str, Any], offset: int, limit: int) -> dict[str, Any]:
    """``limit`` findings, frames and messages from ``offset`` on, or as many as fit; ``next_offset`` goes on.

    What is about the whole report (verdict, counts) is on every page; what was not checked on the first.
    """
    facts = report["facts"]
    items = [("findings", finding) for finding in report["findings"]]
    items += [(name, item) for name in _LISTED for item in facts.get(name, ())]
    shown: dict[str, Any] = _short({**report, "facts": {k: v for k, v in facts.items() if k not in _LISTED}})
    shown["findings"] = []
    shown["facts"] |= {name: [] for name in _LISTED if name in facts}
    if offset:
        shown["unchecked"] = []
        shown["facts"] = {name: [] for name in _LISTED if name in facts}
    size, end = _size(shown), offset
    for kind, item in items[offset : offset + limit]:
        short = _short(item)
        size += _size(short) + 1
        if size > MAX_CHARACTERS and end > offset:
            break
        (shown if kind == "findings" else shown["facts"])[kind].append(short)
        end += 1
    shown["next_offset"] = end if end < len(items) else None
    return shown


def _size(value: object) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def _short(value: Any) -> Any:
    """``value`` with every long text cut and marked with its length."""
    if isinstance(value, str) and len(value) > LONGEST:
        return f"{value[:LONGEST]}… ({len(value):,} characters)"
    if isinstance(value, dict):
        return {key: _short(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_short(item) for item in value]
    return value
