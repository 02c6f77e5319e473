"""Every binding live requirement has a case, or a reason why not."""

from __future__ import annotations

from ws_mcp.knowledge.shipped.requirements import all_requirements
from ws_mcp.probe.catalogue import all_cases
from ws_mcp.probe.coverage import REASONS, binding, live, shown_by
from ws_mcp.types import Side


def test_every_binding_live_requirement_has_a_case_or_a_reason() -> None:
    wanted = {requirement.id for requirement in live() if binding(requirement)}
    shown = set(shown_by())
    assert sorted(wanted - shown - set(REASONS)) == []


def test_no_reason_excuses_what_has_a_case_or_does_not_bind() -> None:
    assert sorted(set(REASONS) & set(shown_by())) == []
    wanted = {requirement.id for requirement in live() if binding(requirement)}
    assert sorted(set(REASONS) - wanted) == []


def test_a_case_shows_what_binds_the_side_that_it_tests() -> None:
    wrong = []
    for case in all_cases().values():
        who = all_requirements()[case.requirements[0]].who
        if who != "both" and Side(who) not in case.sides:
            wrong.append((case.id, case.requirements[0], who))
    assert wrong == []
