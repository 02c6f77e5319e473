"""Gets documents, from wherever they come, into the store: each is checked whole before it replaces our copy."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ws_mcp.knowledge.cache import private_dir
from ws_mcp.knowledge.official import checks, store
from ws_mcp.knowledge.official.checks import Check
from ws_mcp.knowledge.official.download import Getter, Validators
from ws_mcp.knowledge.official.lock import exclusive
from ws_mcp.knowledge.official.parse import parse
from ws_mcp.knowledge.official.sources import Document, Location
from ws_mcp.knowledge.official.text import DocumentError, Part

NEW, UPDATED, UNCHANGED, KEPT, FAILED = "new", "updated", "unchanged", "kept", "failed"


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one document.

    ``outcome``: "new", "updated", "unchanged"; "kept" where no good copy came and the old one stays; "failed" where
    there was none. ``reasons`` tells what was refused and why, also where another form of the document served instead.
    """

    document: str
    outcome: str
    url: str = ""
    bytes: int = 0
    sections: int = 0
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """``done`` of ``total`` documents are finished; ``result`` is the last one's, None at the start."""

    done: int
    total: int
    result: Result | None = None


@dataclass(frozen=True, slots=True)
class FetchReport:
    """What a fetch did. ``revision`` is the store's now; ``ignored`` names offered files that were not recognised."""

    results: tuple[Result, ...]
    revision: str
    changed: bool
    ignored: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every document asked for is there and current."""
        return not self.troubled

    @property
    def troubled(self) -> tuple[Result, ...]:
        """The documents for which no good copy came."""
        return tuple(result for result in self.results if result.outcome in (KEPT, FAILED))

    @property
    def counts(self) -> dict[str, int]:
        """How many documents had each outcome."""
        return dict(Counter(result.outcome for result in self.results))


async def gather(
    documents: Iterable[Document],
    getter: Getter,
    cache_dir: Path,
    progress: Callable[[Progress], None],
    at_once: int = 16,
) -> FetchReport:
    """Refresh ``documents``; one that fails does not keep the others from coming.

    Raises:
        BusyError: Another fetch runs.
        StorageError: The cache cannot be written. What was there still counts.
    """
    wanted = list(documents)
    with exclusive(private_dir(checks.home(cache_dir)) / "fetch.lock"):
        store.sweep(cache_dir)
        before = store.revision(cache_dir)
        run = _Run(getter, cache_dir, progress, len(wanted))
        progress(Progress(0, len(wanted)))
        try:
            results = await run.all(wanted, at_once)
        finally:
            checks.save(cache_dir, run.known)
        store.sweep(cache_dir)
    after = store.revision(cache_dir)
    return FetchReport(tuple(results), after, after != before)


class _Run:
    """One fetch: what it works with, and what it learns."""

    def __init__(self, getter: Getter, cache_dir: Path, progress: Callable[[Progress], None], total: int) -> None:
        self.getter = getter
        self.cache_dir = cache_dir
        self.known = checks.load(cache_dir)
        self.have = store.entries(cache_dir)
        self._progress = progress
        self._done, self._total = 0, total

    async def all(self, documents: list[Document], at_once: int) -> list[Result]:
        slots = asyncio.Semaphore(at_once)

        async def one(document: Document) -> Result:
            async with slots:
                result = await self.refresh(document)
            self._done += 1
            self._progress(Progress(self._done, self._total, result))
            return result

        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(one(document)) for document in documents]
        except ExceptionGroup as group_of:
            raise _first(group_of) from group_of
        return [task.result() for task in tasks]

    async def refresh(self, document: Document) -> Result:
        """Try the document's locations in order until one gives a good copy."""
        entry = self.have.get(document.id)
        if entry and store.raw(self.cache_dir, document.id, entry) is None:
            entry = None  # lost or damaged: fetch it as if it had never been there
        reasons: list[str] = []
        for location in _worth_trying(document, entry):
            try:
                result = await self._try(document, location, entry)
            except DocumentError as error:
                reasons.append(f"{location.url}: {error}")
                continue
            return Result(document.id, *result, tuple(reasons))
        before = self.known.get(document.id)
        self.known[document.id] = Check(_now(), before.validators if before else Validators(), "; ".join(reasons))
        if entry:
            return Result(document.id, KEPT, entry.url, entry.bytes, entry.sections, tuple(reasons))
        return Result(document.id, FAILED, reasons=tuple(reasons))

    async def _try(
        self, document: Document, location: Location, entry: store.Entry | None
    ) -> tuple[str, str, int, int]:
        """(outcome, url, bytes, sections) of one location."""
        same_form = entry is not None and entry.url == location.url
        check = self.known.get(document.id)
        seen = check.validators if check and same_form else Validators()
        download = await self.getter.get(location.url, location.form, seen)
        if download is None:
            if entry is None:
                raise DocumentError("the server says it has not changed, though we have no copy of it")
            self.known[document.id] = Check(_now(), seen)
            return UNCHANGED, entry.url, entry.bytes, entry.sections
        digest = hashlib.sha256(download.content).hexdigest()
        outcome = UNCHANGED
        if entry is None or (entry.sha256, entry.url) != (digest, location.url):
            made = await asyncio.to_thread(parse, document, location, download.content)
            outcome = UPDATED if entry else NEW
            entry = self._keep(document, location, entry, download.content, made)
        self.known[document.id] = Check(_now(), download.validators)
        return outcome, entry.url, entry.bytes, entry.sections

    def _keep(
        self, document: Document, location: Location, old: store.Entry | None, content: bytes, made: list[Part]
    ) -> store.Entry:
        if old and len(made) * 2 < old.sections:
            raise DocumentError(
                f"it yields {len(made)} sections where our copy has {old.sections}: truncated or changed"
            )
        digest = hashlib.sha256(content).hexdigest()
        entry = store.Entry(location.form, location.url, digest, len(content), len(made), _now())
        store.put(self.cache_dir, document.id, entry, content, made)
        self.have[document.id] = entry
        return entry


def _first(group: ExceptionGroup[Exception]) -> Exception:
    """The reason why everything stopped: the others were only told to stop."""
    error: Exception = group
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error


def _worth_trying(document: Document, entry: store.Entry | None) -> tuple[Location, ...]:
    """Second-best forms do not replace a copy in a better form: that it cannot be had today leaves it as good."""
    for index, location in enumerate(document.locations):
        if entry and entry.url == location.url:
            return document.locations[: index + 1]
    return document.locations


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
