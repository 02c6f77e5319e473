"""Our probe and Autobahn's cases (kosoku) on the same servers in one run: their times, and where they differ.

Run: python -m benchmarks.probe_agreement --python VENV/bin/python --node-modules DIR

The servers are those of ``probe_servers``. Writes ``docs/probe-agreement.md``. Two cases are compared where
``ws_mcp/probe/autobahn.toml`` says that they ask the same; both are asked only whether the server is wrong.
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from benchmarks.probe_servers import SERVERS, run, version
from ws_mcp.probe.autobahn_reading import PREFIX, SAYS, same
from ws_mcp.probe.result import ProbeReport
from ws_mcp.probe.settings import Settings
from ws_mcp.types import Outcome

DOCUMENT = Path(__file__).parent.parent / "docs" / "probe-agreement.md"
REASONS = Path(__file__).with_suffix(".toml")
TOOK = re.compile(r"Autobahn's (\d+) cases took ([\d.]+) s")


@dataclass(frozen=True)
class Pair:
    """What both say of one server in cases that ask the same."""

    server: str
    theirs: Outcome
    ours: Outcome

    @property
    def case(self) -> str:
        """Autobahn's number."""
        return self.theirs.case.removeprefix(PREFIX)

    @property
    def agree(self) -> bool:
        """Both call the server wrong, or neither does."""
        return self.autobahn_fails is self.ours.failed

    @property
    def autobahn_fails(self) -> bool:
        """Autobahn's own word, before we explain a limit."""
        return self.theirs.failed or self.theirs.explanation.startswith(SAYS)


def pairs(server: str, report: ProbeReport) -> Iterator[Pair]:
    """Every case of Autobahn's that has one of ours beside it."""
    found = {outcome.case: outcome for outcome in report.outcomes}
    for outcome in report.outcomes:
        ours = found.get(same(outcome.case.removeprefix(PREFIX))) if outcome.case.startswith(PREFIX) else None
        if ours is not None:
            yield Pair(server, outcome, ours)


def reason(pair: Pair, known: dict[str, dict[str, str]]) -> str:
    """Why they differ, "" where nobody has looked."""
    who = "theirs" if pair.autobahn_fails else "ours"
    return next((why for pattern, why in known[who].items() if fnmatchcase(pair.case, pattern)), "")


def times(report: ProbeReport) -> tuple[float, float, int]:
    """Seconds of ours and of theirs, and how many cases theirs were."""
    found = next(match for note in report.notes if (match := TOOK.search(note)))
    theirs = float(found[2])
    return report.seconds - theirs, theirs, int(found[1])


def document(reports: dict[str, ProbeReport], left_out: dict[str, str]) -> tuple[str, int]:
    """The document, and how many differences nobody has explained."""
    known = tomllib.loads(REASONS.read_text("utf-8"))
    every = {name: list(pairs(name, report)) for name, report in reports.items()}
    lines = [
        "<!-- Written by `python -m benchmarks.probe_agreement`; do not edit. -->\n",
        "# What our probe and Autobahn's cases say of the same servers\n",
        "Both in one run on loopback, one after the other, 16 connections at a time; Autobahn's cases by kosoku, "
        "without the compression groups 12 and 13. Compared is whether a server is wrong, in behaviour or closing, in "
        "the cases of both that ask the same. *Explained* counts Autobahn's failures that are deliberate limits or "
        "open questions of the RFC.\n",
        "| server | our cases | seconds | Autobahn's | seconds | explained | compared | agree | differ |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, report in reports.items():
        ours, theirs, count = times(report)
        explained = sum(outcome.explanation.startswith(SAYS) for outcome in report.outcomes)
        agree = sum(pair.agree for pair in every[name])
        row = [len(report.outcomes) - count, f"{ours:.1f}", count, f"{theirs:.1f}", explained, len(every[name]), agree,
               len(every[name]) - agree]  # fmt: skip
        lines.append(f"| {name} | {' | '.join(map(str, row))} |")
    differing = [pair for found in every.values() for pair in found if not pair.agree]
    grouped: dict[str, list[Pair]] = {}
    for pair in differing:
        grouped.setdefault(reason(pair, known), []).append(pair)
    lines += ["\n## Where they differ, and why"] if grouped else []
    for why, found in grouped.items():
        lines += [f"\n{why or 'Not explained:'}\n", *_differences(found)]
    if left_out:
        lines += ["\n## Not probed\n", *(f"- {name}: {why}" for name, why in left_out.items())]
    return "\n".join(lines) + "\n", len(grouped.get("", []))


def _differences(found: list[Pair]) -> Iterator[str]:
    seen: dict[tuple[str, str, str, str], list[str]] = {}
    for pair in found:
        told = (pair.theirs.case, pair.ours.case, _told(pair.theirs), _told(pair.ours))
        seen.setdefault(told, []).append(pair.server)
    for (theirs, ours, they, we), servers in seen.items():
        yield f"- `{theirs}` and `{ours}`, {', '.join(servers)}: Autobahn {they}; we {we}"


def _told(outcome: Outcome) -> str:
    word = "FAILED" if outcome.explanation.startswith(SAYS) else outcome.verdict.value
    ended = f", closing {outcome.closing.value} ({outcome.closing_actual})" if outcome.closing.value == "FAILED" else ""
    return f"{word} ({' '.join(outcome.actual.split())[:120]}){ended}".replace("|", "\\|")


def main() -> None:
    """Runs both on what is there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--node-modules", type=Path, default=Path("node_modules"))
    parser.add_argument("--only", action="append", default=[], help="a server; nothing is written then")
    options = parser.parse_args()
    reports: dict[str, ProbeReport] = {}
    left_out: dict[str, str] = {}
    for server in SERVERS:
        if options.only and server.name not in options.only:
            continue
        number = version(server, options.python, options.node_modules)
        name = f"{server.name} {number}".strip()
        report = (
            run(server, options.python, options.node_modules, Settings(autobahn=True)) if number else "not installed"
        )
        if isinstance(report, str):
            left_out[name] = report
        else:
            reports[name] = report
        print(f"{name}: {report if isinstance(report, str) else [report.counts, *times(report)]}", flush=True)
    text, unexplained = document(reports, left_out)
    if options.only:
        print(text)
    else:
        DOCUMENT.write_text(text, "utf-8")
    if unexplained:
        sys.exit(f"{unexplained} differences have no reason in {REASONS.name}")


if __name__ == "__main__":
    main()
