"""Writes our server into a client's configuration, or takes it out: backed up, read back, nothing else touched."""

from __future__ import annotations

import codecs
import contextlib
import itertools
import json
import shutil
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ws_mcp.clients import jsonc, tomls
from ws_mcp.clients.places import Place, place
from ws_mcp.errors import InputError, StorageError
from ws_mcp.knowledge.cache import atomic_write

NAME = "websocket"
_STARTS = frozenset({"command", "args", "url", "httpUrl", "serverUrl"})  # keys that say how a server is reached


@dataclass(frozen=True, slots=True)
class Change:
    """What would become of a configuration file: its texts with line feeds, its own BOM and line ends.

    Where line ends differ within a file they stay in its texts.
    """

    place: Place
    before: str
    after: str
    head: bytes = b""
    ends: str = "\n"

    @property
    def needed(self) -> bool:
        """Whether the file would change."""
        return self.before != self.after

    @property
    def content(self) -> bytes:
        """The bytes to write."""
        return self._bytes(self.after)

    @property
    def original(self) -> bytes:
        """The bytes that were there."""
        return self._bytes(self.before)

    def _bytes(self, text: str) -> bytes:
        return self.head + text.replace("\n", self.ends).encode()


def command(arguments: Sequence[str] = ()) -> list[str]:
    """The command that starts this very installation's server."""
    return [sys.executable, "-m", "ws_mcp", "serve", *arguments]


def plan(client: str, scope: str = "", remove: bool = False, options: Sequence[str] = ()) -> Change:
    """The change that installs the server into ``client``, or takes it out; ``options`` are those of ``serve``.

    Raises:
        InputError: An unknown client or scope, or a configuration that cannot be read.
    """
    where = place(client, scope)
    try:
        file = where.file.resolve()  # RuntimeError: a link that leads back to itself
        found = file.read_bytes() if file.exists() else b""
        head = codecs.BOM_UTF8 if found.startswith(codecs.BOM_UTF8) else b""
        text = found[len(head) :].decode()
        ends = "\r\n" if text.count("\n") == text.count("\r\n") > 0 else "\n"
        before = text.replace("\r\n", "\n") if ends == "\r\n" else text
        return Change(where, before, _edited(before, where, None if remove else _entry(where, options)), head, ends)
    except (OSError, UnicodeDecodeError, RecursionError, RuntimeError, InputError) as error:
        raise InputError(
            f"{where.file} is left as it is: {_why(error)}. Mend or move it, then install again."
        ) from error


def _why(error: Exception) -> str:
    """What is wrong, in words that go on after "is left as it is"."""
    match error:
        case UnicodeDecodeError():
            return "it is not text in UTF-8"
        case RecursionError():
            return "it is nested too deeply"
        case OSError():
            return error.strerror or str(error)
    return str(error)


def apply(change: Change) -> Path | None:
    """Write the change; the backup's path where there was a file before. Links and permissions stay.

    Raises:
        StorageError: The file cannot be written; it is then as it was.
        InputError: It changed since the change was planned, or what was written does not read back as meant; the backup
            is then put in its place.
    """
    file = change.place.file.resolve()
    try:
        return _applied(change, file)
    except OSError as error:
        raise StorageError(f"{file} is left as it is: {error.strerror or error}.") from error


def _applied(change: Change, file: Path) -> Path | None:
    file.parent.mkdir(parents=True, exist_ok=True)
    if (file.read_bytes() if file.exists() else b"") != change.original:
        raise InputError(f"{file} was changed by somebody else just now, and is left so. Install again.")
    if not file.exists():
        atomic_write(file, change.content)
        return None
    with file.open("r+b"):  # a read-only file could be replaced all the same, and was made so for a reason
        pass
    backup = next(b for n in itertools.count() if not (b := file.with_name(f"{file.name}.bak{n or ''}")).exists())
    shutil.copy2(file, backup)
    atomic_write(file, change.content)
    shutil.copymode(backup, file)
    if file.read_bytes() != change.content:
        shutil.copy2(backup, file)
        raise InputError(f"{file} did not read back as written; the copy of before was put back.")
    return backup


def _check_ours(entry: Any) -> None:
    """Refuse to touch somebody else's server that has our name; settings that start nothing are no server."""
    if entry is None or (isinstance(entry, dict) and not _STARTS & entry.keys()):
        return
    words = entry.get("args") if isinstance(entry, dict) else None
    if not (isinstance(words, list) and "ws_mcp" in words):
        raise InputError(f"it has a server {NAME!r} of another program already; rename that one")


def _entry(where: Place, options: Sequence[str]) -> dict[str, Any]:
    program, *arguments = command(options)
    entry: dict[str, Any] = {"command": program, "args": arguments}
    return {"type": "stdio", **entry} if where.typed else entry


def _edited(before: str, where: Place, entry: dict[str, Any] | None) -> str:
    """The text with our entry, or without; read back, it differs from the one before in nothing else.

    Raises:
        InputError: It cannot be read, or cannot be changed like that.
    """
    load = tomls.loads if where.toml else jsonc.loads
    path = (*where.keys, NAME)
    old = load(before)
    found = _found(old, path)
    _check_ours(found)
    merged = None if entry is None else {**(found or {}), **entry}
    if merged == found:
        return before
    wanted = _same(_with(old, path, merged), path)
    for text in _offers(before, where, path, entry, merged):
        with contextlib.suppress(InputError):
            if _same(load(text), path) == wanted:
                return text
    raise InputError(f"{'.'.join(path)} cannot be changed there with all else kept; a key may be there twice")


def _offers(
    before: str, where: Place, path: Sequence[str], entry: dict[str, Any] | None, merged: dict[str, Any] | None
) -> Iterable[str]:
    if entry is None or merged is None:
        return [tomls.remove(before, path) if where.toml else jsonc.remove(before, path)]
    return tomls.put(before, path, entry) if where.toml else [jsonc.put(before, path, merged)]


def _found(config: Any, path: Sequence[str]) -> Any:
    """What is at ``path``; None where nothing is."""
    for key in path:
        if config is None:
            return None
        if not isinstance(config, dict):
            raise InputError("an object is expected where the list of servers belongs")
        config = config.get(key)
    return config


def _with(config: Any, path: Sequence[str], entry: dict[str, Any] | None) -> Any:
    """A configuration with another entry at ``path``, or none."""
    key, *below = path
    rest = dict(config or {})
    old = rest.pop(key, None)
    new = _with(old, below, entry) if below else entry
    return rest if new is None else rest | {key: new}


def _same(config: Any, path: Sequence[str]) -> str:
    """A text that is the same for the same configuration, in any order, empty tables on the way or not."""
    return json.dumps(_pruned(config, path), sort_keys=True, default=repr)


def _pruned(config: Any, path: Sequence[str]) -> Any:
    key, *below = path
    rest = dict(config)
    old = rest.pop(key, None)
    old = _pruned(old, below) if below and isinstance(old, dict) else old
    return rest if old is None or old == {} else rest | {key: old}
