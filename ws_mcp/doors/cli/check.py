"""``check handshake`` and ``check frames``."""

from __future__ import annotations

import json as jsonlib
import re
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from ws_mcp.checking import frames as frame_check
from ws_mcp.checking import handshakes
from ws_mcp.checking.arguments import Checked, policy_of, side_of
from ws_mcp.doors.cli import output
from ws_mcp.errors import InputError
from ws_mcp.protocol.inputs import MAX_FILE
from ws_mcp.report import junit, sarif, text
from ws_mcp.report.evidence import plain
from ws_mcp.types import Policy

app = typer.Typer(
    help="Check a handshake or frames: every violation, with its bytes and its fix.", no_args_is_help=True
)

_EXIT = {"clean": 0, "violations": 1, "undecided": 2}
_PATH = re.compile(r"(?!\\[xu][0-9A-Fa-f]{2})(?:~|\.{1,2}|[A-Za-z]:)?[\\/][^\s]*|[\w.-]+\.[A-Za-z][A-Za-z0-9]{1,5}")
_COLOURS: dict[str, dict[str, Any]] = {
    "error": {"fg": "red", "bold": True},
    "warning": {"fg": "yellow", "bold": True},
    "info": {"fg": "blue", "bold": True},
    "good": {"fg": "green", "bold": True},
    "mark": {"fg": "red", "bold": True, "reverse": True},
    "name": {"bold": True},
    "dim": {"dim": True},
}


class Format(StrEnum):
    """The output forms."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    JUNIT = "junit"


FormatOption = Annotated[Format, typer.Option("--format", "-f", help="Output form.")]
JsonOption = Annotated[bool, typer.Option("--json", help="The same as --format json.")]
InputOption = Annotated[str, typer.Option("--input-type", help="The input's form, where guessing it fails.")]
ListOption = Annotated[
    bool, typer.Option("--list", "-l", help="List every frame, and every rule that could not be checked.")
]
Origins = Annotated[
    list[str] | None, typer.Option("--allow-origin", help="Policy: an allowed Origin; repeat for more.")
]
Subprotocol = Annotated[str, typer.Option("--require-subprotocol", help="Policy: the subprotocol to agree on.")]
MaxMessage = Annotated[int | None, typer.Option("--max-message", min=1, help="Policy: the largest message, in bytes.")]
Extensions = Annotated[
    list[str] | None, typer.Option("--allow-extension", help="Policy: an allowed extension; none allows none.")
]
Browser = Annotated[bool, typer.Option("--browser", help="A fact: the client is a browser.")]
Scheme = Annotated[str, typer.Option("--scheme", help="A fact: ws or wss.")]


def register(parent: typer.Typer) -> None:
    """Add the check commands."""
    parent.add_typer(app, name="check")


@app.command()
def handshake(
    request: Annotated[str, typer.Argument(help="A file, - for standard input, or the text: request, answer or both.")],
    response: Annotated[str, typer.Argument(help="The answer, if it is not with the request.")] = "",
    format: FormatOption = Format.TEXT,
    json: JsonOption = False,
    list_all: ListOption = False,
    input_type: InputOption = "auto",
    allow_origin: Origins = None,
    require_subprotocol: Subprotocol = "",
    max_message: MaxMessage = None,
    allow_extension: Extensions = None,
    browser: Browser = False,
    scheme: Scheme = "",
) -> None:
    """Check an opening handshake: raw HTTP, curl -v, copied DevTools headers, JSON or HTTP/2 header lists."""
    policy = _policy(allow_origin, require_subprotocol, max_message, allow_extension, browser, scheme)
    if request == response == "-":
        raise InputError("Standard input can be read once. Put the request and the answer one after the other on it.")
    first, name = source(request)
    second = source(response)[0] if response else ""
    checked = handshakes.check(first, second, policy, input_type, name)
    _show(checked, Format.JSON if json else format, list_all)


@app.command()
def frames(
    file: Annotated[
        str, typer.Argument(help="A file (bytes, hex, any dump), - for standard input, or the hex itself.")
    ],
    sender: Annotated[str, typer.Option("--sender", "-s", help="Who sent them: client or server.")] = "",
    extensions: Annotated[
        str, typer.Option("--extensions", "-e", help="The negotiated header value; none for none; guessed without it.")
    ] = "",
    list_all: ListOption = False,
    format: FormatOption = Format.TEXT,
    json: JsonOption = False,
    input_type: InputOption = "auto",
    allow_origin: Origins = None,
    require_subprotocol: Subprotocol = "",
    max_message: MaxMessage = None,
    allow_extension: Extensions = None,
    browser: Browser = False,
    scheme: Scheme = "",
) -> None:
    """Check frames of one direction, or of both: lines that begin with C: or S: say who sent them."""
    policy = _policy(allow_origin, require_subprotocol, max_message, allow_extension, browser, scheme)
    content, name = source(file)
    checked = frame_check.check(content, side_of(sender), extensions, policy, input_type, name)
    _show(checked, Format.JSON if json else format, list_all)


def source(argument: str, words: bool = False) -> tuple[str | bytes, str]:
    """The content of the file that ``argument`` names, of standard input for "-", else ``argument``; and the name.

    A pipe is a file too: /dev/stdin, a FIFO, what a shell puts in place of ``<(…)``. With ``words`` anything may be
    meant as text, even what looks like a file's name.

    Raises:
        InputError: the file cannot be read, or it looks like one that is not there.
    """
    if argument == "-":
        return _bounded(sys.stdin.buffer.read(MAX_FILE + 1)), "stdin"
    if argument.strip() and len(argument) < 4_096 and "\n" not in argument:
        path = Path(argument)
        try:
            if path.is_dir():
                raise InputError(f"{argument} is a folder. Give a file, - for standard input, or the text itself.")
            if path.exists():
                with path.open("rb") as file:
                    return _bounded(file.read(MAX_FILE + 1)), argument
        except (OSError, ValueError) as error:
            raise InputError(f"{argument[:200]} cannot be read: {getattr(error, 'strerror', error)}.") from error
        if not words and _PATH.fullmatch(argument.strip()):
            raise InputError(
                f"There is no file {argument[:200]}. Give a file, - for standard input, or the text itself."
            )
    return argument, ""


def _bounded(content: bytes) -> bytes:
    if len(content) > MAX_FILE:
        raise InputError(f"The input is larger than {MAX_FILE:,} bytes. Cut out the part in question.")
    return content


def _policy(
    origins: list[str] | None,
    subprotocol: str,
    most: int | None,
    extensions: list[str] | None,
    browser: bool,
    scheme: str,
) -> Policy:
    allowed = None if extensions is None else [name for name in extensions if name.strip().casefold() != "none"]
    return policy_of(
        {
            "origins": origins or [],
            "subprotocol": subprotocol,
            "max_message": most,
            "extensions": allowed,
            "browser": browser,
            "scheme": scheme,
        }
    )


def _show(checked: Checked, form: Format, every: bool) -> None:
    """Print the report and leave with the exit code of its verdict."""
    report, evidence = checked.report, checked.evidence
    if form is Format.JSON:
        output.as_json(report.to_json())
    elif form is Format.SARIF:
        typer.echo(jsonlib.dumps(sarif.render(report, evidence), ensure_ascii=False, indent=2))
    elif form is Format.JUNIT:
        typer.echo(junit.render(report, evidence), nl=False)
    else:
        paint = _paint if sys.stdout.isatty() else plain
        typer.echo(text.render(report, evidence, paint, every))
    raise typer.Exit(_EXIT[report.verdict])


def _paint(words: str, kind: str) -> str:
    return output.style(words, **_COLOURS[kind])
