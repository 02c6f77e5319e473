"""Composes the sections of every room, as they are at one moment; a room only offers its sections."""

from __future__ import annotations

import difflib
import threading
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ws_mcp import __version__, data
from ws_mcp.errors import NotFoundError, StorageError
from ws_mcp.knowledge import cache, merge
from ws_mcp.knowledge.local import layout
from ws_mcp.knowledge.official import store
from ws_mcp.knowledge.search import indexes, lookup
from ws_mcp.knowledge.shipped import digest, documents, registry, support
from ws_mcp.probe import sections as cases
from ws_mcp.rules import sections as rules
from ws_mcp.templates import sections as templates
from ws_mcp.types import Section

if TYPE_CHECKING:
    from ws_mcp.knowledge.search.index import Index


class Composition:
    """The sections of one state of the content, their keys and their index; each is made when first asked for."""

    def __init__(self, revision: str) -> None:
        self.revision = revision
        self._lock = threading.Lock()
        self._index: tuple[Index, str] | None = None

    @staticmethod
    def newest() -> str:
        """The state of what may change while we run: the documents that were fetched."""
        try:
            return store.revision(cache.cache_dir())
        except StorageError:
            return ""

    @cached_property
    def sections(self) -> dict[str, Section]:
        """Every section by its id, in the order of the documents."""
        official = store.official(cache.cache_dir()) if self.revision else ()
        return {section.id: section for section in merge.merge(_ours(), official)}

    @property
    def index(self) -> tuple[Index, str]:
        """The index of these sections, and a note where it could not be kept."""
        with self._lock:
            if self._index is None:
                state = indexes.fingerprint(_files(), __version__, self.revision)
                self._index = indexes.open_index(state, lambda: list(self.sections.values()))
            return self._index

    def resolve(self, name: str) -> Section:
        """The section that ``name`` names exactly: an id, or a key of its own.

        Raises:
            NotFoundError: There is none.
        """
        plain = name.strip().removeprefix("websocket://")
        if plain in self.sections:
            return self.sections[plain]
        for key in lookup.references(plain).exact if plain else ():
            if owners := self._keys.get(key):
                return self.sections[owners[0]]
        raise self._not_found(plain)

    def children(self, identity: str) -> list[Section]:
        """The sections right below this one, in order."""
        return [section for section in self.sections.values() if section.parent == identity]

    def below(self, identity: str) -> list[Section]:
        """All sections below this one, in order."""
        return [deeper for child in self.children(identity) for deeper in (child, *self.below(child.id))]

    def neighbours(self, section: Section) -> list[Section]:
        """The sections before and after this one under the same parent."""
        beside = self.children(section.parent) if section.parent else []
        at = next((n for n, other in enumerate(beside) if other.id == section.id), None)
        return [] if at is None else [beside[n] for n in (at - 1, at + 1) if 0 <= n < len(beside)]

    def complete(self, start: str, count: int) -> list[str]:
        """Ids that begin with ``start``, else those that contain it."""
        wanted = start.casefold()
        first = [i for i in self.sections if i.casefold().startswith(wanted)]
        return (first or [i for i in self.sections if wanted in i.casefold()])[:count]

    @cached_property
    def _keys(self) -> dict[str, list[str]]:
        return lookup.table(self.sections.values())

    def _not_found(self, name: str) -> NotFoundError:
        shown = name if len(name) <= 80 else name[:77] + "…"
        near = difflib.get_close_matches(name[:200], self.sections, 5, 0.5)
        near = near or self.complete(name[:200].rsplit("/", 1)[-1] or "rfc6455", 5)
        hint = (
            f"Nearest: {', '.join(near)}."
            if near
            else "Ids look like rfc6455/5.5.1, code/1006 or mdn/Web/API/WebSocket."
        )
        return NotFoundError(f"There is no section {shown!r}. {hint} To look for words, search.", tuple(near))


def _ours() -> Iterator[Section]:
    """What ships: a document at a time, digests before tables."""
    yield from documents.sections()
    yield from digest.sections(data.folder("corpus"))
    yield from registry.sections()
    yield from support.sections()
    yield from rules.sections()
    yield from cases.sections()
    yield from layout.sections()
    yield from templates.sections()


def _files() -> list[Path]:
    """What ships is made from these."""
    corpus = (file for file in data.folder("corpus").rglob("*") if file.is_file())
    return [*corpus, *rules.files(), *cases.files(), *data.folder("templates").glob("*/template.toml")]
