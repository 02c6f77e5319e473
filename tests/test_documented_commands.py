"""Every `websocket-mcp …` that documents show is a command: our parser reads it, and what needs no network is run."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from tests.conftest import Command
from ws_mcp.__main__ import DOORS
from ws_mcp.doors.cli import app as command_line
from ws_mcp.doors.mcp import options

ROOT = Path(__file__).parent.parent
_SPAN = re.compile(r"`(websocket-mcp [^`]+)`")
_FENCE = re.compile(r"^```(\w+)[^\n]*\n(.*?)^```$", re.M | re.S)
_LINE = re.compile(r"^(?:\$ |uvx |[A-Z_]+=.+ |.+\| )*(websocket-mcp .+)$", re.M)
_SHELLS = {"sh", "console", "yaml", "text"}
# What neither changes anything nor needs the network, and how many words make it whole.
_OURS = {"search": 2, "read": 2, "diagnose": 2, "check": 3, "build": 3, "template list": 2, "template show": 3}
# What stands in the working folder when the commands that name files are run.
_FILES = {
    "dialogue.hex": "C: 88 82 00 00 00 00 03 e8\nS: 88 02 03 e8\n",
    "dump.hex": "81 05 48 65 6c 6c 6f\n",
    "request.txt": "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    "response.txt": "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
}


def _documents() -> list[Path]:
    patterns = ("corpus/**/*.md", "corpus/**/*.toml", "docs/*.md", "*.md", "templates/**/*.md", "templates/**/*.jinja")
    found = {file for pattern in patterns for file in ROOT.glob(pattern)}
    return sorted(found - {ROOT / "docs/commands.md"})  # that one is written by the parser itself


def _commands(text: str) -> Iterator[tuple[str, bool]]:
    """What stands in lines of fenced blocks, and in code spans, where arguments may be left out."""
    for language, body in _FENCE.findall(text):
        if language in _SHELLS:
            yield from ((line, True) for line in _LINE.findall(body.replace("\\\n", " ")))
    for span in _SPAN.findall(_FENCE.sub("", text)):
        yield " ".join(span.split()), False


def _shown() -> list[tuple[str, str, bool]]:
    """(document, command, whether it is whole)."""
    found: dict[tuple[str, str, bool], None] = {}
    for file in _documents():
        for command, whole in _commands(file.read_text("utf-8")):
            found[file.relative_to(ROOT).as_posix(), command, whole] = None
    return list(found)


def _words(command: str) -> list[str]:
    return shlex.split(re.split(r" (?:>|\||&&?|#)(?: |$)", command)[0])[1:]


def _parse(words: list[str]) -> None:
    """As the command line does, but for carrying it out; a bare name of a command is one too."""
    if words[:1] == ["serve"]:
        options.build().parse_args(words[1:])
        return
    command: Any = typer.main.get_command(command_line.app)
    context = None
    while words or context is None:
        if not hasattr(command, "commands"):
            command.make_context(command.name, list(words), parent=context)
            return
        name = command.name or "websocket-mcp"
        context = command.make_context(name, list(words), parent=context, resilient_parsing=True)
        first = words[0]
        _, command, words = command.resolve_command(context, list(words))
        if command is None:
            raise LookupError(f"{name} has no {first}")


@pytest.fixture(scope="module", autouse=True)
def doors() -> None:
    command_line.add(DOORS)


def test_documents_show_commands() -> None:
    shown = _shown()
    assert len(shown) > 40
    assert len(_runnable()) > 5
    assert {"README.md", "docs/probe.md", "corpus/guides/connections/closing.md"} <= {file for file, *_ in shown}


@pytest.mark.parametrize(("file", "command", "whole"), _shown())
def test_the_parser_reads_what_is_shown(file: str, command: str, whole: bool) -> None:
    try:
        _parse(_words(command))
    except (Exception, SystemExit) as error:  # whatever kind of error the parser raises, it is the document's
        if whole or type(error).__name__ != "MissingParameter":
            pytest.fail(f"{file}: {command}: {getattr(error, 'message', error)}")


def _runnable() -> list[str]:
    return sorted({command for _, command, _ in _shown() if _whole(command)})


def _whole(command: str) -> bool:
    words = _words(command)
    least = next((least for start, least in _OURS.items() if words[: start.count(" ") + 1] == start.split()), 0)
    return 0 < least <= len(words) and not re.search(r"…|\b(?:NAME|ID|THE TEXT)\b", command)


@pytest.mark.parametrize("shown", _runnable())
def test_what_needs_no_network_is_run(shown: str, command: Command, tmp_path: Path) -> None:
    for name, text in _FILES.items():
        (tmp_path / name).write_text(text, newline="")
    env = {"WS_MCP_OFFLINE": "1", "PYTHONPATH": str(ROOT)}
    with (tmp_path / "dialogue.hex").open() as piped:
        done = command(*_words(shown), cwd=tmp_path, env=env, stdin=piped)
    assert done.returncode in (0, 1) and done.stdout, f"{shown}: {done.stderr}"


@pytest.mark.parametrize(
    "wrong",
    ["plan", "check frame", "check capture ws.pcap", "probe server URL --fast", "probe server a b", "serve --htpp"],
)
def test_what_is_no_command_is_noticed(wrong: str) -> None:
    with pytest.raises((Exception, SystemExit)):
        _parse(wrong.split())
