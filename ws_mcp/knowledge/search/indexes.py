"""Where indexes are kept: one folder for each state of the content, found by its fingerprint.

Opening never waits for another process: who finds no index builds one beside it and moves it into place. What cannot be
written is built in memory instead, and what cannot be read is built again.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from ws_mcp.errors import InputError, StorageError
from ws_mcp.knowledge import cache

if TYPE_CHECKING:
    from ws_mcp.knowledge.search.index import Index
    from ws_mcp.types import Section

FORMAT = "4"  # another one whenever passages are cut or indexed in another way
_KEPT_SECONDS = 7 * 24 * 3600  # of an index that no longer fits: an older server may still be reading it


def fingerprint(files: Iterable[Path], *facts: str) -> str:
    """A name for this state of the content: changes with any byte of these files and with any of these facts."""
    digest = hashlib.blake2b(digest_size=12)
    for fact in (FORMAT, *facts):
        digest.update(fact.encode() + b"\0")
    for file in sorted(files):
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def open_index(state: str, sections: Callable[[], list[Section]]) -> tuple[Index, str]:
    """The index of ``state``, built from ``sections()`` if there is none; with a note when it could not be kept."""
    from ws_mcp.knowledge.search import index

    try:
        folder = cache.private_dir(cache.cache_dir() / "indexes") / state
    except StorageError as error:
        return index.in_memory(sections()), f"{error} Searching from memory meanwhile."
    if folder.is_dir():
        try:
            found = index.load(folder)
            with contextlib.suppress(OSError):  # a cache that is read-only serves as well
                folder.touch()
                _sweep(folder)
            return found, ""
        except InputError:
            shutil.rmtree(folder, ignore_errors=True)
    try:
        index.build(sections(), folder)
        _sweep(folder)
        return index.load(folder), ""
    except OSError as error:
        return index.in_memory(sections()), f"{cache.storage_error(error, folder)} Searching from memory meanwhile."
    except InputError as error:
        return index.in_memory(sections()), f"{error} Searching from memory meanwhile."


def _sweep(current: Path) -> None:
    """Remove indexes that were last used long ago, and what a killed build left."""
    for old in current.parent.iterdir():
        try:
            unused = time.time() - old.stat().st_mtime
            if old != current and unused > (3600 if old.name.startswith(".") else _KEPT_SECONDS):
                shutil.rmtree(old, ignore_errors=True)
        except OSError:
            continue  # somebody else removed it
