"""A question in another language finds what its English words find, and is told what was searched."""

from __future__ import annotations

import re
import tomllib
import unicodedata

import pytest

from ws_mcp import data
from ws_mcp.knowledge.search import languages
from ws_mcp.library import Library

TABLE = tomllib.loads((data.folder("corpus") / "languages.toml").read_text("utf-8"))
LATIN = [word for name in ("de", "es", "fr") for word in TABLE["words"][name]]


@pytest.mark.parametrize(
    ("question", "english", "answers"),
    [
        ("Verbindung bricht nach 60 Sekunden ab", "connection drops 60 seconds", "guides/proxies/timeouts"),
        (
            "Wie authentifiziere ich WebSocket-Clients",
            "authenticate websocket-clients",
            "guides/security/authentication",
        ),
        ("la conexión se cierra después de 60 segundos", "connection close 60 seconds", "guides/proxies/timeouts"),
        ("comment authentifier un client", "authenticate client", "guides/security/authentication"),
        ("l’authentification d'un serveur", "authenticate server", "guides/security/authentication"),
        ("nginx 配置 websocket 超时", "nginx configure websocket timeout", "guides/proxies/nginx"),
        ("心跳检测", "heartbeat detect", "guides/connections/heartbeat"),
        ("接続が60秒で切れる", "connection 60 seconds drops", "guides/proxies/timeouts"),
        ("close code 1006 原因", "close code 1006 cause", "rfc6455/7.1.5"),
    ],
)
def test_a_question_in_another_language_finds_by_its_english_words(
    library: Library, question: str, english: str, answers: str
) -> None:
    assert languages.in_english(question) == english
    answer = library.search(question)
    assert answers in [hit.id for hit in answer.hits]
    assert f"The texts are English; searched for: {english}." in answer.note


@pytest.mark.parametrize("question", ["соединение закрывается", "연결이 끊어집니다", "الاتصال ينقطع"])
def test_who_asks_in_letters_we_have_no_words_for_is_told_to_ask_in_english(library: Library, question: str) -> None:
    assert languages.in_english(question) == ""
    assert "The texts are English; ask in English." in library.search(question).note


def test_no_word_of_another_language_is_one_of_the_english_texts(library: Library) -> None:
    """Else an English question would be read as a foreign one."""
    text = " ".join(f"{s.title} {s.summary} {' '.join(s.words)}" for s in library.sections.values())
    ours = set(re.findall(r"[^\W_]+", text.casefold()))
    taken = [w for w in LATIN if (any(o.startswith(w[:-1]) for o in ours) if w.endswith("*") else w in ours)]
    assert len(ours) > 5_000
    assert taken == []


def test_every_english_word_of_the_table_is_one_that_the_texts_have(library: Library) -> None:
    english = {word for table in TABLE["words"].values() for phrase in table.values() for word in phrase.split()}
    assert len(english) > 50
    unknown = library._now.index[0].search(" ".join(sorted(english)), frozenset()).unknown
    assert unknown == {}


def test_the_table_is_written_without_accents() -> None:
    for word in LATIN:
        assert not any(unicodedata.combining(c) for c in unicodedata.normalize("NFKD", word)), word
        assert word == word.casefold()


@pytest.mark.parametrize("question", ["why does my connection drop", "close code 1006", "naïve client", "", "…"])
def test_an_english_question_stays_as_it_is(question: str) -> None:
    assert languages.in_english(question) == ""
    assert not languages.is_foreign(question)
