"""``diagnose``: paste anything."""

from __future__ import annotations

from typing import Annotated

import typer

from ws_mcp.diagnose import diagnose as find
from ws_mcp.diagnose.answer import COMMANDS, render
from ws_mcp.doors.cli.check import source
from ws_mcp.library import Library


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(diagnose)


def diagnose(
    text: Annotated[
        list[str],
        typer.Argument(
            help="A handshake, curl -v, hex, log line, console text, code, URL or words; a file; - for stdin."
        ),
    ],
) -> None:
    """Say what a paste is, check it, and give the next step."""
    content, _ = source(text[0], words=True) if len(text) == 1 else (" ".join(text), "")
    typer.echo(render(find(content, Library()), COMMANDS))
