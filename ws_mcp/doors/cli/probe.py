"""``probe server``, ``probe client``, and ``probe report`` for what they saved."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from ws_mcp.doors.cli import output
from ws_mcp.errors import InputError
from ws_mcp.probe import baseline as baselines
from ws_mcp.probe import saved
from ws_mcp.probe.forms import html, junit, matrix, sarif, text
from ws_mcp.probe.outcomes import Progress
from ws_mcp.probe.result import ProbeReport
from ws_mcp.probe.settings import LIMIT, PARALLEL, TOTAL, Settings
from ws_mcp.report.evidence import plain

if TYPE_CHECKING:
    from ws_mcp.probe.secured import Secured

app = typer.Typer(help="Test a live server or client: conformance, hardening, limits.", no_args_is_help=True)

DRIVERS = {"websockets": "websockets_client.py", "ws": "ws_client.cjs", "browser": "browser.html"}
_COLOURS: dict[str, dict[str, Any]] = {
    "error": {"fg": "red", "bold": True},
    "warning": {"fg": "yellow"},
    "info": {"fg": "blue"},
    "good": {"fg": "green"},
    "name": {"bold": True},
    "dim": {"dim": True},
}


class Format(StrEnum):
    """The output forms."""

    TEXT = "text"
    JSON = "json"
    JUNIT = "junit"
    SARIF = "sarif"
    HTML = "html"


Only = Annotated[
    list[str] | None, typer.Option("--only", "-o", help="Only cases that begin so, or of this requirement; repeat.")
]
NoEcho = Annotated[bool, typer.Option("--no-echo", help="The peer does not send messages back.")]
FormatOption = Annotated[Format, typer.Option("--format", "-f", help="Output form.")]
JsonOption = Annotated[bool, typer.Option("--json", help="The same as --format json.")]
Baseline = Annotated[Path | None, typer.Option(help="Accept the failures that this file names.")]
WriteBaseline = Annotated[Path | None, typer.Option(help="Write this run's failures to a file to accept.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="List what passed too, with the bytes both ways.")]


def register(parent: typer.Typer) -> None:
    """Add the probe commands."""
    parent.add_typer(app, name="probe")


@app.command()
def server(
    url: Annotated[str, typer.Argument(help="ws://127.0.0.1:8080/path or wss://…")],
    only: Only = None,
    slow: Annotated[bool, typer.Option("--slow", help="Also cases that wait up to 25 seconds.")] = False,
    stress: Annotated[
        bool, typer.Option("--stress", help="Also floods and a bomb, up to 16 MiB; they can hurt.")
    ] = False,
    autobahn: Annotated[bool, typer.Option("--autobahn", help="Also Autobahn's cases (the extra 'autobahn').")] = False,
    header: Annotated[list[str] | None, typer.Option("--header", "-H", help="'Name: value' to send; repeat.")] = None,
    cookie: Annotated[str, typer.Option(help="'name=value; other=value'.")] = "",
    subprotocol: Annotated[list[str] | None, typer.Option(help="A subprotocol to offer; repeat.")] = None,
    no_echo: NoEcho = False,
    prefix: Annotated[str, typer.Option(help="What each text has to begin with: '4' for Engine.IO.")] = "",
    allow_host: Annotated[
        list[str] | None, typer.Option("--allow-host", help="A host beyond this machine that you may test; repeat.")
    ] = None,
    insecure: Annotated[bool, typer.Option("--insecure", "-k", help="Take any TLS certificate.")] = False,
    http2: Annotated[bool, typer.Option("--http2", help="Open WebSockets over HTTP/2 (RFC 8441).")] = False,
    parallel: Annotated[int, typer.Option(min=1, max=64, help="Connections at a time.")] = PARALLEL,
    limit: Annotated[float, typer.Option(min=0.2, max=60, help="Seconds for a case.")] = LIMIT,
    total: Annotated[float, typer.Option(min=1, help="Seconds for all; slow cases add theirs.")] = TOTAL,
    baseline: Baseline = None,
    write_baseline: WriteBaseline = None,
    format: FormatOption = Format.TEXT,
    json: JsonOption = False,
    verbose: Verbose = False,
) -> None:
    """Test a server. Exit 0: nothing failed. 1: something did. 2: it could not be tested."""
    from ws_mcp.probe.runner import probe_server

    settings = Settings(
        headers=(*map(_header, header or ()), *([("Cookie", cookie)] if cookie else ())),
        subprotocols=tuple(subprotocol or ()),
        echo=False if no_echo else None,
        prefix=prefix,
        insecure=insecure,
        http2=http2,
        only=tuple(only or ()),
        slow=slow,
        stress=stress,
        autobahn=autobahn,
        limit=limit,
        total=total,
        parallel=parallel,
        allowed=tuple(allow_host or ()),
    )
    baselines.ready(baseline, write_baseline)
    form = Format.JSON if json else format
    with _bar() as progress:
        report = asyncio.run(probe_server(url, settings, progress))
    _finish(report, form, baseline, write_baseline, verbose)


@app.command()
def client(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Where to listen; 0 takes a free port.")] = 9001,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    only: Only = None,
    no_echo: NoEcho = False,
    total: Annotated[float, typer.Option(min=1, help="Seconds to wait for the client.")] = TOTAL,
    secure: Annotated[bool, typer.Option("--tls", help="Listen with TLS, with a certificate made here.")] = False,
    cert: Annotated[Path | None, typer.Option(help="A certificate chain of yours in PEM, for --tls.")] = None,
    key: Annotated[Path | None, typer.Option(help="Its key in PEM; none where --cert has it.")] = None,
    ca: Annotated[Path | None, typer.Option(help="Where to write the authority that the client has to trust.")] = None,
    driver: Annotated[str, typer.Option(help=f"Print an example client and leave: {', '.join(DRIVERS)}.")] = "",
    baseline: Baseline = None,
    write_baseline: WriteBaseline = None,
    format: FormatOption = Format.TEXT,
    json: JsonOption = False,
    verbose: Verbose = False,
) -> None:
    """Test a client: it connects again and again and sends back what it gets; each connection is a case."""
    if driver:
        typer.echo(_driver(driver), nl=False)
        return
    if key and not cert:
        raise InputError("--key belongs to --cert: give the certificate chain too.")
    tls = secure or cert is not None
    settings = Settings(only=tuple(only or ()), echo=False if no_echo else None, total=total, tls=tls)
    baselines.ready(baseline, write_baseline)
    form = Format.JSON if json else format
    with _bar() as progress:
        report = asyncio.run(_client(settings, host, port, progress, _Files(cert, key, ca)))
    _finish(report, form, baseline, write_baseline, verbose)


@app.command("report")
def several(
    results: Annotated[list[Path], typer.Argument(help="What --json wrote, a file a peer; its name heads the column.")],
    html_file: Annotated[Path | None, typer.Option("--html", help="Write a page: peers × cases.")] = None,
    verbose: Verbose = False,
) -> None:
    """Put saved results of several peers side by side. Exit 2: a file is no result of a probe."""
    reports = [saved.read(file) for file in results]
    names = [file.stem for file in results]
    typer.echo(matrix.render(reports, names, _paint if sys.stdout.isatty() else plain, verbose))
    if html_file is not None:
        try:
            html_file.write_text(html.render(reports, names), "utf-8")
        except OSError as error:
            raise InputError(f"The page {html_file} cannot be written: {error.strerror}.") from None


class _Files(NamedTuple):
    """What TLS takes: a chain and its key, or where to write the authority of one that is made."""

    cert: Path | None
    key: Path | None
    ca: Path | None


def _secured(host: str, files: _Files) -> Secured:
    from ws_mcp.probe.secured import Secured

    secured = Secured(tuple(dict.fromkeys(("localhost", "127.0.0.1", "::1", host))), files.cert, files.key)
    if secured.authority:
        file = files.ca or Path("websocket-mcp-ca.pem")
        try:
            file.write_bytes(secured.authority)
        except OSError as error:
            raise InputError(f"{file} cannot be written: {error.strerror}. Give another place with --ca.") from None
        named = "SSL_CERT_FILE, NODE_EXTRA_CA_CERTS or DENO_CERT names it to most clients"
        typer.echo(f"The client has to trust {file} (for a day); {named}.", err=True)
    return secured


async def _client(
    settings: Settings, host: str, port: int, progress: Callable[[Progress], None], files: _Files
) -> ProbeReport:
    from ws_mcp.probe.server import ClientProbe

    probe = ClientProbe(settings, progress, secured=_secured(host, files) if settings.tls else None)
    try:
        await probe.start(host, port)
    except OSError as error:
        raise InputError(f"Cannot listen on {host}:{port}: {error}. Give another --port; 0 takes a free one.") from None
    plain_url = f"http:{probe.url.partition(':')[2]}"
    typer.echo(
        f"Listening on {probe.url}: connect {probe.total} times and echo; GET {plain_url} "
        "tells how many are left. Examples: --driver " + ", --driver ".join(DRIVERS),
        err=True,
    )
    try:
        await probe.wait(settings.total)
    finally:
        await probe.stop()
    return probe.report()


def _driver(name: str) -> str:
    if name not in DRIVERS:
        raise InputError(f"There is no driver {name!r}; there are {', '.join(DRIVERS)}.")
    return files("ws_mcp.probe.drivers").joinpath(DRIVERS[name]).read_text("utf-8")


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise InputError(f"{text[:80]!r} is no header. Write 'Name: value', for example 'Authorization: Bearer …'.")
    return name.strip(), value.strip()


def _finish(
    report: ProbeReport, form: Format, baseline: Path | None, write_baseline: Path | None, verbose: bool
) -> None:
    if baseline is not None:
        report = baselines.apply(report, baseline)
    if write_baseline is not None:
        count = baselines.write(report, write_baseline)
        typer.echo(f"{write_baseline} now accepts {count} failures.", err=True)
    _print(report, form, verbose)
    if report.incomplete:
        raise typer.Exit(2)
    if report.failures and write_baseline is None:
        raise typer.Exit(1)


def _print(report: ProbeReport, form: Format, verbose: bool) -> None:
    if form is Format.JSON:
        output.as_json(report.to_json())
    elif form is Format.SARIF:
        output.as_json(sarif.render(report))
    elif form is Format.JUNIT:
        typer.echo(junit.render(report), nl=False)
    elif form is Format.HTML:
        typer.echo(html.render([report]), nl=False)
    else:
        width = shutil.get_terminal_size((text.WIDTH, 24)).columns
        typer.echo(text.render(report, _paint if sys.stdout.isatty() else plain, verbose, width))


def _paint(words: str, kind: str) -> str:
    return typer.style(words, **_COLOURS.get(kind, {}))


@contextmanager
def _bar() -> Iterator[Callable[[Progress], None]]:
    """A progress bar on a terminal."""
    if not sys.stderr.isatty():
        yield lambda progress: None
        return
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("cases", total=None)

        def show(progress: Progress) -> None:
            case = progress.outcome.case
            bar.update(task, completed=progress.done, total=progress.total, description=f"{case:<36.36}")

        yield show
