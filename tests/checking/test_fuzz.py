"""Whatever is pasted, with whatever arguments: a report or a refusal in words, soon and in little memory."""

from __future__ import annotations

import pytest

from benchmarks.fuzz import PATIENCE, run
from benchmarks.hostile import MEMORY, cost, hostile


@pytest.mark.timeout(120)
def test_damaged_input_gives_a_report_or_a_refusal() -> None:
    outcome = run(2_000, seed=7)
    assert outcome.failures == []
    assert outcome.slowest[0] < PATIENCE
    assert min(outcome.ends[end] for end in ("violations", "clean", "undecided", "refused")) > 10


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", [name for name in hostile() if "bomb" in name or "long" in name or "many" in name])
def test_hostile_input_of_64_kib_costs_little_memory(name: str) -> None:
    traced, _, seconds, _ = cost(name)
    assert traced < MEMORY
    assert seconds < PATIENCE
