"""Printing: JSON for programs, plain text for pipes, colours for terminals only."""

from __future__ import annotations

import json
import re
import sys
from typing import Any

import typer


def as_json(content: dict[str, Any]) -> None:
    """Print an answer as JSON, one line for a program, indented for a person."""
    typer.echo(json.dumps(content, ensure_ascii=False, indent=2 if sys.stdout.isatty() else None))


def bold(text: str) -> str:
    """Markdown's bold as the terminal's; in a pipe the marks stay."""
    if not sys.stdout.isatty():
        return text
    return re.sub(r"\*\*(.+?)\*\*", lambda found: typer.style(found[1], bold=True), text)


def style(text: str, **how: Any) -> str:
    """``text`` in a colour when somebody looks at it."""
    return typer.style(text, **how) if sys.stdout.isatty() else text


def markdown(text: str) -> None:
    """A page: rendered on a terminal, as it is elsewhere."""
    if not sys.stdout.isatty():
        typer.echo(text)
        return
    from rich.console import Console
    from rich.markdown import Markdown

    Console().print(Markdown(text))
