"""Writes the documents that follow from the code: ``python -m tools.docs``; ``--check`` only compares, for CI."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import anyio
import typer.main
from mcp import Client
from typer import Context

from ws_mcp.__main__ import DOORS
from ws_mcp.doors.cli import app as command_line
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
        lines += [f"## {name}\n", "```text", command.get_help(context), "```", ""]
        children = getattr(command, "commands", {})
        todo[:0] = [(f"{name} {child}", children[child]) for child in children]
    return "\n".join(lines)


DOCUMENTS: dict[str, Callable[[], str]] = {"docs/tools.md": tools, "docs/commands.md": commands}


def main() -> int:
    """Write or compare; 1 when something is out of date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    stale = []
    for name, make in DOCUMENTS.items():
        text = _HEAD + make().rstrip() + "\n"
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
