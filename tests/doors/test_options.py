"""The options of ``serve``: what goes together, and what a refusal says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Command
from ws_mcp.doors.mcp import options
from ws_mcp.doors.mcp.options import TOKEN, OAuth, parse

GOOD = "0123456789abcdef0123456789abcdef"
OUTSIDE = ["--http", "--host", "0.0.0.0"]
OAUTH = ["--issuer", "https://id.example", "--jwks", "https://id.example/jwks", "--resource", "https://ws.example/mcp"]


@pytest.fixture(autouse=True)
def no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(TOKEN, raising=False)


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    file = tmp_path / "token"
    file.write_text(f"{GOOD}\n")
    return file


def test_without_http_the_settings_are_those_of_stdio(tmp_path: Path) -> None:
    settings, http = parse(["--root", str(tmp_path), "--allow-host", "a.example", "--allow-host", "b.example"])
    assert http is None
    assert settings.roots == (tmp_path.resolve(),)
    assert settings.allow_hosts == ("a.example", "b.example")
    assert settings.client_roots
    assert settings.local


def test_http_is_for_this_machine_unless_told_otherwise() -> None:
    settings, http = parse(["--http"])
    assert http
    assert (http.host, http.port, http.loopback, http.token, http.oauth) == ("127.0.0.1", 8000, True, "", None)
    assert settings.local
    assert not settings.client_roots


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost"])
def test_loopback_needs_nothing_more(host: str) -> None:
    assert parse(["--http", "--host", host])[1]


def test_another_host_comes_with_names_origins_and_a_token(token_file: Path) -> None:
    names = ["--allowed-host", "WS.example", "--allowed-origin", "https://App.example:8443"]
    settings, http = parse([*OUTSIDE, *names, "--token-file", str(token_file), "--enable", "ws_generate"])
    assert http
    assert (http.hosts, http.origins, http.token) == (("ws.example",), ("https://app.example:8443",), GOOD)
    assert not settings.local
    assert settings.enabled == ("ws_generate",)


def test_oauth_stands_for_the_token() -> None:
    names = ["--allowed-host", "ws.example", "--allowed-origin", "none"]
    _, http = parse([*OUTSIDE, *names, *OAUTH, "--scope", "ws:read"])
    assert http
    assert http.origins == ()
    assert http.oauth == OAuth("https://id.example", "https://id.example/jwks", "https://ws.example/mcp", ("ws:read",))


def test_the_environment_carries_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TOKEN, GOOD)
    _, http = parse(["--http"])
    assert http
    assert http.token == GOOD


REFUSED: list[tuple[list[str], list[str]]] = [
    (OUTSIDE, ["--allowed-host NAME", "--allowed-origin ORIGIN", "--token-file FILE", "--issuer"]),
    ([*OUTSIDE, "--allowed-host", "ws.example"], ["--allowed-origin", "--token-file"]),
    (["--http", "--host", "192.0.2.1"], ["lets other machines in"]),
    (["--http", "--host", "::"], ["lets other machines in"]),
    (["--http", "--host", "ws.example"], ["lets other machines in"]),
    (["--port", "9000"], ["--port only works with --http"]),
    (["--sessions", "--enable", "x"], ["--sessions, --enable only works with --http"]),
    (["--http", "--port", "70000"], ["--port is 70000"]),
    (["--http", "--allowed-host", "*"], ["--allowed-host '*'"]),
    (["--http", "--allowed-host", "https://ws.example/"], ["give a host name"]),
    (["--http", "--allowed-origin", "app.example"], ["scheme, host and port"]),
    (["--http", "--allowed-origin", "https://app.example/"], ["scheme, host and port"]),
    (["--http", "--allowed-origin", "null"], ["scheme, host and port"]),
    (["--http", "--issuer", "https://id.example"], ["--jwks, --resource is missing"]),
    (["--http", "--scope", "x"], ["--issuer, --jwks, --resource is missing"]),
    (["--http", *OAUTH[:-1], "http://ws.example/mcp"], ["--resource", "give an https URL"]),
    (["--http", "--token", GOOD], ["unrecognized arguments"]),
    (["--root", "/no/such/folder"], ["--root /no/such/folder is no folder"]),
    (["--http", "--token-file", "/no/such/file"], ["--token-file /no/such/file"]),
]


@pytest.mark.parametrize(("arguments", "said"), REFUSED)
def test_a_refusal_says_what_to_give(arguments: list[str], said: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        parse(arguments)
    assert end.value.code == 2
    text = capsys.readouterr().err
    assert [words for words in said if words not in text] == []


@pytest.mark.parametrize("token", ["", "short", "has a space in the middle of it", "ümlaute-sind-nicht-ascii"])
def test_a_weak_token_is_refused(tmp_path: Path, token: str, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "token"
    file.write_text(token, "utf-8")
    with pytest.raises(SystemExit):
        parse(["--http", "--token-file", str(file)])
    assert "token" in capsys.readouterr().err


def test_a_token_and_oauth_exclude_each_other(token_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["--http", "--token-file", str(token_file), *OAUTH])
    assert "exclude each other" in capsys.readouterr().err


def test_the_parser_needs_nothing_but_the_standard_library() -> None:
    heavy = {"mcp", "pydantic", "anyio", "starlette", "uvicorn", "typer", "jwt"}
    code = f"import sys\nimport {options.__name__}\nprint(*({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.strip() == ""


def test_help_lists_the_options_and_a_refusal_has_no_traceback(command: Command) -> None:
    shown = command("serve", "--help")
    assert shown.returncode == 0
    assert "--allowed-host" in shown.stdout
    refused = command("serve", *OUTSIDE)
    assert refused.returncode == 2
    assert refused.stdout == ""
    assert "Traceback" not in refused.stderr
