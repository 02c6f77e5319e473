"""Cuts a report to a page that fits: findings first, then frames, then messages, counted as one list."""

from __future__ import annotations

import json
from typing import Any

MAX_CHARACTERS = 7_400  # of a page's JSON; the rest of 8,000 is for escapes
_AROUND = 3_600  # of them for what is about the whole report
_LISTED = ("frames", "messages")
_ALONE = 6  # rules that lack the same and are named one by one
_CUTS = ((600, 40), (200, 12), (80, 4))  # longest text, longest list; the first that fits is taken


def page(report: dict[str, Any], offset: int, limit: int) -> dict[str, Any]:
    """``limit`` findings, frames and messages from ``offset`` on, or as many as fit; ``next_offset`` goes on.

    What is about the whole report (verdict, counts) is on every page; what was not checked on the first.
    """
    facts = report["facts"]
    items = [("findings", finding) for finding in report["findings"]]
    items += [(name, item) for name in _LISTED for item in facts.get(name, ())]
    shown: dict[str, Any] = {**report, "findings": [], "facts": _without_lists(facts)}
    about: dict[str, Any] = {"unchecked": [], "facts": {}} if offset else {"unchecked": _grouped(report["unchecked"])}
    shown = _fitting({**shown, **about}, _AROUND)
    shown["facts"] |= {name: [] for name in _LISTED if name in facts}
    size, end = _size(shown), offset
    for kind, item in items[offset : offset + limit]:
        fitting = _fitting(item, MAX_CHARACTERS - _AROUND)
        size += _size(fitting) + 1
        if size > MAX_CHARACTERS and end > offset:
            break
        (shown if kind == "findings" else shown["facts"])[kind].append(fitting)
        end += 1
    shown["next_offset"] = end if end < len(items) else None
    return shown


def _grouped(unchecked: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of many rules that lack the same, the first with how many ``more`` there are: naming all helps nobody."""
    wanting: dict[str, list[dict[str, Any]]] = {}
    for entry in unchecked:
        wanting.setdefault(entry["needs"], []).append(entry)
    shown: list[dict[str, Any]] = []
    for entries in wanting.values():
        many = len(entries) > _ALONE
        shown += [{**entries[0], "more": len(entries) - 1}] if many else entries
    return shown


def _without_lists(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: fact for name, fact in facts.items() if name not in _LISTED}


def _fitting(value: dict[str, Any], room: int) -> dict[str, Any]:
    """``value`` with long texts and lists cut, each cut marked with what it was, until it has ``room``."""
    for text, items in _CUTS:
        short: dict[str, Any] = _cut(value, text, items)
        if _size(short) <= room:
            return short
    if "facts" in short:
        short["facts"] = {"left_out": f"{_size(value['facts']):,} characters of facts; the command line prints all"}
    return short


def _size(value: object) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def _cut(value: Any, text: int, items: int) -> Any:
    if isinstance(value, str) and len(value) > text:
        return f"{value[:text]}… ({len(value):,} characters)"
    if isinstance(value, dict):
        return {key: _cut(item, text, _all(key, items)) for key, item in value.items()}
    if isinstance(value, list | tuple):
        kept = [_cut(item, text, items) for item in value[:items]]
        return [*kept, f"… and {len(value) - items:,} more"] if len(value) > items else kept
    return value


def _all(key: str, items: int) -> int:
    """Lists that are bounded by what they list are never cut."""
    return 1_000 if key in {"unchecked", "sections", "requirements", "where"} else items
