"""The index of local files ranks passages, replaces a file's rows whole, and takes any words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ws_mcp.errors import StorageError
from ws_mcp.knowledge.local.shelf import Passage, Shelf


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    made = Shelf()
    yield made
    made.close()


def passage(place: str, text: str, heading: str = "") -> Passage:
    return Passage(place, "title", heading, text)


def places(shelf: Shelf, *words: str) -> list[str]:
    return [found.place for found in shelf.search(words)]


def test_the_passage_that_says_most_comes_first(shelf: Shelf) -> None:
    shelf.put([passage("a", "the ping interval"), passage("b", "other things, and a ping"), passage("c", "nothing")])
    assert places(shelf, "ping", "interval") == ["a", "b"]
    assert sorted(places(shelf, "pings")) == ["a", "b"]
    assert places(shelf, "absent") == []


def test_titles_weigh_more_than_text(shelf: Shelf) -> None:
    shelf.put([passage("text", "backoff here and there"), passage("title", "here and there also", "backoff")])
    assert places(shelf, "backoff") == ["title", "text"]


def test_replacing_and_removing_leave_nothing_of_before(shelf: Shelf) -> None:
    rows = shelf.put([passage("a", "alpha"), passage("a", "beta")])
    other = shelf.put([passage("b", "alpha")])
    rows = shelf.put([passage("a", "gamma")], rows)
    assert (places(shelf, "alpha"), places(shelf, "beta"), places(shelf, "gamma")) == (["b"], [], ["a"])
    shelf.remove(rows)
    shelf.remove(other)
    assert places(shelf, "alpha", "beta", "gamma") == []


def test_nothing_to_put_is_no_row(shelf: Shelf) -> None:
    assert len(shelf.put([])) == 0
    shelf.remove(range(0))


def test_section_numbers_and_names_with_underscores_are_found_as_they_are_written(shelf: Shelf) -> None:
    shelf.put([passage("a", "see 5.5.1 there"), passage("b", "max_queue = 5"), passage("c", "5 or 1")])
    assert places(shelf, "5.5.1") == ["a"]
    assert places(shelf, "max_queue") == ["b"]
    assert places(shelf, "queue") == ["b"]


@given(st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=5))
def test_any_words_can_be_asked_for(words: list[str]) -> None:
    shelf = Shelf()
    shelf.put([passage("a", "one two three")])
    assert shelf.search(words) in ([], [passage("a", "one two three")])
    shelf.close()


@pytest.mark.parametrize("word", ['"', '" OR body:', "NEAR(", "a*", "body:x", "(", "\0", "-", "^a", "_"])
def test_no_word_is_a_query_language(shelf: Shelf, word: str) -> None:
    shelf.put([passage("a", "plain")])
    assert places(shelf, word, "plain") == ["a"]


def test_several_threads_put_and_search_at_once(shelf: Shelf) -> None:
    def work(n: int) -> int:
        rows = shelf.put([passage(f"{n}", "common words")])
        for _ in range(20):
            rows = shelf.put([passage(f"{n}", f"common words {n}")], rows)
            assert len(places(shelf, "common")) <= 4
        return len(rows)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(work, range(4))) == [1, 1, 1, 1]
    assert sorted(places(shelf, "common")) == ["0", "1", "2", "3"]


def test_what_cannot_be_searched_is_an_error_that_says_what_still_works(shelf: Shelf) -> None:
    shelf.close()
    with pytest.raises(StorageError, match="Reading them by id works"):
        shelf.search(["x"])
    with pytest.raises(StorageError, match="cannot be searched"):
        shelf.put([passage("a", "x")])


def test_a_python_without_fts5_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class Lacking(sqlite3.Connection):
        def execute(self, sql: str, *arguments: object) -> sqlite3.Cursor:
            if "fts5" in sql:
                raise sqlite3.OperationalError("no such module: fts5")
            return super().execute(sql, *arguments)  # type: ignore[arg-type]

    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *a, **k: connect(*a, **k, factory=Lacking))
    with pytest.raises(StorageError, match="no such module: fts5"):
        Shelf()
