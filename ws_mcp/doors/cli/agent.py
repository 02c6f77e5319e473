"""``agent``: the WebSocket expert as an agent file of an MCP client."""

from __future__ import annotations

import json
from importlib import resources
from typing import Annotated

import typer

from ws_mcp.expert import agents, parts

_SNAPSHOT = "doors/mcp/snapshot.json"  # the server's lists as its clients get them, kept in step by a test


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(agent)


def _clients(incomplete: str) -> list[str]:
    return [client for client in agents.CLIENTS if client.startswith(incomplete)]


def _help(part: str) -> str:
    return f"One of {', '.join(parts.choices(part))}."


def agent(
    client: Annotated[
        str, typer.Option(help=f"One of {', '.join(agents.CLIENTS)}.", autocompletion=_clients)
    ] = "claude-code",
    tool_mode: Annotated[str, typer.Option(help=_help("tool_mode"))] = parts.TOOL_MODE,
    thinking: Annotated[str, typer.Option(help=_help("thinking"))] = parts.THINKING,
    role: Annotated[str, typer.Option(help=_help("role"))] = parts.ROLE,
    scope: Annotated[str, typer.Option(help="project, or user for all projects.")] = "project",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the file and write nothing.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file that is there.")] = False,
) -> None:
    """Write the WebSocket expert as an agent of your client, with this server's tools."""
    file = agents.plan(client, agents.choose(tool_mode, thinking, role, offered()), scope)
    if dry_run:
        typer.echo(f"# {file.path}", err=True)
        typer.echo(file.text, nl=False)
        return
    if not agents.write(file, overwrite):
        typer.echo(f"{file.path} needs no change.")
        return
    typer.echo(f"Written: {file.path}. The agent needs the server too: websocket-mcp install {client}")
    if file.note:
        typer.echo(file.note)


def offered() -> tuple[str, ...]:
    """The names of the tools that our MCP server offers."""
    found = json.loads(resources.files("ws_mcp").joinpath(_SNAPSHOT).read_text("utf-8"))
    return tuple(tool["name"] for tool in found["results"][-1]["tools/list"]["tools"])
