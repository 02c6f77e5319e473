"""What a probe comes to: outcomes of the cases, findings in what the peer sent, and what was left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ws_mcp.types import Finding, Outcome, Severity, Verdict

CASES_NAMED = 5


@dataclass(frozen=True, slots=True)
class SeenFinding:
    """A finding on what the peer sent, with the cases in which it showed."""

    finding: Finding
    cases: tuple[str, ...]
    count: int

    def to_json(self) -> dict[str, Any]:
        """As a check shows it; the places are those of the first of ``cases``."""
        shown = self.finding.to_json()
        return shown | {"count": self.count, "cases": list(self.cases)}


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """The whole result.

    Attributes:
        peer: the URL of the server, or the name of the client, under test.
        side: "server" or "client".
        agent: what the peer calls itself, "" where it does not say.
        outcomes: in the order of the cases.
        findings: errors first.
        seconds: how long it took.
        notes: what was left out or assumed, in sentences.
        incomplete: why not every case was run, "" where they were.
        accepted: outcomes that a baseline accepts, by case id; ``stale`` are its entries that no longer hold.
    """

    peer: str
    side: str
    agent: str
    outcomes: tuple[Outcome, ...]
    findings: tuple[SeenFinding, ...] = ()
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    incomplete: str = ""
    accepted: Mapping[str, str] = field(default_factory=dict)
    stale: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """Outcomes by verdict."""
        return {v.value: sum(outcome.verdict is v for outcome in self.outcomes) for v in Verdict}

    @property
    def failures(self) -> tuple[Outcome, ...]:
        """What failed, in behaviour or closing, and no baseline accepts."""
        return tuple(o for o in self.outcomes if o.failed and o.case not in self.accepted)

    @property
    def ok(self) -> bool:
        """All passed, as far as they could be run."""
        return not self.failures and not self.incomplete

    def to_json(self) -> dict[str, Any]:
        """The shape that crosses a door."""
        return {
            "ok": self.ok,
            "peer": self.peer,
            "side": self.side,
            "agent": self.agent,
            "counts": self.counts,
            "failed": [outcome.case for outcome in self.failures],
            "outcomes": [outcome.to_json() for outcome in self.outcomes],
            "findings": [finding.to_json() for finding in self.findings],
            "seconds": round(self.seconds, 2),
            "notes": list(self.notes),
            "incomplete": self.incomplete,
            "accepted": dict(self.accepted),
            "stale": list(self.stale),
        }


def group(seen: Iterable[tuple[str, tuple[Finding, ...]]]) -> tuple[SeenFinding, ...]:
    """The findings of all cases, one for each rule, errors first."""
    first: dict[str, Finding] = {}
    cases: dict[str, list[str]] = {}
    counts: dict[str, int] = {}
    for case, findings in seen:
        for finding in findings:
            first.setdefault(finding.rule, finding)
            cases.setdefault(finding.rule, []).append(case)
            counts[finding.rule] = counts.get(finding.rule, 0) + finding.count
    order = list(Severity)
    rules = sorted(first, key=lambda rule: order.index(first[rule].severity))
    return tuple(SeenFinding(first[rule], tuple(cases[rule][:CASES_NAMED]), counts[rule]) for rule in rules)
