"""``search`` and ``read``."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from ws_mcp.doors.cli import local as local_files
from ws_mcp.doors.cli import output
from ws_mcp.library import MAX_READ, Answer


def register(app: typer.Typer) -> None:
    """Add the knowledge commands."""
    app.command()(search)
    app.command()(read)


def _ids(incomplete: str) -> list[str]:
    return local_files.library(patience=1).complete(incomplete)


def search(
    query: Annotated[
        list[str], typer.Argument(help="Words, a symptom, 5.5.1, 1006, 0x9, a header, an API name, an error text.")
    ],
    limit: Annotated[int, typer.Option("--limit", "-n", help="How many hits, 1 to 50.")] = 5,
    offset: Annotated[int, typer.Option(help="Hits to skip.")] = 0,
    source: Annotated[
        list[str] | None, typer.Option("--source", "-s", help="Only this source: rfc6455, rfc, mdn, iana, local …")
    ] = None,
    local: local_files.Folder = "",
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Find the sections that answer."""
    answer = local_files.library(local).search(" ".join(query), tuple(source or ()), limit, offset)
    if json:
        hits = [{**asdict(hit), "path": " › ".join(hit.path), "links": list(hit.links)} for hit in answer.hits]
        output.as_json({**asdict(answer), "hits": hits})
    else:
        _print(answer)


def _print(answer: Answer) -> None:
    for hit in answer.hits:
        typer.echo(f"{output.style(hit.id, fg='cyan', bold=True)}  {hit.title}")
        typer.echo(f"    {output.bold(hit.snippet)}")
    if answer.hits:
        more = f", --offset {answer.next_offset} for more" if answer.next_offset else ""
        typer.echo(
            output.style(f"{len(answer.hits)} of {answer.total}{more}. Read one: websocket-mcp read ID", dim=True)
        )
    if answer.note:
        typer.echo(answer.note, err=True)


def read(
    id: Annotated[
        str, typer.Argument(help="rfc6455/5.5.1, 5.5.1, code/1006, mdn/Web/API/WebSocket, local …", autocompletion=_ids)
    ],
    children: Annotated[bool, typer.Option("--children", "-c", help="Write out the sections below it too.")] = False,
    offset: Annotated[int, typer.Option(help="Characters to skip.")] = 0,
    limit: Annotated[int, typer.Option(help=f"Characters to show, 200 to {MAX_READ}.")] = MAX_READ,
    local: local_files.Folder = "",
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Read a section."""
    reading = local_files.library(local).read(id, children, offset, limit)
    if json:
        output.as_json(asdict(reading))
        return
    output.markdown(reading.text)
    if reading.next_offset is not None:
        rest = reading.total - reading.next_offset
        typer.echo(f"{rest} more characters: websocket-mcp read {reading.id} --offset {reading.next_offset}", err=True)
