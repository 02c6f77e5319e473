"""``ws_fetch_corpus``: the only tool that connects anywhere by itself."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Annotated, Any

import anyio
from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.types import CallToolResult, ToolAnnotations
from pydantic import BaseModel, Field

from ws_mcp.doors.mcp import results
from ws_mcp.doors.mcp.progress import watched
from ws_mcp.knowledge import cache
from ws_mcp.knowledge.official import sources as catalogue
from ws_mcp.knowledge.official.gather import FetchReport, Progress
from ws_mcp.library import Library
from ws_mcp.report import cost

_TROUBLE, _NOTE = 600, 400  # weight of a document's trouble, of what is about all of them


class Trouble(BaseModel):
    """A document for which no good copy came, or not at the first address."""

    document: str
    outcome: str
    reasons: list[str]


class FetchResult(BaseModel):
    """What a fetch did."""

    ok: bool
    counts: dict[str, int] = Field(description="documents by outcome: new, updated, unchanged, kept, failed")
    trouble: list[Trouble]
    note: str


def register(server: MCPServer, library: Library) -> None:
    """Add the tool to ``server``; ``library`` indexes what was fetched."""

    @server.tool(
        title="Fetch the official texts",
        annotations=ToolAnnotations(
            read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=True
        ),
    )
    @results.explained
    async def ws_fetch_corpus(
        context: Context,
        sources: Annotated[
            list[str], Field(description='"rfc6455", "rfc", "mdn", "iana"; none means all', examples=[["rfc6455"]])
        ] = [],  # noqa: B006
    ) -> Annotated[CallToolResult, FetchResult]:
        """Download the official RFC, MDN and IANA documents into the user's cache, so that answers can quote them.

        Connects to www.rfc-editor.org, developer.mozilla.org and www.iana.org; ask the user first. Not needed to search
        or read: digests of all of them are here already.
        """
        report = await _fetch(context, sources)
        if report.changed:
            await anyio.to_thread.run_sync(library.prepare)
        return results.data(_shown(report))


async def _fetch(context: Context, names: list[str]) -> FetchReport:
    from ws_mcp.knowledge.official.fetch import fetch_async

    catalogue.select(catalogue.load(), names)  # an unknown name is told before anything starts
    mirror = os.environ.get("WS_MCP_MIRROR") or None

    async def work(progress: Callable[[Progress], None]) -> FetchReport:
        return await fetch_async(names, mirror, cache.cache_dir(), progress=progress)

    return await watched(
        context, work, lambda step: (step.done, step.total, step.result.document if step.result else "")
    )


def _shown(report: FetchReport) -> dict[str, Any]:
    trouble = [
        {"document": result.document, "outcome": result.outcome, "reasons": list(result.reasons)}
        for result in report.results
        if result.reasons
    ]
    shown, left = cost.first(trouble, cost.MOST - _NOTE, _TROUBLE)
    note = f"{left} more documents have trouble; websocket-mcp corpus status lists them." if left else ""
    return {"ok": report.ok, "counts": report.counts, "trouble": shown, "note": note}
