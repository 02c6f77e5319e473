"""Our verdict beside the peers': what they refuse and we call right, and which of that is known."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.handshakes.generate import OFFERS, good_request
from ws_mcp.judge_handshake import check_handshake

KNOWN = Path(__file__).with_name("known.toml")


@dataclass(frozen=True, slots=True)
class Difference:
    """A peer refuses with ``reason`` what we let pass."""

    peer: str
    side: str
    reason: str
    text: str


@dataclass(slots=True)
class Tally:
    """How often (peer, side, we refuse, it refuses) came up, and the differences that count."""

    counts: Counter[tuple[str, str, bool, bool]] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)

    def add(self, peer: str, side: str, ours: bool, reason: str, text: str) -> None:
        """Takes one judgement of a peer."""
        self.counts[peer, side, ours, bool(reason)] += 1
        if reason and not ours:
            self.differences.append(Difference(peer, side, reason, text))

    def unknown(self) -> list[Difference]:
        """The differences that nothing explains."""
        return [found for found in self.differences if explained(found) is None]


@cache
def known() -> tuple[dict[str, Any], ...]:
    """The table of known differences."""
    return tuple(tomllib.loads(KNOWN.read_text("utf-8")).get("difference", ()))


def explained(found: Difference) -> dict[str, Any] | None:
    """The entry that explains a difference."""
    for entry in known():
        if found.peer in entry["peers"] and found.side == entry["side"] and re.search(entry["reason"], found.reason):
            return entry
    return None


def refuse_request(text: str) -> bool:
    """Whether we find an error in a request."""
    return check_handshake(text).verdict == "violations"


def refuse_answer(offer: int, text: str) -> bool:
    """Whether we find an error in an answer, or say that it opens no connection."""
    report = check_handshake(good_request(OFFERS[offer]).text(), text)
    return report.verdict == "violations" or (report.next or {}).get("action") != "open"
