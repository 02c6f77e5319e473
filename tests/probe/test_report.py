"""What a probe says: forms, pages, baselines, explanations, selection."""

from __future__ import annotations

import html.parser
import json
import re
import xml.etree.ElementTree as Tree
from pathlib import Path

import pytest

from ws_mcp.errors import InputError
from ws_mcp.knowledge.shipped.requirements import all_requirements
from ws_mcp.probe import baseline
from ws_mcp.probe.catalogue import all_cases, left_out, select
from ws_mcp.probe.explaining import limits
from ws_mcp.probe.forms import html as html_form
from ws_mcp.probe.forms import junit, sarif, text
from ws_mcp.probe.http2.studies import STUDIES as HTTP2_STUDIES
from ws_mcp.probe.result import ProbeReport, SeenFinding, group
from ws_mcp.probe.settings import Settings
from ws_mcp.probe.shown import page
from ws_mcp.probe.studies import STUDIES
from ws_mcp.types import Finding, Outcome, Place, Severity, Side, Verdict

PASSED, FAILED, NON_STRICT = Verdict.PASSED, Verdict.FAILED, Verdict.NON_STRICT


def outcome(case: str, verdict: Verdict, closing: Verdict = PASSED, actual: str = "status 101 <b>\x00") -> Outcome:
    return Outcome(case, "a title", verdict, "a status", actual, ("6455-4.2.1-03",), ("rfc6455/4.2.1",), closing,
                   "Close 1000", "why it matters", "47 45", "48 54", 0.01)  # fmt: skip


FINDING = Finding("wrong-accept", Severity.ERROR, ("rfc6455/4.2.2",), ("6455-4.2.2-21",), "It is wrong.", "Mend it.", 2,
                  (Place(Side.SERVER),))  # fmt: skip
REPORT = ProbeReport(
    "ws://127.0.0.1:9001/",
    "server",
    "test/1",
    (
        outcome("framing/text", PASSED),
        outcome("handshake/no-host", FAILED),
        outcome("control/ping-text", PASSED, FAILED),
        outcome("lengths/not-minimal-16-bit-5", NON_STRICT),
        outcome("hardening/origin-foreign", Verdict.INFORMATIONAL),
        outcome("deflate/text", Verdict.NOT_RUN, Verdict.NOT_RUN),
    ),
    (SeenFinding(FINDING, ("framing/text",), 2),),
    1.5,
    ("4 cases were left out.",),
)


def test_the_json_has_what_others_script_against() -> None:
    told = json.loads(json.dumps(REPORT.to_json()))
    assert {"outcomes", "findings", "counts", "ok", "failed"} <= set(told)
    assert {"case", "verdict", "expected", "actual", "requirements"} <= set(told["outcomes"][0])
    assert told["failed"] == ["handshake/no-host", "control/ping-text"]
    assert told["findings"][0]["cases"] == ["framing/text"]
    assert not told["ok"]


def test_the_text_shows_failures_in_full_and_passes_as_a_count() -> None:
    shown = text.render(REPORT)
    assert "expected  a status" in shown and "rfc6455/4.2.1 [6455-4.2.1-03]" in shown
    assert "framing: 1 passed" in shown and "framing/text  " not in shown
    assert "control: 1 passed, 1 ended wrong" in shown
    assert "2 to mend" in shown.splitlines()[-1]
    assert "47 45" in text.render(REPORT, verbose=True)


def test_junit_is_xml_whose_counts_add_up() -> None:
    suite = Tree.fromstring(junit.render(REPORT).encode()).find("testsuite")
    assert suite is not None
    assert suite.get("tests") == "6" == str(len(suite.findall("testcase")))
    assert suite.get("failures") == "2" == str(len(suite.findall("testcase/failure")))
    assert suite.get("skipped") == "1"


def test_sarif_points_every_result_at_a_rule() -> None:
    run = sarif.render(REPORT)["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])
    assert [result["level"] for result in run["results"]] == ["error", "error", "warning", "note", "error"]


def test_the_html_is_one_page_with_a_column_a_peer_and_nothing_unescaped() -> None:
    shown = html_form.render([REPORT, REPORT])
    assert shown.count('<th scope="col">') == 2
    assert "<b>" not in shown and "&lt;b&gt;" in shown
    assert not re.search(r"(src|href)=", shown)
    html.parser.HTMLParser().feed(shown)


def test_a_page_fits_and_leads_to_the_next() -> None:
    many = tuple(outcome(f"handshake/{number}", FAILED, actual="x" * 400) for number in range(60))
    report = ProbeReport("ws://127.0.0.1/", "server", "", many)
    offset: int | None = 0
    seen: list[str] = []
    while offset is not None:
        shown = page(report, "probe-1", offset, 100, passed=False)
        assert len(json.dumps(shown, separators=(",", ":"))) < 8_000
        seen += [found["case"] for found in shown["outcomes"]]
        offset = shown["next_offset"]
    assert seen == [found.case for found in many]


def test_what_failed_comes_first_on_a_page_and_passes_only_when_asked() -> None:
    cases = [found["case"] for found in page(REPORT, "", 0, 100, passed=False)["outcomes"]]
    assert cases[:2] == ["handshake/no-host", "control/ping-text"]
    assert "framing/text" not in cases
    assert "framing/text" in [found["case"] for found in page(REPORT, "", 0, 100, passed=True)["outcomes"]]


def test_a_baseline_accepts_what_it_names_and_reports_what_is_stale(tmp_path: Path) -> None:
    file = tmp_path / "baseline.json"
    assert baseline.write(REPORT, file) == 2
    accepted = baseline.apply(REPORT, file)
    assert accepted.ok and accepted.stale == ()
    known = json.loads(file.read_text())
    known["accepted"] |= {"framing/text": "FAILED PASSED", "deflate/text": "FAILED PASSED"}
    file.write_text(json.dumps(known))
    assert baseline.apply(REPORT, file).stale == ("framing/text",)  # deflate/text was not run
    known["accepted"]["handshake/no-host"] = "FAILED FAILED"
    file.write_text(json.dumps(known))
    assert [found.case for found in baseline.apply(REPORT, file).failures] == ["handshake/no-host"]


@pytest.mark.parametrize("content", [None, "{", "[]", '{"accepted": {"a": 1}}', '{"accepted": []}'])
def test_a_file_that_is_no_baseline_is_refused(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "baseline.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(InputError, match="--write-baseline"):
        baseline.apply(REPORT, file)


def test_findings_are_grouped_over_cases() -> None:
    (seen,) = group([("a", (FINDING,)), ("b", (FINDING, FINDING)), ("c", ())])
    assert (seen.count, seen.cases) == (6, ("a", "b", "b"))


def test_cases_are_selected_by_prefix_requirement_and_effort() -> None:
    assert {case.chapter for case in select(Settings(only=("utf8/",)), Side.SERVER)} == {"utf8"}
    assert [case.id for case in select(Settings(only=("6455-4.2.1-03",)), Side.SERVER)] == ["handshake/no-host"]
    assert [case.id for case in select(Settings(only=("case/framing/text",)), Side.SERVER)] == ["framing/text"]
    assert not [case for case in select(Settings(), Side.SERVER) if case.effort != "default"]
    assert {case.effort for case in select(Settings(slow=True, stress=True), Side.SERVER)} == {
        "default",
        "slow",
        "stress",
    }
    assert len(left_out(Settings(), Side.SERVER)) == 2
    with pytest.raises(InputError, match="Did you mean"):
        select(Settings(only=("framin",)), Side.SERVER) and select(Settings(only=("frammming",)), Side.SERVER)


def test_there_are_as_many_cases_as_we_say_and_each_is_whole() -> None:
    cases = all_cases()
    assert len(select(Settings(), Side.SERVER)) >= 120
    assert len([case for case in cases.values() if case.answer is not None]) >= 40
    for case in cases.values():
        assert case.requirements and set(case.requirements) <= set(all_requirements()), case.id
        assert case.passed or case.study in {*STUDIES, *HTTP2_STUDIES}, case.id
        assert re.fullmatch(r"[a-z0-9]+/[a-z0-9.-]+", case.id)
        assert (case.limit or 0) <= 2 or case.effort != "default"


def test_every_limit_says_which_setting_changes_it() -> None:
    assert set(limits()) <= set(all_cases())
    studies = {case.id for case in all_cases().values() if case.chapter == "hardening" and case.study in STUDIES}
    assert studies <= set(limits())
    assert all(found["why"] and found["settings"] for found in limits().values())


@pytest.mark.parametrize("width", [10, 80, 100, 300])
def test_the_entries_of_the_text_fit_the_terminal(width: int) -> None:
    shown = text.render(REPORT, width=width).splitlines()
    most = min(max(width, 70), 100)
    assert all(len(line) <= most for line in shown if line.startswith(" "))
    assert shown == text.render(REPORT, lambda words, kind: words, width=width).splitlines()


def test_a_baseline_that_cannot_be_used_is_told_before_the_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--write-baseline"):
        baseline.ready(tmp_path / "none.json", None)
    with pytest.raises(InputError, match="there is no folder"):
        baseline.ready(None, tmp_path / "no" / "b.json")
    baseline.ready(None, tmp_path / "new.json")
