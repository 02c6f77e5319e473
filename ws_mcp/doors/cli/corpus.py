"""``corpus fetch``, ``corpus status`` and ``corpus add``: the official documents in the user's cache."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from ws_mcp.doors.cli import output
from ws_mcp.knowledge import cache
from ws_mcp.knowledge.official import store
from ws_mcp.knowledge.official.gather import FetchReport, Progress, Result
from ws_mcp.library import Library

app = typer.Typer(help="The official RFC, MDN and IANA texts, fetched on request.", no_args_is_help=True)


def register(parent: typer.Typer) -> None:
    """Add the corpus commands."""
    parent.add_typer(app, name="corpus")


@app.command()
def fetch(
    source: Annotated[
        list[str] | None, typer.Option("--source", "-s", help="Only this: rfc6455, rfc, mdn, iana, an MDN page.")
    ] = None,
    mirror: Annotated[
        str | None,
        typer.Option(help="URL or folder that holds https://HOST/PATH as HOST/PATH.", envvar="WS_MCP_MIRROR"),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Bring the official documents, or what has changed of them, into the cache."""
    from ws_mcp.knowledge.official.fetch import fetch as run

    with _bar(json) as progress:
        report = run(source or [], mirror, cache.cache_dir(), progress=progress)
    _finish(report, json)


@app.command()
def add(
    folder: Annotated[Path, typer.Argument(help="rfcN.txt, rfcN.html, index.json, websocket.xml, or HOST/PATH.")],
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Take documents that you downloaded yourself, after the same checks."""
    from ws_mcp.knowledge.official.folder import add_dir

    with _bar(json) as progress:
        report = add_dir(folder, cache.cache_dir(), progress=progress)
    _finish(report, json)


@app.command()
def status(json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """What is there, how old it is, and what failed and why."""
    found = store.status(cache.cache_dir())
    if json:
        output.as_json({"folder": str(cache.cache_dir()), "sources": [asdict(one) for one in found]})
        return
    for one in found:
        state = f"{one.present}/{one.documents}"
        age = (
            f"fetched {one.fetched[:10]}, {one.bytes:,} bytes, {one.sections} sections"
            if one.present
            else "not fetched"
        )
        typer.echo(f"{output.style(f'{one.id:<9}', fg='cyan', bold=True)} {state:>6}  {age}  {one.title}")
        for document, reason in one.failed:
            typer.echo(f"          {document}: {reason}")
    if not any(one.present for one in found):
        typer.echo("Nothing was fetched yet; our digests answer. Bring the official texts: websocket-mcp corpus fetch")


def _finish(report: FetchReport, json: bool) -> None:
    """Say what became of the documents, and index them; exit 2 when one asked for is missing or stale."""
    if report.changed:
        Library().prepare()
    if json:
        output.as_json({**asdict(report), "ok": report.ok, "counts": report.counts})
    else:
        typer.echo(", ".join(f"{count} {outcome}" for outcome, count in report.counts.items()) or "Nothing to do.")
        for name in report.ignored:
            typer.echo(f"  not recognised: {name}", err=True)
    if not report.ok:
        raise typer.Exit(2)


@contextmanager
def _bar(quiet: bool) -> Iterator[Callable[[Progress], None]]:
    """A progress bar on a terminal; elsewhere a line for each document that made trouble."""
    if quiet or not sys.stderr.isatty():
        yield lambda progress: None if quiet else _trouble(progress.result)
        return
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("documents", total=None)

        def show(progress: Progress) -> None:
            bar.update(task, completed=progress.done, total=progress.total)
            with_trouble = progress.result if progress.result and progress.result.reasons else None
            if with_trouble:
                bar.console.print(_words(with_trouble), style="yellow", highlight=False)

        yield show


def _trouble(result: Result | None) -> None:
    if result and result.reasons:
        typer.echo(_words(result), err=True)


def _words(result: Result) -> str:
    return f"{result.document}: {result.outcome}. {'; '.join(result.reasons)}"
