"""Measures search quality and time on our questions, beside three other engines on the same sections.

``questions.jsonl`` is what the search was tuned on; ``questions-guides.jsonl`` was written before the guides it is
about. ``questions-heldout.jsonl`` was written without a look at corpus, synonyms or questions, with the facts and the
section expected, in three rounds (ids h, k, m); golds were then judged by reading the answers. After each round the
causes of its misses were repaired by classes, so none is unseen any more: what each measured before is in
``RESULTS.md``, and a new round tells more than these numbers. ``questions-real.jsonl`` are sentences of people in issue
threads (``source``), shortened; its golds were found by reading pages, never by searching, and no page or word was
changed for it; but it chose between four ways to index (``RESULTS.md``), so it may flatter the one that was kept.

Run: python -m benchmarks.search [--misses] [--ours-only]

A hit is right when its id is a gold of the question, when it is a part of a gold (a page's part, a row of a registry's
table), when a gold is a part folded into it, or when it is a guide whose links hold a gold. Questions whose golds are
all outside the corpus are left out and counted.
"""

from __future__ import annotations

import argparse
import json
import re
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from ws_mcp.library import Library
from ws_mcp.types import Section

SETS = ("questions.jsonl", "questions-guides.jsonl", "questions-heldout.jsonl", "questions-real.jsonl")
DEPTH = 10
Engine = Callable[[str], list[str]]
# The questions name some sources in their own way.
_ALIASES = {
    "nginx/websocket": "guides/proxies/nginx",
    "haproxy/configuration#timeout_tunnel": "guides/proxies/haproxy",
    "owasp/WebSocket_Security_Cheat_Sheet": "guides/security/checklist",
    "websockets-docs/topics/keepalive": "guides/connections/heartbeat",
    "websockets-docs/topics/authentication": "guides/security/authentication",
}


def load(library: Library, name: str = SETS[0]) -> tuple[list[tuple[str, str, set[str]]], int]:
    """(id, question, golds in our ids) of every question that the corpus can answer, and how many it cannot."""
    found, left_out = [], 0
    for line in Path(__file__).with_name(name).read_text("utf-8").splitlines():
        row = json.loads(line)
        golds = {ours for gold in row["gold"] if (ours := _ours(gold, library.sections))}
        if golds:
            found.append((row["id"], row["q"], golds))
        else:
            left_out += 1
    return found, left_out


def _ours(gold: str, sections: dict[str, Section]) -> str:
    gold = _ALIASES.get(gold, re.sub(r"^iana/websocket#", "iana/", gold))
    return gold if gold in sections else ""


def right(hit: str, golds: set[str], library: Library) -> bool:
    """Whether a hit answers a question with these golds."""
    section = library.sections[hit]
    if hit in golds or section.parent in golds:
        return True
    folded = "#" not in hit and any(gold.startswith(f"{hit}#") for gold in golds)
    return folded or (section.source == "guides" and bool(golds & set(section.links)))


def ours(library: Library) -> Engine:
    """Our search, snippets included."""
    return lambda text: [hit.id for hit in library.search(text, limit=DEPTH).hits]


def _text(section: Section) -> str:
    return "\n".join((*section.path, section.title, *section.words, section.summary, section.text))


def fts5(sections: list[Section]) -> Engine:
    """SQLite FTS5, porter stemming, OR of the words."""
    base = sqlite3.connect(":memory:")
    base.execute("create virtual table t using fts5(id unindexed, body, tokenize='porter unicode61')")
    base.executemany("insert into t values (?, ?)", [(s.id, _text(s)) for s in sections])

    def search(text: str) -> list[str]:
        match = " OR ".join(f'"{word}"' for word in re.findall(r"\w+", text))
        rows = base.execute("select id from t where t match ? order by bm25(t) limit ?", (match, DEPTH))
        return [row[0] for row in rows]

    return search


def whoosh_default(sections: list[Section], folder: str) -> Engine:
    """Whoosh as its quick start uses it: the default analyzer and query parser."""
    from whoosh import fields, index, qparser

    built = index.create_in(folder, fields.Schema(id=fields.ID(stored=True), body=fields.TEXT))
    writer = built.writer()
    for section in sections:
        writer.add_document(id=section.id, body=_text(section))
    writer.commit()
    parser = qparser.QueryParser("body", built.schema)

    def search(text: str) -> list[str]:
        with built.searcher() as searcher:
            return [hit["id"] for hit in searcher.search(parser.parse(text), limit=DEPTH)]

    return search


def bm25s(sections: list[Section]) -> Engine:
    """The numpy engine bm25s with its English stop words, no stemmer."""
    import bm25s as engine  # type: ignore[import-not-found, import-untyped, unused-ignore]

    retriever = engine.BM25()
    retriever.index(engine.tokenize([_text(s) for s in sections], show_progress=False), show_progress=False)

    def search(text: str) -> list[str]:
        words = engine.tokenize([text], show_progress=False)
        found, _ = retriever.retrieve(words, k=DEPTH, show_progress=False)
        return [sections[int(n)].id for n in found[0]]

    return search


def measure(
    name: str, engine: Engine, library: Library, questions: list[tuple[str, str, set[str]]], misses: bool
) -> str:
    """One row of the table: quality, then the time a search took."""
    ranks: list[int] = []
    times: list[float] = []
    engine("warm up")
    for identity, text, golds in questions:
        start = time.perf_counter()
        hits = engine(text)
        times.append((time.perf_counter() - start) * 1000)
        rank = next((n for n, hit in enumerate(hits, 1) if right(hit, golds, library)), 0)
        ranks.append(rank)
        if misses and not 1 <= rank <= 5:
            print(f"  {identity} [{rank or '-'}] {text}\n      gold {sorted(golds)}\n      got  {hits[:5]}")
    at = [sum(1 for rank in ranks if 1 <= rank <= k) / len(ranks) for k in (1, 3, 5)]
    mrr = statistics.fmean(1 / rank if rank else 0.0 for rank in ranks)
    p50, p99 = statistics.median(times), statistics.quantiles(times, n=100)[98]
    return f"| {name} | {at[0]:.3f} | {at[1]:.3f} | {at[2]:.3f} | {mrr:.3f} | {p50:.1f} | {p99:.1f} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "--misses", action="store_true", help="show our questions whose answer is not among the first five"
    )
    parser.add_argument("--ours-only", action="store_true")
    arguments = parser.parse_args()
    library = Library()
    for name in SETS:
        _compare(library, name, arguments.misses, arguments.ours_only)


def _compare(library: Library, name: str, misses: bool, ours_only: bool) -> None:
    questions, left_out = load(library, name)
    sections = list(library.sections.values())
    print(f"\n{name}: {len(questions)} questions, {left_out} without a gold in the corpus, {len(sections)} sections\n")
    print("| engine | hit@1 | hit@3 | hit@5 | MRR@10 | p50 ms | p99 ms |\n| --- | --- | --- | --- | --- | --- | --- |")
    print(measure("websocket-mcp", ours(library), library, questions, misses))
    if ours_only:
        return
    with tempfile.TemporaryDirectory() as folder:
        peers: dict[str, Callable[[], Engine]] = {
            "Whoosh, default parser": lambda: whoosh_default(sections, folder),
            "SQLite FTS5, porter, OR": lambda: fts5(sections),
            "bm25s": lambda: bm25s(sections),
        }
        for peer, make in peers.items():
            print(measure(peer, make(), library, questions, False))


if __name__ == "__main__":
    main()
