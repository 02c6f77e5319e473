"""A probe as SARIF 2.1.0 (OASIS): failures are errors, what is tolerated a warning, what is told a note."""

from __future__ import annotations

from typing import Any

from ws_mcp import __version__
from ws_mcp.probe.result import ProbeReport, SeenFinding
from ws_mcp.types import Outcome, Severity, Verdict

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Verdict.NON_STRICT: "warning", Verdict.INFORMATIONAL: "note"}
_SEVERITIES = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def render(report: ProbeReport) -> dict[str, Any]:
    """A log with one run. There is no source file, so every result points at the peer."""
    shown = [outcome for outcome in report.outcomes if outcome.failed or outcome.verdict in _LEVELS]
    rules = [_descriptor(f"case/{o.case}", o.title, o.sections, o.requirements) for o in shown]
    rules += [_descriptor(f"rule/{s.finding.rule}", s.finding.fix, s.finding.sections, s.finding.requirements)
              for s in report.findings]  # fmt: skip
    results = [_outcome(outcome, index, report) for index, outcome in enumerate(shown)]
    results += [_finding(seen, len(shown) + index) for index, seen in enumerate(report.findings)]
    invocation: dict[str, Any] = {"executionSuccessful": not report.incomplete}
    told = [*report.notes, *([report.incomplete] if report.incomplete else [])]
    if told:
        invocation["toolExecutionNotifications"] = [{"level": "note", "message": {"text": text}} for text in told]
    driver = {"name": "websocket-mcp", "semanticVersion": __version__, "rules": rules}
    run = {
        "tool": {"driver": driver},
        "results": results,
        "invocations": [invocation],
        "properties": {"peer": report.peer, "counts": report.counts},
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _descriptor(name: str, text: str, sections: tuple[str, ...], requirements: tuple[str, ...]) -> dict[str, Any]:
    return {
        "id": name,
        "shortDescription": {"text": text},
        "help": {"text": f"Read: {', '.join(sections)}."},
        "properties": {"tags": ["websocket", *sections, *requirements]},
    }


def _outcome(outcome: Outcome, index: int, report: ProbeReport) -> dict[str, Any]:
    closing = f" Closing: {outcome.closing_actual}." if outcome.closing is Verdict.FAILED else ""
    text = f"{outcome.title}: {outcome.actual}. Expected: {outcome.expected}.{closing} {outcome.explanation}".strip()
    found: dict[str, Any] = {
        "ruleId": f"case/{outcome.case}",
        "ruleIndex": index,
        "level": "error" if outcome.failed else _LEVELS[outcome.verdict],
        "message": {"text": text},
        "locations": [_location(outcome.case)],
        "properties": {"sent": outcome.sent, "received": outcome.received},
    }
    if outcome.case in report.accepted:
        found["suppressions"] = [{"kind": "external", "justification": "accepted by the baseline"}]
    return found


def _finding(seen: SeenFinding, index: int) -> dict[str, Any]:
    finding = seen.finding
    return {
        "ruleId": f"rule/{finding.rule}",
        "ruleIndex": index,
        "level": _SEVERITIES[finding.severity],
        "message": {"text": f"{finding.message} ({seen.count} times, first in {seen.cases[0]}.) {finding.fix}"},
        "locations": [_location(seen.cases[0])],
    }


def _location(name: str) -> dict[str, Any]:
    """Services insist on a file; the case stands in for it."""
    place = {"artifactLocation": {"uri": f"probe/{name}"}, "region": {"startLine": 1}}
    return {"physicalLocation": place, "logicalLocations": [{"fullyQualifiedName": name}]}
