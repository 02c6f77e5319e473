"""A section's page says what it is, where it comes from, what it demands and what is next."""

from __future__ import annotations

from dataclasses import replace

from ws_mcp.knowledge import page
from ws_mcp.types import Section

PING = Section(
    "rfc6455/5.5.2",
    "5.5.2 Ping",
    "rfc6455",
    path=("RFC 6455", "5 Data Framing"),
    parent="rfc6455/5.5",
    url="https://rfc.example/5.5.2",
    summary="A ping asks for a pong.",
    words=("heartbeat",),
    links=("rfc6455/5.5.3",),
)
PONG = Section("rfc6455/5.5.3", "5.5.3 Pong", "rfc6455", path=("RFC 6455",), summary="A pong answers.")
OFFICIAL = replace(PING, text="An official line.\n\nAnother.", credit="Somebody. Some licence.")


def test_a_page_begins_with_title_id_place_and_address() -> None:
    lines = page.render(PING, [], [], False).splitlines()
    assert lines[0] == "# 5.5.2 Ping"
    assert lines[2] == "`rfc6455/5.5.2` · RFC 6455 › 5 Data Framing · https://rfc.example/5.5.2"


def test_a_page_shows_the_demands_of_its_section_with_their_ids() -> None:
    text = page.render(PING, [], [], False)
    assert "Demands:\n\n- **" in text
    assert "[6455-5.5.2-01]" in text


def test_a_page_leads_on() -> None:
    text = page.render(PING, [], [PONG], False)
    assert "See also: `rfc6455/5.5.3`" in text
    assert "Next to it: `rfc6455/5.5.3` 5.5.3 Pong" in text


def test_words_for_searching_are_never_shown() -> None:
    assert "heartbeat" not in page.render(PING, [], [], True)


def test_sections_below_are_listed_or_written_out() -> None:
    listed = page.render(PING, [PONG], [], False)
    assert "## Sections\n\n- 5.5.3 Pong: `rfc6455/5.5.3`" in listed
    assert "A pong answers." not in listed
    written = page.render(PING, [PONG], [], True)
    assert "## 5.5.3 Pong\n\n`rfc6455/5.5.3`\n\nA pong answers." in written
    assert "## Sections" not in written


def test_a_page_is_small_while_it_and_its_parts_are_one_hit_of_a_search() -> None:
    part = replace(PONG, id="mdn/a#b", summary="x" * 1_000)
    assert page.is_small(PING, [part, part])
    assert not page.is_small(PING, [part, part, part])
    assert not page.is_small(PING, [])
    assert not page.is_small(PING, [PONG])  # a section of its own, no part


def test_the_list_of_sections_shows_their_depth() -> None:
    deeper = replace(PONG, id="rfc6455/x", title="x", path=("RFC 6455", "5.5.3 Pong"))
    assert "- 5.5.3 Pong: `rfc6455/5.5.3`\n  - x: `rfc6455/x`" in page.render(PING, [PONG, deeper], [], False)


def test_a_digest_says_that_it_is_ours_and_how_to_get_the_official_words() -> None:
    assert page.render(PING, [], [], False).endswith("`websocket-mcp corpus fetch` brings those.")


def test_official_words_are_quoted_with_their_credit() -> None:
    text = page.render(OFFICIAL, [], [], False)
    assert "Official text:\n\n> An official line.\n>\n> Another." in text
    assert text.endswith("Official text: Somebody. Some licence.")
    assert "Our digest" not in text


def test_the_credit_stands_once_for_all_that_is_quoted() -> None:
    text = page.render(OFFICIAL, [replace(OFFICIAL, id="rfc6455/y")], [], True)
    assert text.count("Somebody. Some licence.") == 1


def test_facts_of_ours_carry_no_word_about_official_text() -> None:
    code = Section("code/1006", "1006", "code", summary="No Close came.")
    assert page.render(code, [], [], False).endswith("No Close came.")
