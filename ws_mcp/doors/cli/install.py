"""``install``: the server into an MCP client's configuration."""

from __future__ import annotations

import difflib
import sys
from pathlib import Path
from typing import Annotated

import typer

from ws_mcp.clients import install as installing
from ws_mcp.clients.places import CLIENTS, NOTES
from ws_mcp.doors.cli import output
from ws_mcp.errors import InputError, StorageError
from ws_mcp.knowledge import cache
from ws_mcp.knowledge.official import store
from ws_mcp.library import Library


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(install)


def _clients(incomplete: str) -> list[str]:
    return [client for client in CLIENTS if client.startswith(incomplete)]


def install(
    client: Annotated[str, typer.Argument(help=f"One of {', '.join(CLIENTS)}.", autocompletion=_clients)],
    scope: Annotated[str, typer.Option(help="user (the default), project, or local; not every client has all.")] = "",
    root: Annotated[
        list[Path] | None,
        typer.Option(help="A folder that tools may read and write; repeatable.", exists=True, file_okay=False),
    ] = None,
    allow_host: Annotated[list[str] | None, typer.Option(help="A host that may be probed; repeatable.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the change and write nothing.")] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Take the server out again.")] = False,
) -> None:
    """Write this installation's server into an MCP client's configuration."""
    options = [word for folder in root or () for word in ("--root", str(folder.resolve()))]
    options += [word for host in allow_host or () for word in ("--allow-host", _host(host))]
    change = installing.plan(client, scope, remove, options)
    file = change.place.file
    if not change.needed:
        typer.echo(f"{file} {'has no server of ours' if remove else 'needs no change'}.")
        return
    if dry_run:
        lines = difflib.unified_diff(
            change.before.splitlines(), change.after.splitlines(), str(file), str(file), lineterm=""
        )
        typer.echo("\n".join(lines))
        return
    backup = installing.apply(change)
    typer.echo(
        f"{'Removed from' if remove else 'Written to'} {file}" + (f" (before: {backup})" if backup else "") + "."
    )
    if not remove:
        typer.echo(f"Restart {client}; its server list then shows {output.style(installing.NAME, bold=True)}.")
        if client in NOTES:
            typer.echo(NOTES[client])
        _make_ready()


def _host(text: str) -> str:
    """A host's name as a probe compares it.

    Raises:
        InputError: It is a URL, empty, or several words.
    """
    if not text or "/" in text or text != "".join(text.split()):
        raise InputError(f"{text[:80]!r} is no host. Give a name or an address alone, as in ws.example.")
    return text


def _make_ready() -> None:
    """Everything for the first question: the official texts where they are wanted, the search index."""
    try:
        _offer_texts()
        typer.echo(Library().prepare() or "The search index is ready.")
    except StorageError as error:  # nothing can be kept; the server is installed all the same
        typer.echo(str(error))


def _offer_texts() -> None:
    """The one step that brings the official texts, where they are not there yet."""
    if any(source.present for source in store.status(cache.cache_dir())):
        return
    if sys.stdin.isatty() and sys.stdout.isatty() and typer.confirm("Fetch the official RFC, MDN and IANA texts now?"):
        from ws_mcp.doors.cli.corpus import fetch

        fetch()
    else:
        typer.echo("To quote official texts as well: websocket-mcp corpus fetch")
