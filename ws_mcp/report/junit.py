"""A report as JUnit XML, as build servers take it: a test case for each rule that found or missed something."""

from __future__ import annotations

import re
import xml.etree.ElementTree as Tree

from ws_mcp.report.evidence import Evidence, where
from ws_mcp.rules.registry import in_words
from ws_mcp.types import Finding, Report, Severity

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, 2.2


def render(report: Report, evidence: Evidence) -> str:
    """One suite. An error is a failure, a warning or remark a passed case with its text, what could not run is skipped.

    The last case is the verdict, unless failures say it already: it fails as an error where the check is undecided.
    """
    name = f"websocket-mcp check {evidence.kind}"
    classname = f"websocket-mcp.{evidence.kind}"
    cases = [_case(finding, classname) for finding in report.findings]
    cases += [_skipped(rule, needs, classname) for rule, needs in report.unchecked]
    failures = sum(finding.severity is Severity.ERROR for finding in report.findings)
    if not failures:
        cases.append(_verdict(report, classname))
    counts = {
        "tests": str(len(cases)),
        "failures": str(failures),
        "errors": str(int(report.verdict == "undecided")),
        "skipped": str(len(report.unchecked)),
        "time": "0",
    }
    suites = Tree.Element("testsuites", {"name": name, **counts})
    suite = Tree.SubElement(suites, "testsuite", {"name": _clean(evidence.name) or name, **counts})
    suite.extend(cases)
    Tree.indent(suites)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{Tree.tostring(suites, encoding="unicode")}\n'


def _case(finding: Finding, classname: str) -> Tree.Element:
    case = Tree.Element("testcase", {"classname": classname, "name": finding.rule, "time": "0"})
    places = "; ".join(where(place) for place in finding.where)
    lines = [
        finding.message,
        f"Where: {places}{f' ({finding.count:,} in all)' if finding.count > len(finding.where) else ''}",
        f"Fix: {finding.fix}",
        *([f"Corrected: {finding.corrected.strip()}"] if finding.corrected else []),
        f"Read: {', '.join(finding.sections)}",
    ]
    text = _clean("\n".join(lines))
    if finding.severity is Severity.ERROR:
        failure = Tree.SubElement(case, "failure", {"type": finding.severity.value, "message": _clean(finding.message)})
        failure.text = text
    else:
        Tree.SubElement(case, "system-out").text = f"{finding.severity.value}: {text}"
    return case


def _skipped(rule: str, needs: str, classname: str) -> Tree.Element:
    case = Tree.Element("testcase", {"classname": classname, "name": rule, "time": "0"})
    Tree.SubElement(case, "skipped", {"message": f"it needs {in_words(needs)}"})
    return case


def _verdict(report: Report, classname: str) -> Tree.Element:
    case = Tree.Element("testcase", {"classname": classname, "name": "verdict", "time": "0"})
    if report.verdict == "undecided":
        Tree.SubElement(case, "error", {"type": "undecided", "message": _clean(report.undecided)})
    return case


def _clean(text: str) -> str:
    """Without the characters that XML cannot hold."""
    return _NOT_XML.sub("\ufffd", text)
