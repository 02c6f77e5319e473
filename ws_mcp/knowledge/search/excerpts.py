"""The excerpt of a hit: those stretches of its passages that say most of what was asked.

A section's best passage is often its introduction, found by words that are searched and never shown, while the row or
the sentence that answers stands in another. So the excerpt may take from two passages.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ws_mcp.knowledge.search import query

_SENTENCE_END = re.compile(r"(?<=[.!?:;])\s+(?=\S)|\n\s*")
_FIRST = 2 / 3  # of the width, for the first stretch; the second completes it
_LEAST = 40  # characters; a shorter stretch says nothing
_SECOND = 0.5  # what a stretch of the second passage counts
_AGAIN = 0.2  # what a word counts each time it stands there, beside once for being there


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of the query where it stands in a passage."""

    start: int
    end: int
    term: str


@dataclass(frozen=True, slots=True, order=True)
class _Stretch:
    """Whole sentences of the passage with this number."""

    passage: int
    start: int
    end: int

    def meets(self, other: _Stretch) -> bool:
        """Whether both have text in common."""
        return self.passage == other.passage and self.start < other.end and other.start < self.end


def excerpt(
    passages: Sequence[str], weights: Mapping[str, float], width: int, stem: Callable[[str], str], lead: bool = False
) -> str:
    """About ``width`` characters of a section, the query's words in bold.

    The stretch with most of the query's weight, then the one that adds most of what the first lacks. ``weights`` says
    how much each stemmed term counts; a ``lead`` is the start of the first passage, for what the query names.
    """
    words = [_words(passage, weights, stem) for passage in passages]
    taken: list[_Stretch] = []
    for room in () if lead else (int(width * _FIRST), width):
        left = min(room, width - sum(one.end - one.start for one in taken))
        best = _best(passages, words, weights, left, taken) if left >= _LEAST else None
        if best:
            taken.append(best)
    if not taken:
        taken = [_Stretch(0, 0, _cut(passages[0], 0, width))]
    return _shown(passages, words, sorted(taken))


def _words(passage: str, weights: Collection[str], stem: Callable[[str], str]) -> list[_Word]:
    return [
        _Word(*found.span(), term)
        for found in re.finditer(query.TOKEN, passage)
        if (term := stem(found[0].lower())) in weights
    ]


def _best(
    passages: Sequence[str],
    words: list[list[_Word]],
    weights: Mapping[str, float],
    width: int,
    taken: list[_Stretch],
) -> _Stretch | None:
    """The stretch that adds most; the first of equals, None where no word is left."""
    said = {w.term for one in taken for w in _inside(words[one.passage], one)}
    best, most = None, 0.0
    for stretch in (one for n, passage in enumerate(passages) for one in _stretches(n, passage, width)):
        inside = _inside(words[stretch.passage], stretch)
        new = sum(weights[term] for term in {w.term for w in inside} if term not in said)
        score = (new + _AGAIN * sum(weights[w.term] for w in inside)) * (_SECOND if stretch.passage else 1.0)
        if score > most and not any(stretch.meets(one) for one in taken):
            best, most = stretch, score
    return best


def _inside(words: list[_Word], stretch: _Stretch) -> list[_Word]:
    return [word for word in words if stretch.start <= word.start and word.end <= stretch.end]


def _stretches(number: int, passage: str, width: int) -> Iterator[_Stretch]:
    """From each sentence on, as many whole ones as fit; the start of one that is too long by itself."""
    starts = [0, *(end.end() for end in _SENTENCE_END.finditer(passage)), len(passage)]
    for n, start in enumerate(starts[:-1]):
        end = next((stop for stop in reversed(starts[n + 1 :]) if stop - start <= width), 0)
        yield _Stretch(number, start, end or _cut(passage, start, width))


def _cut(passage: str, start: int, width: int) -> int:
    """Where at most ``width`` characters from ``start`` end: between words, if there are any."""
    end = min(len(passage), start + width)
    blank = passage.rfind(" ", start, end)
    return end if end == len(passage) or blank <= start else blank


def _shown(passages: Sequence[str], words: list[list[_Word]], taken: list[_Stretch]) -> str:
    """The stretches in order, on one line, their words in Markdown bold; "…" where something was left out between."""
    text, last = "", None
    for one in taken:
        text += "" if last is None else " " if last == (one.passage, one.start) else " … "
        at = one.start
        for word in _inside(words[one.passage], one):
            text += f"{passages[one.passage][at : word.start]}**{passages[one.passage][word.start : word.end]}**"
            at = word.end
        text += passages[one.passage][at : one.end]
        last = (one.passage, one.end)
    return " ".join(text.split())
