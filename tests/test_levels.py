"""The house's order: imports point down the levels, each outside library has one home, no module is too long."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "ws_mcp"
MOST_LINES = 400
LEVELS = {
    **dict.fromkeys(("", "types", "wire", "errors", "data"), 0),
    **dict.fromkeys(("protocol", "knowledge"), 1),
    **dict.fromkeys(("rules", "judge", "judge_handshake", "templates", "roots", "report", "planning", "audit"), 2),
    **dict.fromkeys(
        ("probe", "verify", "engines", "composition", "library", "checking", "diagnose", "expert", "clients"), 3
    ),
    **dict.fromkeys(("doors", "testing", "__main__"), 4),
}
# What comes from outside → where it may be imported: a module, or a folder with everything in it.
HOMES = {
    "mcp": ("doors/mcp",),
    "mcp_types": ("doors/mcp",),
    "anyio": ("doors/mcp",),
    "pydantic": ("doors/mcp",),
    "starlette": ("doors/mcp",),
    "h11": ("doors/mcp/connection",),
    "uvicorn": ("doors/mcp/http", "doors/mcp/connection"),
    "sse_starlette": ("doors/mcp/http",),
    "jwt": ("doors/mcp/auth",),
    "typer": ("doors/cli",),
    "click": ("doors/cli",),
    "rich": ("doors/cli",),
    "whoosh": ("knowledge/search/index",),
    "sqlite3": ("knowledge/local/shelf",),
    "watchfiles": ("knowledge/local/watch",),
    "httpx": ("knowledge/official/fetch",),
    "cryptography": ("probe/certificates",),
    "platformdirs": ("knowledge/cache",),
    "bs4": ("knowledge",),
    "lxml": ("knowledge",),
    "jinja2": ("templates/render",),
    "websockets": ("protocol", "probe", "verify"),
    "tomlkit": ("clients",),
    "pytest": ("testing",),
    "scapy": ("protocol/captures",),
    "kosoku": ("probe/autobahn_worker",),
    "h2": ("probe/http2/connection",),
    "ast_grep_py": ("audit",),
    "crossplane": ("audit",),
    # of the standard library, what reaches out of the process
    "socket": ("probe", "verify", "doors/mcp/http"),
    "socketserver": ("probe", "verify"),
    "ssl": ("probe", "verify"),
    "subprocess": ("engines",),
    "multiprocessing": ("engines",),
    "asyncio.open_connection": ("probe", "verify"),
    "asyncio.open_unix_connection": ("probe", "verify"),
    "asyncio.start_server": ("probe", "verify"),
    "asyncio.create_subprocess_exec": ("engines",),
    "asyncio.create_subprocess_shell": ("engines",),
    "os.system": ("engines",),
    "os.popen": ("engines",),
}


@dataclass(frozen=True)
class Module:
    """A source file; ``name`` is its path below the package without ending, "knowledge/page"."""

    name: str
    text: str

    @property
    def room(self) -> str:
        return self.name.split("/")[0]


def modules(package: Path) -> list[Module]:
    found = []
    for file in sorted(package.rglob("*.py")):
        if "_data" not in file.parts:
            name = file.relative_to(package).with_suffix("").as_posix()
            found.append(Module(name.removesuffix("__init__").rstrip("/"), file.read_text("utf-8")))
    return found


@cache
def imports(module: Module) -> tuple[tuple[int, str], ...]:
    """(line, dotted name) of everything imported, and of each attribute of an imported module that is used."""
    found: list[tuple[int, str]] = []
    used: list[tuple[int, str]] = []
    for node in ast.walk(ast.parse(module.text)):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            found += [(node.lineno, f"{base}.{alias.name}") for alias in node.names]
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            used.append((node.lineno, f"{node.value.id}.{node.attr}"))
    names = {name for _, name in found}
    return (*found, *((line, name) for line, name in used if name.split(".")[0] in names))


def violations(package: Path) -> list[str]:
    return [
        f"{module.name or '__init__'}:{line}: {fault}"
        for module in modules(package)
        for line, fault in sorted({*_too_long(module), *_homeless(module), *_upward(module)})
    ]


def _too_long(module: Module) -> Iterator[tuple[int, str]]:
    lines = module.text.count("\n")
    if lines > MOST_LINES:
        yield lines, f"longer than {MOST_LINES} lines"


def _upward(module: Module) -> Iterator[tuple[int, str]]:
    if module.room not in LEVELS:
        yield 1, f"the room {module.room!r} has no level"
        return
    for line, name in imports(module):
        if name.startswith("."):
            yield line, f"relative import {name}"
        if not name.startswith("ws_mcp."):
            continue
        there = name.split(".")[1:]
        room = there[0] if there[0] in LEVELS else ""
        if LEVELS[room] > LEVELS[module.room]:
            yield line, f"{module.room or 'ws_mcp'} (level {LEVELS[module.room]}) imports {room} ({LEVELS[room]})"
        elif room == "doors" and module.room != "__main__" and there[1] != _door(module):
            yield line, f"{module.name} imports the door {'.'.join(there)}"
        elif room == "__main__":
            yield line, "__main__ is imported"


def _door(module: Module) -> str:
    parts = module.name.split("/")
    return parts[1] if parts[0] == "doors" and len(parts) > 1 else ""


def _homeless(module: Module) -> Iterator[tuple[int, str]]:
    for line, name in imports(module):
        top = name.split(".")[0]
        if top in ("ws_mcp", ""):
            continue
        homes = HOMES.get(".".join(name.split(".")[:2])) or HOMES.get(top)
        if homes is None:
            if top not in sys.stdlib_module_names | {"_typeshed"}:
                yield line, f"{top} has no home"
        elif not any(module.name == home or module.name.startswith(f"{home}/") for home in homes):
            yield line, f"{name} belongs in {' or '.join(homes)}"


def test_imports_point_down_libraries_stay_at_home_and_modules_stay_short() -> None:
    assert modules(PACKAGE)
    assert violations(PACKAGE) == []


def test_the_modules_of_a_level_do_not_import_each_other_in_circles() -> None:
    below: dict[str, set[str]] = {}
    for module in modules(PACKAGE):
        names = {n.split(".")[1] for _, n in imports(module) if n.startswith("ws_mcp.")} & set(LEVELS)
        below.setdefault(module.room, set()).update(names - {module.room})

    def reach(room: str, seen: frozenset[str]) -> frozenset[str]:
        for next_room in below.get(room, set()) - seen:
            seen = reach(next_room, seen | {next_room})
        return seen

    assert [room for room in below if room in reach(room, frozenset())] == []


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("protocol/frames", "from ws_mcp.rules import registry\n", "protocol (level 1) imports rules (2)"),
        (
            "knowledge/x",
            "def f() -> None:\n    from ws_mcp import library\n",
            "knowledge (level 1) imports library (3)",
        ),
        ("errors", "import ws_mcp.protocol.frames\n", "errors (level 0) imports protocol (1)"),
        ("library", "from ws_mcp.doors.cli import app\n", "library (level 3) imports doors (4)"),
        ("doors/mcp/app", "from ws_mcp.doors.cli import output\n", "imports the door doors.cli.output"),
        ("doors/cli/app", "from ws_mcp import __main__\n", "__main__ is imported"),
        ("knowledge/search/lookup", "from . import index\n", "relative import"),
        ("kitchen/sink", "", "the room 'kitchen' has no level"),
        (
            "knowledge/search/lookup",
            "from whoosh.lang.porter import stem\n",
            "whoosh.lang.porter.stem belongs in knowledge/search/index",
        ),
        ("library", "def f() -> None:\n    import mcp\n", "mcp belongs in doors/mcp"),
        ("doors/mcp/app", "import typer\n", "typer belongs in doors/cli"),
        ("knowledge/official/store", "import httpx\n", "httpx belongs in knowledge/official/fetch"),
        ("rules/x", "import socket\n", "socket belongs in probe or verify"),
        (
            "knowledge/x",
            "import asyncio\nasyncio.open_connection('h', 1)\n",
            "asyncio.open_connection belongs in probe",
        ),
        ("verify/x", "from subprocess import run\n", "subprocess.run belongs in engines"),
        ("probe/x", "import os\nos.system('ls')\n", "os.system belongs in engines"),
        ("planning/x", "import numpy as np\n", "numpy has no home"),
        ("report/long", "pass\n" * (MOST_LINES + 1), "longer than 400 lines"),
    ],
)
def test_a_planted_violation_is_found(tmp_path: Path, name: str, text: str, fault: str) -> None:
    file = tmp_path / f"{name}.py"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    assert any(fault in found for found in violations(tmp_path)), violations(tmp_path)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("probe/client", "import asyncio\nimport socket\nfrom ws_mcp.protocol import frames\n"),
        ("doors/mcp/app", "from mcp.server import MCPServer\nfrom ws_mcp.doors.mcp import hardening\n"),
        ("__main__", "from ws_mcp.doors.cli import app\nfrom ws_mcp.doors.mcp import stdio\n"),
        ("knowledge/search/index", "from whoosh import index\nfrom ws_mcp import __version__, data\n"),
        ("knowledge/rfc_html", "rich = 1\nfrom bs4 import BeautifulSoup\nimport json\n"),
        ("report/long", "pass\n" * MOST_LINES),
    ],
)
def test_what_the_order_allows_is_left_alone(tmp_path: Path, name: str, text: str) -> None:
    file = tmp_path / f"{name}.py"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    assert violations(tmp_path) == []
