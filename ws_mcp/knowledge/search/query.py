"""From what somebody typed to weighted terms; a query is words, never a query language."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from functools import cache

from ws_mcp import data
from ws_mcp.errors import InputError

MAX_QUERY = 4_000  # characters that are read; a longer paste is cut there and said so
SYNONYM_WEIGHT = 0.25
SYNONYM_SHARE = 0.5  # that all synonyms together may weigh, of what the query's own words do
_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")  # of a terminal whose output was pasted
# One token: a section number with its dots, C# and C++, or a run of letters and digits.
TOKEN = r"\d+(?:\.\d+)+|[A-Za-z](?:\+\+|#)|[^\W_]+"
# Question words and fillers. "may", "not", "must", "when" stay: they carry meaning in a specification.
_STOP = frozenset(
    "a an and any are as at be been being but by did do does doing for from get gets getting got had has have how i if "
    "in into is it its just know like make me my of on or our please put say says so some than that the their them "
    "then there these they thing this those to use using used want was we were what which who why will with would you "
    "your s t m re ll d ve am im dont doesn doesnt cant isnt work works working way give gives happen happens anything "
    "actually really websocket websockets".split()
)


def clean(query: str) -> str:
    """The query as it is searched: printable, one space between words, at most ``MAX_QUERY`` characters.

    Raises:
        InputError: Nothing is left to search for.
    """
    plain = _COLOUR.sub(" ", query[:MAX_QUERY])
    text = " ".join("".join(c if c.isprintable() else " " for c in plain).split())
    if not any(c.isalnum() for c in text):
        raise InputError(
            "The query is empty. Send words, a section number or a code, for example: "
            '"idle connection drops", "5.5.1", "1006", "Sec-WebSocket-Accept".'
        )
    return text


def words(query: str) -> list[str]:
    """The words that count, in order; all of them where every one is a filler."""
    found = [word.casefold() for word in re.findall(TOKEN, query)]
    return [word for word in found if word not in _STOP] or found


def terms(query: str, stem: Callable[[str], str]) -> dict[str, float]:
    """Weighted index terms: the query's own words at 1, their synonyms at ``SYNONYM_WEIGHT`` or less."""
    own = [stem(word) for word in words(query)]
    text = f" {' '.join(own)} "
    named = [group for group in _groups(stem) if any(f" {phrase} " in text for phrase in group)]
    near = {term for group in named for term in " ".join(group).split()} - _STOP - set(own)
    weight = min(SYNONYM_WEIGHT, SYNONYM_SHARE * len(set(own)) / len(near)) if near else 0.0
    return dict.fromkeys(own, 1.0) | dict.fromkeys(sorted(near), weight)


@cache
def _groups(stem: Callable[[str], str]) -> tuple[tuple[str, ...], ...]:
    table = tomllib.loads((data.folder("corpus") / "synonyms.toml").read_text("utf-8"))
    return tuple(
        tuple(" ".join(stem(word) for word in re.findall(TOKEN, phrase.casefold())) for phrase in group)
        for group in table["groups"]
    )
