"""An excerpt shows the stretches that answer, in bold and no wider than asked."""

from __future__ import annotations

import pytest

from ws_mcp.knowledge.search.excerpts import excerpt
from ws_mcp.knowledge.search.index import stem

MASKING = {stem("masking"): 3.0, stem("key"): 2.0}


def test_it_is_where_the_words_are_in_bold_and_about_as_wide_as_asked() -> None:
    text = "Nothing here. " * 60 + "The masking key is fresh for each frame. " + "Nothing there. " * 60
    shown = excerpt([text], MASKING, 300, stem)
    assert "**masking** **key**" in shown
    assert len(shown) < 340


def test_one_rare_word_counts_more_than_common_ones_again_and_again() -> None:
    text = "key key. " * 3 + "Nothing. " * 40 + "Masking is asked for here."
    assert "**Masking** is asked" in excerpt([text], {stem("masking"): 9.0, stem("key"): 1.0}, 50, stem)


def test_the_row_that_answers_is_shown_beside_the_sentence_about_it() -> None:
    table = "Close codes by name:\n" + "\n".join(f"{code} · name of {code};" for code in range(1000, 1016))
    shown = excerpt([table], {stem("code"): 1.0, "1013": 5.0, "1002": 4.0}, 120, stem)
    assert "**1013** · name of" in shown
    assert "**1002** · name of" in shown
    assert " … " in shown


def test_what_the_best_passage_lacks_comes_from_the_second() -> None:
    shown = excerpt(["The mask is random.", "A fresh key for each frame."], MASKING, 300, stem)
    assert shown == "The **mask** is random. … A fresh **key** for each frame."


def test_of_what_was_named_it_is_the_beginning() -> None:
    shown = excerpt(["The start. " * 50 + "masking", "masking"], MASKING, 100, stem, lead=True)
    assert shown.startswith("The start.")
    assert len(shown) <= 110


@pytest.mark.parametrize("text", ["", "x", "word " * 400, "y" * 5_000, "a\nb\n\n c", "**bold** <b>tag</b>"])
@pytest.mark.parametrize("term", ["absent", "word", "y" * 5_000])
def test_any_passage_has_one(text: str, term: str) -> None:
    assert len(excerpt([text], {stem(term): 1.0}, 300, stem).replace("**", "")) <= 320
