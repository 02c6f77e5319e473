"""Search and read as tools, sections as resources."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ResourceNotFoundError
from mcp.types import CallToolResult, ToolAnnotations
from pydantic import BaseModel, Field

from ws_mcp.doors.mcp import results
from ws_mcp.errors import InputError
from ws_mcp.library import MAX_LIMIT, MAX_READ, Library
from ws_mcp.report import cost

_SHELVES = ("rfc6455", "iana", "mdn", "local")  # are listed as resources; the template reaches every section
_LIMIT = 6_000  # characters of a section, fewer where they are dense
_HIT = cost.MOST // 5 - 30  # weight of a hit: five make a default answer
_REST = 160  # of the line that says how to get the rest
_READS = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)


class SearchHit(BaseModel):
    """One section that answers."""

    id: str = Field(description="read it with ws_read")
    title: str
    path: str = Field(description="the titles above it")
    url: str
    source: str
    snippet: str
    score: float
    official: bool = Field(description="the snippet is the document's own text")
    links: list[str] = Field(description="ids to read next")


class SearchResult(BaseModel):
    """Hits, best first."""

    hits: list[SearchHit]
    total: int
    next_offset: int | None
    note: str


def register(server: MCPServer, library: Library) -> None:
    """Add the knowledge tools, resources and completion to ``server``."""

    @server.tool(
        title="Search WebSocket knowledge",
        annotations=_READS,
        meta={"anthropic/searchHint": "websocket real-time web bidirectional communication rfc6455 close code 1006"},
    )
    @results.explained
    def ws_search(
        query: Annotated[
            str,
            Field(
                description='words, a symptom, "5.5.1", "1006", "0x9", a header, an API name, an error text',
                examples=["1006"],
            ),
        ],
        sources: Annotated[
            list[str], Field(description='only these: "rfc6455", "mdn", "iana", "rfc", "local"', examples=[["rfc6455"]])
        ] = [],  # noqa: B006
        limit: Annotated[int, Field(description=f"hits, 1 to {MAX_LIMIT}")] = 5,
        offset: Annotated[int, Field(description="next_offset of the call before")] = 0,
    ) -> Annotated[CallToolResult, SearchResult]:
        """Search RFC 6455, MDN's WebSocket pages, IANA registries, guides and the user's own files (source "local").

        Offline. Give words or an exact key. Returns section ids with a snippet each; read one with ws_read.
        """
        return results.data(search(library, query, sources, limit, offset))

    @server.tool(title="Read a section", annotations=_READS, structured_output=False)
    @results.explained
    def ws_read(
        id: Annotated[
            str,
            Field(
                description="rfc6455/5.5.1, code/1006, mdn/Web/API/WebSocket/close, iana/close-codes",
                examples=["rfc6455/5.5.1"],
            ),
        ],
        children: Annotated[bool, Field(description="write out the sections below it too")] = False,
        offset: Annotated[int, Field(description="characters to skip")] = 0,
        limit: Annotated[int, Field(description=f"characters, 200 to {MAX_READ}")] = _LIMIT,
    ) -> str:
        """Read one section as Markdown: what it says, what it demands (with requirement ids), where it comes from."""
        return read(library, id, children, offset, limit)

    _resources(server, library)


def search(library: Library, text: str, sources: list[str], limit: int, offset: int) -> dict[str, object]:
    """A search's answer as JSON: {"hits": […], "total", "next_offset", "note"}."""
    answer = library.search(text, tuple(sources), limit, offset)
    hits = []
    for hit in answer.hits:
        told = {**asdict(hit), "path": " › ".join(hit.path), "links": list(hit.links)}
        hits.append({**cost.shortened(told, _HIT), "id": hit.id})
    return {"hits": hits, "total": answer.total, "next_offset": answer.next_offset, "note": answer.note}


def read(library: Library, name: str, children: bool = False, offset: int = 0, limit: int = _LIMIT) -> str:
    """A section's text, with a last line that says how to get the rest."""
    reading = library.read(name, children, offset, limit)
    text = reading.text[: _fitting(reading.text)] if limit == _LIMIT else reading.text
    end = offset + len(text)
    if end >= reading.total:
        return text
    return f"{text}\n\n[{reading.total - end} more characters: ws_read(id={reading.id!r}, offset={end})]"


def _fitting(text: str) -> int:
    """Where a default answer ends: after a line, if one ends in its last third."""
    end = cost.fitting(text, cost.MOST - _REST)
    line = text.rfind("\n", end * 2 // 3, end)
    return end if end == len(text) or line < 0 else line + 1


def _shelf(server: MCPServer, library: Library, shelf: str) -> None:
    title = library.resolve(shelf).title

    @server.resource(
        f"websocket://{shelf}", name=shelf, title=title, description=f"Contents of {title}", mime_type="text/markdown"
    )
    def contents() -> str:
        return read(library, shelf, False, 0, MAX_READ)


def _resources(server: MCPServer, library: Library) -> None:
    for shelf in _SHELVES:
        _shelf(server, library, shelf)

    @server.resource("websocket://{+id}", name="section", title="A section by its id", mime_type="text/markdown")
    def section(id: str) -> str:
        """Any section: websocket://rfc6455/5.5.1, websocket://code/1006, websocket://mdn/Web/API/WebSocket/close."""
        try:
            return read(library, id, False, 0, MAX_READ)
        except InputError as error:
            raise ResourceNotFoundError(str(error)) from error
