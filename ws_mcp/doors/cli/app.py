"""The command ``websocket-mcp`` and what holds for every subcommand: errors on stderr, exit codes, no traceback.

Exit 0: done, clean. 1: violations found. 2: unusable input, undecided, or an abnormal end. 130: Ctrl-C.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Mapping

import typer

from ws_mcp import __version__
from ws_mcp.doors.cli import agent, build, check, corpus, diagnosing, install, knowledge, local, probe, template
from ws_mcp.errors import WsMcpError

app = typer.Typer(
    name="websocket-mcp",
    help="WebSocket knowledge and tooling. Start with: websocket-mcp search 'connection drops after 60 seconds'",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"websocket-mcp {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    pass


knowledge.register(app)
check.register(app)
diagnosing.register(app)
build.register(app)
probe.register(app)
template.register(app)
corpus.register(app)
local.register(app)
install.register(app)
agent.register(app)


def add(others: Mapping[str, Callable[[], None]]) -> None:
    """Add commands that open another door."""
    for name, command in others.items():
        app.command(name=name)(command)


def run() -> None:
    """Run the command line and leave with its exit code."""
    _mend_streams()
    try:
        app(prog_name="websocket-mcp")
    except WsMcpError as error:
        typer.echo(f"websocket-mcp: {error}", err=True)
        sys.exit(2)
    except BrokenPipeError:
        # Whoever read our output has gone; nothing is left to say to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(2)
    except OSError as error:
        typer.echo(f"websocket-mcp: {error.strerror or error}", err=True)
        sys.exit(2)
    except Exception as error:
        if os.environ.get("WS_MCP_DEBUG"):
            raise
        typer.echo(f"websocket-mcp: unexpected {type(error).__name__}: {error}. WS_MCP_DEBUG=1 shows where.", err=True)
        sys.exit(2)


def _mend_streams() -> None:
    """Take what a shell may hand us: closed streams, and encodings that lack a character we print."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115  # stays open
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
