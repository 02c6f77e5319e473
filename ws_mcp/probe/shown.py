"""Cuts a result to a page for those who pay for each character: what failed first, no bytes of what passed."""

from __future__ import annotations

import json
from typing import Any

from ws_mcp.probe.result import ProbeReport
from ws_mcp.types import Outcome, Verdict

MOST = 7_400  # characters of a page's JSON
_TEXT = 300  # characters of one text
_ORDER = [Verdict.FAILED, Verdict.INFORMATIONAL, Verdict.NON_STRICT, Verdict.NOT_RUN, Verdict.PASSED]


def page(report: ProbeReport, name: str, offset: int, limit: int, passed: bool) -> dict[str, Any]:
    """``limit`` outcomes and findings from ``offset`` on, or as many as fit; ``name`` leads to the next page."""
    ordered = sorted(report.outcomes, key=lambda outcome: (not outcome.failed, _ORDER.index(outcome.verdict)))
    wanted = [o for o in ordered if passed or o.failed or o.verdict is not Verdict.PASSED]
    items: list[tuple[str, dict[str, Any]]] = [("outcomes", _outcome(o)) for o in wanted if o.failed]
    items += [("findings", _finding(seen.to_json())) for seen in report.findings]
    items += [("outcomes", _outcome(o)) for o in wanted if not o.failed]
    shown: dict[str, Any] = {
        "ok": report.ok,
        "report": name,
        "peer": report.peer,
        "side": report.side,
        "agent": report.agent,
        "counts": report.counts,
        "outcomes": [],
        "findings": [],
        "notes": list(report.notes) if not offset else [],
        "incomplete": report.incomplete,
        "seconds": round(report.seconds, 2),
        "next_offset": None,
    }
    size, end = _size(shown), offset
    for kind, item in items[offset : offset + limit]:
        size += _size(item) + 1
        if size > MOST and end > offset:
            break
        shown[kind].append(item)
        end += 1
    shown["next_offset"] = end if end < len(items) else None
    return shown


def _outcome(outcome: Outcome) -> dict[str, Any]:
    """What tells something, without what goes without saying."""
    found: dict[str, Any] = {
        "case": outcome.case,
        "verdict": outcome.verdict.value,
        "title": outcome.title,
        "expected": outcome.expected,
        "actual": outcome.actual,
        "requirements": list(outcome.requirements),
    }
    if outcome.closing not in {Verdict.PASSED, Verdict.NOT_RUN}:
        found |= {"closing": outcome.closing.value, "closing_actual": outcome.closing_actual}
    if outcome.explanation and outcome.verdict is not Verdict.PASSED:
        found["explanation"] = _cut(outcome.explanation, 2 * _TEXT)
    if outcome.failed:
        found |= {"sent": _cut(outcome.sent), "received": _cut(outcome.received)}
    return found


def _finding(found: dict[str, Any]) -> dict[str, Any]:
    kept = ("rule", "severity", "message", "fix", "count", "sections", "cases")
    return {name: _cut(found[name]) if isinstance(found[name], str) else found[name] for name in kept}


def _cut(text: str, most: int = _TEXT) -> str:
    return text if len(text) <= most else f"{text[:most]}… ({len(text):,} characters)"


def _size(value: object) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")))
