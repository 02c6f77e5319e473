"""``local init`` and ``local status``: the user's own folder of knowledge; and the library that reads it."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from ws_mcp.doors.cli import output
from ws_mcp.errors import InputError
from ws_mcp.knowledge.local.folder import PLACE, VARIABLE, Local, Status, candidates
from ws_mcp.library import Library

app = typer.Typer(help="Your own files, searched and read beside what ships.", no_args_is_help=True)

Folder = Annotated[
    str, typer.Option("--local", metavar="DIR", envvar=VARIABLE, help=f"Your files, instead of ./{PLACE.as_posix()}.")
]
_PATIENCE = 10.0  # seconds to index before answering; a command answers once
_SHOWN = 50  # of what is left out


def register(parent: typer.Typer) -> None:
    """Add the local commands."""
    parent.add_typer(app, name="local")


def library(folder: str = "", patience: float = _PATIENCE) -> Library:
    """The library with the user's files in ``folder``, "" for the usual place.

    Raises:
        InputError: A folder was named that is not there.
    """
    return Library(_local(folder, patience))


def _local(folder: str, patience: float) -> Local:
    if folder and not Path(folder).expanduser().is_dir():
        raise InputError(f"There is no folder {folder[:200]!r}. Make it with: websocket-mcp local init {folder[:200]}")
    return Local(candidates(folder), patience)


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to.")] = PLACE,
) -> None:
    """Lay our guides out as files, on four shelves with an index; nothing is overwritten."""
    written, kept = Library().lay_out(folder)
    typer.echo(f"{len(written)} files written to {folder}" + (f", {len(kept)} left as they were." if kept else "."))
    if folder != PLACE:
        typer.echo(f"Serve them with: websocket-mcp serve --local {folder}")


@app.command()
def status(local: Folder = "", json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Which of your files are served, and which are left out and why."""
    served = _local(local, _PATIENCE)
    end = time.monotonic() + 6 * _PATIENCE
    found = served.status()
    while not found.ready and time.monotonic() < end:
        found = served.status()
    if json:
        output.as_json(asdict(found))
    else:
        _print(found)


def _print(found: Status) -> None:
    for folder, there in found.folders:
        hint = "" if there else ": not there; make it with: websocket-mcp local init"
        typer.echo(f"{output.style(folder, fg='cyan', bold=True)}{hint}")
    copies = f", and {found.copies} unchanged copies of ours" if found.copies else ""
    typer.echo(f"{found.files} files of yours are served, {found.bytes:,} bytes{copies}.")
    if found.trouble:
        typer.echo(found.trouble, err=True)
    if found.left_out:
        reasons = Counter(reason for _, reason in found.left_out)
        typer.echo("Left out: " + ", ".join(f"{count} {reason}" for reason, count in reasons.most_common()))
    for path, reason in found.left_out[:_SHOWN]:
        typer.echo(f"  {path}: {reason}")
    if more := len(found.left_out) - _SHOWN + found.more if len(found.left_out) > _SHOWN else found.more:
        typer.echo(f"  and {more:,} more")
