"""Puts the MCP server together."""

from __future__ import annotations

import contextlib
import threading

from mcp.server import CacheHint, MCPServer
from mcp.server.caching import CacheableMethod
from mcp.server.request_state import RequestStateSecurity

from ws_mcp import __version__
from ws_mcp.doors.mcp import (
    checking,
    completion,
    exposure,
    fetching,
    following,
    generating,
    hardening,
    knowledge,
    once,
    probing,
    prompts,
    schemas,
)
from ws_mcp.doors.mcp.settings import Settings
from ws_mcp.knowledge.local.folder import Local, candidates
from ws_mcp.library import Library

# Codex shows a model the first 250 characters, until it has searched for our tools; Claude Code the first 2,048.
INSTRUCTIONS = """\
WebSocket expert tools, offline, for websockets, the real-time web, bidirectional communication: diagnose errors and \
close codes such as 1006, search RFC 6455 and MDN, check handshakes and frames, generate servers and clients, test them.
Paste what you have (handshake, curl -v, hex, proxy log, console text, stack trace, close code) into ws_diagnose: it \
says what it is and what to do.
1. ws_search(query): RFC 6455 and its family, MDN's WebSocket API, IANA registries, guides, the user's own \
./mcp/websocket (source "local"); by words, a symptom, or exactly what you have: "5.5.1", "1006", "0x9", \
"Sec-WebSocket-Accept", "CloseEvent.wasClean". Hits carry section ids.
2. ws_read(id): the section as Markdown, with what it demands (MUST, SHOULD) and requirement ids to cite.
3. ws_check_handshake, ws_check_frames: every violation with its section, bytes and fix; rules read as rule/NAME. \
ws_build_frames writes frames, right or wrong, and Sec-WebSocket-Accept values.
4. ws_list_templates, ws_generate: servers and clients with their own tests.
5. ws_probe_server(url), ws_probe_client(): test a live one on this machine: conformance, hardening, limits.
Cite section ids (rfc6455/5.5.1) in answers. Digests are ours, not the RFC's words; quote only text marked official."""

_LISTS: tuple[CacheableMethod, ...] = ("tools/list", "resources/list", "resources/templates/list", "prompts/list")


def create(settings: Settings = Settings(), state_key: bytes = b"") -> MCPServer:  # noqa: B008
    """A server with everything registered, ready for any transport.

    ``state_key`` seals what clients carry from one request to the next; replicas have to share it.
    """
    library = Library(Local(candidates(roots=settings.roots)))
    server = MCPServer(
        "websocket",
        title="WebSocket MCP",
        version=__version__,
        description="WebSocket knowledge and tooling: search, read, check.",
        instructions=INSTRUCTIONS,
        cache_hints={name: CacheHint(ttl_ms=3_600_000, scope="public") for name in _LISTS},
        log_level="WARNING",
        request_state_security=RequestStateSecurity(keys=[state_key]) if state_key else None,
        subscriptions=False,  # lists do not change; Claude Code would listen first, and wait for the SDK to load
    )
    knowledge.register(server, library)
    checking.register(server, library)
    probing.register(server, settings.allow_hosts)
    generating.register(server, library.local, settings.roots, settings.client_roots)
    fetching.register(server, library)
    schemas.slim(server)
    exposure.restrict(server, settings)
    prompts.register(server, library)  # names the tools there are
    completion.register(server, library)
    if settings.client_roots:
        following.follow(server, library, settings.roots)
    hardening.harden(server)
    once.once(server)
    if settings.ahead:
        threading.Thread(target=_prepare, args=(library,), daemon=True).start()
    return server


def _prepare(library: Library) -> None:
    with contextlib.suppress(Exception):  # the first search tells
        library.prepare()
