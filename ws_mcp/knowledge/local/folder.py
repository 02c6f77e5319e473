"""The local knowledge: what the user's own files answer.

The user's content stays apart from ours: it has an index of its own, ids of its own (``local/PATH``), and a mark on
everything that is shown of it. Reading always reads the file as it is now; a search looks again at each file it is
about to show. So nothing stale is shown, whatever the background has noticed yet.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ws_mcp.errors import StorageError
from ws_mcp.knowledge.local import files, outline
from ws_mcp.knowledge.local.files import LeftOutError
from ws_mcp.knowledge.local.follower import Follower
from ws_mcp.knowledge.local.shelf import Passage, Shelf
from ws_mcp.knowledge.search import query

SOURCE = "local"
PLACE = Path("mcp", "websocket")  # of the folder, below a root or the current directory
VARIABLE = "WS_MCP_LOCAL"
_WORD = re.compile(r"[^\W_]+")  # as SQLite's tokenizer cuts
_PATIENCE = 0.5  # seconds that an answer waits for the first indexing
_WORDS = 32  # of a query that are looked for
_PER_FILE = 3  # passages of a file that a search shows
_CHECKED = 60  # files that a search looks at again


@dataclass(frozen=True, slots=True)
class Match:
    """A part of a user's file that has words of the query.

    ``covered`` is the share of the words that it has; ``named`` that the query names the file.
    """

    id: str
    title: str
    path: tuple[str, ...]
    file: str
    url: str
    text: str
    covered: float
    named: bool


@dataclass(frozen=True, slots=True)
class Page:
    """A user's file, or a part of one, as it is on the disk now; ``parts`` holds (id, title) of what is below."""

    id: str
    title: str
    file: str
    text: str
    markdown: bool
    parts: tuple[tuple[str, str], ...]
    line: int


@dataclass(frozen=True, slots=True)
class Status:
    """What is served from which folders (and whether each is there), and what is left out and why.

    ``copies`` counts unchanged copies of ours, which are served as ours.
    """

    folders: tuple[tuple[str, bool], ...]
    files: int
    bytes: int
    copies: int
    left_out: tuple[tuple[str, str], ...]
    more: int
    ready: bool
    trouble: str


def candidates(given: str = "", roots: Iterable[Path] = ()) -> tuple[Path, ...]:
    """Where the folder may be: the one given, else the environment's, else below roots and current directory."""
    if chosen := given or os.environ.get(VARIABLE, ""):
        return (Path(chosen).expanduser().absolute(),)
    return tuple(above / PLACE for above in (*roots, Path.cwd()))


class Local:
    """Searches and reads the files of some folders; safe to share between threads."""

    def __init__(self, folders: Iterable[Path] = (), patience: float = _PATIENCE) -> None:
        self._follower = Follower(folders, patience)

    def follow(self, folders: Iterable[Path]) -> None:
        """Serve these folders from now on; for when a client announces its roots."""
        self._follower.follow(folders)

    def close(self) -> None:
        """Stop following the folders."""
        self._follower.close()

    def search(self, text: str) -> list[Match]:
        """The parts of files that answer, best first."""
        self._follower.begin()
        words = list(dict.fromkeys(word for word in query.words(text) if _WORD.search(word)))[:_WORDS]
        named = self._named(text)
        found: dict[str, Match] = {}
        for _ in range(3):
            found = self._matches(self._follower.shelf, words, named)
            if not self._follower.renewed(sorted({self._split(i)[0] for i in found})[:_CHECKED]):
                break
        return sorted(found.values(), key=lambda match: not match.named)

    def _matches(self, shelf: Shelf | None, words: list[str], named: frozenset[str]) -> dict[str, Match]:
        try:
            passages = shelf.search(words) if shelf and words else []
        except StorageError as error:
            self._follower.trouble = str(error)
            return {}
        stems = [_stems(word) for word in words]
        found: dict[str, Match] = {}
        shown_of: dict[str, int] = {}
        with self._follower.guard:
            for passage in passages:
                path = self._split(passage.place)[0]
                if path in self._follower.known and passage.place not in found and shown_of.get(path, 0) < _PER_FILE:
                    shown_of[path] = shown_of.get(path, 0) + 1
                    found[passage.place] = self._match(path, passage, stems, path in named)
        return found

    def _match(self, path: str, passage: Passage, stems: list[set[str]], named: bool) -> Match:
        known = self._follower.known[path]
        there = _stems(f"{passage.heading} {passage.text}")
        file = known.folder / path
        return Match(
            id=f"{SOURCE}/{passage.place}",
            title=passage.title or known.title,
            path=("Local", *path.split("/")[:-1], *((known.title,) if passage.title else ())),
            file=files.shown(file),
            url=file.as_uri(),
            text=passage.text,
            covered=sum(word <= there for word in stems) / len(stems),
            named=named,
        )

    def _split(self, place: str) -> tuple[str, str]:
        """(path, anchor) of a passage's place; a file's own name may have a ``#`` in it."""
        if place in self._follower.known:
            return place, ""
        path, _, anchor = place.rpartition("#")
        return path, anchor

    def _named(self, text: str) -> frozenset[str]:
        """The paths of the files that ``text`` names: by path, by name with or without its ending, or by title."""
        asked = " ".join(text.casefold().removeprefix("websocket://").removeprefix(f"{SOURCE}/").split())
        return frozenset(path for path, title in self._served() if asked in _names(path, title))

    def page(self, name: str) -> Page | None:
        """The file or part of this id, read now; None where no file has it.

        Raises:
            LeftOutError: There is such a file, but it is not served; the text says why.
        """
        self._follower.begin()
        path = name.removeprefix(f"{SOURCE}/")
        parent, _, anchor = path.rpartition("#")
        for file, part in ((path, ""), (parent, anchor)):
            for folder in self._follower.folders if files.served(file) else ():
                try:
                    text, _ = files.read(folder, file)
                except LeftOutError as error:
                    if str(error) == files.GONE:
                        continue
                    raise
                return _page(folder, file, part, text)
        return None

    def listed(self, above: str = "") -> list[tuple[str, str]]:
        """(id, title) of the files that are served; with ``above`` of those below this folder."""
        self._follower.begin()
        return [(f"{SOURCE}/{path}", title) for path, title in self._served() if path.startswith(above)]

    def _served(self) -> list[tuple[str, str]]:
        with self._follower.guard:
            return sorted((path, one.title) for path, one in self._follower.known.items() if not one.reason)

    def template_folders(self) -> tuple[Path, ...]:
        """The folders that hold a ``template.toml``: templates of the user's own, for the catalogue to add."""
        self._follower.begin()
        with self._follower.guard:
            known = sorted(self._follower.known.items())
        return tuple((one.folder / path).parent for path, one in known if path.split("/")[-1] == "template.toml")

    def note(self) -> str:
        """What a reader of an answer should know: that the files are not all indexed yet, or cannot be."""
        if self._follower.trouble or self._follower.ready:
            return self._follower.trouble
        done = len(self._follower.known)
        return f"Your local files are being indexed: {done:,} of {done + self._follower.waiting:,} so far; ask again."

    def status(self) -> Status:
        """What is served, and what is left out and why."""
        self._follower.begin()
        with self._follower.guard:
            known = self._follower.known
            reasons = self._follower.left_out | {
                path: one.reason for path, one in known.items() if one.reason and not one.copied
            }
            served = [one for one in known.values() if not one.reason]
            return Status(
                folders=tuple((files.shown(folder), folder.is_dir()) for folder in self._follower.folders),
                files=len(served),
                bytes=sum(one.state[2] for one in served),
                copies=sum(one.copied for one in known.values()),
                left_out=tuple(sorted(reasons.items())),
                more=self._follower.more,
                ready=self._follower.ready,
                trouble=self._follower.trouble,
            )


def _stems(text: str) -> set[str]:
    from ws_mcp.knowledge.search.index import stem

    return {stem(word) for word in _WORD.findall(text.casefold())}


def _names(path: str, title: str) -> tuple[str, ...]:
    name = path.rsplit("/", 1)[-1]
    return tuple(each.casefold() for each in (path, name, name.rsplit(".", 1)[0], title))


def _page(folder: Path, path: str, anchor: str, text: str) -> Page | None:
    name = path.rsplit("/", 1)[-1]
    found = outline.parts(name, text)
    chosen = outline.whole(found, anchor) if anchor else found
    if not chosen:
        return None
    start = "".join(part.text for part in found[: found.index(chosen[0])])
    return Page(
        id=f"{SOURCE}/{path}#{anchor}" if anchor else f"{SOURCE}/{path}",
        title=chosen[0].title,
        file=files.shown(folder / path),
        text="".join(part.text for part in chosen),
        markdown=outline.ending(name) in outline.MARKDOWN,
        parts=tuple((f"{SOURCE}/{path}#{part.anchor}", part.title) for part in chosen[1:]),
        line=start.count("\n") + 1,
    )
