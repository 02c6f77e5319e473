"""The command line as people and scripts use it: shapes, exit codes, colours, errors, interruptions."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ws_mcp import __version__
from ws_mcp.library import MAX_READ, Library

ROOT = Path(__file__).parent.parent.parent
Command = Callable[..., "subprocess.CompletedProcess[str]"]
HIT = {"id", "title", "path", "url", "source", "snippet", "score", "official", "links"}
ESCAPE = "\x1b"


def test_search_as_json_has_the_promised_shape(command: Command) -> None:
    done = command("search", "1006", "--limit", "3", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert set(found) == {"hits", "total", "next_offset", "note"}
    assert [set(hit) for hit in found["hits"]] == [HIT] * 3
    assert found["next_offset"] == 3
    assert found["total"] > 3
    hit = found["hits"][0]
    assert (hit["id"], hit["source"], hit["official"]) == ("code/1006", "code", False)
    assert all(isinstance(hit[name], str) for name in ("title", "path", "url", "snippet"))
    assert isinstance(hit["score"], float)
    assert all(isinstance(link, str) for link in hit["links"])
    assert done.stdout.count("\n") == 1


def test_search_as_json_says_what_the_library_says(command: Command, library: Library) -> None:
    found = json.loads(
        command("search", "why", "mask", "frames", "-n", "4", "--offset", "2", "-s", "rfc", "--json").stdout
    )
    answer = library.search("why mask frames", ("rfc",), 4, 2)
    assert [hit["id"] for hit in found["hits"]] == [hit.id for hit in answer.hits]
    assert found["note"] == answer.note


def test_search_for_people_names_ids_to_read_next(command: Command) -> None:
    done = command("search", "ping", "--limit", "2")
    lines = done.stdout.splitlines()
    assert done.returncode == 0
    assert lines[0] == "opcode/0x9  0x9 Ping Frame"
    assert lines[1].startswith("    ")
    assert lines[-1].startswith("2 of ")
    assert lines[-1].endswith("--offset 2 for more. Read one: websocket-mcp read ID")


def test_no_hit_is_no_error_and_says_what_to_try(command: Command) -> None:
    done = command("search", "xqzzy")
    assert (done.returncode, done.stdout) == (0, "")
    assert "Nothing matches. Try fewer" in done.stderr
    assert json.loads(command("search", "xqzzy", "--json").stdout)["hits"] == []


def test_read_prints_the_page(command: Command, library: Library) -> None:
    done = command("read", "rfc6455/5.5.1")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == library.read("rfc6455/5.5.1", limit=MAX_READ).text + "\n"


def test_read_as_json_and_in_parts(command: Command, library: Library) -> None:
    done = command("read", "iana/subprotocols", "--limit", "900", "--offset", "100", "--json")
    found = json.loads(done.stdout)
    assert set(found) == {"id", "title", "text", "total", "next_offset"}
    assert found["text"] == library.read("iana/subprotocols", offset=100, limit=900).text
    part = command("read", "iana/subprotocols", "--limit", "900")
    assert f"websocket-mcp read iana/subprotocols --offset {len(part.stdout) - 1}" in part.stderr


def test_read_with_children_writes_them_out(command: Command) -> None:
    assert "## 5.5.2 Ping" in command("read", "5.5", "--children").stdout


ERRORS = [
    (["read", "code/1066"], "There is no section 'code/1066'. Nearest: code/1006"),
    (["read", ""], "There is no section ''"),
    (["read", "5.5.1", "--limit", "3"], "limit is 3; send a number from 200"),
    (["read", "1006", "--offset", "99999"], "offset 99999 is past the end"),
    (["search", ""], "The query is empty."),
    (["search", "*"], "The query is empty."),
    (["search", "ping", "--limit", "0"], "limit is 0; send a number from 1 to 50"),
    (["search", "ping", "--offset", "-1"], "offset is -1"),
    (["search", "ping", "--source", "nowhere"], "There is no source 'nowhere'. Use one or more of: rfc (every RFC)"),
    (["search", "ping", "--limit", "many"], "Invalid value for '--limit'"),
    (["search"], "Missing argument"),
    (["search", "ping", "--no-such"], "No such option"),
    (["serch", "ping"], "No such command"),
]


@pytest.mark.parametrize(("arguments", "message"), ERRORS)
def test_errors_go_to_standard_error_in_words_and_exit_2(command: Command, arguments: list[str], message: str) -> None:
    done = command(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in " ".join(done.stderr.replace("│", " ").split())
    assert "Traceback" not in done.stderr
    assert len(done.stderr) < 1_500


@pytest.mark.parametrize("text", ["x" * 100_000, "ping\udcff", "\x01\x02ping", "--", "ping * AND (", "接続 ping"])
def test_any_argument_is_answered_or_refused(command: Command, text: str) -> None:
    for arguments in (["search", "--json", "--", text], ["read", "--", text]):
        done = command(*arguments)
        assert done.returncode in (0, 2)
        assert "Traceback" not in done.stderr
        assert len(done.stderr) < 1_500
        assert bool(done.stdout) == (done.returncode == 0)


def test_a_blocked_cache_costs_a_note_and_no_answer(command: Command, tmp_path: Path) -> None:
    (tmp_path / "websocket-mcp").write_text("in the way")
    done = command("search", "1006", env={"XDG_CACHE_HOME": str(tmp_path)})
    assert done.returncode == 0
    assert done.stdout.startswith("code/1006")
    assert "Set XDG_CACHE_HOME" in done.stderr or "set XDG_CACHE_HOME" in done.stderr


def test_pipes_get_no_colours(command: Command) -> None:
    for arguments in (["search", "1006"], ["read", "1006"], ["--help"], ["search", "--help"], ["read", "nothing"]):
        done = command(*arguments)
        assert ESCAPE not in done.stdout + done.stderr


def in_terminal(*arguments: str, env: dict[str, str] | None = None) -> str:
    """What ``websocket-mcp ARGUMENTS`` shows on a terminal."""
    pty = pytest.importorskip("pty", reason="only POSIX has pseudo-terminals")
    ours, theirs = pty.openpty()
    environment = os.environ | {"TERM": "xterm-256color", "COLUMNS": "100"} | (env or {})
    process = subprocess.Popen(
        [sys.executable, "-m", "ws_mcp", *arguments],
        cwd=ROOT,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment,
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            chunk = os.read(ours, 1 << 16)
        except OSError:  # Linux says so when the other end is closed
            break
        if not chunk:
            break
        shown += chunk
    os.close(ours)
    assert process.wait(20) == 0
    return shown.decode()


def test_terminals_get_colours_and_rendered_pages() -> None:
    found = in_terminal("search", "1006", "--limit", "1")
    assert ESCAPE in found
    assert "**" not in found
    page = in_terminal("read", "code/1006")
    assert ESCAPE in page
    assert "# 1006" not in page


def test_help_names_every_command(command: Command) -> None:
    done = command("--help")
    assert done.returncode == 0
    for name in ("search", "read", "serve", "try"):
        assert f" {name} " in done.stdout
    assert "--limit" in command("search", "--help").stdout


def test_without_arguments_there_is_help(command: Command) -> None:
    done = command()
    assert "Usage: " in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_the_version_is_the_packages(command: Command) -> None:
    assert command("--version").stdout == f"websocket-mcp {__version__}\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_can_ask_for_completion(command: Command, shell: str) -> None:
    script = command(env={"_WEBSOCKET_MCP_COMPLETE": f"source_{shell}"})
    assert script.returncode == 0
    assert "_WEBSOCKET_MCP_COMPLETE" in script.stdout


def test_ids_complete_in_a_shell(command: Command) -> None:
    words = {"COMP_WORDS": "websocket-mcp read rfc6455/5.5", "COMP_CWORD": "2"}
    done = command(env={"_WEBSOCKET_MCP_COMPLETE": "complete_bash", **words})
    assert done.stdout.split()[:3] == ["rfc6455/5.5", "rfc6455/5.5.1", "rfc6455/5.5.2"]


@pytest.mark.skipif(os.name != "posix", reason="pipes are POSIX")
@pytest.mark.parametrize("arguments", [["read", "rfc6455"], ["search", "ping", "--json"], ["--help"]])
def test_a_reader_that_has_gone_gets_no_traceback(command: Command, arguments: list[str]) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    done = command(*arguments, capture_output=False, stdout=theirs, stderr=subprocess.PIPE)
    os.close(theirs)
    assert done.returncode != 0
    assert done.stderr == ""


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX")
def test_ctrl_c_leaves_without_a_traceback(tmp_path: Path) -> None:
    env = os.environ | {"XDG_CACHE_HOME": str(tmp_path)}  # empty, so that an index is built
    process = subprocess.Popen(
        [sys.executable, "-m", "ws_mcp", "search", "ping"], cwd=ROOT, env=env, stdout=-1, stderr=-1, text=True
    )
    indexes = tmp_path / "websocket-mcp" / "indexes"
    end = time.monotonic() + 20
    while not (indexes.is_dir() and list(indexes.iterdir())):
        assert time.monotonic() < end
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, "Traceback" in err) == (130, "", False)
    assert list(indexes.iterdir()) == []


def test_the_tour_shows_a_search_and_a_section_without_network(command: Command) -> None:
    done = command("try", env={"WS_MCP_OFFLINE": "1"})
    assert (done.returncode, done.stderr) == (0, "")
    assert "ws_search(query=" in done.stdout
    assert "code/1006" in done.stdout
    assert "5.5.2 Ping" in done.stdout
