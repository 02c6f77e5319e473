"""Nothing that frames or a handshake can show is forgotten."""

from __future__ import annotations

import re

import pytest

from ws_mcp.knowledge.shipped.requirements import all_requirements
from ws_mcp.rules.coverage import REASONS, binding, enforced_by
from ws_mcp.rules.registry import all_rules


@pytest.mark.parametrize("evidence", ["frames", "handshake"])
def test_every_binding_requirement_that_can_be_seen_has_a_rule_or_a_reason(evidence: str) -> None:
    covered = enforced_by()
    assert [r.id for r in binding([evidence]) if r.id not in covered and r.id not in REASONS] == []


def test_a_reason_speaks_of_a_requirement_that_exists_and_has_no_rule() -> None:
    assert sorted(REASONS.keys() & enforced_by().keys()) == []
    assert sorted(REASONS.keys() - all_requirements().keys()) == []
    assert len(binding(["frames"])) > 50
    assert len(binding(["handshake"])) > 80


def test_a_reason_names_only_rules_that_exist() -> None:
    named = {word for reason in REASONS.values() for word in re.findall(r"[a-z0-9]+(?:-[a-z0-9]+){2,}", reason)}
    assert named and named <= all_rules().keys()
