"""What the specification asks for and the SDK leaves out, as one middleware.

Unknown tools and prompts, missing prompt arguments and invented cursors are protocol errors (-32602); an unknown tool
argument and one of the wrong kind are errors the model can read.
"""

from __future__ import annotations

from typing import Any

from mcp.server import MCPServer
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS, CallToolResult, TextContent

from ws_mcp.doors.mcp import arguments
from ws_mcp.doors.mcp.arguments import SHOWN, nearest, short
from ws_mcp.doors.mcp.results import MAX_ERROR

_LISTS = frozenset({"tools/list", "resources/list", "resources/templates/list", "prompts/list"})


def harden(server: MCPServer) -> None:
    """Add the checks to ``server``."""

    async def check(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        params = dict(ctx.params or {})
        refused = None
        if ctx.method in _LISTS:
            _check_cursor(params)
        elif ctx.method == "tools/call":
            refused = _check_tool(server, params)
        elif ctx.method == "prompts/get":
            _check_prompt(server, params)
        return await call_next(ctx) if refused is None else refused

    server.middleware.append(check)


def _check_cursor(params: dict[str, Any]) -> None:
    if params.get("cursor") is not None:  # every list fits one page, so no cursor was ever given out
        raise MCPError(INVALID_PARAMS, "Invalid cursor: this server's lists have one page. Send none.")


def _check_tool(server: MCPServer, params: dict[str, Any]) -> CallToolResult | None:
    name = str(params.get("name"))
    tool = server._tool_manager.get_tool(name)
    if tool is None:
        names = [known.name for known in server._tool_manager.list_tools()]
        raise MCPError(INVALID_PARAMS, f"Unknown tool: {short(name)}.{nearest(short(name), names)}")
    given = params.get("arguments")
    if not isinstance(given, dict | None):
        known = ", ".join(tool.parameters.get("properties", {}))
        raise MCPError(INVALID_PARAMS, f"The arguments of {name} must be an object of {known}.")
    text = arguments.refusal(tool, given or {})[:MAX_ERROR]
    return CallToolResult(is_error=True, content=[TextContent(type="text", text=text)]) if text else None


def _check_prompt(server: MCPServer, params: dict[str, Any]) -> None:
    name = str(params.get("name"))
    prompt = server._prompt_manager.get_prompt(name)
    if prompt is None:
        names = [known.name for known in server._prompt_manager.list_prompts()]
        raise MCPError(INVALID_PARAMS, f"Unknown prompt: {short(name)}.{nearest(short(name), names)}")
    known = [a.name for a in prompt.arguments or []]
    given = params.get("arguments") or {}
    if not isinstance(given, dict):
        raise MCPError(INVALID_PARAMS, f"The arguments of {name} must be an object of {', '.join(known)}.")
    extra = sorted(set(given) - set(known))
    if extra:
        named = ", ".join(short(one) for one in extra[:SHOWN])
        near = nearest(short(extra[0]), known)
        raise MCPError(INVALID_PARAMS, f"Unknown argument of {name}: {named}.{near} It takes: {', '.join(known)}.")
    missing = [a.name for a in prompt.arguments or [] if a.required and a.name not in given]
    if missing:
        raise MCPError(INVALID_PARAMS, f"Missing arguments of {name}: {', '.join(missing)}.")
