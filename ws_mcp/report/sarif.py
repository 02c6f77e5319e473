"""A report as SARIF 2.1.0 (OASIS), for code scanning services and editors."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from ws_mcp import __version__
from ws_mcp.report.evidence import Evidence, where
from ws_mcp.rules.registry import Rule, all_rules, in_words
from ws_mcp.types import Finding, Place, Report, Severity

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def render(report: Report, evidence: Evidence) -> dict[str, Any]:
    """A log with one run; each finding is a result for each of the places that the report names."""
    rules = [all_rules()[finding.rule] for finding in report.findings]
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": "websocket-mcp",
                "semanticVersion": __version__,
                "rules": [_descriptor(rule) for rule in rules],
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": [
            _result(finding, index, place, evidence)
            for index, finding in enumerate(report.findings)
            for place in finding.where
        ],
        "invocations": [_invocation(report)],
        "properties": {"verdict": report.verdict, "counts": report.counts},
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _descriptor(rule: Rule) -> dict[str, Any]:
    why = " ".join(rule.why.split())
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": why},
        "help": {"text": f"{why} {rule.fix} Read: {', '.join(rule.sections)}."},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"tags": ["websocket", *rule.sections, *rule.requirements]},
    }


def _result(finding: Finding, index: int, place: Place, evidence: Evidence) -> dict[str, Any]:
    more = f" ({finding.count:,} times in all.)" if finding.count > 1 else ""
    mended = {"corrected": finding.corrected} if finding.corrected else {}
    return {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{finding.message}{more} {finding.fix}"},
        "locations": [_location(place, evidence)],
        "properties": {"sections": list(finding.sections), "requirements": list(finding.requirements), **mended},
    }


def _location(place: Place, evidence: Evidence) -> dict[str, Any]:
    """Where in the file, as far as that is known, and where in the protocol."""
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": _uri(evidence.name)},
            "region": _region(place, evidence),
        },
        "logicalLocations": [{"fullyQualifiedName": where(place)}],
    }


def _region(place: Place, evidence: Evidence) -> dict[str, Any]:
    """Bytes where the file holds them; the line of a head; else only the first line, which services insist on."""
    if not place.field:
        literal = {"byteOffset": place.offset, "byteLength": place.length} if evidence.literal else {}
        return {"startLine": 1, **literal}
    found = evidence.head_line(place)
    if found is None:
        return {"startLine": 1}
    line, column, text = found
    end = min(column + place.length, len(text))
    return {"startLine": line, "startColumn": column + 1, "endColumn": end + 1}


def _uri(name: str) -> str:
    """A file's name as a relative reference (RFC 3986)."""
    return quote(name.replace("\\", "/"), safe="/") or "stdin"


def _invocation(report: Report) -> dict[str, Any]:
    """That the check ran, and what it could not say."""
    told = [f"{rule} was not checked: it needs {in_words(needs)}." for rule, needs in report.unchecked]
    if report.incomplete:
        told.append(str(report.incomplete["text"]))
    if report.undecided:
        told.append(f"Undecided: {report.undecided}.")
    invocation: dict[str, Any] = {"executionSuccessful": True}
    if told:
        invocation["toolExecutionNotifications"] = [{"level": "note", "message": {"text": text}} for text in told]
    return invocation
