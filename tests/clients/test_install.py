"""Installing writes this interpreter's command, keeps what is the client's, and can be undone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from ws_mcp.clients import install
from ws_mcp.clients.places import CLIENTS
from ws_mcp.errors import InputError, StorageError


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("XDG_CONFIG_HOME", "CODEX_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def entry(change: install.Change) -> dict[str, object]:
    text = change.place.file.read_text("utf-8")
    found = tomllib.loads(text) if change.place.toml else json.loads(text)
    for key in (*change.place.keys, install.NAME):
        found = found[key]
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("client", CLIENTS)
def test_the_written_command_starts_the_server(client: str) -> None:
    change = install.plan(client)
    assert install.apply(change) is None
    found = entry(change)
    assert found["command"] == sys.executable
    question = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "0"}},
    }
    arguments = found["args"]
    assert isinstance(arguments, list)
    done = subprocess.run(
        [sys.executable, *arguments], input=json.dumps(question) + "\n", capture_output=True, text=True, timeout=30
    )
    assert json.loads(done.stdout)["result"]["serverInfo"]["name"] == install.NAME


@pytest.mark.parametrize("client", CLIENTS)
def test_a_second_time_changes_nothing_and_removing_brings_the_old_file_back(client: str) -> None:
    first = install.plan(client)
    before = (
        '# mine\nmodel = "x"\n\n[mcp_servers.other]\ncommand = "o"\n' if first.place.toml else '{"theme": "dark"}\n'
    )
    first.place.file.parent.mkdir(parents=True, exist_ok=True)
    first.place.file.write_text(before)
    backup = install.apply(install.plan(client))
    assert backup and backup.read_text() == before
    assert not install.plan(client).needed
    install.apply(install.plan(client, remove=True))
    after = first.place.file.read_text()
    if first.place.toml:
        assert tomllib.loads(after) == tomllib.loads(before)
        assert "# mine" in after
    else:
        assert json.loads(after) == {"theme": "dark", first.place.keys[0]: {}}


def test_options_that_somebody_added_to_our_entry_stay() -> None:
    install.apply(install.plan("cursor"))
    file = install.plan("cursor").place.file
    file.write_text(
        file.read_text()
        .replace('"args"', '"env": {"WS_MCP_OFFLINE": "1"},\n      "args"')
        .replace(sys.executable, "/old/python")
    )
    install.apply(install.plan("cursor"))
    assert entry(install.plan("cursor")) == {
        "command": sys.executable,
        "env": {"WS_MCP_OFFLINE": "1"},
        "args": ["-m", "ws_mcp", "serve"],
    }


def test_vs_code_is_told_the_kind_of_server() -> None:
    change = install.plan("vscode")
    install.apply(change)
    assert entry(change)["type"] == "stdio"


@pytest.mark.parametrize(
    ("client", "scope", "said"),
    [("clod", "", "Choose one of: claude-code"), ("codex", "project", "Choose one of: user")],
)
def test_an_unknown_client_or_scope_is_answered_with_the_known(client: str, scope: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        install.plan(client, scope)


@pytest.mark.parametrize(
    ("client", "content"), [("cursor", "{broken"), ("codex", "= nothing"), ("cursor", "[]"), ("cursor", "\xff")]
)
def test_a_broken_configuration_is_left_as_it_is(client: str, content: str) -> None:
    file = install.plan(client).place.file
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content.encode("latin-1"))
    with pytest.raises(InputError, match="left as it is"):
        install.plan(client)
    assert file.read_bytes() == content.encode("latin-1")


def test_the_command_line_shows_the_change_first(home: Path) -> None:
    def run(*arguments: str) -> str:
        command = [sys.executable, "-m", "ws_mcp", "install", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=os.environ)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "+" in run("cursor", "--dry-run") and not (home / ".cursor").exists()
    assert "Written to" in run("cursor")
    assert "needs no change" in run("cursor")
    assert "Removed from" in run("cursor", "--remove")
    assert "has no server of ours" in run("cursor", "--remove")


def test_installing_builds_the_search_index_and_a_dry_run_does_not(home: Path) -> None:
    def run(*arguments: str) -> str:
        command = [sys.executable, "-m", "ws_mcp", "install", "cursor", *arguments]
        env = os.environ | {"XDG_CACHE_HOME": str(home / "cache")}
        return subprocess.run(command, capture_output=True, text=True, timeout=60, env=env, check=True).stdout

    run("--dry-run")
    assert not (home / "cache").exists()
    assert "index is ready" in run()
    assert len(list((home / "cache").rglob("indexes/*"))) == 1
    (home / "cache").rename(home / "moved")
    run("--remove")
    assert not (home / "cache").exists()


def test_where_no_index_can_be_kept_installing_says_so_and_works(home: Path) -> None:
    (home / "file").write_text("in the way")
    command = [sys.executable, "-m", "ws_mcp", "install", "cursor"]
    env = os.environ | {"XDG_CACHE_HOME": str(home / "file")}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=env, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "XDG_CACHE_HOME" in done.stdout and (home / ".cursor/mcp.json").exists()


def test_what_a_client_wants_beside_its_file_is_said() -> None:
    def told(client: str) -> str:
        command = [sys.executable, "-m", "ws_mcp", "install", client]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout

    said = told("codex")
    setting = said[said.index("[mcp_servers") :].splitlines()[:2]
    assert tomllib.loads("\n".join(setting)) == {
        "mcp_servers": {"websocket": {"tools": {"ws_probe_server": {"approval_mode": "approve"}}}}
    }
    assert "folders that it trusts" in told("gemini")


def test_links_line_ends_permissions_and_byte_order_mark_stay(home: Path) -> None:
    target = home / "dotfiles" / "settings.json"
    target.parent.mkdir()
    target.write_bytes(b'\xef\xbb\xbf{\r\n  "theme": "dark"\r\n}\r\n')
    target.chmod(0o644)
    link = install.plan("gemini").place.file
    link.parent.mkdir()
    link.symlink_to(target)
    install.apply(install.plan("gemini"))
    assert link.is_symlink()
    written = target.read_bytes()
    assert written.startswith(b"\xef\xbb\xbf{\r\n") and b"ws_mcp" in written
    assert written.count(b"\n") == written.count(b"\r\n")
    assert target.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("remove", [False, True])
@pytest.mark.parametrize("client", ["cursor", "codex"])
def test_another_programs_server_of_our_name_is_not_touched(client: str, remove: bool) -> None:
    file = install.plan(client).place.file
    file.parent.mkdir(parents=True, exist_ok=True)
    theirs = {
        "cursor": '{"mcpServers": {"websocket": {"command": "mine", "args": ["x"]}}}',
        "codex": '[mcp_servers.websocket]\ncommand = "mine"\n',
    }[client]
    file.write_text(theirs)
    with pytest.raises(InputError, match="of another program"):
        install.plan(client, remove=remove)
    assert file.read_text() == theirs


TOML = {
    "only settings of our tools": "m = 1\n\n[mcp_servers.websocket.tools.ws_x]\na = 2 # mine\n\n[z]\na = 1\n",
    "in two places": "[mcp_servers.websocket.tools.a]\nb = 1\n[x]\n[mcp_servers.websocket.tools.c]\nd = 1\n",
    "settings of our tools inline": "[mcp_servers]\nwebsocket = { tools = { ws_x = { a = 1 } } }\nz = 1\n",
    "settings of our tools by dotted keys": "mcp_servers.websocket.tools.ws_x.a = 1\nm = 1\n[t]\nb = 1\n",
    "other servers by dotted keys": 'mcp_servers.a.command = "a"\nmodel = "mine"\n[t]\nb = 1\n',
    "other servers inline": 'mcp_servers = { a = { command = "a" } }\nm = 1\n',
    "other servers out of order": "[mcp_servers.a]\nurl = 'a'\n[x]\n[mcp_servers.b]\nurl = 'b'\n[x.z]\nq = nan\n",
    "ours in quotes, switched off": '[mcp_servers."websocket"]\nenabled = false\n[t]\nb = 1\n',
    "a comment only": "# mine",
    "no line end": "[a]\nb = 1",
    "line ends of two kinds": "a = 1\r\nb = 2\n[c]\r\nd = 1\r\n",
}


@pytest.mark.parametrize("text", TOML.values(), ids=TOML)
def test_however_a_toml_file_is_written_we_are_added_and_nothing_else_changes(text: str) -> None:
    file = install.plan("codex").place.file
    file.parent.mkdir(parents=True)
    file.write_bytes(text.encode())
    install.apply(install.plan("codex"))
    before, after = tomllib.loads(text), tomllib.loads(file.read_bytes().decode())
    ours = after["mcp_servers"].pop(install.NAME)
    theirs = before.setdefault("mcp_servers", {}).pop(install.NAME, {})
    assert repr(after) == repr(before) or after == before
    assert ours == {**theirs, "command": sys.executable, "args": ["-m", "ws_mcp", "serve"]}
    assert all(line in file.read_bytes().splitlines() for line in text.encode().splitlines() if b"{" not in line)
    assert not install.plan("codex").needed
    install.apply(install.plan("codex", remove=True))
    gone = tomllib.loads(file.read_bytes().decode())
    gone.setdefault("mcp_servers", {})
    assert repr(gone) == repr(before) or gone == before


@pytest.mark.parametrize(
    "text",
    [
        '{"mcpServers": {"a": {}}, "mcpServers": {"b": {}}}',
        '{"mcpServers": []}',
        '{"mcpServers": null}',
        '{"mcpServers": {"websocket": {"command": "x", "args": 5}}}',
        '{"mcpServers": {"websocket": "x"}}',
        "[{}]",
        "null",
        f'{{"a": {"[" * 5_000}{"]" * 5_000}}}',
        '{"a": 1} {}',
    ],
)
def test_what_cannot_be_changed_safely_is_left_as_it_is(text: str) -> None:
    file = install.plan("cursor").place.file
    file.parent.mkdir(parents=True)
    file.write_text(text)
    with pytest.raises(InputError, match="left as it is"):
        install.plan("cursor")
    assert file.read_text() == text and [entry.name for entry in file.parent.iterdir()] == [file.name]


@pytest.mark.parametrize("text", ["mcp_servers = []\n", 'mcp_servers = "x"\n', "[[mcp_servers]]\na = 1\n"])
def test_servers_that_are_no_table_are_left_as_they_are(text: str) -> None:
    file = install.plan("codex").place.file
    file.parent.mkdir(parents=True)
    file.write_text(text)
    with pytest.raises(InputError, match="an object is expected"):
        install.plan("codex")
    assert file.read_text() == text


def test_settings_beside_no_command_are_kept() -> None:
    file = install.plan("cursor").place.file
    file.parent.mkdir(parents=True)
    file.write_text('{"mcpServers":{"websocket":{"disabled":true},"b":{"c":[{"d":1}]}}}')
    install.apply(install.plan("cursor"))
    assert json.loads(file.read_text())["mcpServers"]["b"] == {"c": [{"d": 1}]}
    assert entry(install.plan("cursor"))["disabled"] is True


def test_a_file_that_somebody_changed_meanwhile_is_left_to_them() -> None:
    file = install.plan("cursor").place.file
    early, file_text = install.plan("cursor"), '{"theirs": 1}'
    file.parent.mkdir(parents=True)
    file.write_text(file_text)
    with pytest.raises(InputError, match="by somebody else"):
        install.apply(early)
    late = install.plan("cursor")
    file.write_text(file_text.replace("1", "2"))
    with pytest.raises(InputError, match="by somebody else"):
        install.apply(late)
    assert file.read_text() == '{"theirs": 2}' and len(list(file.parent.iterdir())) == 1


@pytest.mark.usefixtures("permissions")
def test_a_read_only_file_and_folder_are_left_as_they_are() -> None:
    file = install.plan("cursor").place.file
    file.parent.mkdir(parents=True)
    file.write_text("{}")
    file.chmod(0o400)
    with pytest.raises(StorageError, match="left as it is: Permission denied"):
        install.apply(install.plan("cursor"))
    file.chmod(0o600)
    file.parent.chmod(0o500)
    with pytest.raises(StorageError, match="left as it is"):
        install.apply(install.plan("cursor"))
    file.parent.chmod(0o700)
    assert file.read_text() == "{}" and len(list(file.parent.iterdir())) == 1


def test_what_is_no_file_is_told_in_words(home: Path) -> None:
    file = install.plan("cursor").place.file
    file.mkdir(parents=True)
    with pytest.raises(InputError, match=r"left as it is: Is a directory\."):
        install.plan("cursor")
    file.rmdir()
    file.symlink_to(file)
    with pytest.raises((InputError, StorageError), match="left as it is"):
        install.apply(install.plan("cursor"))
    file.unlink()
    file.symlink_to(home / "dotfiles" / "mcp.json")  # to a file that is not there yet
    install.apply(install.plan("cursor"))
    assert file.is_symlink() and (home / "dotfiles" / "mcp.json").exists()
    (home / ".codex").write_text("a file in the folder's place")
    with pytest.raises((InputError, StorageError), match="left as it is"):
        install.apply(install.plan("codex"))


def test_an_older_backup_is_never_overwritten() -> None:
    file = install.plan("cursor").place.file
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text('{"first": 1}')
    first = install.apply(install.plan("cursor"))
    second = install.apply(install.plan("cursor", remove=True))
    assert first and second and first != second
    assert first.read_text() == '{"first": 1}'


@pytest.mark.parametrize("client", CLIENTS)
def test_the_options_of_the_server_are_written_and_written_again(client: str, home: Path) -> None:
    words = ["install", client, "--root", str(home), "--allow-host", "a.example", "--allow-host", "b.example"]
    done = subprocess.run([sys.executable, "-m", "ws_mcp", *words], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    options = ["--root", str(home.resolve()), "--allow-host", "a.example", "--allow-host", "b.example"]
    again = install.plan(client, options=options)
    assert not again.needed
    assert entry(again)["args"] == ["-m", "ws_mcp", "serve", *options]
    without = install.plan(client)
    assert without.needed
    install.apply(without)
    assert entry(without)["args"] == ["-m", "ws_mcp", "serve"]


@pytest.mark.parametrize("host", ["", "wss://a.example/", "a.example b.example"])
def test_a_host_that_is_none_is_refused(home: Path, host: str) -> None:
    words = ["install", "cursor", "--allow-host", host]
    done = subprocess.run([sys.executable, "-m", "ws_mcp", *words], capture_output=True, text=True, timeout=60)
    assert (done.returncode, "is no host" in done.stderr) == (2, True)
    assert not (home / ".cursor").exists()


def test_a_root_that_is_no_folder_is_refused(home: Path) -> None:
    words = ["install", "cursor", "--root", str(home / "nothing")]
    done = subprocess.run([sys.executable, "-m", "ws_mcp", *words], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert not (home / ".cursor").exists()
