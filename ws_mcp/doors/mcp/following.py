"""Serves ``mcp/websocket`` below the roots that the client announces, as one middleware.

Roots are asked for once, when the first answer could need them, and again after the client says that they changed. In
the stateless era the server asks nothing; there, and with clients that announce none, the current directory counts.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import anyio
from mcp.server import MCPServer
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp.types import ListRootsRequest, ListRootsResult

from ws_mcp.knowledge.local.folder import candidates
from ws_mcp.library import Library

_NEEDED_BY = ("tools/call", "resources/read", "completion/complete")
_CHANGED = "notifications/roots/list_changed"
_SECONDS = 2.0  # that an answer waits for the client's


def follow(server: MCPServer, library: Library, roots: Sequence[Path] = ()) -> None:
    """Let ``library`` follow ``roots`` and those that the client of ``server`` announces."""
    stale = True

    async def ask(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        nonlocal stale
        if ctx.method == _CHANGED:
            stale = True
        elif stale and ctx.method in _NEEDED_BY:
            stale = False
            library.local.follow(candidates(roots=[*roots, *await _roots(ctx)]))
        return await call_next(ctx)

    server.middleware.append(ask)


async def _roots(ctx: ServerRequestContext[Any, Any]) -> list[Path]:
    """The folders that the client announces; none where it cannot be asked or does not answer."""
    client = ctx.session.client_params
    if client is None or client.capabilities.roots is None:
        return []
    try:
        with anyio.move_on_after(_SECONDS):
            found = await ctx.session.send_request(ListRootsRequest(), ListRootsResult)
            return [path for root in found.roots if (path := folder(str(root.uri)))]
    except MCPError:  # it said it could, and cannot
        pass
    return []


def folder(uri: str) -> Path | None:
    """The folder that a ``file:`` URI names, None for any other."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return None
    if parts.scheme != "file" or parts.netloc not in ("", "localhost"):
        return None
    path = unquote(parts.path)
    found = Path(path.lstrip("/") if os.name == "nt" else path)
    return found if found.is_absolute() and "\0" not in path else None
