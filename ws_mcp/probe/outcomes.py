"""Turns what a case came to into its outcome, and tells who watches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from ws_mcp.probe.catalogue import sections
from ws_mcp.probe.client import Exchange
from ws_mcp.probe.explaining import explain
from ws_mcp.probe.observed import Observed
from ws_mcp.probe.telling import tell_expected
from ws_mcp.probe.words import Case
from ws_mcp.types import Outcome, Verdict

HEX = 512  # bytes each way that an outcome shows


@dataclass(frozen=True, slots=True)
class Progress:
    """Sent after each case."""

    done: int
    total: int
    outcome: Outcome


Report = Callable[[Progress], None]


class Progressing:
    """Counts the cases that are done."""

    def __init__(self, total: int, report: Report | None) -> None:
        self._total, self._report, self._done = total, report, 0

    def tell(self, outcome: Outcome) -> None:
        """One more is done."""
        self._done += 1
        if self._report is not None:
            self._report(Progress(self._done, self._total, outcome))


def outcome_of(case: Case, exchange: Exchange | None, seconds: float) -> Outcome:
    """The outcome of ``case``; without an exchange it was not reached."""
    if exchange is None:
        exchange = Exchange(Verdict.NOT_RUN, "not reached", Verdict.NOT_RUN, "", Observed())
    outcome = Outcome(
        case.id,
        case.title,
        exchange.verdict,
        tell_expected(case, http2=exchange.seen.http is not None),
        exchange.actual,
        case.requirements,
        sections(case),
        exchange.closing,
        exchange.closing_actual,
        case.why,
        _sent(exchange.seen),
        _received(exchange.seen),
        round(seconds, 3),
    )
    return replace(outcome, explanation=explain(case, outcome))


def _sent(seen: Observed) -> str:
    return " ".join(seen.http.sent) if seen.http is not None else _hex(seen.sent, seen.sent_size)


def _received(seen: Observed) -> str:
    return " ".join(seen.http.received) if seen.http is not None else _hex(seen.received, seen.received_size)


def _hex(data: bytes, size: int) -> str:
    shown = data[:HEX].hex(" ")
    return f"{shown} … ({size:,} bytes)" if size > HEX else shown
