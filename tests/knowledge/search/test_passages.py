"""Sections are cut into passages that can be ranked side by side."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ws_mcp.knowledge.search.passages import LENGTH, SMALL_PAGE, merge_small_pages, passages, plain, split
from ws_mcp.types import Section


def section(identity: str, summary: str = "", text: str = "", parent: str = "", title: str = "Title") -> Section:
    return Section(identity, title, identity.split("/")[0], parent=parent, summary=summary, text=text)


def test_a_short_section_is_one_passage() -> None:
    assert [p.text for p in passages([section("guides/a/b", "One.\n\nTwo.")])] == ["One.\n\nTwo."]


def test_a_section_without_words_is_found_by_its_title() -> None:
    assert [p.text for p in passages([section("guides/a/b")])] == ["Title"]


def test_what_a_section_demands_is_searched_with_it() -> None:
    found = "\n".join(p.text for p in passages([section("rfc6455/5.5.1", "The Close frame.")]))
    assert "MUST" in found


def test_official_words_are_passages_of_their_own() -> None:
    found = list(passages([section("rfc6455/99", "Ours.", "Theirs.")]))
    assert [(p.text, p.official) for p in found] == [("Ours.", False), ("Theirs.", True)]


def test_a_long_text_is_cut_between_paragraphs() -> None:
    text = "\n\n".join(f"paragraph {n} " + "word " * 50 for n in range(12))
    pieces = split(text)
    assert len(pieces) > 1
    assert all(len(piece) <= LENGTH and piece.startswith("paragraph") for piece in pieces)


def test_a_paragraph_longer_than_a_passage_is_cut_between_lines_then_within() -> None:
    assert [len(piece) for piece in split("x" * (2 * LENGTH + 10))] == [LENGTH, LENGTH, 10]
    lines = split("\n".join("y" * 700 for _ in range(3)))
    assert [piece.count("y") for piece in lines] == [700, 700, 700]


def test_a_line_longer_than_a_passage_is_cut_between_words() -> None:
    assert {word for piece in split("masking " * 1_000) for word in piece.split()} == {"masking"}


@given(st.text(alphabet=st.sampled_from("ab.\n "), max_size=6_000))
def test_no_word_is_lost_and_no_piece_is_much_too_long(text: str) -> None:
    pieces = split(text)
    assert "".join("".join(pieces).split()) == "".join(text.split())
    assert all(0 < len(piece) <= LENGTH + 2 for piece in pieces)


def test_the_parts_of_a_small_page_are_one_hit_with_it() -> None:
    page = Section("mdn/x", "Page", "mdn", summary="Top.", words=("w1",), links=("a", "b"))
    part = Section("mdn/x#p", "Part", "mdn", parent="mdn/x", summary="Below.", words=("w2",), links=("b", "c"))
    (merged,) = merge_small_pages([page, part])
    assert merged.id == "mdn/x"
    assert merged.summary == "Top.\n\nPart\n\nBelow."
    assert (merged.words, merged.links) == (("w1", "w2"), ("a", "b", "c"))


def test_the_parts_of_a_large_page_stay_hits_of_their_own() -> None:
    parts = [section("mdn/x", "Top."), section("mdn/x#p", "long " * SMALL_PAGE, parent="mdn/x")]
    assert [s.id for s in merge_small_pages(parts)] == ["mdn/x", "mdn/x#p"]


def test_marks_are_taken_off_and_words_stay() -> None:
    markdown = "## Head\n\n- **bold** `code()` [link](https://x.example)\n> quoted\n\n```js\nws.close();\n```"
    assert plain(markdown) == "Head:\n\n• bold code() link\nquoted\n\nws.close();"


def test_a_table_becomes_lines_of_cells() -> None:
    text = plain("| code | name |\n| --- | --- |\n| 1000 | Normal |")
    assert "1000 · Normal" in text
    assert "---" not in text


def test_what_a_lines_end_told_apart_stays_apart_when_lines_are_joined() -> None:
    table = "| a | b |\n| --- | --- |\n| 1 | |\n| x `y` | z |\n"
    assert plain(f"## Head\n\n**Defaults**\n\n{table}\n- one\n- two") == (
        "Head:\n\nDefaults:\n\na · b;\n1 · –;\nx y · z;\n\n• one\n• two"
    )
    assert plain("## Why?\n\n**Bold** text.") == "Why?\n\nBold text."
