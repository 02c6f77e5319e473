"""Probes as one HTML page: a matrix of peers and cases; each cell opens expected, actual and the bytes both ways."""

from __future__ import annotations

import html
from collections.abc import Sequence

from ws_mcp.probe.result import ProbeReport
from ws_mcp.types import Outcome, Verdict

_STYLE = """
:root { color-scheme: light dark; font: 14px/1.45 system-ui, sans-serif; }
body { margin: 1.5rem; } table { border-collapse: collapse; }
th, td { border: 1px solid #8886; padding: .2rem .5rem; text-align: left; vertical-align: top; }
thead th { position: sticky; top: 0; background: Canvas; z-index: 1; }
tbody th[scope=row] { position: sticky; left: 0; background: Canvas; }
td:has(details[open]) { min-width: 32rem; }
summary { cursor: pointer; font-weight: 600; } dl { max-width: 60rem; margin: .5rem 0; } dt { font-weight: 600; }
dd { margin: 0 0 .4rem 1rem; overflow-wrap: anywhere; } code { font-size: 12px; }
.PASSED { background: #2a72; } .NON_STRICT { background: #db03; } .FAILED { background: #d336; }
.INFORMATIONAL { background: #27d3; } .NOT_RUN { background: #8882; }
"""


def render(reports: Sequence[ProbeReport], names: Sequence[str] = ()) -> str:
    """A page that needs nothing but itself; ``names``: what to call the peers, where not as they call themselves."""
    called = list(names) or [report.agent or report.peer for report in reports]
    cases = dict.fromkeys(outcome.case for report in reports for outcome in report.outcomes)
    titles = {outcome.case: outcome.title for report in reports for outcome in report.outcomes}
    tables = [{outcome.case: outcome for outcome in report.outcomes} for report in reports]
    rows: list[str] = []
    chapter = ""
    for case in cases:
        if case.partition("/")[0] != chapter:
            chapter = case.partition("/")[0]
            rows.append(f'<tr><th colspan="{len(reports) + 1}">{_text(chapter)}</th></tr>')
        cells = "".join(_cell(table.get(case)) for table in tables)
        rows.append(
            f'<tr><th scope="row" title="{_text(titles[case])}">{_text(case.partition("/")[2])}</th>{cells}</tr>'
        )
    heads = "".join(f'<th scope="col">{_head(name, report)}</th>' for name, report in zip(called, reports, strict=True))
    return (
        '<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>WebSocket probe</title>'
        '<meta name="viewport" content="width=device-width">'
        f"<style>{_STYLE}</style>\n<h1>WebSocket probe</h1>\n"
        f"<table><thead><tr><th>case</th>{heads}</tr></thead>\n<tbody>\n"
        + "\n".join(rows)
        + f"\n</tbody></table>\n{''.join(map(_notes, called, reports))}</html>\n"
    )


def _head(name: str, report: ProbeReport) -> str:
    counts = ", ".join(f"{count} {name}" for name, count in report.counts.items() if count)
    return f"{_text(name)}<br><small>{_text(report.peer)}<br>{_text(counts)}</small>"


def _cell(outcome: Outcome | None) -> str:
    if outcome is None:
        return "<td></td>"
    closing = "" if outcome.closing in {Verdict.PASSED, Verdict.NOT_RUN} else f" · closing {outcome.closing.value}"
    worst = Verdict.FAILED if outcome.failed else outcome.verdict
    parts = [
        ("sent", outcome.title),
        ("expected", outcome.expected),
        ("actual", outcome.actual),
        ("closing", f"{outcome.closing.value} {outcome.closing_actual}"),
        ("why", outcome.explanation),
        ("read", f"{', '.join(outcome.sections)} [{', '.join(outcome.requirements)}]"),
    ]
    told = "".join(f"<dt>{name}</dt><dd>{_text(text)}</dd>" for name, text in parts if text)
    told += "".join(
        f"<dt>{name}</dt><dd><code>{_text(data) or '(none)'}</code></dd>"
        for name, data in (("bytes to the peer", outcome.sent), ("bytes from the peer", outcome.received))
    )
    return (
        f'<td class="{worst.value}"><details><summary>{outcome.verdict.value}{closing}</summary>'
        f"<dl>{told}</dl></details></td>"
    )


def _notes(name: str, report: ProbeReport) -> str:
    lines = [*report.notes, *([f"Incomplete: {report.incomplete}."] if report.incomplete else [])]
    lines += [
        f"{seen.finding.severity.value}: {seen.finding.rule}, {seen.count} times. {seen.finding.message}"
        for seen in report.findings
    ]
    items = "".join(f"<li>{_text(line)}</li>" for line in lines)
    return f"<h2>{_text(name)}</h2><ul>{items}</ul>\n" if items else ""


def _text(text: str) -> str:
    return html.escape(text)
