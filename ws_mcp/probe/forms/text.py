"""A probe as text: chapter by chapter what did not pass, then findings, notes and the verdict."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from ws_mcp.probe.result import ProbeReport
from ws_mcp.report.evidence import Paint, plain, plural, printable
from ws_mcp.types import Outcome, Verdict

WIDTH = 100
KINDS = {
    Verdict.PASSED: "good",
    Verdict.NON_STRICT: "warning",
    Verdict.FAILED: "error",
    Verdict.INFORMATIONAL: "info",
    Verdict.NOT_RUN: "dim",
}
WORDS = {
    Verdict.PASSED: "passed",
    Verdict.NON_STRICT: "non-strict",
    Verdict.FAILED: "failed",
    Verdict.INFORMATIONAL: "told",
    Verdict.NOT_RUN: "not run",
}


def render(report: ProbeReport, paint: Paint = plain, verbose: bool = False) -> str:
    """The whole report; ``verbose`` lists what passed too, with the bytes both ways."""
    blocks = ["\n".join(_chapter(name, found, report, paint, verbose)) for name, found in _chapters(report)]
    blocks += ["\n".join(_findings(report, paint)), "\n".join(_ends(report, paint))]
    return "\n\n".join(block for block in blocks if block)


def _chapters(report: ProbeReport) -> Iterator[tuple[str, list[Outcome]]]:
    names = dict.fromkeys(outcome.case.partition("/")[0] for outcome in report.outcomes)
    for name in names:
        yield name, [outcome for outcome in report.outcomes if outcome.case.startswith(f"{name}/")]


def _chapter(name: str, found: list[Outcome], report: ProbeReport, paint: Paint, verbose: bool) -> Iterator[str]:
    counts = [(verdict, sum(outcome.verdict is verdict for outcome in found)) for verdict in Verdict]
    shown = ", ".join(paint(f"{count} {WORDS[verdict]}", KINDS[verdict]) for verdict, count in counts if count)
    closing = sum(outcome.closing is Verdict.FAILED for outcome in found)
    ended = f", {paint(f'{closing} ended wrong', 'error')}" if closing else ""
    yield f"{paint(name, 'name')}: {shown}{ended}"
    for outcome in found:
        if outcome.failed or verbose:
            yield from _full(outcome, outcome.case in report.accepted, paint, verbose)
        elif outcome.verdict is Verdict.INFORMATIONAL:
            yield from _told(outcome, paint)
        elif outcome.verdict is Verdict.NON_STRICT:
            yield _line(outcome, paint)


def _line(outcome: Outcome, paint: Paint, note: str = "") -> str:
    word = paint(f"{WORDS[outcome.verdict]:<10}", KINDS[outcome.verdict])
    return f"  {word} {paint(outcome.case, 'name')}{note}  {outcome.actual}"


def _told(outcome: Outcome, paint: Paint) -> Iterator[str]:
    yield _line(outcome, paint)
    yield from _labelled("", outcome.explanation)


def _full(outcome: Outcome, accepted: bool, paint: Paint, verbose: bool) -> Iterator[str]:
    note = " (accepted by the baseline)" if accepted else ""
    word = paint(f"{WORDS[outcome.verdict]:<10}", KINDS[outcome.verdict])
    yield f"  {word} {paint(outcome.case, 'name')}{note}  {outcome.title}"
    yield from _labelled("expected", outcome.expected)
    yield from _labelled("actual", outcome.actual)
    if outcome.closing is not Verdict.NOT_RUN and (verbose or outcome.closing is not Verdict.PASSED):
        yield from _labelled("closing", f"{WORDS[outcome.closing]}: {outcome.closing_actual}")
    if outcome.explanation:
        yield from _labelled("why", outcome.explanation)
    if outcome.sections:
        yield from _labelled("read", f"{', '.join(outcome.sections)} [{', '.join(outcome.requirements)}]")
    if verbose:
        yield from _labelled("sent", outcome.sent)
        yield from _labelled("received", outcome.received)


def _labelled(label: str, text: str) -> list[str]:
    lines = textwrap.wrap(printable(text), WIDTH - 23, break_on_hyphens=False) or ([""] if label else [])
    return [f"{'':13}{label if at == 0 else '':<9} {line}" for at, line in enumerate(lines)]


def _findings(report: ProbeReport, paint: Paint) -> Iterator[str]:
    if not report.findings:
        return
    yield f"{paint('findings', 'name')} in what the {report.side} sent:"
    for seen in report.findings:
        finding = seen.finding
        severity = paint(f"{finding.severity.value:<10}", finding.severity.value)
        yield f"  {severity} {paint(finding.rule, 'name')}  {plural(seen.count, 'time')}, first in {seen.cases[0]}"
        yield from _labelled("", finding.message)
        yield from _labelled("fix", finding.fix)


def _ends(report: ProbeReport, paint: Paint) -> Iterator[str]:
    yield from report.notes
    if report.accepted:
        yield f"The baseline accepts {plural(len(report.accepted), 'failure')}."
    for case in report.stale:
        yield paint(f"Stale in the baseline: {case} does not fail so any more; take it out.", "warning")
    if report.incomplete:
        yield paint(f"Incomplete: {report.incomplete}.", "warning")
    failures = len(report.failures)
    verdict = _verdict(report, paint)
    counts = ", ".join(f"{report.counts[v.value]} {WORDS[v]}" for v in Verdict if report.counts[v.value])
    agent = f" ({report.agent})" if report.agent and report.agent != report.peer else ""
    yield f"{report.peer}{agent}: {verdict}. {counts}; {failures} to mend. {report.seconds:.1f} s."


def _verdict(report: ProbeReport, paint: Paint) -> str:
    if report.failures:
        return paint("failed", "error")
    return paint("incomplete", "warning") if report.incomplete else paint("passed", "good")
