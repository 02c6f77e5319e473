"""The expert as an agent file: in each client's format, with the server's tools, and never over another file."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.conftest import Command
from ws_mcp.errors import InputError, StorageError
from ws_mcp.expert import agents, parts

TOOLS = ("ws_search", "ws_read", "ws_generate", "ws_fetch_corpus")
COMBINATIONS = list(itertools.product(*map(parts.choices, ("tool_mode", "thinking", "role"))))
PLACES = {
    "claude-code": ".claude/agents/websocket-expert.md",
    "vscode": ".github/agents/websocket-expert.agent.md",
    "cursor": ".cursor/agents/websocket-expert.md",
    "codex": ".codex/agents/websocket-expert.toml",
    "gemini": ".gemini/agents/websocket-expert.md",
}


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    here = tmp_path / "project"
    here.mkdir()
    monkeypatch.delenv("CODEX_HOME", raising=False)
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.chdir(here)
    return here


def fields(text: str) -> tuple[dict[str, str], str]:
    """The front matter of Markdown, a line a field, and the text below it."""
    start, front, body = text.split("---\n", 2)
    assert start == ""
    return dict(line.split(": ", 1) for line in front.splitlines()), body


def made(client: str, tool_mode: str = "", thinking: str = "", role: str = "") -> str:
    return agents.plan(client, agents.choose(tool_mode, thinking, role, TOOLS)).text


def test_each_client_has_its_place_in_the_project_and_one_of_the_users(project: Path, tmp_path: Path) -> None:
    assert tuple(PLACES) == tuple(agents.CLIENTS)
    choice = agents.choose("", "", "", TOOLS)
    for client, place in PLACES.items():
        assert agents.plan(client, choice).path == project / place
    for client in agents.CLIENTS:
        place = PLACES[client].replace(".github", ".copilot")  # VS Code's user-level agents lie elsewhere
        assert agents.plan(client, choice, "user").path == tmp_path / "home" / place


def test_codex_finds_the_users_agent_in_its_own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODEX_HOME", str(tmp_path / "codex"))
    file = agents.plan("codex", agents.choose("", "", "", TOOLS), "user")
    assert file.path == tmp_path / "codex" / "agents" / "websocket-expert.toml"


@pytest.mark.parametrize("client", ["codex", "gemini"])
def test_a_project_file_that_needs_the_users_word_says_so(command: Command, project: Path, client: str) -> None:
    asked = {"codex": "trusts", "gemini": "asks you"}[client]
    assert asked in command("agent", "--client", client, cwd=project).stdout
    assert asked not in command("agent", "--client", client, "--scope", "user", cwd=project).stdout


@pytest.mark.parametrize("client", PLACES)
@pytest.mark.parametrize("chosen", COMBINATIONS, ids="-".join)
def test_every_combination_carries_the_whole_expert(client: str, chosen: tuple[str, str, str]) -> None:
    text = made(client, *chosen)
    if client == "codex":
        found = tomllib.loads(text)
        description, body = found["description"], found["developer_instructions"]
        assert found["name"] == "websocket-expert"
    else:
        front, body = fields(text)
        description = json.loads(front["description"])
        assert front["name"] == "websocket-expert"
    expert = agents.choose(*chosen, TOOLS).instructions
    assert body.strip().startswith(expert)
    assert "MCP server `websocket`" in body
    for trigger in ("websocket", "real-time web", "bidirectional communication"):
        assert trigger in description.lower()


def test_claude_code_is_given_the_servers_tools_by_their_full_names() -> None:
    front, body = fields(made("claude-code"))
    assert front["tools"] == (
        "Read, Grep, Glob, Bash, Write, Edit, mcp__websocket__ws_search, mcp__websocket__ws_read, "
        "mcp__websocket__ws_generate, mcp__websocket__ws_fetch_corpus"
    )
    assert "called `mcp__websocket__ws_search`" in body


@pytest.mark.parametrize(("client", "name"), [("codex", "mcp__websocket__"), ("gemini", "mcp_websocket_")])
def test_the_tools_are_named_as_the_client_names_them(client: str, name: str) -> None:
    assert f"Here `ws_search` is called `{name}ws_search`" in made(client)


@pytest.mark.parametrize(
    ("client", "key", "audit", "solution", "research"),
    [
        ("claude-code", "tools", set(), {"Write", "Edit", "ws_generate"}, {"WebSearch", "WebFetch"}),
        ("vscode", "tools", set(), {"edit"}, {"web"}),
        ("gemini", "tools", set(), {"write_file", "replace"}, {"google_web_search", "web_fetch"}),
    ],
)
def test_a_mode_has_the_tools_it_may_use_and_no_others(
    client: str, key: str, audit: set[str], solution: set[str], research: set[str]
) -> None:
    modes = {"audit": audit, "solution": solution, "research": research}
    everything = audit | solution | research
    for mode, expected in modes.items():
        front, _ = fields(made(client, mode))
        words = {word.strip('[],"').removeprefix("mcp__websocket__") for word in front[key].split()}
        assert words & everything == expected, mode


@pytest.mark.parametrize("mode", ["audit", "solution", "research"])
def test_the_expert_in_cursor_is_never_read_only_and_so_keeps_the_servers_tools(mode: str) -> None:
    front, _ = fields(made("cursor", mode))
    assert (front["readonly"], front["model"]) == ("false", "inherit")


def test_an_audit_in_codex_cannot_write() -> None:
    assert tomllib.loads(made("codex", "audit"))["sandbox_mode"] == "read-only"
    assert "sandbox_mode" not in tomllib.loads(made("codex", "solution"))


def test_who_changes_nothing_is_not_told_to_generate() -> None:
    tools = (*TOOLS, "ws_list_templates")
    assert "ws_generate" in agents.choose("solution", "", "", tools).instructions
    assert "ws_generate" not in agents.choose("audit", "", "", tools).instructions


def test_nothing_is_overwritten_unless_asked(project: Path) -> None:
    file = agents.plan("claude-code", agents.choose("", "", "", TOOLS))
    assert agents.write(file)
    assert not agents.write(file)
    file.path.write_text("mine")
    with pytest.raises(InputError, match=r"left as it is; --overwrite"):
        agents.write(file)
    assert file.path.read_text() == "mine"
    assert agents.write(file, overwrite=True)
    assert file.path.read_text("utf-8") == file.text


@pytest.mark.skipif(os.name != "posix", reason="links")
def test_nothing_is_written_through_a_link(project: Path, tmp_path: Path) -> None:
    file = agents.plan("cursor", agents.choose("", "", "", TOOLS))
    file.path.parent.mkdir(parents=True)
    file.path.symlink_to(tmp_path / "outside.md")
    with pytest.raises(InputError, match="left as it is"):
        agents.write(file)
    agents.write(file, overwrite=True)
    assert not (tmp_path / "outside.md").exists()
    assert not file.path.is_symlink()


def test_a_file_in_the_way_is_told(project: Path) -> None:
    (project / ".cursor").write_text("a file")
    with pytest.raises(StorageError, match="Cannot write"):
        agents.write(agents.plan("cursor", agents.choose("", "", "", TOOLS)))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--client", "emacs"), "Choose one of: claude-code, vscode, cursor, codex, gemini"),
        (("--scope", "world"), "Choose one of: project, user"),
        (("--client", "vscode", "--scope", "all"), "Choose one of: project, user"),
        (("--role", "boss"), "Choose one of: solo, panel"),
        (("--thinking", ""), ""),
        (("--tool-mode", "repair"), "Choose one of: audit, solution, research"),
    ],
)
def test_the_command_answers_unknown_choices_with_the_known(
    command: Command, project: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = command("agent", "--dry-run", *arguments, cwd=project)
    assert said in done.stderr
    assert done.returncode == (2 if said else 0)
    assert list(project.iterdir()) == []


def test_the_command_shows_first_and_writes_once(command: Command, project: Path) -> None:
    shown = command("agent", "--dry-run", cwd=project)
    assert list(project.iterdir()) == []
    assert command("agent", cwd=project).stdout.startswith("Written: ")
    assert (project / PLACES["claude-code"]).read_text("utf-8") == shown.stdout
    assert command("agent", cwd=project).stdout.endswith("needs no change.\n")
    refused = command("agent", "--role", "auditor", cwd=project)
    assert (refused.returncode, "--overwrite" in refused.stderr) == (2, True)
    assert command("agent", "--role", "auditor", "--overwrite", cwd=project).returncode == 0


@pytest.mark.skipif(shutil.which("claude") is None, reason="Claude Code is not on the PATH")
def test_claude_code_loads_the_agent_and_gives_it_our_tools(command: Command, project: Path, tmp_path: Path) -> None:
    """Offline: what it has loaded is told before it fails to reach a model at a closed port."""
    command("agent", "--tool-mode", "audit", cwd=project)
    command("install", "claude-code", cwd=project)
    environment = {name: os.environ[name] for name in ("PATH", "XDG_CACHE_HOME")}
    environment |= {"HOME": str(tmp_path / "home"), "ANTHROPIC_API_KEY": "none", "DISABLE_AUTOUPDATER": "1"}
    environment |= {"ANTHROPIC_BASE_URL": "http://127.0.0.1:9", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1"}
    arguments = ["--agent", "websocket-expert", "--mcp-config", ".mcp.json", "--strict-mcp-config"]
    command_line = ["claude", "-p", "hello", *arguments, "--output-format", "stream-json", "--verbose"]
    with subprocess.Popen(
        command_line, cwd=project, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    ) as client:
        assert client.stdout
        told = json.loads(client.stdout.readline())
        client.kill()
    assert "websocket-expert" in told["agents"]
    assert told["mcp_servers"] == [{"name": "websocket", "status": "connected"}]
    assert {"Read", "mcp__websocket__ws_search", "mcp__websocket__ws_read"} <= set(told["tools"])
    assert not {"Write", "Edit", "mcp__websocket__ws_generate"} & set(told["tools"])
    assert {f"mcp__websocket__{preset.name}" for preset in parts.presets()} <= set(told["slash_commands"])
