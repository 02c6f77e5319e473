"""Every figure with a unit has its source, and a source says when, which version or which document."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.corpus import facts
from ws_mcp.library import Library

ROOT = Path(__file__).parents[2] / "corpus"
GUIDES = {
    p.relative_to(ROOT).with_suffix("").as_posix(): p
    for p in sorted((ROOT / "guides").glob("*/*.md"))
    if p.parent.name != "glossary"
}
PLANTED = (
    "64 KiB, 64-KiB, 16KB, 10 kB, 1 TB, 128 bytes, 60s, 60 sec, 60-second, 100ms, 20 ns, 5 mins, 2 hours, 5 hrs, "
    "2 days, a minute, half a second, a quarter of an hour, twenty seconds, a few minutes, 5 %, 5%, 5 per cent, "
    "10 Mbit/s, 300 req/s, 4,000 messages/s, 20 Hz, 3 GHz, 10×, 3 times, 50K, 10k, 1.5 million, 2 million connections, "
    "20–25 s, 20-30 s, 20 to 30 s, 1 or 2 MiB"
).split(", ")


@pytest.mark.parametrize("name", GUIDES)
def test_a_guide_with_figures_names_dated_sources(name: str) -> None:
    assert facts.unsourced(GUIDES[name].read_text("utf-8")) == []


@pytest.mark.parametrize("name", sorted((ROOT / "guides/glossary").glob("*.md")), ids=lambda path: path.stem)
def test_a_card_of_the_glossary_has_no_figure_but_those_of_the_sections_it_links(name: Path, library: Library) -> None:
    card = library.sections[f"guides/glossary/{name.stem}"]
    linked = " ".join(library.sections[link].summary for link in card.links)
    for figure in facts.figures(name.read_text("utf-8")):
        number = re.match(r"[\d,.]+", figure)
        assert number is None or re.search(rf"(?<!\d){re.escape(number[0])}(?!\d)", linked), figure


def test_a_figure_of_a_code_a_status_or_an_error_stands_in_a_section_it_links(library: Library) -> None:
    """A row of a registry has no line of sources: the sections that it links are its source."""
    lost = []
    for section in library.sections.values():
        if section.source not in {"code", "status", "error", "header", "extension", "subprotocol"}:
            continue
        linked = " ".join(library.sections[link].summary for link in section.links)
        for figure in facts.figures(section.summary):
            number = re.match(r"[\d,.]+", figure)
            if number and not re.search(rf"(?<!\d){re.escape(number[0])}(?!\d)", linked):
                lost.append(f"{section.id}: {figure}")
    assert lost == []


@pytest.mark.parametrize("figure", PLANTED)
@pytest.mark.parametrize(
    "form", ["It takes {}.", "- at most {}", "| limit | {} |", "**{}**, then it ends.", "(about {})"]
)
def test_a_planted_figure_without_a_source_is_found(figure: str, form: str) -> None:
    assert facts.unsourced(f"# Why?\n\n{form.format(figure)}\n") != []
    dated = f"# Why?\n\n{form.format(figure)}\n\nSources: measured with ws 8.23, November 2026.\n"
    assert facts.unsourced(dated) == []


def test_a_number_in_a_column_whose_head_is_a_unit_is_a_figure() -> None:
    table = "| server | KiB | p99 ms |\n| --- | --- | --- |\n| ws | 10.5 | 1,200 |\n"
    assert facts.figures(table) == ["10.5 (KiB)", "1,200 (p99 ms)"]
    assert facts.figures("| server | code |\n| --- | --- |\n| ws | 1006 |\n") == []


@pytest.mark.parametrize(
    "text",
    [
        "code 1006, RFC 6455, HTTP/2",
        "websockets 17.4",
        "section 5.5.1",
        "port 8080",
        "window 12",
        "ES2020",
        "5",
    ],
)
def test_numbers_that_name_something_are_no_figures(text: str) -> None:
    assert facts.figures(text) == []


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("common knowledge.", ["common knowledge"]),
        ("MDN; measured 2026.", ["MDN"]),
        ("the vendor's documentation; RFC 6455; guides/proxies/nginx; ws 8.23.", ["the vendor's documentation"]),
        ("table computed from them; rates are recommendations.", []),
    ],
)
def test_a_source_that_says_neither_when_nor_which_is_found(line: str, parts: list[str]) -> None:
    assert facts.undated(line) == parts


def test_figures_in_code_and_in_comments_are_the_programs_own() -> None:
    assert facts.figures("<!-- words: 60 s -->\n\n```js\nsetTimeout(f, 60); // 60 s\n```\n") == []


def test_two_lines_of_sources_are_as_bad_as_none() -> None:
    assert facts.unsourced("60 s\n\nSources: a 2026.\n\ntext\n\nSources: b 2026.\n") == ["60 s"]
