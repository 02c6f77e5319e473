"""Nothing that frames can show is forgotten."""

from __future__ import annotations

from ws_mcp.knowledge.shipped.requirements import all_requirements
from ws_mcp.rules.coverage import REASONS, binding, enforced_by


def test_every_binding_requirement_on_frames_has_a_rule_or_a_reason() -> None:
    covered = enforced_by()
    assert [r.id for r in binding(["frames"]) if r.id not in covered and r.id not in REASONS] == []


def test_a_reason_speaks_of_a_requirement_that_exists_and_has_no_rule() -> None:
    assert sorted(REASONS.keys() & enforced_by().keys()) == []
    assert sorted(REASONS.keys() - all_requirements().keys()) == []
    assert len(binding(["frames"])) > 50
