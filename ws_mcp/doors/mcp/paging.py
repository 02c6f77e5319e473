"""Cuts a report to a page that fits: findings first, then frames, then messages, counted as one list."""

from __future__ import annotations

import json
from typing import Any

from ws_mcp.report import cost
from ws_mcp.report.cost import weight

_AROUND = 3_600  # of a page's weight, for what is about the whole report
_LISTED = ("frames", "messages")
_ALONE = 6  # rules that lack the same and are named one by one
_WHOLE = ("unchecked", "sections", "requirements", "where")  # lists that are bounded by what they list


def page(report: dict[str, Any], offset: int, limit: int) -> dict[str, Any]:
    """``limit`` findings, frames and messages from ``offset`` on, or as many as fit; ``next_offset`` goes on.

    What is about the whole report (verdict, counts) is on every page; what was not checked on the first.
    """
    facts = report["facts"]
    items = [("findings", finding) for finding in report["findings"]]
    items += [(name, item) for name in _LISTED for item in facts.get(name, ())]
    shown: dict[str, Any] = {**report, "findings": [], "facts": _without_lists(facts)}
    about: dict[str, Any] = {"unchecked": [], "facts": {}} if offset else {"unchecked": _grouped(report["unchecked"])}
    shown = _about({**shown, **about})
    shown["facts"] |= {name: [] for name in _LISTED if name in facts}
    size, end = weight(shown), offset
    for kind, item in items[offset : offset + limit]:
        short = cost.shortened(item, cost.MOST - _AROUND, _WHOLE)
        size += weight(short) + 1
        if size > cost.MOST and end > offset:
            break
        (shown if kind == "findings" else shown["facts"])[kind].append(short)
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


def _about(report: dict[str, Any]) -> dict[str, Any]:
    """What is about the whole report, in the room there is for it."""
    short = cost.shortened(report, _AROUND, _WHOLE)
    if weight(short) > _AROUND:
        size = len(json.dumps(report["facts"], ensure_ascii=False, separators=(",", ":")))
        short["facts"] = {"left_out": f"{size:,} characters of facts; the command line prints all"}
    return short
