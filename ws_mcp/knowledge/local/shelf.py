"""The full-text index of local files: the one home of SQLite.

Whoosh, which ranks what ships, takes 2.2 s of CPU for 100 files of 20 KB, and its segments are made for adding, not
for replacing a file at a time. FTS5 takes 1.5 s for 1,000 such files, releases the interpreter while it works, and
removes a file's rows in place. The index lives as long as the process, in a temporary database that SQLite keeps in
memory and spills to a nameless file of its own.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from ws_mcp.errors import StorageError

_HEADING_WEIGHT = 1.5  # of a word in a title, beside 1 in the text
_ROWS = 60  # passages that are looked at


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of a file: ``place`` and ``title`` are kept for its owner, ``heading`` and ``text`` are searched."""

    place: str
    title: str
    heading: str
    text: str


class Shelf:
    """Passages that can be put, removed and searched, by several threads.

    Raises:
        StorageError: By the constructor and every method: SQLite lacks FTS5, or has no room.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next = 1
        try:
            self._base = sqlite3.connect("", check_same_thread=False, isolation_level=None)
            self._base.execute("pragma journal_mode = memory")
            self._base.execute("pragma synchronous = off")
            self._base.execute(
                "create virtual table passages using fts5(body, heading, place unindexed, title unindexed, "
                "tokenize = 'porter unicode61 remove_diacritics 2')"
            )
            self._base.execute(
                "insert into passages(passages, rank) values ('rank', ?)", (f"bm25(1.0, {_HEADING_WEIGHT})",)
            )
        except sqlite3.Error as error:
            raise _unusable(error) from error

    def put(self, passages: Iterable[Passage], instead: range = range(0)) -> range:
        """Add passages in place of the rows ``instead``, all or nothing; the rows they have now."""
        rows = [(one.text, one.heading, one.place, one.title) for one in passages]
        with self._lock:
            try:
                self._base.execute("begin")
                if instead:
                    self._base.execute("delete from passages where rowid between ? and ?", (instead[0], instead[-1]))
                numbered = [(self._next + n, *row) for n, row in enumerate(rows)]
                self._base.executemany(
                    "insert into passages(rowid, body, heading, place, title) values (?, ?, ?, ?, ?)", numbered
                )
                self._base.execute("commit")
            except sqlite3.Error as error:
                with suppress(sqlite3.Error):
                    self._base.execute("rollback")
                raise _unusable(error) from error
            self._next += len(rows)
            return range(self._next - len(rows), self._next)

    def remove(self, rows: range) -> None:
        """Take these rows out."""
        self.put((), rows)

    def search(self, words: Sequence[str]) -> list[Passage]:
        """The passages that have one of these words at least, best first by BM25."""
        asked = " OR ".join('"' + word.replace('"', "").replace("\0", "") + '"' for word in words)
        with self._lock:
            try:
                rows = self._base.execute(
                    "select rowid from passages where passages match ? order by rank limit ?", (asked, _ROWS)
                ).fetchall()
                read = "select place, title, heading, body from passages where rowid = ?"
                return [Passage(*self._base.execute(read, row).fetchone()) for row in rows]
            except sqlite3.Error as error:
                raise _unusable(error) from error

    def close(self) -> None:
        """Give the memory back."""
        with self._lock:
            self._base.close()


def _unusable(error: sqlite3.Error) -> StorageError:
    return StorageError(f"The local files cannot be searched: {error}. Reading them by id works.")
