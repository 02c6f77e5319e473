"""What the specification asks for and the SDK leaves out, as one middleware.

Unknown tools and prompts, missing prompt arguments and invented cursors are protocol errors (-32602); an unknown tool
argument is an error the model can read, instead of being dropped in silence.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable
from typing import Any

from mcp.server import MCPServer
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS, CallToolResult, TextContent

_LISTS = frozenset({"tools/list", "resources/list", "resources/templates/list", "prompts/list"})
_ADDRESS = re.compile(r"\n\s*For further information visit https://errors\.pydantic\.dev/\S+")
_SHOWN = 5  # unknown arguments in an error


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
        return _plain(await call_next(ctx)) if refused is None else refused

    server.middleware.append(check)


def _check_cursor(params: dict[str, Any]) -> None:
    if params.get("cursor") is not None:  # every list fits one page, so no cursor was ever given out
        raise MCPError(INVALID_PARAMS, "Invalid cursor: this server's lists have one page. Send none.")


def _check_tool(server: MCPServer, params: dict[str, Any]) -> CallToolResult | None:
    name = str(params.get("name"))
    tool = server._tool_manager.get_tool(name)
    if tool is None:
        names = [known.name for known in server._tool_manager.list_tools()]
        raise MCPError(INVALID_PARAMS, f"Unknown tool: {_short(name)}.{_nearest(_short(name), names)}")
    known = tool.parameters.get("properties", {})
    given = params.get("arguments") or {}
    if not isinstance(given, dict):
        raise MCPError(INVALID_PARAMS, f"The arguments of {name} must be an object of {', '.join(known)}.")
    _write_numbers(known, given)
    extra = [_short(name) for name in sorted(set(given) - set(known))[:_SHOWN]]
    if not extra:
        return None
    text = f"Unknown argument {', '.join(extra)} for {name}.{_nearest(extra[0], known)} It takes: {', '.join(known)}."
    return CallToolResult(is_error=True, content=[TextContent(type="text", text=text)])


def _write_numbers(known: dict[str, Any], given: dict[str, Any]) -> None:
    """Make texts of numbers where a text is meant: models send {"query": 1006} for a close code."""
    for name, value in given.items():
        if (
            isinstance(value, int | float)
            and not isinstance(value, bool)
            and known.get(name, {}).get("type") == "string"
        ):
            given[name] = json.dumps(value)


def _plain(result: HandlerResult) -> HandlerResult:
    """A tool's answer without the addresses that pydantic adds to what is wrong with an argument."""
    if isinstance(result, dict) and result.get("isError"):  # as the SDK passes it on, ready for the wire
        for block in result["content"]:
            if block["type"] == "text":
                block["text"] = _ADDRESS.sub("", block["text"])
    return result


def _check_prompt(server: MCPServer, params: dict[str, Any]) -> None:
    name = str(params.get("name"))
    prompt = server._prompt_manager.get_prompt(name)
    if prompt is None:
        raise MCPError(INVALID_PARAMS, f"Unknown prompt: {_short(name)}.")
    given = params.get("arguments") or {}
    missing = [a.name for a in prompt.arguments or [] if a.required and a.name not in given]
    if missing:
        raise MCPError(INVALID_PARAMS, f"Missing arguments of {name}: {', '.join(missing)}.")
    known = [a.name for a in prompt.arguments or []]
    extra = sorted(set(given) - set(known))
    if extra:
        raise MCPError(INVALID_PARAMS, f"Unknown argument of {name}: {', '.join(extra)}. It takes: {', '.join(known)}.")


def _short(name: str) -> str:
    """A name as an error may show it: it came from outside and can be of any length."""
    return name if len(name) <= 80 else name[:79] + "…"


def _nearest(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), 1)
    return f" Did you mean {near[0]}?" if near else ""
