"""The library: searches and reads the sections of every room.

What is found, how it is ranked and what is shown is decided here, once, for both doors.
"""

from __future__ import annotations

import difflib
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ws_mcp.composition import Composition
from ws_mcp.errors import InputError, NotFoundError, StorageError
from ws_mcp.knowledge import page
from ws_mcp.knowledge.local import layout, showing
from ws_mcp.knowledge.local.files import LeftOutError
from ws_mcp.knowledge.local.folder import SOURCE, Local, Match
from ws_mcp.knowledge.search import languages, query
from ws_mcp.knowledge.search.excerpts import excerpt
from ws_mcp.types import Hit, Section

if TYPE_CHECKING:
    from ws_mcp.knowledge.search.index import Found, Index

MAX_LIMIT = 50  # hits a call
MAX_READ = 50_000  # characters a call
SNIPPET = 300  # characters, about
_QUESTION = 15  # words; what is longer is a paste, whose names no text can have
# How much a source's word counts: the WebSocket documents before what they rest on, and before tables made from them.
_PRIOR = {
    "rfc6455": 1.15,
    **dict.fromkeys(("rfc7692", "rfc8441", "rfc9220", "rfc8307", "mdn", "guides"), 1.1),
    **dict.fromkeys(("iana", "whatwg"), 1.0),
    "case": 0.5,
    SOURCE: 0.6,  # our four shelves, which only list
}
_OTHER = 0.8
_MENTIONED = 1.5  # what a section gains when the query names it, or its document, among other words


@dataclass(frozen=True, slots=True)
class Answer:
    """What a search gave: the hits asked for, how many there are, where the next ones start, and a word of help."""

    hits: tuple[Hit, ...]
    total: int
    next_offset: int | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """A stretch of a section's page; ``total`` counts the page's characters."""

    id: str
    title: str
    text: str
    total: int
    next_offset: int | None


class Library:
    """Everything that can be searched and read. Safe to share between threads; follows what is fetched meanwhile."""

    def __init__(self, local: Local | None = None) -> None:
        self.local = local or Local()
        self._lock = threading.Lock()
        self._current: Composition | None = None

    @property
    def _now(self) -> Composition:
        """The composition of the content as it is now; another one as soon as the fetched documents change."""
        with self._lock:
            revision = Composition.newest()
            if self._current is None or self._current.revision != revision:
                self._current = Composition(revision)
            return self._current

    @property
    def sections(self) -> dict[str, Section]:
        """Every section by its id, in the order of the documents."""
        return self._now.sections

    def prepare(self) -> str:
        """Open the index of the present content, or build it; a note where it could not be kept, else ""."""
        return self._now.index[1]

    def search(self, text: str, sources: tuple[str, ...] = (), limit: int = 5, offset: int = 0) -> Answer:
        """Find sections for words, symptoms, section numbers, codes or names.

        Exact look-ups come first, then the ranking. ``sources`` keeps only those ("rfc6455", "mdn", "iana", … or "rfc"
        for every RFC); ``limit`` is 1 to ``MAX_LIMIT``.

        Raises:
            InputError: Empty query, unknown source, a number out of range.
        """
        _check_range("limit", limit, 1, MAX_LIMIT)
        _check_range("offset", offset, 0, 10_000)
        try:
            return self._search(text, sources, limit, offset)
        except StorageError:  # somebody emptied the cache while we run
            with self._lock:
                self._current = None
            return self._search(text, sources, limit, offset)

    def _search(self, text: str, sources: tuple[str, ...], limit: int, offset: int) -> Answer:
        asked = query.clean(text)
        index, note = self._now.index
        wanted = _wanted(sources, index.sources)
        exact, mentioned = index.exact(asked)
        english = languages.in_english(asked)
        results = index.search(english or asked, wanted)
        named = [one for one in index.first(exact) if not wanted or one.source in wanted]
        theirs = self.local.search(asked) if not wanted or SOURCE in wanted else []
        ranked = _beside(_ranked(results.found, named, mentioned), len(named), theirs)
        hits = _hits(index, ranked[offset : offset + limit], results.weights, exact)
        more = offset + limit if offset + limit < len(ranked) else None
        unknown = {} if any(match.covered == 1 for match in theirs) else results.unknown
        notes = (note, self.local.note(), _language(asked, english), _help(text, bool(ranked), unknown))
        return Answer(hits, len(ranked), more, " ".join(filter(None, notes)))

    def read(self, name: str, children: bool = False, offset: int = 0, limit: int = 8_000) -> Reading:
        """The page of a section, by its id or by anything that names it exactly ("5.5.1", "1006", a URL).

        Raises:
            NotFoundError: Nothing has that name; the message gives the nearest ids.
            InputError: A number out of range.
        """
        _check_range("limit", limit, 200, MAX_READ)
        _check_range("offset", offset, 0, 10_000_000)
        identity, title, text = self._local(name) or self._page(name, children)
        if offset and offset >= len(text):
            raise InputError(f"offset {offset} is past the end: {identity} has {len(text)} characters.")
        end = _cut(text, offset, limit)
        return Reading(identity, title, text[offset:end], len(text), end if end < len(text) else None)

    def _page(self, name: str, children: bool) -> tuple[str, str, str]:
        """(id, title, page) of a section of ours."""
        now = self._now
        section = now.resolve(name)
        parts = now.below(section.id)
        deep = children or not (section.summary or section.text or not section.parent) or page.is_small(section, parts)
        below = parts if deep or not section.parent else now.children(section.id)
        if section.source == SOURCE:
            shelf = section.id.partition("/")[2]
            listed = layout.listing(shelf, self.local.listed(f"{shelf}/" if shelf else ""), now.sections)
            return section.id, section.title, f"{page.render(section, (), (), False)}\n\n{listed}"
        return section.id, section.title, page.render(section, below, now.neighbours(section), deep)

    def _local(self, name: str) -> tuple[str, str, str] | None:
        """(id, title, page) of a user's file, None where ``name`` is no id of one."""
        plain = name.strip().removeprefix("websocket://").rstrip("/")
        if not plain.startswith(f"{SOURCE}/") or plain in self.sections:
            return None
        try:
            found = self.local.page(plain) or self.local.page(unquote(plain))
        except LeftOutError as error:
            raise InputError(
                f"{plain[:200]} is not served: {error}. `websocket-mcp local status` lists such files."
            ) from error
        if found is None:
            near = tuple(difflib.get_close_matches(plain[:200], [i for i, _ in self.local.listed()], 5, 0.5))
            hint = f"Nearest: {', '.join(near)}." if near else f"Read {SOURCE} for the files there are."
            raise NotFoundError(f"There is no local file {plain[:200]!r}. {hint}", near)
        return found.id, found.title, showing.render(found)

    def lay_out(self, folder: Path) -> tuple[list[Path], list[Path]]:
        """Write our shelves as files below ``folder``; (written, left as they were). Nothing is overwritten.

        Raises:
            StorageError: The folder cannot be written.
        """
        return layout.lay_out(folder, self.sections, lambda identity: self._page(identity, True)[2])

    def resolve(self, name: str) -> Section:
        """The section that ``name`` names exactly.

        Raises:
            NotFoundError: There is none; its ``nearest`` holds ids that look alike.
        """
        return self._now.resolve(name)

    def complete(self, start: str, count: int = 100) -> list[str]:
        """Ids that begin with ``start``, else those that contain it; for completion in clients and shells."""
        theirs = [i for i, _ in self.local.listed() if i.startswith(start)] if start.startswith(SOURCE) else []
        return [*theirs, *(i for i in self._now.complete(start, count) if not theirs or i.startswith(start))][:count]


def _ranked(found: list[Found], named: list[Found], mentioned: list[str]) -> list[Found]:
    """What the query names, then what was found, weighed by source."""
    gain = dict.fromkeys(mentioned, _MENTIONED)
    weights = [_PRIOR.get(f.source, _OTHER) * max(gain.get(f.id, 1.0), gain.get(f.source, 1.0)) for f in found]
    ranked = [replace(f, score=f.score * weight) for f, weight in zip(found, weights, strict=True)]
    ranked.sort(key=lambda one: -one.score)
    top = ranked[0].score if ranked else 0.0
    first = [replace(one, score=top + len(named) - n) for n, one in enumerate(named)]
    return first + [one for one in ranked if one.id not in {f.id for f in named}]


def _beside(ours: list[Found], named: int, theirs: list[Match]) -> list[tuple[float, Found | Match]]:
    """(score, hit): the files that the query names, the first ``named`` of ours, then both by rank, theirs first."""
    top = ours[0].score + 1 if ours else 1.0
    first = [match for match in theirs if match.named]
    others = [match for match in theirs if not match.named]
    fused: list[tuple[float, Found | Match]] = [(top + len(first) - n, match) for n, match in enumerate(first)]
    scores = showing.scores([match.covered for match in others], [one.score for one in ours[named:]])
    fused += zip(scores, others, strict=True)
    fused += [(one.score, one) for one in ours]
    return sorted(fused, key=lambda pair: -pair[0])


def _hits(
    index: Index, found: list[tuple[float, Found | Match]], weights: dict[str, float], exact: list[str]
) -> tuple[Hit, ...]:
    from ws_mcp.knowledge.search.index import stem

    ours = [one for _, one in found if not isinstance(one, Match)]
    cards = dict(zip((one.id for one in ours), index.cards(ours), strict=True))
    hits = []
    for score, one in found:
        if isinstance(one, Match):
            text = f"{showing.mark(one.file)} {excerpt([one.text], weights, SNIPPET, stem)}"
            hits.append(Hit(one.id, one.title, one.path, one.url, SOURCE, text, round(score, 3), False, ()))
            continue
        card = cards[one.id]
        text = excerpt(card.texts, weights, SNIPPET, stem, one.id in exact)
        said = (one.id, card.title, card.path, card.url, one.source, text, round(score, 3), card.official, card.links)
        hits.append(Hit(*said))
    return tuple(hits)


def _wanted(sources: tuple[str, ...], known: tuple[str, ...]) -> frozenset[str]:
    """The sources to keep; none means all."""
    chosen: set[str] = set()
    for source in sources:
        name = source.strip().casefold()
        matching = {s for s in known if s == name or (name == "rfc" and s.startswith("rfc"))}
        if not matching:
            raise InputError(
                f"There is no source {source[:80]!r}. Use one or more of: rfc (every RFC), {', '.join(known)}."
            )
        chosen |= matching
    return frozenset(chosen)


def _language(asked: str, english: str) -> str:
    """That the texts are English, where the query is not."""
    if english:
        return f"The texts are English; searched for: {english}."
    return "The texts are English; ask in English." if languages.is_foreign(asked) else ""


def _help(text: str, anything: bool, unknown: dict[str, tuple[str, ...]]) -> str:
    """What to try when little or nothing was found, what of the query was left out, and which words no text has."""
    words = []
    near = [word for nearest in unknown.values() for word in nearest]
    if len(text) > query.MAX_QUERY:
        words.append(f"Only the first {query.MAX_QUERY} characters were searched.")
    if not anything:
        words.append("Nothing matches.")
        words.append(f"Nearest words: {', '.join(near)}." if near else "Try fewer or more general words, or an id.")
    elif unknown and len(text.split()) <= _QUESTION:
        told = [f"{word} (taken for: {', '.join(nearest)})" if nearest else word for word, nearest in unknown.items()]
        words.append(f"No text here has: {', '.join(told)}. Answers go by the other words and may miss the subject.")
    elif near:
        words.append(f"Not every word is known here; taken for it: {', '.join(near)}.")
    return " ".join(words)


def _check_range(name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise InputError(f"{name} is {value}; send a number from {low} to {high}.")


def _cut(text: str, offset: int, limit: int) -> int:
    """Where a stretch of at most ``limit`` characters ends: after a line, if one ends in its last fifth."""
    end = min(len(text), offset + limit)
    line = text.rfind("\n", offset + limit * 4 // 5, end)
    return end if end == len(text) or line < 0 else line + 1
