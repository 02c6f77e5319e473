"""A probe as text: chapter by chapter what did not pass, then findings, notes and the verdict."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from ws_mcp.probe.result import ProbeReport
from ws_mcp.report.evidence import Paint, plain, plural, printable
from ws_mcp.types import Outcome, Verdict

WIDTH, LEAST = 100, 70  # characters of a line
INDENT = 13  # of what stands below a name
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


def render(report: ProbeReport, paint: Paint = plain, verbose: bool = False, width: int = WIDTH) -> str:
    """The whole report; ``verbose`` lists what passed too, with the bytes both ways."""
    page = _Page(paint, min(max(width, LEAST), WIDTH))
    blocks = ["\n".join(_chapter(name, found, report, page, verbose)) for name, found in _chapters(report)]
    blocks += ["\n".join(_findings(report, page)), "\n".join(_ends(report, page))]
    return "\n\n".join(block for block in blocks if block)


@dataclass(frozen=True, slots=True)
class _Page:
    """How words are painted, and how many fit on a line."""

    paint: Paint
    width: int

    def entry(self, word: str, kind: str, name: str, text: str) -> Iterator[str]:
        """A painted word and name, then text, whose further lines stand below the name."""
        first, *more = textwrap.wrap(printable(f"{name}{text}"), self.width - INDENT, break_on_hyphens=False)
        painted = self.paint(name, "name") + first.removeprefix(name)
        yield f"  {self.paint(f'{word:<10}', kind)} {painted}"
        yield from (f"{'':{INDENT}}{line}" for line in more)

    def labelled(self, label: str, text: str) -> list[str]:
        """A text behind its label, below a name."""
        lines = textwrap.wrap(printable(text), self.width - INDENT - 10, break_on_hyphens=False)
        return [
            f"{'':{INDENT}}{label if at == 0 else '':<9} {line}"
            for at, line in enumerate(lines or ([""] if label else []))
        ]


def _chapters(report: ProbeReport) -> Iterator[tuple[str, list[Outcome]]]:
    names = dict.fromkeys(outcome.case.partition("/")[0] for outcome in report.outcomes)
    for name in names:
        yield name, [outcome for outcome in report.outcomes if outcome.case.startswith(f"{name}/")]


def _chapter(name: str, found: list[Outcome], report: ProbeReport, page: _Page, verbose: bool) -> Iterator[str]:
    paint = page.paint
    counts = [(verdict, sum(outcome.verdict is verdict for outcome in found)) for verdict in Verdict]
    shown = ", ".join(paint(f"{count} {WORDS[verdict]}", KINDS[verdict]) for verdict, count in counts if count)
    closing = sum(outcome.closing is Verdict.FAILED for outcome in found)
    ended = f", {paint(f'{closing} ended wrong', 'error')}" if closing else ""
    yield f"{paint(name, 'name')}: {shown}{ended}"
    for outcome in found:
        if outcome.failed or verbose:
            yield from _full(outcome, outcome.case in report.accepted, page, verbose)
        elif outcome.verdict in {Verdict.INFORMATIONAL, Verdict.NON_STRICT}:
            yield from page.entry(*_named(outcome), f"  {outcome.actual}")
            if outcome.verdict is Verdict.INFORMATIONAL:
                yield from page.labelled("", outcome.explanation)


def _named(outcome: Outcome) -> tuple[str, str, str]:
    return WORDS[outcome.verdict], KINDS[outcome.verdict], outcome.case


def _full(outcome: Outcome, accepted: bool, page: _Page, verbose: bool) -> Iterator[str]:
    note = " (accepted by the baseline)" if accepted else ""
    yield from page.entry(*_named(outcome), f"{note}  {outcome.title}")
    yield from page.labelled("expected", outcome.expected)
    yield from page.labelled("actual", outcome.actual)
    if outcome.closing is not Verdict.NOT_RUN and (verbose or outcome.closing is not Verdict.PASSED):
        yield from page.labelled("closing", f"{WORDS[outcome.closing]}: {outcome.closing_actual}")
    if outcome.explanation:
        yield from page.labelled("why", outcome.explanation)
    if outcome.sections:
        yield from page.labelled("read", f"{', '.join(outcome.sections)} [{', '.join(outcome.requirements)}]")
    if verbose:
        yield from page.labelled("sent", outcome.sent)
        yield from page.labelled("received", outcome.received)


def _findings(report: ProbeReport, page: _Page) -> Iterator[str]:
    if not report.findings:
        return
    yield f"{page.paint('findings', 'name')} in what the {report.side} sent:"
    for seen in report.findings:
        finding, kind = seen.finding, seen.finding.severity.value
        yield from page.entry(kind, kind, finding.rule, f"  {plural(seen.count, 'time')}, first in {seen.cases[0]}")
        yield from page.labelled("", finding.message)
        yield from page.labelled("fix", finding.fix)


def _ends(report: ProbeReport, page: _Page) -> Iterator[str]:
    yield from map(printable, report.notes)
    if report.accepted:
        yield f"The baseline accepts {plural(len(report.accepted), 'failure')}."
    for case in report.stale:
        yield page.paint(f"Stale in the baseline: {case} does not fail so any more; take it out.", "warning")
    if report.incomplete:
        yield page.paint(f"Incomplete: {printable(report.incomplete)}.", "warning")
    verdict = page.paint(*_verdict(report))
    counts = ", ".join(f"{report.counts[v.value]} {WORDS[v]}" for v in Verdict if report.counts[v.value])
    agent = f" ({report.agent})" if report.agent and report.agent != report.peer else ""
    yield f"{report.peer}{agent}: {verdict}. {counts}; {len(report.failures)} to mend. {report.seconds:.1f} s."


def _verdict(report: ProbeReport) -> tuple[str, str]:
    if report.failures:
        return "failed", "error"
    return ("incomplete", "warning") if report.incomplete else ("passed", "good")
