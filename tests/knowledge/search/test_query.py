"""A query is words, never a query language."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ws_mcp.errors import InputError
from ws_mcp.knowledge.search import query
from ws_mcp.knowledge.search.index import stem


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "???", "*", '""', "()", "\x00\x01", "\ud800", "😀", "— …"])
def test_a_query_without_a_letter_or_digit_is_refused_with_examples(text: str) -> None:
    with pytest.raises(InputError, match="query is empty.*5.5.1"):
        query.clean(text)


def test_control_characters_nulls_and_surrogates_become_spaces() -> None:
    assert query.clean("ping\x00pong\x1b\ud800close\u2028frame\r\n") == "ping pong close frame"


def test_a_terminals_colours_are_no_words() -> None:
    assert query.clean("\x1b[1;31mWARN\x1b[0m closed") == "WARN closed"


def test_letters_of_any_script_are_kept() -> None:
    assert query.clean("соединение 接続 naïve") == "соединение 接続 naïve"


def test_a_long_query_is_cut() -> None:
    assert len(query.clean("ab " * 40_000)) <= query.MAX_QUERY


def test_fillers_do_not_count_unless_there_is_nothing_else() -> None:
    assert query.words("why does my connection drop") == ["connection", "drop"]
    assert query.words("what is it") == ["what", "is", "it"]


def test_words_of_obligation_count() -> None:
    assert query.words("when must a client not mask") == ["when", "must", "client", "not", "mask"]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("section 5.5.1.", ["section", "5.5.1"]),
        ("C++ and C# servers", ["c++", "c#", "servers"]),
        ("Sec-WebSocket-Key", ["sec", "key"]),
        ("TLS 1.3", ["tls", "1.3"]),
    ],
)
def test_section_numbers_and_languages_stay_whole(text: str, tokens: list[str]) -> None:
    assert query.words(text) == tokens


def test_synonyms_weigh_less_than_the_querys_own_words() -> None:
    found = query.terms("how often shall my server send a heartbeat to clients", stem)
    assert found[stem("heartbeat")] == 1.0
    assert found[stem("ping")] == query.SYNONYM_WEIGHT


def test_many_synonyms_together_weigh_half_of_the_querys_own_words() -> None:
    found = query.terms("proxy close", stem)
    near = [weight for term, weight in found.items() if term not in ("proxi", "close")]
    assert len(near) > 4
    assert sum(near) == pytest.approx(query.SYNONYM_SHARE * 2)


def test_a_word_of_the_query_keeps_its_weight_where_it_is_also_a_synonym() -> None:
    found = query.terms("heartbeat ping", stem)
    assert found[stem("heartbeat")] == found[stem("ping")] == 1.0


@given(st.text(max_size=200))
def test_any_text_gives_terms_or_a_clear_refusal(text: str) -> None:
    try:
        cleaned = query.clean(text)
    except InputError:
        assert not any(c.isalnum() and c.isprintable() for c in text)
        return
    assert cleaned.isprintable()
    assert query.words(cleaned) or not cleaned.isascii()
    assert all(0 < weight <= 1 for weight in query.terms(cleaned, stem).values())
