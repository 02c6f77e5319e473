"""The pages about rules name everything, and nothing that binds is left open."""

from __future__ import annotations

from tools.rule_docs import coverage, rules
from ws_mcp.knowledge.shipped.requirements import all_requirements
from ws_mcp.rules.registry import all_rules


def test_every_rule_has_its_row() -> None:
    page = rules()
    assert all(f"\n| {rule} | " in page for rule in all_rules())


def test_every_requirement_that_can_be_checked_has_its_row_and_what_covers_it() -> None:
    rows = [
        line.strip("| ").split(" | ")
        for line in coverage().splitlines()
        if line.startswith(("| 6", "| 7", "| 8", "| 9"))
    ]
    wanted = {one.id for one in all_requirements().values() if one.checkable != "none"}
    assert {row[0] for row in rows} == wanted
    assert all(len(row) == 5 and row[4] for row in rows)
    assert [row[0] for row in rows if row[4] == "open"] == []


def test_what_only_a_live_peer_shows_waits_for_its_case() -> None:
    live = [one.id for one in all_requirements().values() if one.checkable == "live"]
    later = {line.split(" | ")[0].strip("| ") for line in coverage().splitlines() if line.endswith("| case: later |")}
    assert later <= set(live)
    assert len(later) > 100
