"""Every rule on handshakes proves itself by its own examples."""

from __future__ import annotations

from typing import Any

import pytest

from ws_mcp.judge_handshake import check_handshake
from ws_mcp.rules.examples import Example
from ws_mcp.rules.registry import Rule, all_rules
from ws_mcp.types import Handshake, Report, Request, Response, Severity

RULES = [rule for rule in all_rules().values() if rule.judges in {Request, Response, Handshake}]


def told(*kinds: str) -> list[Any]:
    """The examples of these kinds, as parameters."""
    return [
        pytest.param(rule, example, id=f"{rule.id}-{kind}-{number}")
        for rule in RULES
        for kind in kinds
        for number, example in enumerate(getattr(rule, kind))
    ]


def check(example: Example) -> Report:
    return check_handshake(example.request, example.response, example.policy)


def errors(report: Report) -> set[str]:
    return {finding.rule for finding in report.findings if finding.severity is Severity.ERROR}


@pytest.mark.parametrize(("rule", "example"), told("good", "bad"))
def test_an_example_of_a_handshake_rule_is_a_handshake(rule: Rule, example: Example) -> None:
    assert example.request or example.response
    assert not example.segments


@pytest.mark.parametrize(("rule", "example"), told("bad"))
def test_a_bad_example_raises_its_rule_and_no_other_error(rule: Rule, example: Example) -> None:
    report = check(example)
    assert rule.id in {finding.rule for finding in report.findings}
    assert errors(report) == {*example.also, *([rule.id] if rule.severity is Severity.ERROR else [])}


@pytest.mark.parametrize(("rule", "example"), told("good"))
def test_a_good_example_gives_no_finding(rule: Rule, example: Example) -> None:
    report = check(example)
    assert report.findings == ()
    assert report.verdict == "clean"


@pytest.mark.parametrize(("rule", "example"), told("bad"))
def test_a_mended_handshake_passes(rule: Rule, example: Example) -> None:
    report = check(example)
    correctable = [f for f in report.findings if f.severity is Severity.ERROR]
    if not correctable or not all(finding.corrected for finding in correctable):
        assert "mended" not in report.facts
        return
    mended = report.facts["mended"]
    again = check_handshake(mended.get("request", ""), mended.get("response", ""), example.policy)
    assert errors(again) == set()


def test_most_faults_with_one_remedy_are_mended() -> None:
    mended = {rule.id for rule in RULES for example in rule.bad if "mended" in check(example).facts}
    assert {
        "wrong-accept",
        "answer-without-upgrade",
        "answer-without-connection-upgrade",
        "request-without-upgrade",
        "request-without-connection-upgrade",
        "request-method-not-get",
        "version-not-13",
        "duplicate-key",
        "line-without-carriage-return",
        "folded-field",
        "space-around-field-name",
        "takeover-request-not-confirmed",
        "server-window-not-confirmed",
        "client-window-not-offered",
        "subprotocol-not-offered",
        "extension-not-offered",
        "malformed-origin",
        "malformed-host",
    } <= mended


@pytest.mark.parametrize(("rule", "example"), told("bad"))
def test_a_place_points_at_the_field_it_names(rule: Rule, example: Example) -> None:
    for finding in check(example).findings:
        for place in finding.where:
            text = example.request if place.side and place.side.value == "client" else example.response
            if place.field and place.length and not place.field.endswith("line"):
                shown = text[place.offset : place.offset + place.length]
                assert shown.startswith(place.field), (finding.rule, shown)
            assert 0 <= place.offset <= len(text)
            assert place.offset + place.length <= len(text)
