"""Rules as sections: each can be read, found, and leads on; a change of a rule changes the index."""

from __future__ import annotations

from pathlib import Path

import pytest

from ws_mcp import composition
from ws_mcp.library import Library
from ws_mcp.rules.registry import all_rules
from ws_mcp.rules.sections import drawn, files, sections

RULES = all_rules()


def test_there_is_one_section_for_each_rule_under_one_list() -> None:
    top, *found = sections()
    assert [section.id for section in found] == [f"rule/{name}" for name in RULES]
    assert {section.parent for section in found} == {top.id}


@pytest.mark.parametrize("name", RULES)
def test_a_rule_reads_with_why_fix_demands_and_examples(library: Library, name: str) -> None:
    rule = RULES[name]
    text = library.read(f"rule/{name}", limit=50_000).text
    for part in (rule.title, rule.fix, *rule.requirements, rule.bad[0].text.splitlines()[0][:100]):
        assert part in text
    assert len(text) < 8_000


def test_what_a_rule_leads_to_exists(library: Library) -> None:
    for section in sections():
        assert [link for link in section.links if link not in library.sections] == []


def test_frames_of_an_example_are_taken_apart() -> None:
    (example,) = [one for one in RULES["reserved-bit-set"].bad if "# RSV2" in one.text]
    assert drawn(example).splitlines() == ["S: a1 02 6869  # RSV2", "   S text FIN RSV2 no mask, length 2, 68 69"]


def test_frames_that_repeat_are_counted() -> None:
    assert "(× 60)" in drawn(RULES["ping-flood"].bad[0])


def test_the_index_is_made_anew_when_a_rule_changes() -> None:
    made_from = {Path(file).name for file in composition._files()}
    assert {file.name for file in files()} <= made_from
    assert "masking.py" in made_from
