"""Serves ``mcp/websocket`` below the roots that the client announces, as one middleware.

Roots are asked for once, when the first answer could need them, and again after the client says that they changed. In
the stateless era the question is the call's result, and the client calls again with the answer (SEP-2322). With clients
that announce none, the current directory counts.
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
from mcp.types import InputRequiredResult, ListRootsRequest, ListRootsResult
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from ws_mcp.knowledge.local.folder import candidates
from ws_mcp.library import Library

_NEEDED_BY = ("tools/call", "resources/read", "completion/complete")
_TOOLS = frozenset({"ws_search", "ws_read", "ws_diagnose", "ws_list_templates", "ws_generate"})  # may show local files
_CHANGED = "notifications/roots/list_changed"
_QUESTION = "workspace"  # the key of the question and of its answer
_SECONDS = 2.0  # that an answer waits for the client's


def follow(server: MCPServer, library: Library, roots: Sequence[Path] = ()) -> None:
    """Let ``library`` follow ``roots`` and those that the client of ``server`` announces."""
    stale = True

    async def ask(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        nonlocal stale
        answered = _answer(ctx)
        if ctx.method == _CHANGED:
            stale = True
        elif answered is not None:
            library.local.follow(candidates(roots=[*roots, *answered]))
        elif stale and ctx.method in _NEEDED_BY:
            if ctx.protocol_version in MODERN_PROTOCOL_VERSIONS and _announces(ctx):
                if not _may_ask(ctx):
                    return await call_next(ctx)
                stale = False  # a client that does not answer is served what there is
                return InputRequiredResult(input_requests={_QUESTION: ListRootsRequest()})
            stale = False
            library.local.follow(candidates(roots=[*roots, *await _roots(ctx)]))
        return await call_next(ctx)

    server.middleware.append(ask)


def _announces(ctx: ServerRequestContext[Any, Any]) -> bool:
    client = ctx.session.client_capabilities
    return client is not None and client.roots is not None


def _may_ask(ctx: ServerRequestContext[Any, Any]) -> bool:
    """Whether the result may be a question, and is one worth a second call."""
    return ctx.method == "resources/read" or (ctx.method == "tools/call" and (ctx.params or {}).get("name") in _TOOLS)


def _answer(ctx: ServerRequestContext[Any, Any]) -> list[Path] | None:
    """The folders in an answer to our question; None where there is none."""
    responses = (ctx.params or {}).get("inputResponses")
    told = responses.get(_QUESTION) if isinstance(responses, dict) else None
    if not isinstance(told, dict):
        return None
    found = told.get("roots")
    uris = [root.get("uri") for root in found if isinstance(root, dict)] if isinstance(found, list) else []
    return [path for uri in uris if isinstance(uri, str) and (path := folder(uri))]


async def _roots(ctx: ServerRequestContext[Any, Any]) -> list[Path]:
    """The folders that the client announces; none where it cannot be asked or does not answer."""
    if not _announces(ctx):
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
