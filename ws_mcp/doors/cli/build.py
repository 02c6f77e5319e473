"""``build frames`` and ``build accept``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ws_mcp.checking import building
from ws_mcp.checking.arguments import side_of
from ws_mcp.doors.cli import output
from ws_mcp.errors import InputError
from ws_mcp.report.evidence import printable
from ws_mcp.types import Side

app = typer.Typer(help="Build frames, right or deliberately wrong, and accept values.", no_args_is_help=True)


def register(parent: typer.Typer) -> None:
    """Add the build commands."""
    parent.add_typer(app, name="build")


@app.command()
def frames(
    frame: Annotated[
        list[str],
        typer.Argument(
            help="'text hello' 'close 1000 bye' 'binary hex:ff00' '0x3 rsv1 nomask x'. Options after the opcode: "
            "nofin, rsv1, rsv2, rsv3, mask, nomask, key=37fa213d, form=7|16|64, length=N, cut=N, deflate; -- ends them."
        ),
    ],
    sender: Annotated[str, typer.Option("--sender", "-s", help="client (masks its frames) or server.")] = "client",
    extensions: Annotated[str, typer.Option("--extensions", "-e", help="The negotiated header value.")] = "none",
    to: Annotated[str, typer.Option("--output", "-o", help="Write the bytes to this new file; - for stdout.")] = "",
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Build frames one after the other, and say which rules they break. Exit 0: a wrong frame was asked for."""
    built = building.frames(frame, side_of(sender) or Side.CLIENT, extensions)
    if to:
        _write(to, built.data)
    if to == "-":
        return
    if json:
        output.as_json(building.as_json(built))
        return
    if not to:
        typer.echo(built.data.hex(" "))
    for finding in built.report.findings:
        typer.echo(f"{finding.severity.value}  {finding.rule}: {printable(finding.message)}", err=True)


@app.command()
def accept(
    key: Annotated[str, typer.Argument(help="A Sec-WebSocket-Key; new makes one.")],
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """The Sec-WebSocket-Accept value that answers a key."""
    pair = building.accept_pair(key)
    if json:
        output.as_json(pair)
        return
    typer.echo(f"Sec-WebSocket-Key: {pair['key']}\nSec-WebSocket-Accept: {pair['accept']}")
    if "note" in pair:
        typer.echo(pair["note"], err=True)


def _write(to: str, data: bytes) -> None:
    if to == "-":
        sys.stdout.buffer.write(data)
        return
    try:
        with Path(to).open("xb") as file:  # never over what is there
            file.write(data)
    except OSError as error:
        raise InputError(f"{to} cannot be written: {error.strerror}. Name a file that does not exist yet.") from error
