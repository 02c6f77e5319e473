"""An RFC gives the same sections from its text and from either HTML dialect, and keeps the structure of xml2rfc's."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.knowledge.official import official_docs, synthetic
from ws_mcp.knowledge.official import sources
from ws_mcp.knowledge.official.rfc import read_text
from ws_mcp.knowledge.official.rfc_html import read_html
from ws_mcp.knowledge.official.sources import Form
from ws_mcp.knowledge.official.text import DocumentError, Part, fold

OLD = ("rfc6455", "rfc7692", "rfc8441", "rfc8307", "rfc7936", "rfc6454", "rfc6202")
STRUCTURED = ("rfc9110", "rfc9112", "rfc9220")
EDITOR, TRACKER = "www.rfc-editor.org/rfc/{}.html", "datatracker.ietf.org/doc/html/{}"


def by_number(parts: list[Part]) -> dict[str, Part]:
    return {part.id.partition("/")[2]: part for part in parts}


@pytest.fixture
def teapot() -> dict[str, Part]:
    return by_number(read_text("rfc9998", synthetic.RFC_TEXT.encode()))


def test_text_gives_the_abstract_and_the_numbered_sections_without_back_matter(teapot: dict[str, Part]) -> None:
    assert tuple(teapot) == synthetic.RFC_IDS
    assert "holding still" not in "".join(part.text for part in teapot.values())
    assert teapot["abstract"].text == "A pot tells a cup how hot the tea is."


def test_a_section_knows_its_title_what_is_above_it_and_its_address(teapot: dict[str, Part]) -> None:
    cups, green = teapot["1.1"], teapot["A.1"]
    assert cups.title == "1.1 Cups and a Title That Is Much Too Long for One Line of the Table"
    assert cups.path == ("RFC 9998", "1 Pouring")
    assert cups.url == "https://www.rfc-editor.org/rfc/rfc9998.html#section-1.1"
    assert green.path == ("RFC 9998", "A Leaves")
    assert green.url.endswith("#appendix-A.1")


def test_a_container_has_no_text_of_its_own(teapot: dict[str, Part]) -> None:
    assert teapot["1"].text == ""


def test_a_paragraph_cut_by_a_page_is_whole_again_without_running_heads(teapot: dict[str, Part]) -> None:
    assert "and the cloth\nunder it gets wet." in teapot["1.1"].text
    assert "[Page" not in teapot["1.1"].text
    assert "April" not in teapot["1.1"].text


def test_what_is_drawn_or_code_is_fenced_and_prose_and_lists_are_not(teapot: dict[str, Part]) -> None:
    fences = re.findall(r"```\n(.*?)\n```", teapot["1.1"].text, re.DOTALL)
    assert len(fences) == 2
    assert "| tea |" in fences[0]
    assert "cup = saucer [ spoon ]" in fences[0]
    assert fences[1].split("\n") == ["   POUR /cup TEA/1.0", "   Sugar: 2"]
    assert "\no  a second thing." in teapot["1.1"].text


def test_a_note_is_marked_as_a_quotation(teapot: dict[str, Part]) -> None:
    assert "> *Note:* Tea is hot, and a careful waiter never forgets to tell\n> a guest so." in teapot["1.1"].text


def test_a_number_out_of_turn_is_no_heading() -> None:
    text = synthetic.RFC_TEXT.replace("   Wait for three", "7.  Cups of tea\n\n   Wait for three")
    parts = by_number(read_text("rfc9998", text.encode()))
    assert tuple(parts) == synthetic.RFC_IDS
    assert "7.  Cups of tea" in parts["2"].text


@pytest.mark.parametrize("heading", ['<span class="h2">{}</span>', "<h2>{}</h2>"])
def test_both_html_dialects_give_the_sections_of_the_text(heading: str) -> None:
    text = read_text("rfc9998", synthetic.RFC_TEXT.encode())
    page = read_html("rfc9998", synthetic.rfc_html(heading).encode())
    assert [(part.id, part.title, fold(part.text)) for part in page] == [
        (part.id, part.title, fold(part.text)) for part in text
    ]


def test_sections_inside_wrappers_are_taken_out_of_the_section_around_them() -> None:
    parts = by_number(read_html("rfc9998", synthetic.RFC_V3.encode()))
    assert tuple(parts) == ("abstract", "1", "1.1", "A")
    assert parts["1"].text == "Pour MUST be slow."
    assert parts["1.1"].path == ("RFC 9998", "1 Pouring")


def test_structured_pages_keep_notes_code_tables_and_lists() -> None:
    text = by_number(read_html("rfc9998", synthetic.RFC_V3.encode()))["1.1"].text
    assert text == (
        '> **Note:** hot.\n\n```abnf\ncup = "u"\n```\n\nTable 1\n\n'
        "| Size | Tea |\n| --- | --- |\n| small | a \\| b |\n\n- spoon\n  stirs\n\n"
        "1. warm\n\n   - the pot\n2. fill"
    )


def test_another_rfc_is_refused() -> None:
    with pytest.raises(DocumentError, match="Request for Comments: 6455"):
        read_text("rfc6455", synthetic.RFC_TEXT.encode())
    with pytest.raises(DocumentError, match="not RFC 6455"):
        read_html("rfc6455", synthetic.rfc_html().encode())


def test_a_page_without_anchors_is_refused() -> None:
    page = synthetic.rfc_html().replace("selflink", "renamed")
    with pytest.raises(DocumentError, match="changed its shape"):
        read_html("rfc9998", page.encode())


def test_bytes_that_are_not_utf8_are_refused() -> None:
    with pytest.raises(DocumentError, match="UTF-8"):
        read_text("rfc9998", synthetic.RFC_TEXT.encode("utf-16"))


def real(source: str, path: str = "www.rfc-editor.org/rfc/{}.txt") -> list[Part]:
    file: Path = official_docs.mirror() / path.format(source)
    content = file.read_bytes()
    return read_text(source, content) if file.suffix == ".txt" else read_html(source, content)


def contents_of(source: str) -> list[str]:
    """The section numbers that the table of contents of the text names."""
    text = (official_docs.mirror() / f"www.rfc-editor.org/rfc/{source}.txt").read_text("utf-8-sig")
    table = text.partition("Table of Contents")[2]
    lines = table[: re.search(r"^1\.  ?\S", table, re.MULTILINE).start()].splitlines()  # type: ignore[union-attr]
    found = (re.match(r" +(?:Appendix )?(\d+(?:\.\d+)*|[A-Z](?:\.\d+)*)\.? +\S", line) for line in lines)
    return [match[1] for match in found if match]


def test_rfc_6455_gives_88_sections_from_each_of_its_three_forms_with_equal_words() -> None:
    text, editor, tracker = (real("rfc6455"), real("rfc6455", EDITOR), real("rfc6455", TRACKER))
    numbered = [part for part in text if part.id != "rfc6455/abstract"]
    assert len(numbered) == 88
    words = [(part.id, part.title, part.path, fold(part.text)) for part in text]
    for form in (editor, tracker):
        assert [(part.id, part.title, part.path, fold(part.text)) for part in form] == words


@pytest.mark.parametrize("source", OLD)
def test_every_old_rfc_has_the_same_words_in_its_three_forms(source: str) -> None:
    words = [(part.id, part.title, fold(part.text)) for part in real(source)]
    for path in (EDITOR, TRACKER):
        assert [(part.id, part.title, fold(part.text)) for part in real(source, path)] == words


@pytest.mark.parametrize("source", OLD + STRUCTURED)
def test_every_section_of_the_table_of_contents_is_there(source: str) -> None:
    found = [part.id.partition("/")[2] for part in real(source)]
    contents = contents_of(source)
    assert len(contents) >= 5
    assert not set(contents) - set(found)
    deeper = [number for number in found if number != "abstract" and number not in contents]
    assert all(number.rsplit(".", 1)[0] in found for number in deeper), (
        "what the table leaves out is below what it names"
    )


@pytest.mark.parametrize("source", STRUCTURED)
def test_xml2rfc_pages_and_text_agree_on_sections_and_words(source: str) -> None:
    """Lines break and lists are drawn differently, so the words are compared, hyphens at line ends joined."""
    text, page = by_number(real(source)), by_number(real(source, EDITOR))
    assert list(text) == list(page)
    for number, part in text.items():
        ours, theirs = words_of(part.text), words_of(page[number].text)
        different = sum(((ours - theirs) + (theirs - ours)).values())
        assert different <= max(2, 0.02 * sum(ours.values())), number
        assert part.title == page[number].title


def words_of(text: str) -> Counter[str]:
    text = re.sub(r"```\S*\n", "\n", text).replace("-\n", "-")
    return Counter(re.findall(r"[A-Za-z0-9]+", text))


def test_no_section_of_rfc_9110_is_swollen_by_a_wrapper() -> None:
    page = by_number(real("rfc9110", EDITOR))
    assert len(page) == 303  # the abstract, 291 numbered sections, 11 in appendices
    longest = max(page.values(), key=lambda part: len(part.text))
    assert longest.id == "rfc9110/19.2"  # the informative references
    assert len(longest.text) < 14_000
    assert max(len(part.text) for part in page.values() if part is not longest) < 8_000


def test_the_real_frame_diagram_is_fenced_and_a_header_name_in_bars_is_not() -> None:
    parts = by_number(real("rfc6455"))
    fences = re.findall(r"```\n(.*?)\n```", parts["5.2"].text, re.DOTALL)
    assert "|F|R|R|R| opcode|" in fences[0]
    assert "```" not in parts["11.4"].text


def test_every_known_rfc_is_read_from_its_first_location() -> None:
    for source in sources.load():
        for document in source.documents:
            if document.locations[0].form is Form.RFC_TEXT:
                parts = real(document.id)
                assert len([part for part in parts if not part.id.endswith("/abstract")]) >= document.sections > 0
