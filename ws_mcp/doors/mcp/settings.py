"""What a server may do, as whoever started it decided; tools read it, no client can change it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """The limits of one server.

    Attributes:
        roots: folders that tools may read and write, beside what the client announces.
        client_roots: whether announced roots count. Over stdio the client is the user's own; over HTTP it could
            announce any folder of this machine.
        allow_hosts: hosts beyond loopback that may be probed without asking.
        folder: the user's own documents, where they are not in ./mcp/websocket.
        local: whether the client is on this machine. Tools that write, read files or connect are left out for others.
        enabled: tools that others get all the same.
        ahead: whether the search index is opened, or built where there is none, before anybody searches.
    """

    roots: tuple[Path, ...] = ()
    client_roots: bool = True
    allow_hosts: tuple[str, ...] = ()
    folder: Path | None = None
    local: bool = True
    enabled: tuple[str, ...] = ()
    ahead: bool = False
