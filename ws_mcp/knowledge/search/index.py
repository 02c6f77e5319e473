"""The full-text index: the one home of Whoosh.

Built once from passages, then only read. Whoosh's files are pickles, so they live in a private folder, are built here
and never downloaded. A searcher is opened for each call, since a shared one is unsafe between threads; no user text is
ever parsed as Whoosh's query language. A change of content makes a new folder, so that several processes may build at
once and readers of an old one are not disturbed.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from whoosh import analysis, fields, index, scoring, searching
from whoosh import query as queries
from whoosh.filedb.filestore import RamStorage
from whoosh.lang.porter import stem as porter

from ws_mcp.errors import InputError, StorageError
from ws_mcp.knowledge.search import lookup, query
from ws_mcp.knowledge.search.passages import passages
from ws_mcp.types import Section

HEADING_WEIGHT = 0.25
NEAR_WEIGHT = 0.6  # of a word the index has, taken for one it lacks
LONG = 40  # letters; nobody mistypes such a word, and looking for its like takes a second
SECOND_WEIGHT = 0.1  # of what a section's second passage has above ``_FAINT``
_FAINT = 0.3  # of the best score: what any passage has that shares a common word with the query
_DEPTH = 240  # passages that are looked at before they are grouped by section
_SPELLED = 8  # passages in which a word is kept for spelling
_UNKNOWN = 8  # words of a query that are looked at because no text has them
_KEYS = "keys.json"


@dataclass(frozen=True, slots=True)
class Found:
    """A section that matched; ``passages`` are the numbers of its best one and of the next, if there is one."""

    id: str
    passages: tuple[int, ...]
    score: float

    @property
    def source(self) -> str:
        """The first part of the id."""
        return self.id.split("/", 1)[0]


@dataclass(frozen=True, slots=True)
class Results:
    """What a search found, best first, and by what.

    ``unknown`` are the words of the query that no text has, each with those that look like it and were searched
    instead. ``weights`` says how much each term counts in an excerpt.
    """

    found: list[Found]
    unknown: dict[str, tuple[str, ...]]
    weights: dict[str, float]


@dataclass(frozen=True, slots=True)
class Card:
    """What the index stores of a section and of the passages that were found."""

    title: str
    path: tuple[str, ...]
    url: str
    links: tuple[str, ...]
    texts: tuple[str, ...]
    official: bool


@lru_cache(50_000)
def stem(word: str) -> str:
    """The form in which the index holds a word."""
    return str(porter(word))


_WORDS = analysis.RegexTokenizer(query.TOKEN) | analysis.LowercaseFilter()
_STEMS = _WORDS | analysis.StemFilter(stem, cachesize=None)
_SCHEMA = fields.Schema(
    source=fields.ID,
    body=fields.TEXT(analyzer=_STEMS, phrase=False),
    heading=fields.TEXT(analyzer=_STEMS, phrase=False),
    raw=fields.TEXT(analyzer=_WORDS, phrase=False),
    card=fields.STORED,
)


class Index:
    """A read-only index; safe to use from several threads."""

    def __init__(self, whoosh: Any, keys: dict[str, Any]) -> None:
        self._whoosh = whoosh
        self._keys: dict[str, list[str]] = keys["keys"]
        self._errors: dict[str, str] = keys["errors"]
        self._passages: list[str] = keys["passages"]  # the section of each passage, by number
        self.sources: tuple[str, ...] = tuple(keys["sources"])
        self._weighting = _Bm25(len(self._passages))

    def exact(self, text: str) -> tuple[list[str], list[str]]:
        """The ids that a query names: those it consists of, and those it mentions among other words."""
        found = lookup.references(text)
        exact = [i for key in found.exact for i in self._keys.get(key, ())]
        error = lookup.error_text(text, self._errors)
        if error:
            exact.insert(0, error)
        mentioned = [i for key in found.mentioned for i in self._keys.get(key, ())[:1]]
        return list(dict.fromkeys(exact)), list(dict.fromkeys(mentioned))

    def first(self, ids: Iterable[str]) -> list[Found]:
        """These sections with their first passages, a page for its folded part; unknown ids are left out."""
        known = dict.fromkeys(i if i in self._passages else i.split("#")[0] for i in ids)
        return [Found(i, (self._passages.index(i),), 0.0) for i in known if i in self._passages]

    def cards(self, found: Iterable[Found]) -> list[Card]:
        """What is stored of the passages that were found.

        Raises:
            StorageError: The index was removed or damaged since it was opened; so does ``search``.
        """
        with self._searcher(scoring.BM25F()) as searcher:
            return [_card([searcher.stored_fields(n)["card"] for n in one.passages]) for one in found]

    def search(self, text: str, sources: frozenset[str]) -> Results:
        """The sections with their best passages, best first, by BM25F (B = 0.4, K1 = 1)."""
        with self._searcher(self._weighting) as searcher:
            unknown = _unknown(searcher, text)
            near = [stem(word) for words in unknown.values() for word in words]
            weighted = {**dict.fromkeys(near, NEAR_WEIGHT), **query.terms(text, stem)}
            clauses = [queries.Term("body", term, boost=weight) for term, weight in weighted.items()]
            clauses += [queries.Term("heading", t, boost=w * HEADING_WEIGHT) for t, w in weighted.items()]
            wanted = queries.Or([queries.Term("source", s) for s in sorted(sources)]) if sources else None
            # A limit would make Whoosh estimate block by block what to skip, at more than the cost of scoring all.
            results = searcher.search(queries.Or(clauses), limit=None, filter=wanted)
            weights = {term: weight * float(searcher.idf("body", term)) for term, weight in weighted.items()}
            return Results(self._grouped(results.top_n[:_DEPTH]), unknown, weights)

    def _grouped(self, top: list[tuple[float, int]]) -> list[Found]:
        """Sections by their best passages, and a little by their second: who says it twice is about it."""
        sections: dict[str, list[tuple[float, int]]] = {}
        for score, passage in top:
            sections.setdefault(self._passages[passage], []).append((float(score), passage))
        faint = _FAINT * float(top[0][0]) if top else 0.0
        found = []
        for identity, (best, *others) in sections.items():
            score = best[0] + SECOND_WEIGHT * sum(max(0.0, other[0] - faint) for other in others[:1])
            found.append(Found(identity, tuple(n for _, n in (best, *others[:1])), score))
        return sorted(found, key=lambda one: -one.score)

    @contextmanager
    def _searcher(self, weighting: Any) -> Iterator[searching.Searcher]:
        try:
            searcher = self._whoosh.searcher(weighting=weighting)
        except Exception as error:  # as many kinds as there are files
            raise StorageError(f"The search index cannot be read any more: {error}.") from error
        with searcher:
            yield searcher


class _Bm25(scoring.BM25F):  # type: ignore[misc]  # Whoosh ships no types
    """BM25F with the fields' lengths at hand: asking Whoosh for each took a third of a search."""

    def __init__(self, passages: int) -> None:
        super().__init__(B=0.4, K1=1.0)
        self._passages = passages
        self._lengths: dict[str, list[int]] = {}

    def scorer(self, searcher: searching.Searcher, fieldname: str, text: bytes, qf: int = 1) -> Any:
        """Whoosh's own scorer; its lengths are of the whole index, so a searcher of a part of it keeps its own."""
        scorer = super().scorer(searcher, fieldname, text, qf=qf)
        if searcher.doc_count_all() == self._passages and searcher.schema[fieldname].scorable:
            if fieldname not in self._lengths:
                numbers = range(self._passages)
                self._lengths[fieldname] = [int(searcher.doc_field_length(n, fieldname, 1) or 1) for n in numbers]
            scorer.dfl = self._lengths[fieldname].__getitem__
        return scorer


def _card(stored: list[dict[str, Any]]) -> Card:
    """The card of a section from those of its passages, the best one first."""
    first = {name: value for name, value in stored[0].items() if name != "text"}
    return Card(**first, texts=tuple(one["text"] for one in stored))


def _unknown(searcher: searching.Searcher, text: str) -> dict[str, tuple[str, ...]]:
    """The words that the index lacks, each with its nearest: a slip of the keyboard still finds."""
    reader = searcher.reader()
    missing = [word for word in query.words(text) if not word.isdigit() and ("body", stem(word)) not in reader]
    return {word: tuple(_nearest(searcher, word)) if 3 < len(word) < LONG else () for word in missing[:_UNKNOWN]}


def _nearest(searcher: searching.Searcher, word: str) -> list[str]:
    distance = 1 if len(word) < 7 else 2
    return [str(near) for near in searcher.suggest("raw", word, limit=2, maxdist=distance, prefix=1)]


def _write(whoosh: Any, sections: list[Section]) -> dict[str, Any]:
    """Fill an empty index; the table of keys that goes with it."""
    writer = whoosh.writer(limitmb=64)
    order: list[str] = []
    seen: Counter[str] = Counter()
    for passage in passages(sections):
        section = passage.section
        order.append(section.id)
        about = " ".join((*section.path, section.title, *section.words))
        body = "" if passage.outline else f"{about}\n{passage.text}"
        writer.add_document(
            source=section.source,
            body=body,
            raw=_vocabulary(body, seen),
            heading=section.title,
            card={
                "title": section.title,
                "path": section.path,
                "url": section.url,
                "links": section.links,
                "text": passage.text,
                "official": passage.official,
            },
        )
    writer.commit()
    errors = {lookup.words_only(key): s.id for s in sections if s.source == "error" for key in (s.title, *s.keys)}
    shelves = sorted({s.source for s in sections})
    return {"keys": lookup.table(sections), "errors": errors, "sources": shelves, "passages": order}


def _vocabulary(text: str, seen: Counter[str]) -> str:
    """The words of ``text`` that few passages had so far: enough to tell common from rare when spelling fails."""
    words = {word.casefold() for word in re.findall(query.TOKEN, text)}
    new = sorted(word for word in words if seen[word] < _SPELLED)
    seen.update(new)
    return " ".join(new)


class _Memory(RamStorage):  # type: ignore[misc]  # Whoosh ships no types
    """Storage without files: Whoosh's own makes temporary ones, on what may be a full disk."""

    def temp_storage(self, name: str | None = None) -> RamStorage:
        return RamStorage()


def in_memory(sections: list[Section]) -> Index:
    """An index that leaves no file; for where the cache cannot be written, and for tests."""
    whoosh = _Memory().create_index(_SCHEMA)
    return Index(whoosh, _write(whoosh, sections))


def build(sections: list[Section], folder: Path) -> None:
    """Make ``folder`` an index of these sections; it appears whole or not at all. One that is there already stays.

    Raises:
        OSError: The folder above cannot be written.
    """
    temporary = folder.with_name(f".index-{os.getpid()}-{secrets.token_hex(4)}")
    try:
        temporary.mkdir(0o700)
        keys = _write(index.create_in(temporary, _SCHEMA), sections)
        keys["files"] = {file.name: _hash(file.read_bytes()) for file in temporary.iterdir() if "LOCK" not in file.name}
        text = json.dumps(keys).encode()
        (temporary / _KEYS).write_bytes(_hash(text).encode() + b"\n" + text)
        temporary.rename(folder)
    except OSError:
        if not (folder / _KEYS).exists():
            raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def load(folder: Path) -> Index:
    """The index in ``folder``, every byte as it was built: half-written pickles are never opened.

    Raises:
        InputError: It is not there, or broken: build it again.
    """
    try:
        said, _, text = (folder / _KEYS).read_bytes().partition(b"\n")
        keys = json.loads(text)
        changed = [name for name, said in keys["files"].items() if _hash((folder / name).read_bytes()) != said]
        if said.decode() != _hash(text) or changed:
            raise ValueError(f"{', '.join(changed) or _KEYS} changed since it was built")
        return Index(index.open_dir(folder), keys)
    except Exception as error:  # a broken index fails in as many ways as unpickling does
        raise InputError(f"The search index in {folder} cannot be read ({error}); it will be built again.") from error


def _hash(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()
