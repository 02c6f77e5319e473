"""Cuts a result to a page for those who pay for each character: what failed first, no bytes of what passed."""

from __future__ import annotations

from typing import Any

from ws_mcp.probe.result import ProbeReport
from ws_mcp.report import cost
from ws_mcp.types import Outcome, Verdict

_ABOUT = 3_000  # of a page's weight, for what is about the whole probe
_ITEM = 2_000  # for one outcome or finding
_TEXT = 300  # of one text
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
    shown = cost.shortened(shown, _ABOUT)
    size, end = cost.weight(shown), offset
    for kind, item in items[offset : offset + limit]:
        short = cost.shortened(item, _ITEM)
        size += cost.weight(short) + 1
        if size > cost.MOST and end > offset:
            break
        shown[kind].append(short)
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
    end = cost.fitting(text, most)
    return text if end == len(text) else f"{text[:end]}… ({len(text):,} characters)"
