"""Sends data once to clients that would show a model both of its forms.

A tool's data goes out as structured content and as text (``results.py``). Codex takes the structured form where there
is one; to the scripts that its models write it hands both, and a script that prints the result pays for both.
"""

from __future__ import annotations

from typing import Any

from mcp.server import MCPServer
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext

_BOTH = frozenset({"codex-mcp-client"})  # as they name themselves; Codex 0.169.0, benchmarks/clients/RESULTS.md
POINTER = "See structuredContent."


def once(server: MCPServer) -> None:
    """Leave the copy in text out for these clients; MCP asks for it only for those that know no structured content."""

    async def send(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        result = await call_next(ctx)
        client = ctx.session.client_params
        if (
            ctx.method == "tools/call"
            and client is not None
            and client.client_info.name in _BOTH
            and isinstance(result, dict)
            and result.get("structuredContent") is not None
        ):
            return {**result, "content": [{"type": "text", "text": POINTER}]}
        return result

    server.middleware.append(send)
