"""Writes our server into a client's configuration, or takes it out: backed up, read back, nothing else touched."""

from __future__ import annotations

import codecs
import itertools
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ws_mcp.clients import jsonc
from ws_mcp.clients.places import Place, place
from ws_mcp.errors import InputError
from ws_mcp.knowledge.cache import atomic_write

NAME = "websocket"


@dataclass(frozen=True, slots=True)
class Change:
    """What would become of a configuration file: its texts with line feeds, its own BOM and line ends."""

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
        return self.head + self.after.replace("\n", self.ends).encode()


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
        found = where.file.read_bytes() if where.file.exists() else b""
        head = codecs.BOM_UTF8 if found.startswith(codecs.BOM_UTF8) else b""
        text = found[len(head) :].decode()
        ends = "\r\n" if "\r\n" in text else "\n"
        before = text.replace("\r\n", "\n")
        edit = _toml if where.toml else _json
        return Change(where, before, edit(before, where, None if remove else _entry(where, options)), head, ends)
    except (OSError, UnicodeDecodeError, InputError) as error:
        raise InputError(f"{where.file} is left as it is: {error}. Mend or move it, then install again.") from error


def apply(change: Change) -> Path | None:
    """Write the change; the backup's path where there was a file before. Links and permissions stay.

    Raises:
        StorageError: The file cannot be written; it is then as it was.
        InputError: What was written does not read back as meant; the backup is put in its place.
    """
    file = change.place.file.resolve()
    file.parent.mkdir(parents=True, exist_ok=True)
    if not file.exists():
        atomic_write(file, change.content)
        return None
    backup = next(b for n in itertools.count() if not (b := file.with_name(f"{file.name}.bak{n or ''}")).exists())
    shutil.copy2(file, backup)
    atomic_write(file, change.content)
    shutil.copymode(backup, file)
    if file.read_bytes() != change.content:
        shutil.copy2(backup, file)
        raise InputError(f"{file} did not read back as written; the copy of before was put back.")
    return backup


def _check_ours(entry: Any) -> None:
    """Refuse to touch somebody else's server that has our name."""
    if entry is not None and not (isinstance(entry, dict) and "ws_mcp" in list(entry.get("args") or ())):
        raise InputError(f"it has a server {NAME!r} of another program already; rename that one")


def _entry(where: Place, options: Sequence[str]) -> dict[str, Any]:
    program, *arguments = command(options)
    entry: dict[str, Any] = {"command": program, "args": arguments}
    return {"type": "stdio", **entry} if where.typed else entry


def _json(before: str, where: Place, entry: dict[str, Any] | None) -> str:
    path = (*where.keys, NAME)
    found: Any = jsonc.loads(before) if before.strip() else {}
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    _check_ours(found)
    if entry is None:
        return jsonc.remove(before, path) if before.strip() else before
    if isinstance(found, dict) and {**found, **entry} == found:
        return before
    return jsonc.put(before, path, {**found, **entry} if isinstance(found, dict) else entry)


def _toml(before: str, where: Place, entry: dict[str, Any] | None) -> str:
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(before)
    except TOMLKitError as error:
        raise InputError(f"it is not TOML: {error}") from error
    servers: Any = document.get(where.keys[0])
    _check_ours((servers or {}).get(NAME))
    if entry is None:
        if servers and NAME in servers:
            del servers[NAME]
        return tomlkit.dumps(document)
    if servers is None:
        servers = document[where.keys[0]] = tomlkit.table(is_super_table=True)
    table: Any = servers.get(NAME)
    if table is None:
        table = servers[NAME] = tomlkit.table()
    for key, value in entry.items():
        if table.get(key) != value:
            table[key] = value
    return tomlkit.dumps(document)
