"""``websocket-mcp try``: a real stdio client starts the server and shows what a model would get."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable
from typing import Any

import anyio
from mcp import Client, StdioServerParameters
from mcp.shared.exceptions import MCPError
from mcp.types import CallToolResult, TextContent

_WIDTH = 100  # columns of what is shown
_SHOWN = 14  # lines of a long answer
_CONSOLE = "WebSocket connection to 'wss://a.example/ws' failed: Unexpected response code: 502"


def run(show: Callable[[str], None] = print) -> None:
    """Start ``websocket-mcp serve`` as a child, ask it, show the answers.

    Raises:
        SystemExit: The server did not answer as it must (exit 2).
    """
    try:
        anyio.run(_tour, show)
    except* BrokenPipeError:
        raise SystemExit(2) from None  # whoever read our output has gone
    except* MCPError as group:
        print(f"websocket-mcp: the server did not answer: {group.exceptions[0]}", file=sys.stderr)
        raise SystemExit(2) from None


async def _tour(show: Callable[[str], None]) -> None:
    server = StdioServerParameters(command=sys.executable, args=["-m", "ws_mcp", "serve"])
    async with Client(server) as client:
        tools = (await client.list_tools()).tools
        show(f"The server started over stdio (MCP {client.protocol_version}) with {len(tools)} tools:")
        for tool in tools:
            show(f"  {tool.name:<20} {tool.title}")
        await _search(client, show, "my websocket connection drops after 60 seconds of nothing happening")
        await _search(client, show, "1006")
        await _text(client, show, "ws_read", {"id": "rfc6455/5.5.2"})
        await _check(client, show, "81 05 48 65 6c 6c 6f", "client")
        await _text(client, show, "ws_diagnose", {"text": _CONSOLE})
        await _generate(client, show, "python-websockets-server")
        show("\nAll of this came from what is installed; nothing was fetched. Attach it to your client:")
        show(f"  command: {sys.executable}   arguments: -m ws_mcp serve")


async def _search(client: Client, show: Callable[[str], None], text: str) -> None:
    result = await _call(client, show, "ws_search", {"query": text, "limit": 3})
    for hit in (result.structured_content or {})["hits"]:
        show(f"  {hit['id']:<28} {hit['title']}\n      {_short(hit['snippet'])}")


async def _check(client: Client, show: Callable[[str], None], frames: str, sender: str) -> None:
    """A deliberately wrong frame: what is wrong with it, and the frame as it should be."""
    arguments = {"data": frames, "sender": sender, "extensions": "none"}
    report = (await _call(client, show, "ws_check_frames", arguments)).structured_content or {}
    show(f"  {report['verdict']}: {report['counts']['error']} error")
    for finding in report["findings"]:
        show(f"  {finding['rule']} ({', '.join(finding['sections'])})\n      {finding['message']}")
        show(f"      corrected: {finding.get('corrected', '')}".rstrip())


async def _generate(client: Client, show: Callable[[str], None], template: str) -> None:
    """A template's project: its files, and how its main one begins."""
    project = (await _call(client, show, "ws_generate", {"template": template})).structured_content or {}
    files = project["files"]
    show(f"  {len(files)} files, {sum(file['lines'] for file in files)} lines, its own tests among them:")
    show(textwrap.fill(", ".join(file["path"] for file in files), _WIDTH, initial_indent="  ", subsequent_indent="  "))
    show(f"  {project['path']}:")
    for line in project["content"].splitlines()[:_SHOWN]:
        show(f"    {line}".rstrip())


async def _text(client: Client, show: Callable[[str], None], tool: str, arguments: dict[str, Any]) -> None:
    result = await _call(client, show, tool, arguments)
    lines = [line for block in result.content if isinstance(block, TextContent) for line in block.text.splitlines()]
    for line in lines[:_SHOWN]:
        show(f"  {line}".rstrip())
    if len(lines) > _SHOWN:
        show(f"  … {len(lines) - _SHOWN} more lines")


async def _call(client: Client, show: Callable[[str], None], tool: str, arguments: dict[str, Any]) -> CallToolResult:
    show(f"\n{tool}({', '.join(f'{name}={value!r}' for name, value in arguments.items())})")
    result = await client.call_tool(tool, arguments)
    if result.is_error:
        print(f"websocket-mcp: {tool} failed: {result.content}", file=sys.stderr)
        raise SystemExit(2)
    return result


def _short(text: str) -> str:
    return text if len(text) <= _WIDTH else text[: _WIDTH - 1] + "…"
