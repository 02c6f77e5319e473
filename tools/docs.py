"""Writes the documents that follow from the code: ``python -m tools.docs``; ``--check`` only compares, for CI."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import anyio
import typer.main
from mcp import Client
from mcp.server import MCPServer
from mcp.shared.message import SessionMessage
from mcp.types.jsonrpc import jsonrpc_message_adapter
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS, MODERN_PROTOCOL_VERSIONS
from typer import Context

from tools import guide_code, probe_docs, rule_docs
from tools.readme import readme
from ws_mcp.__main__ import DOORS
from ws_mcp.doors.cli import app as command_line
from ws_mcp.doors.mcp import options
from ws_mcp.doors.mcp.app import create

ROOT = Path(__file__).parent.parent
_HEAD = "<!-- Written by `python -m tools.docs`; do not edit. -->\n\n"


def tools() -> str:
    """The MCP tools as a client lists them."""

    async def fetch() -> str:
        async with Client(create()) as client:
            listed = (await client.list_tools()).tools
        lines = ["# MCP tools\n"]
        for tool in listed:
            lines += [
                f"## {tool.name}\n",
                f"{tool.title}. {tool.description}\n",
                "| argument | type | default | |",
                "|---|---|---|---|",
            ]
            required = tool.input_schema.get("required", [])
            for name, schema in tool.input_schema.get("properties", {}).items():
                default = "required" if name in required else f"`{schema.get('default')!r}`"
                lines.append(f"| {name} | {_type(schema)} | {default} | {schema.get('description', '')} |")
            lines.append("")
        return "\n".join(lines)

    return anyio.run(fetch)


def _type(schema: dict[str, object]) -> str:
    items = schema.get("items")
    inner = f" of {items.get('type')}" if isinstance(items, dict) else ""
    return f"{schema.get('type', 'any')}{inner}"


def commands() -> str:
    """Every command's help."""
    command_line.add(DOORS)
    root = typer.main.get_command(command_line.app)
    lines = ["# Commands\n"]
    todo = [("websocket-mcp", root)]
    while todo:
        name, command = todo.pop(0)
        context = Context(command, info_name=name, terminal_width=80)
        text = _serve() if name == "websocket-mcp serve" else command.get_help(context)
        lines += [f"## {name}\n", "```text", text, "```", ""]
        children = getattr(command, "commands", {})
        todo[:0] = [(f"{name} {child}", children[child]) for child in children]
    return "\n".join(lines)


def _serve() -> str:
    """The help of ``serve``, which has a parser of its own so that it starts fast."""
    parser = options.build()
    parser.formatter_class = lambda prog: argparse.HelpFormatter(prog, width=80)
    return parser.format_help().rstrip()


def snapshot() -> str:
    """What the first stage of the stdio server answers: the live server's results, by protocol version and method."""
    return json.dumps(anyio.run(_snapshot), ensure_ascii=False, indent=1, sort_keys=True)


async def _snapshot() -> dict[str, object]:
    """``versions`` maps each protocol version to its place in ``results``; versions with equal results share one."""
    server = create()
    lists = ("tools/list", "resources/list", "resources/templates/list", "prompts/list")
    versions: dict[str, int] = {}
    results: list[dict[str, Any]] = []
    for version in (*HANDSHAKE_PROTOCOL_VERSIONS, *MODERN_PROTOCOL_VERSIONS):
        modern = version in MODERN_PROTOCOL_VERSIONS
        first = "server/discover" if modern else "initialize"
        found = await _ask(server, version, modern, (first, *lists))
        found[first].pop("protocolVersion", None)  # the first stage puts in the client's
        if found not in results:
            results.append(found)
        versions[version] = results.index(found)
    return {"versions": versions, "results": results}


async def _ask(server: MCPServer, version: str, modern: bool, methods: Sequence[str]) -> dict[str, Any]:
    """The results of these methods over the wire, as a client of this version gets them."""
    client = {"name": "snapshot", "version": "0"}
    facts = {"protocolVersion": version, "clientInfo": client, "clientCapabilities": {}}
    meta = {f"io.modelcontextprotocol/{name}": value for name, value in facts.items()}
    found: dict[str, Any] = {}
    lowlevel = server._lowlevel_server
    to_server, read = anyio.create_memory_object_stream[SessionMessage | Exception](1)
    write, from_server = anyio.create_memory_object_stream[SessionMessage](1)

    async def send(message: dict[str, object]) -> None:
        await to_server.send(SessionMessage(jsonrpc_message_adapter.validate_python({"jsonrpc": "2.0", **message})))

    async with anyio.create_task_group() as group, to_server, from_server:
        group.start_soon(lowlevel.run, read, write, lowlevel.create_initialization_options())
        for number, method in enumerate(methods):
            params: dict[str, object] = {"_meta": meta} if modern else {}
            if method == "initialize":
                params = {"protocolVersion": version, "capabilities": {}, "clientInfo": client}
            await send({"id": number, "method": method, "params": params})
            answer = (await from_server.receive()).message.model_dump(by_alias=True, mode="json", exclude_unset=True)
            found[method] = answer["result"]
            if method == "initialize":
                await send({"method": "notifications/initialized"})
    return found


DOCUMENTS: dict[str, Callable[[], str]] = {
    "docs/tools.md": tools,
    "docs/commands.md": commands,
    "docs/rules.md": rule_docs.rules,
    "docs/coverage.md": rule_docs.coverage,
    "docs/cases.md": probe_docs.cases,
    "docs/coverage-live.md": probe_docs.coverage,
    "ws_mcp/doors/mcp/snapshot.json": snapshot,
    "README.md": readme,
}


_PLAIN = ("ws_mcp/doors/mcp/snapshot.json", "README.md", "corpus/")  # without the line that says who wrote it


def main() -> int:
    """Write or compare; 1 when something is out of date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    stale = []
    for name, make in (DOCUMENTS | guide_code.documents()).items():
        text = ("" if name.startswith(_PLAIN) else _HEAD) + make().rstrip() + "\n"
        file = ROOT / name
        if file.exists() and file.read_text("utf-8") == text:
            continue
        stale.append(name)
        if not check:
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, "utf-8")
    if stale:
        print(f"{'Out of date' if check else 'Written'}: {', '.join(stale)}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
