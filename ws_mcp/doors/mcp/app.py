"""Puts the MCP server together."""

from __future__ import annotations

from mcp.server import CacheHint, MCPServer
from mcp.server.caching import CacheableMethod

from ws_mcp import __version__
from ws_mcp.doors.mcp import completion, fetching, hardening, knowledge, prompts
from ws_mcp.library import Library

INSTRUCTIONS = """\
WebSocket knowledge and tools, offline: RFC 6455 and its family, MDN's WebSocket API, the IANA registries, guides.
Use it for anything about websockets: a connection that drops, close code 1006, handshake and frame questions, what a \
side must do, which header or code means what.
1. ws_search(query): words, a symptom, or exactly what you have: "5.5.1", "1006", "0x9", "Sec-WebSocket-Accept", \
"CloseEvent.wasClean", a browser's console text. Hits carry section ids.
2. ws_read(id): the section as Markdown, with what it demands (MUST, SHOULD) and requirement ids to cite.
Cite section ids (rfc6455/5.5.1) in answers. Digests are ours, not the RFC's words; quote only text marked official."""

_LISTS: tuple[CacheableMethod, ...] = ("tools/list", "resources/list", "resources/templates/list", "prompts/list")


def create() -> MCPServer:
    """A server with everything registered, ready for any transport."""
    library = Library()
    server = MCPServer(
        "websocket",
        title="WebSocket MCP",
        version=__version__,
        description="WebSocket knowledge and tooling: search, read, check.",
        instructions=INSTRUCTIONS,
        cache_hints={name: CacheHint(ttl_ms=3_600_000, scope="public") for name in _LISTS},
        log_level="WARNING",
    )
    knowledge.register(server, library)
    fetching.register(server)
    prompts.register(server, library)
    completion.register(server, library)
    hardening.harden(server)
    return server
