"""Every registered rule proves itself by its own examples; adding a rule adds its tests."""

from __future__ import annotations

from typing import Any

import pytest

from ws_mcp.judge import FrameCheck, check_frames
from ws_mcp.protocol.deflate import negotiated
from ws_mcp.rules.examples import Example
from ws_mcp.rules.registry import Rule, all_rules
from ws_mcp.types import Report, Severity, Side

RULES = list(all_rules().values())
PAIRS = [(rule, example, kind) for rule in RULES for kind in ("good", "bad") for example in getattr(rule, kind)]


def framed(*kinds: str) -> list[Any]:
    """The examples made of frames, as parameters."""
    return [
        pytest.param(rule, example, id=f"{rule.id}-{kind}-{number}")
        for number, (rule, example, kind) in enumerate(PAIRS)
        if kind in kinds and example.segments
    ]


def check(example: Example, dissected: int = 1000) -> Report:
    return check_frames(example.segments, None, example.extensions, example.policy, dissected)


def errors(report: Report) -> set[str]:
    return {finding.rule for finding in report.findings if finding.severity is Severity.ERROR}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_has_words_examples_and_sections(rule: Rule) -> None:
    assert rule.good and rule.bad and rule.sections
    assert rule.why.strip() and rule.title.endswith(".") and rule.fix.endswith(".")
    ours = not rule.requirements and not rule.check.__module__.endswith(".policy")  # whose breach is an error
    assert not (ours and rule.severity is Severity.ERROR), "advice is never an error"


@pytest.mark.parametrize(("rule", "example"), framed("bad"))
def test_a_bad_example_raises_its_rule_and_no_other_error(rule: Rule, example: Example) -> None:
    report = check(example)
    assert rule.id in {finding.rule for finding in report.findings}
    assert errors(report) == ({rule.id} if rule.severity is Severity.ERROR else set())


@pytest.mark.parametrize(("rule", "example"), framed("good"))
def test_a_good_example_gives_no_finding(rule: Rule, example: Example) -> None:
    report = check(example)
    assert report.findings == ()
    assert report.verdict == "clean"


@pytest.mark.parametrize(("rule", "example"), framed("bad"))
def test_what_a_report_corrects_passes(rule: Rule, example: Example) -> None:
    for finding in check(example).findings:
        if finding.corrected:
            again = check_frames(
                bytes.fromhex(finding.corrected), finding.where[0].side, example.extensions, example.policy
            )
            assert again.verdict == "clean"


def judged(example: Example, size: int, after: bytes = b"", dissected: int = 1000) -> tuple[Any, ...]:
    """Findings and facts of an example that is fed in pieces of ``size`` bytes."""
    check = FrameCheck(negotiated(example.extensions), example.policy, dissected)
    for side, data in example.segments:
        for start in range(0, len(data), size):
            check.feed(data[start : start + size], side)
    if after:
        check.feed(after, example.segments[-1][0])
    report = check.finish()
    return report.findings, dict(report.facts), report.incomplete, report.next, report.unchecked


@pytest.mark.parametrize(("rule", "example"), framed("good", "bad"))
def test_an_example_reads_the_same_whole_and_byte_by_byte(rule: Rule, example: Example) -> None:
    assert judged(example, 1) == judged(example, 1 << 20)


@pytest.mark.parametrize(("rule", "example"), framed("good", "bad"))
def test_bytes_that_follow_change_nothing_of_what_came_before(rule: Rule, example: Example) -> None:
    alone, followed = judged(example, 1 << 20)[1], judged(example, 1 << 20, after=b"\x82")[1]
    complete = [frame for frame in alone["frames"] if frame["complete"]]
    assert [frame for frame in followed["frames"] if frame["complete"]][: len(complete)] == complete


@pytest.mark.parametrize(("rule", "example"), framed("good", "bad"))
def test_skimming_finds_what_reading_closely_finds(rule: Rule, example: Example) -> None:
    assert judged(example, 1 << 20, dissected=0)[0] == judged(example, 1 << 20)[0]


def test_an_unknown_sender_leaves_the_masking_rules_unchecked_and_the_verdict_open() -> None:
    report = check_frames(bytes.fromhex("818537fa213d7f9f4d5158"), None, "none")
    assert ("unmasked-client-frame", "sender") in report.unchecked
    assert (report.verdict, report.ok) == ("undecided", False)
    assert report.facts["sender"]["sides"] == [Side.CLIENT.value]
