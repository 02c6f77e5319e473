"""The expert as an agent file: each client's own format, tied to this server's tools.

Formats, as their makers describe them in 2026: Claude Code and Gemini CLI take Markdown with a list of tools in front,
VS Code an ``.agent.md`` with tool sets, Cursor Markdown, Codex TOML. Those of Claude Code, Codex and Gemini CLI were
loaded and used there (benchmarks/clients); those of VS Code and Cursor are as documented on 2026-11-23 and never ran:
code.visualstudio.com/docs/agent-customization/custom-agents and /docs/agents/reference/tools-reference,
cursor.com/docs/agent/subagents.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ws_mcp.clients.places import codex_home
from ws_mcp.errors import InputError, StorageError
from ws_mcp.expert import parts
from ws_mcp.knowledge.cache import atomic_write

NAME = "websocket-expert"
SERVER = "websocket"
DESCRIPTION = (
    "WebSocket expert for the real-time web and bidirectional communication: designs, debugs, audits and explains "
    "connections, handshakes, frames, close codes such as 1006, heartbeats, reconnection, proxies, scaling and "
    "security of WebSockets, from RFC 6455. Use for anything about a websocket, a socket that drops, or live updates."
)
# Tools of ours that a mode does without, since it changes nothing.
_WITHOUT = {"audit": ("ws_generate", "ws_fetch_corpus"), "research": ("ws_generate",)}
# The clients' own tools for reading, searching, the shell, writing and the web, by mode.
_CLAUDE = {"audit": "Read Grep Glob Bash", "solution": "Read Grep Glob Bash Write Edit"}
_CLAUDE["research"] = "Read Grep Glob Bash WebSearch WebFetch"
_VSCODE = {
    "audit": "read search execute",
    "solution": "read search execute edit",
    "research": "read search execute web",
}
_GEMINI = {"audit": "read_file list_directory glob grep_search run_shell_command"}
_GEMINI["solution"] = f"{_GEMINI['audit']} write_file replace"
_GEMINI["research"] = f"{_GEMINI['audit']} google_web_search web_fetch"


@dataclass(frozen=True, slots=True)
class Choice:
    """What the expert is to be: its tool mode, its way of thinking and its role, and the server's tools it may use."""

    tool_mode: str
    tools: tuple[str, ...]
    instructions: str


@dataclass(frozen=True, slots=True)
class AgentFile:
    """An agent file to be written, and what it takes beside it."""

    path: Path
    text: str
    note: str = ""


def choose(tool_mode: str, thinking: str, role: str, tools: Iterable[str]) -> Choice:
    """The expert for these choices, "" for a default; ``tools`` are those that the server offers.

    Raises:
        InputError: An unknown choice; the message names the known ones.
    """
    mode = tool_mode or parts.TOOL_MODE
    usable = tuple(name for name in tools if name not in _WITHOUT.get(mode, ()))
    text = parts.compose(mode, thinking or parts.THINKING, role or parts.ROLE, usable)
    return Choice(mode, usable, text)


def plan(client: str, choice: Choice, scope: str = "") -> AgentFile:
    """The agent file of ``client``: for this project, or with scope "user" for all of the user's.

    Raises:
        InputError: An unknown client or scope; the message names the known ones.
    """
    form = _FORMS.get(client)
    if form is None:
        raise InputError(f"There is no agent file for {client[:40]!r}. Choose one of: {', '.join(_FORMS)}.")
    folders, scope = form.folders(), scope or "project"
    if scope not in folders:
        raise InputError(f"{client} has no scope {scope[:40]!r} for agents. Choose one of: {', '.join(folders)}.")
    note = form.note if scope == "project" else ""
    return AgentFile(folders[scope] / f"{NAME}{form.ending}", form.write(choice), note)


def write(file: AgentFile, overwrite: bool = False) -> bool:
    """Write it; False when it is there already, as it should be.

    Raises:
        InputError: There is such a file already, with another text, and ``overwrite`` is not given.
        StorageError: It cannot be written.
    """
    try:
        file.path.parent.mkdir(parents=True, exist_ok=True)
        if overwrite:
            atomic_write(file.path, file.text.encode())
            return True
        with file.path.open("x", encoding="utf-8", newline="\n") as out:
            out.write(file.text)
        return True
    except FileExistsError as error:
        if _reads(file.path) != file.text:
            raise InputError(f"{file.path} is there already and is left as it is; --overwrite replaces it.") from error
        return False
    except OSError as error:
        raise StorageError(f"Cannot write {file.path}: {error.strerror or error}.") from error


def _reads(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _body(choice: Choice, prefix: str) -> str:
    """The instructions, with how this client calls the server's tools."""
    named = f" Here `ws_search` is called `{prefix}ws_search`, and so are the others." if prefix else ""
    return (
        f"{choice.instructions}\n\n"
        f"Tools named `ws_…` are those of the MCP server `{SERVER}`.{named} Where they are missing, say so and name "
        "the command that installs it: `websocket-mcp install`.\n"
    )


def _front(fields: Mapping[str, str], body: str) -> str:
    """Markdown with front matter; texts are written as JSON strings, which YAML reads too."""
    return "\n".join(["---", *(f"{key}: {value}" for key, value in fields.items()), "---", "", body])


def _claude_code(choice: Choice) -> str:
    ours = [f"mcp__{SERVER}__{name}" for name in choice.tools]
    fields = {"name": NAME, "description": json.dumps(DESCRIPTION)}
    fields["tools"] = ", ".join([*_CLAUDE[choice.tool_mode].split(), *ours])
    return _front(fields, _body(choice, f"mcp__{SERVER}__"))


def _vscode(choice: Choice) -> str:
    fields = {"name": NAME, "description": json.dumps(DESCRIPTION)}
    fields["tools"] = json.dumps([*_VSCODE[choice.tool_mode].split(), f"{SERVER}/*"])
    return _front(fields, _body(choice, ""))


def _cursor(choice: Choice) -> str:
    fields = {"name": NAME, "description": json.dumps(DESCRIPTION), "model": "inherit"}
    # A read-only subagent gets no MCP tool at all (Cursor's staff, forum.cursor.com/t/159786, read 2026-11-23).
    fields["readonly"] = "false"
    return _front(fields, _body(choice, ""))


def _gemini(choice: Choice) -> str:
    tools = [*_GEMINI[choice.tool_mode].split(), f"mcp_{SERVER}_*"]
    fields = {"name": NAME, "description": json.dumps(DESCRIPTION), "kind": "local", "tools": json.dumps(tools)}
    return _front(fields, _body(choice, f"mcp_{SERVER}_"))


def _codex(choice: Choice) -> str:
    fields = {"name": NAME, "description": DESCRIPTION}
    if choice.tool_mode == "audit":
        fields["sandbox_mode"] = "read-only"
    lines = [f"{key} = {json.dumps(value)}" for key, value in fields.items()]  # a JSON string is a TOML string too
    body = _body(choice, f"mcp__{SERVER}__")
    return "\n".join([*lines, f"developer_instructions = '''\n{body}'''\n"])


@dataclass(frozen=True, slots=True)
class _Form:
    """A client's format: how it is written, how the file's name ends, and where it lies, by scope."""

    write: Callable[[Choice], str]
    ending: str
    places: tuple[tuple[str, str], ...]  # scope, folder: below the current one, or below the user's
    users: Callable[[], Path] = Path.home
    note: str = ""  # what it takes until the client uses a project's agent

    def folders(self) -> dict[str, Path]:
        above = {"project": Path.cwd, "user": self.users}
        return {scope: above[scope]() / folder for scope, folder in self.places}


def _both(folder: str) -> tuple[tuple[str, str], ...]:
    return ("project", folder), ("user", folder)


_FORMS: dict[str, _Form] = {
    "claude-code": _Form(_claude_code, ".md", _both(".claude/agents")),
    "vscode": _Form(_vscode, ".agent.md", (("project", ".github/agents"), ("user", ".copilot/agents"))),
    "cursor": _Form(_cursor, ".md", _both(".cursor/agents")),
    "codex": _Form(
        _codex,
        ".toml",
        (("project", ".codex/agents"), ("user", "agents")),
        codex_home,
        "Codex loads the agents of projects that it trusts.",
    ),
    "gemini": _Form(
        _gemini, ".md", _both(".gemini/agents"), note="Gemini CLI asks you at its next start whether to use it."
    ),
}
CLIENTS: Sequence[str] = tuple(_FORMS)
