"""A template folder in the user's ``./mcp/websocket`` joins the catalogue of both doors."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from mcp import Client

from ws_mcp.doors.mcp.app import create

pytestmark = pytest.mark.anyio
MANIFEST = """title = "Our own gateway"
summary = "What our team starts from."
side = "server"
language = "python"
library = "none"
version = "1"
main = "main.py"

[variables.name]
type = "string"
default = "gateway"
help = "the name"
"""


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, manifest in (("own-gateway", MANIFEST), ("broken", "title = 1")):
        folder = tmp_path / "mcp" / "websocket" / "server-templates" / name
        (folder / "files").mkdir(parents=True)
        (folder / "template.toml").write_text(manifest)
        (folder / "files" / "main.py.jinja").write_text("NAME = '{{ name }}'\n")
        (folder / "files" / "secret.txt").symlink_to("/etc/hostname")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WS_MCP_LOCAL", raising=False)
    return tmp_path


async def test_a_client_lists_and_renders_it_beside_ours(workspace: Path) -> None:
    async with Client(create()) as client:
        listed = await client.call_tool("ws_list_templates", {})
        assert listed.structured_content
        names = [template["name"] for template in listed.structured_content["templates"]]
        assert "own-gateway" in names and "python-websockets-server" in names and "broken" not in names
        made = await client.call_tool("ws_generate", {"template": "own-gateway", "options": {"name": "edge"}})
        assert made.structured_content and made.structured_content["content"] == "NAME = 'edge'\n"
        assert [file["path"] for file in made.structured_content["files"]] == ["main.py"]
        refused = await client.call_tool("ws_generate", {"template": "broken"})
        assert refused.is_error and "Mend the manifest" in str(refused.content)


def test_the_command_line_makes_a_project_of_it(workspace: Path) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "ws_mcp", "template", *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=workspace, env=os.environ)

    listed = json.loads(run("list", "--json").stdout)["templates"]
    assert "own-gateway" in [template["name"] for template in listed]
    done = run("new", "own-gateway", "out", "--set", "name=edge")
    assert done.returncode == 0, done.stderr
    assert (workspace / "out" / "main.py").read_text() == "NAME = 'edge'\n"
    assert not (workspace / "out" / "secret.txt").exists()
