"""Digests and official words become one list of sections, each once."""

from __future__ import annotations

from ws_mcp.knowledge import merge
from ws_mcp.knowledge.official.text import OfficialSection
from ws_mcp.types import Section


def ours(identity: str, **more: str) -> Section:
    return Section(identity, identity, identity.split("/")[0], summary=f"our {identity}", **more)  # type: ignore[arg-type]


def theirs(identity: str, text: str = "words") -> OfficialSection:
    url = f"https://example.org/{identity}"
    return OfficialSection(identity, identity, ("Doc",), url, text, "Free licence", "An author", "2026-01-02")


def test_a_section_that_both_have_carries_both_with_its_credit() -> None:
    (section,) = merge.merge([ours("rfc1/2")], [theirs("rfc1/2")])
    assert (section.summary, section.text) == ("our rfc1/2", "words")
    assert section.credit == "An author. Free licence. Converted to text; fetched 2026-01-02."
    assert section.url == "https://example.org/rfc1/2"


def test_the_document_sets_the_order_and_what_it_lacks_follows() -> None:
    mixed = merge.merge(
        [ours("rfc1"), ours("rfc1/9"), ours("rfc1/1"), ours("code/1")], [theirs("rfc1/1"), theirs("rfc1/2.1")]
    )
    assert [section.id for section in mixed] == ["rfc1", "rfc1/1", "rfc1/2.1", "rfc1/9", "code/1"]


def test_what_only_the_document_has_finds_its_place_by_its_id() -> None:
    found = {section.id: section for section in merge.merge([], map(theirs, ("rfc1/2.1", "rfc1/3", "mdn/a/b#part")))}
    assert found["rfc1/2.1"].parent == "rfc1/2"
    assert found["rfc1/3"].parent == "rfc1"
    assert found["mdn/a/b#part"].parent == "mdn/a/b"
    assert not found["rfc1/3"].summary


def test_without_official_words_everything_stays_as_it_was() -> None:
    sections = [ours("rfc1"), ours("mdn/a"), ours("rfc1/1")]
    assert sorted(s.id for s in merge.merge(sections, [])) == sorted(s.id for s in sections)
