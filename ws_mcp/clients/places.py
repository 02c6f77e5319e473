"""Where each MCP client keeps its servers, by scope and system."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ws_mcp.errors import InputError


@dataclass(frozen=True, slots=True)
class Place:
    """A configuration file; ``keys`` lead to the table of servers in it, ``typed`` asks for "type": "stdio" there."""

    file: Path
    keys: tuple[str, ...]
    typed: bool = False

    @property
    def toml(self) -> bool:
        """Whether the file is TOML; the others are JSON, some with comments."""
        return self.file.suffix == ".toml"


def _support(name: str) -> Path:
    """The folder of applications' own data, as each system has it."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / name
    if os.name == "nt":
        return Path(os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming") / name
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / name


def codex_home() -> Path:
    """The folder of Codex's own settings and agents."""
    return Path(os.environ.get("CODEX_HOME") or Path.home() / ".codex")


# client → scope → place. "user" is the default: the command names this machine's interpreter, and a project's files are
# shared.
_PLACES: dict[str, dict[str, Callable[[], Place]]] = {
    "claude-code": {
        "user": lambda: Place(Path.home() / ".claude.json", ("mcpServers",)),
        "project": lambda: Place(Path.cwd() / ".mcp.json", ("mcpServers",)),
        "local": lambda: Place(Path.home() / ".claude.json", ("projects", str(Path.cwd()), "mcpServers")),
    },
    "claude-desktop": {
        "user": lambda: Place(_support("Claude") / "claude_desktop_config.json", ("mcpServers",)),
    },
    "cursor": {
        "user": lambda: Place(Path.home() / ".cursor" / "mcp.json", ("mcpServers",)),
        "project": lambda: Place(Path.cwd() / ".cursor" / "mcp.json", ("mcpServers",)),
    },
    "vscode": {
        "user": lambda: Place(_support("Code") / "User" / "mcp.json", ("servers",), typed=True),
        "project": lambda: Place(Path.cwd() / ".vscode" / "mcp.json", ("servers",), typed=True),
    },
    "codex": {
        "user": lambda: Place(codex_home() / "config.toml", ("mcp_servers",)),
    },
    "gemini": {
        "user": lambda: Place(Path.home() / ".gemini" / "settings.json", ("mcpServers",)),
        "project": lambda: Place(Path.cwd() / ".gemini" / "settings.json", ("mcpServers",)),
    },
}

CLIENTS = tuple(_PLACES)
# What a user has to know of a client, beside the file; measured, benchmarks/clients/RESULTS.md.
NOTES = {
    "codex": "Codex announces no folders: --root DIR lets ws_generate write there. It asks before "
    "ws_probe_server and ws_fetch_corpus, and `codex exec` refuses them; to allow one, add to that file:\n"
    '[mcp_servers.websocket.tools.ws_probe_server]\napproval_mode = "approve"',
    "gemini": "Gemini CLI starts servers only in folders that it trusts.",
}


def place(client: str, scope: str = "") -> Place:
    """Where ``client`` keeps the servers of ``scope`` ("" for the user's).

    Raises:
        InputError: An unknown client or scope; the message names the known ones.
    """
    scopes = _PLACES.get(client)
    if scopes is None:
        raise InputError(f"There is no client {client[:40]!r}. Choose one of: {', '.join(CLIENTS)}.")
    make = scopes.get(scope or "user")
    if make is None:
        raise InputError(f"{client} has no scope {scope[:40]!r}. Choose one of: {', '.join(scopes)}.")
    return make()
