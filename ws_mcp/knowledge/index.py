"""The full-text index: the one home of Whoosh.

Built once from passages, then only read. Whoosh's files are pickles, so they live in a private folder, are built here
and never downloaded. A searcher is opened for each call, since a shared one is unsafe between threads; no user text is
ever parsed as Whoosh's query language. A change of content makes a new folder, so that several processes may build at
once and readers of an old one are not disturbed.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from whoosh import analysis, fields, highlight, index, scoring, searching
from whoosh import query as queries
from whoosh.filedb.filestore import RamStorage
from whoosh.lang.porter import stem as porter

from ws_mcp.errors import InputError
from ws_mcp.knowledge import lookup, query
from ws_mcp.knowledge.passages import passages
from ws_mcp.types import Section

HEADING_WEIGHT = 0.3
NEAR_WEIGHT = 0.6  # of a word the index has, taken for one it lacks
_DEPTH = 240  # passages that are looked at before they are grouped by section
_KEYS = "keys.json"
_SENTENCE_END = re.compile(r"(?<=[.!?:;])\s+(?=\S)|\n\s*")


@dataclass(frozen=True, slots=True)
class Found:
    """A section that matched: what the index stores of it, and its best passage."""

    id: str
    title: str
    path: tuple[str, ...]
    url: str
    source: str
    links: tuple[str, ...]
    text: str
    official: bool
    score: float


def _analyzer() -> Any:
    return analysis.RegexTokenizer(query.TOKEN) | analysis.LowercaseFilter() | analysis.StemFilter(cachesize=20_000)


@cache
def stem(word: str) -> str:
    """The form in which the index holds a word."""
    return str(porter(word))


def _schema() -> Any:
    words = analysis.RegexTokenizer(query.TOKEN) | analysis.LowercaseFilter()
    return fields.Schema(
        id=fields.ID(stored=True),
        source=fields.ID(stored=True),
        body=fields.TEXT(analyzer=_analyzer(), phrase=False),
        heading=fields.TEXT(analyzer=_analyzer(), phrase=False),
        raw=fields.TEXT(analyzer=words, phrase=False),
        card=fields.STORED,
    )


class Index:
    """A read-only index; safe to use from several threads."""

    def __init__(self, whoosh: Any, keys: dict[str, Any]) -> None:
        self._whoosh = whoosh
        self._keys: dict[str, list[str]] = keys["keys"]
        self._errors: dict[str, str] = keys["errors"]
        self.sources: tuple[str, ...] = tuple(keys["sources"])

    def exact(self, text: str) -> tuple[list[str], list[str]]:
        """The ids that a query names: those it consists of, and those it mentions among other words."""
        found = lookup.references(text)
        exact = [i for key in found.exact for i in self._keys.get(key, ())]
        error = lookup.error_text(text, self._errors)
        if error:
            exact.insert(0, error)
        mentioned = [i for key in found.mentioned for i in self._keys.get(key, ())[:1]]
        return list(dict.fromkeys(exact)), list(dict.fromkeys(mentioned))

    def cards(self, ids: Iterable[str]) -> list[Found]:
        """The stored sections of these ids, in their order; unknown ones are left out."""
        with self._whoosh.searcher() as searcher:
            rows = (searcher.document(id=identity) for identity in ids)
            return [_found(row, 0.0) for row in rows if row]

    def search(self, text: str, sources: frozenset[str]) -> list[Found]:
        """The best passage of each section, best first, by BM25F (B = 0.4)."""
        with self._whoosh.searcher(weighting=scoring.BM25F(B=0.4, K1=1.2)) as searcher:
            weighted = self._known(searcher, query.terms(text, stem))
            clauses = [queries.Term("body", term, boost=weight) for term, weight in weighted.items()]
            clauses += [queries.Term("heading", t, boost=w * HEADING_WEIGHT) for t, w in weighted.items()]
            wanted = queries.Or([queries.Term("source", s) for s in sorted(sources)]) if sources else None
            results = searcher.search(queries.Or(clauses), limit=_DEPTH, filter=wanted, scored=True)
            best: dict[str, Found] = {}
            for hit in results:
                if hit["id"] not in best:
                    best[hit["id"]] = _found(hit.fields(), float(hit.score))
            return list(best.values())

    @staticmethod
    def _known(searcher: searching.Searcher, weighted: dict[str, float]) -> dict[str, float]:
        """The terms with a near one beside each that the index lacks: a slip of the keyboard still finds."""
        reader = searcher.reader()
        known = dict(weighted)
        for term in list(weighted):
            if len(term) > 4 and ("body", term) not in reader:
                for near in _nearest(searcher, term, 1):
                    known.setdefault(stem(near), NEAR_WEIGHT)
        return known

    def nearest(self, text: str) -> tuple[str, ...]:
        """Words of the corpus that look like those of the query which it does not have."""
        with self._whoosh.searcher() as searcher:
            reader = searcher.reader()
            missing = [w for w in query.words(text) if len(w) > 3 and ("body", stem(w)) not in reader]
            return tuple(dict.fromkeys(near for word in missing[:8] for near in _nearest(searcher, word, 2)))

    def snippet(self, found: Found, text: str, width: int, lead: bool) -> str:
        """About ``width`` characters of the passage, matches in bold: its start, or where most of them are."""
        terms = frozenset(query.terms(text, stem))
        shown = found.text[:width].rpartition(" ")[0] if lead and len(found.text) > width else found.text
        best = "" if lead else highlight.highlight(shown, terms, _analyzer(), _Sentences(width), _Bold(), top=1)
        if not best:
            whole = highlight.WholeFragmenter()
            best = highlight.highlight(shown[:width], terms, _analyzer(), whole, _Bold(), minscore=0)
        return " ".join(best.split())


class _Sentences(highlight.Fragmenter):  # type: ignore[misc]  # Whoosh ships no types
    """Runs of whole sentences of about ``width`` characters that hold a match."""

    def __init__(self, width: int) -> None:
        self._width = width

    def fragment_tokens(self, text: str, tokens: Any) -> Iterator[Any]:
        matched = [token.copy() for token in tokens if token.matched]
        starts = [0, *(found.end() for found in _SENTENCE_END.finditer(text))]
        for n, start in enumerate(starts):
            end = next((s for s in reversed(starts[n + 1 :]) if s - start <= self._width), start + self._width)
            inside = [token for token in matched if start <= token.startchar and token.endchar <= end]
            if inside:
                yield highlight.Fragment(text, inside, start, min(end, len(text)))


class _Bold(highlight.Formatter):  # type: ignore[misc]  # Whoosh ships no types
    """Matched words in Markdown bold."""

    between = " … "

    def format_token(self, text: str, token: Any, replace: bool = False) -> str:
        return f"**{highlight.get_text(text, token, replace)}**"


def _nearest(searcher: searching.Searcher, word: str, count: int) -> list[str]:
    distance = 1 if len(word) < 7 else 2
    return [str(w) for w in searcher.suggest("raw", word, limit=count, maxdist=distance, prefix=1)]


def _found(row: dict[str, Any], score: float) -> Found:
    card = row["card"]
    return Found(
        id=row["id"],
        title=card["title"],
        path=tuple(card["path"]),
        url=card["url"],
        source=row["source"],
        links=tuple(card["links"]),
        text=card["text"],
        official=card["official"],
        score=score,
    )


def _write(whoosh: Any, sections: list[Section]) -> None:
    writer = whoosh.writer(limitmb=64)
    last = ""
    for passage in passages(sections):
        section = passage.section
        words = " ".join(section.words) if section.id != last else ""
        last = section.id
        above = " ".join((*section.path, section.title))
        body = f"{above}\n{words}\n{passage.text}"
        writer.add_document(
            id=section.id,
            source=section.source,
            body=body,
            raw=body,
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


def _keys(sections: list[Section]) -> dict[str, Any]:
    """The table of exact look-ups: key → ids, the best owner of a shared key first."""
    errors = {lookup.words_only(key): s.id for s in sections if s.source == "error" for key in (s.title, *s.keys)}
    return {"keys": lookup.table(sections), "errors": errors, "sources": sorted({s.source for s in sections})}


def in_memory(sections: list[Section]) -> Index:
    """An index that leaves no file; for where the cache cannot be written, and for tests."""
    whoosh = RamStorage().create_index(_schema())
    _write(whoosh, sections)
    return Index(whoosh, _keys(sections))


def build(sections: list[Section], folder: Path) -> None:
    """Make ``folder`` an index of these sections; it appears whole or not at all.

    Raises:
        OSError: The folder above cannot be written.
    """
    temporary = Path(tempfile.mkdtemp(prefix=".index-", dir=folder.parent))
    try:
        _write(index.create_in(temporary, _schema()), sections)
        (temporary / _KEYS).write_text(json.dumps(_keys(sections)), "utf-8")
        if folder.exists():
            shutil.rmtree(folder, ignore_errors=True)
        temporary.rename(folder)
    except OSError:
        if not (folder / _KEYS).exists():
            raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def load(folder: Path) -> Index:
    """The index in ``folder``.

    Raises:
        InputError: It is not there, or broken: build it again.
    """
    try:
        keys = json.loads((folder / _KEYS).read_text("utf-8"))
        return Index(index.open_dir(folder), keys)
    except Exception as error:  # a broken index fails in as many ways as unpickling does
        raise InputError(f"The search index in {folder} cannot be read ({error}); it will be built again.") from error
