"""A question in another language, put into the English words of the texts: enough to find, no translation."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache

from ws_mcp import data

_WORD = re.compile(r"[^\W_]+")
_LETTERS = 0x0250  # from here on letters are not Latin ones
_EAST = r"[\u3040-\u30ff\u3400-\u9fff々ー]+"  # written without blanks: kana and Chinese characters


def in_english(query: str) -> str:
    """The query with the foreign words that are known in English and its foreign fillers gone; "" where it has none."""
    text, found = _east(query)
    plain = _plain(text)
    words = [(_latin(word), word) for word in plain.split()]
    if not found and not any(english is not None for english, _ in words):
        return ""
    kept = [word if english is None else english for english, word in words if word not in _drop()]
    return " ".join(" ".join(kept).split())


def is_foreign(query: str) -> bool:
    """Whether it has letters that are not Latin ones."""
    return any(ord(character) >= _LETTERS and character.isalpha() for character in query)


def _plain(text: str) -> str:
    """Lower case without accents; French elisions are words of their own."""
    flat = unicodedata.normalize("NFKD", text.replace("’", " ").replace("'", " ")).casefold()
    return "".join(character for character in flat if not unicodedata.combining(character))


def _east(query: str) -> tuple[str, bool]:
    """The query with runs of Chinese and Japanese writing replaced by the English of the words found in them."""
    keys, pattern = _eastern()
    found = False

    def english(run: re.Match[str]) -> str:
        nonlocal found
        words = [keys[word] for word in pattern.findall(run[0])]
        found = found or bool(words)
        return f" {' '.join(words)} "

    return (query, False) if query.isascii() else (re.sub(_EAST, english, query), found)


def _latin(word: str) -> str | None:
    """The English of a word, None where it is not known."""
    whole, starts = _western()
    bare = "".join(_WORD.findall(word))
    if bare in whole:
        return whole[bare]
    return next((starts[bare[:n]] for n in range(len(bare), 3, -1) if bare[:n] in starts), None)


@cache
def _table() -> dict[str, dict[str, str]]:
    text = (data.folder("corpus") / "languages.toml").read_text("utf-8")
    table = tomllib.loads(text)
    return {**table["words"], "drop": dict.fromkeys(table["drop"]["words"].split(), "")}


@cache
def _drop() -> frozenset[str]:
    return frozenset(_table()["drop"])


@cache
def _western() -> tuple[dict[str, str], dict[str, str]]:
    """(whole words, beginnings of words) of the languages written in Latin letters."""
    words = {word: english for name in ("de", "es", "fr") for word, english in _table()[name].items()}
    whole = {word: english for word, english in words.items() if not word.endswith("*")}
    return whole, {word[:-1]: english for word, english in words.items() if word.endswith("*")}


@cache
def _eastern() -> tuple[dict[str, str], re.Pattern[str]]:
    """The words of Chinese and Japanese, and what finds them, the longest first."""
    keys = {**_table()["ja"], **_table()["zh"]}
    return keys, re.compile("|".join(sorted(map(re.escape, keys), key=len, reverse=True)))
