"""Several probes as text: the counts of each peer, then a row for each case in which the peers differ."""

from __future__ import annotations

from collections.abc import Sequence

from ws_mcp.probe.forms.text import KINDS, WORDS
from ws_mcp.probe.result import ProbeReport
from ws_mcp.report.evidence import Paint, plain, printable
from ws_mcp.types import Outcome, Verdict

_SIGNS = {
    Verdict.PASSED: "+",
    Verdict.NON_STRICT: "~",
    Verdict.FAILED: "F",
    Verdict.INFORMATIONAL: "i",
    Verdict.NOT_RUN: "-",
}


def render(reports: Sequence[ProbeReport], names: Sequence[str], paint: Paint = plain, verbose: bool = False) -> str:
    """The table; ``verbose`` shows the cases in which all peers are alike too."""
    lines = [
        f"{chr(ord('A') + at % 26)}{at // 26 or ''}  {paint(printable(name), 'name')}  {_counts(report, paint)}"
        for at, (name, report) in enumerate(zip(names, reports, strict=True))
    ]
    tables = [{printable(outcome.case): outcome for outcome in report.outcomes} for report in reports]
    cases = dict.fromkeys(printable(outcome.case) for report in reports for outcome in report.outcomes)
    rows = {case: [table.get(case) for table in tables] for case in cases}
    alike = [case for case, found in rows.items() if len({_sign(outcome) for outcome in found}) == 1]
    shown = {case: found for case, found in rows.items() if verbose or case not in alike}
    if shown:
        width = max(map(len, shown))
        heads = "".join(f"{name.split()[0]:<3}" for name in lines)
        lines += ["", f"{'':<{width}}  {heads}".rstrip()]
        lines += [f"{case:<{width}}  {''.join(_cell(found, paint) for found in row)}" for case, row in shown.items()]
    legend = ", ".join(f"{sign} {WORDS[verdict]}" for verdict, sign in _SIGNS.items())
    told = "shown too" if verbose else "not shown"
    return "\n".join([*lines, "", f"{legend}, ! ended wrong. In {len(alike)} cases all are alike ({told})."])


def _counts(report: ProbeReport, paint: Paint) -> str:
    found = report.counts
    told = [paint(f"{found[verdict]} {WORDS[verdict]}", KINDS[verdict]) for verdict in Verdict if found[verdict]]
    return ", ".join(told) + (f"; {printable(report.incomplete)}" if report.incomplete else "")


def _sign(outcome: Outcome | None) -> str:
    if outcome is None:
        return ""
    return _SIGNS[outcome.verdict] + ("!" if outcome.closing is Verdict.FAILED else "")


def _cell(outcome: Outcome | None, paint: Paint) -> str:
    sign = f"{_sign(outcome):<3}"
    return paint(sign, KINDS[Verdict.FAILED if outcome.failed else outcome.verdict]) if outcome else sign
