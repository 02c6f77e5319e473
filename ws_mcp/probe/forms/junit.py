"""A probe as JUnit XML: a test case for each case."""

from __future__ import annotations

import re
import xml.etree.ElementTree as Tree

from ws_mcp.probe.result import ProbeReport
from ws_mcp.types import Outcome, Verdict

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, 2.2


def render(report: ProbeReport) -> str:
    """One suite. What a baseline accepts is skipped with its reason; a probe cut short is an error."""
    name = f"websocket-mcp probe {report.side}"
    cases = [_case(outcome, report) for outcome in report.outcomes]
    if report.incomplete:
        cut = Tree.Element("testcase", {"classname": "websocket-mcp.probe", "name": "complete", "time": "0"})
        Tree.SubElement(cut, "error", {"type": "incomplete", "message": _clean(report.incomplete)})
        cases.append(cut)
    counts = {
        "tests": str(len(cases)),
        "failures": str(len(report.failures)),
        "errors": str(int(bool(report.incomplete))),
        "skipped": str(sum(case.find("skipped") is not None for case in cases)),
        "time": f"{report.seconds:.3f}",
    }
    suites = Tree.Element("testsuites", {"name": name, **counts})
    suite = Tree.SubElement(suites, "testsuite", {"name": _clean(report.peer), **counts})
    suite.extend(cases)
    Tree.indent(suites)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{Tree.tostring(suites, encoding="unicode")}\n'


def _case(outcome: Outcome, report: ProbeReport) -> Tree.Element:
    chapter, _, name = outcome.case.partition("/")
    element = Tree.Element(
        "testcase",
        {"classname": f"websocket-mcp.probe.{chapter}", "name": name, "time": f"{outcome.seconds:.3f}"},
    )
    text = _clean(_text(outcome))
    if outcome.failed and outcome.case in report.accepted:
        Tree.SubElement(element, "skipped", {"message": "accepted by the baseline"})
    elif outcome.failed:
        Tree.SubElement(element, "failure", {"type": "FAILED", "message": _clean(outcome.actual)}).text = text
    elif outcome.verdict is Verdict.NOT_RUN:
        Tree.SubElement(element, "skipped", {"message": _clean(outcome.actual)})
    elif outcome.verdict is not Verdict.PASSED:
        Tree.SubElement(element, "system-out").text = f"{outcome.verdict.value}\n{text}"
    return element


def _text(outcome: Outcome) -> str:
    lines = [
        outcome.title,
        f"Expected: {outcome.expected}",
        f"Actual: {outcome.actual}",
        f"Closing: {outcome.closing.value} {outcome.closing_actual}",
        f"Read: {', '.join(outcome.sections)} [{', '.join(outcome.requirements)}]",
        f"Sent: {outcome.sent}",
        f"Received: {outcome.received}",
    ]
    return "\n".join([*lines, *([f"Why: {outcome.explanation}"] if outcome.explanation else [])])


def _clean(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
