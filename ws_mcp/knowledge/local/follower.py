"""Keeps an index of the local files up to date, in a thread of its own.

What is known of a file is the state it was read in. A look at the folders takes in what is new or changed, a file at a
time, and takes out what is gone; whoever is about to show a file may have it looked at once more.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from ws_mcp.errors import StorageError
from ws_mcp.knowledge.local import copies, files, outline, watch
from ws_mcp.knowledge.local.files import LeftOutError, State
from ws_mcp.knowledge.local.shelf import Passage, Shelf

_REST = 0.3  # seconds between two looks at folders that change all the time


@dataclass(frozen=True, slots=True)
class Known:
    """A file as it is indexed: where it is, in which state it was read, its passages' rows, and its title.

    ``reason`` says why it is left out, "" when it is served; ``copied`` that it is an unchanged copy of ours.
    """

    folder: Path
    state: State
    rows: range = range(0)
    title: str = ""
    reason: str = ""
    copied: bool = False


class Follower:
    """The files of some folders, an earlier folder before a later; safe to share between threads.

    No thread runs, and nothing is read, before ``begin`` finds one of the folders.

    Attributes:
        guard: to be held while ``known``, ``left_out`` and ``more`` are read.
        known: every file that was read, by its path below its folder.
        left_out: paths that were not read, with the reason; ``more`` counts those beyond what is kept.
        shelf: the index, None before the first file.
        trouble: why files cannot be searched, "" while they can.
    """

    def __init__(self, folders: Iterable[Path], patience: float) -> None:
        self.folders = tuple(dict.fromkeys(folders))
        self.guard = threading.RLock()
        self.known: dict[str, Known] = {}
        self.left_out: dict[str, str] = {}
        self.more = 0
        self.waiting = 0  # files that the look under way has still to read
        self.shelf: Shelf | None = None
        self.trouble = ""
        self._patience = patience
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._ready = threading.Event()

    @property
    def ready(self) -> bool:
        """Whether everything that was there at the start is indexed."""
        return self._thread is None or self._ready.is_set()

    def follow(self, folders: Iterable[Path]) -> None:
        """Follow these folders instead."""
        wanted = tuple(dict.fromkeys(folders))
        with self.guard:
            if wanted != self.folders:
                self._end()
                self.folders = wanted

    def close(self) -> None:
        """Stop following, and give back what the index takes."""
        with self.guard:
            self._end()
            self.folders, self.known = (), {}
            if self.shelf:
                self.shelf.close()
            self.shelf = None

    def _end(self) -> None:
        self._stop.set()
        self._thread, self._stop, self._ready = None, threading.Event(), threading.Event()

    def begin(self) -> None:
        """Start the thread where there is something to follow, and give it a moment to be ready."""
        with self.guard:
            if self._thread is None and (self.known or any(folder.is_dir() for folder in self.folders)):
                arguments = (self.folders, self._stop, self._ready)
                self._thread = threading.Thread(target=self._run, args=arguments, name="local files", daemon=True)
                self._thread.start()
            ready = self._ready if self._thread else None
        if ready:
            ready.wait(self._patience)

    def _run(self, folders: tuple[Path, ...], stop: threading.Event, ready: threading.Event) -> None:
        while not stop.is_set():
            self._look(folders, stop)
            ready.set()
            for _ in watch.changes(folders, stop):
                self._look(folders, stop)
                stop.wait(_REST)

    def _look(self, folders: tuple[Path, ...], stop: threading.Event) -> None:
        """Bring the index up to the files as they are."""
        found, left_out, more = _scan(folders)
        with self.guard:
            if stop.is_set():
                return
            self.left_out, self.more = left_out, more
            for path in [path for path in self.known if path not in found]:
                self._forget(path)
            changed = [path for path, there in found.items() if not self._same(path, *there)]
        for n, path in enumerate(changed):
            if stop.is_set():
                return
            self.waiting = len(changed) - n
            self.take(found[path][0], path, found[path][1])
            time.sleep(0)  # answers come first
        self.waiting = 0

    def renewed(self, paths: Iterable[str]) -> bool:
        """Look at these files once more; whether one of them is another than the index said."""
        changed = False
        for path in paths:
            with self.guard:
                known = self.known.get(path)
            if known is None:
                continue
            try:
                state = files.state((known.folder / path).lstat())
            except OSError:
                state = ()
            if state != known.state:
                self.take(known.folder, path, state)
                changed = True
        return changed

    def take(self, folder: Path, path: str, state: State) -> None:
        """Index the file as it is now, unless it is known in this state."""
        with self.guard:
            if self._same(path, folder, state):
                return
        known = Known(folder, state, title=path.rsplit("/", 1)[-1])
        passages: list[Passage] = []
        try:
            text, state = files.read(folder, path)
            known = replace(known, state=state)
            if copied := copies.untouched(text):
                known = replace(known, copied=True)
                raise LeftOutError(f"an unchanged copy of {copied}, which is served anyway")
            found = outline.parts(known.title, text)
            known = replace(known, title=found[0].title)
            for part, piece in outline.passages(found):
                place = f"{path}#{part.anchor}" if part.anchor else path
                title = part.title if part.anchor else ""
                passages.append(Passage(place, title, f"{known.title} {title} {path}", piece))
        except LeftOutError as error:
            known = replace(known, reason=str(error))
        with self.guard:
            self._put(path, known, passages)

    def _same(self, path: str, folder: Path, state: State) -> bool:
        known = self.known.get(path)
        return known is not None and (known.folder, known.state) == (folder, state)

    def _put(self, path: str, known: Known, passages: list[Passage]) -> None:
        if known.reason == files.GONE:
            self._forget(path)
            return
        if known.folder not in self.folders:  # others were named meanwhile
            return
        before = self.known.get(path)
        try:
            self.shelf = self.shelf or Shelf()
            rows = self.shelf.put(passages, before.rows if before else range(0))
            self.known[path] = replace(known, rows=rows)
            self.trouble = ""
        except StorageError as error:
            self.trouble = str(error)
            self.known[path] = replace(known, rows=before.rows if before else range(0))

    def _forget(self, path: str) -> None:
        known = self.known.pop(path, None)
        if known and known.rows and self.shelf:
            try:
                self.shelf.remove(known.rows)
            except StorageError as error:
                self.trouble = str(error)


def _scan(folders: tuple[Path, ...]) -> tuple[dict[str, tuple[Path, State]], dict[str, str], int]:
    """The files to serve with their folders and states, those left out with the reasons, how many more."""
    found: dict[str, tuple[Path, State]] = {}
    left_out: dict[str, str] = {}
    more = 0
    for folder in folders:
        scanned = files.scan(folder)
        more += scanned.more
        left_out |= scanned.left_out
        for path, state in scanned.files.items():
            if path in found:
                left_out[f"{files.shown(folder)}/{path}"] = (
                    f"the same path in {files.shown(found[path][0])} comes first"
                )
            else:
                found[path] = (folder, state)
    return found, left_out, more
