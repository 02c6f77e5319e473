"""``websocket-mcp template`` as a process of its own."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from tests.conftest import Command
from ws_mcp.templates import catalogue

NAME = "python-websockets-server"


def test_the_list_has_every_template_for_people_and_for_programs(command: Command) -> None:
    listed = json.loads(command("template", "list", "--json").stdout)["templates"]
    assert [entry["name"] for entry in listed] == [template.name for template in catalogue.load()]
    assert {"name", "side", "language", "library", "title"} <= set(listed[0])
    text = command("template", "list", "python", "server").stdout
    assert NAME in text
    assert "python-websockets-client" not in text
    nothing = command("template", "list", "cobol")
    assert (nothing.returncode, nothing.stdout) == (0, "")


def test_show_tells_options_and_files_and_prints_one(command: Command) -> None:
    text = command("template", "show", NAME, "--set", "profile=feed").stdout
    assert "queue_policy" in text
    assert "profile=feed" in text
    assert "src/ws_service/outbox.py" in text
    dockerfile = command("template", "show", NAME, "--only", "Dockerfile").stdout
    assert dockerfile.startswith("FROM python")
    shown = json.loads(command("template", "show", NAME, "--json").stdout)
    assert shown["options"]["profile"]["default"] == "chat"


def test_new_makes_a_project_once(command: Command, tmp_path: Path) -> None:
    folder = tmp_path / "chat"
    made = json.loads(command("template", "new", NAME, str(folder), "--set", "name=my-chat", "--json").stdout)
    for file in made["files"]:
        assert hashlib.sha256((folder / file["path"]).read_bytes()).hexdigest() == file["sha256"]
    assert 'name = "my-chat"' in (folder / "pyproject.toml").read_text()
    again = command("template", "new", NAME, str(folder))
    assert again.returncode == 2
    assert "nothing was written" in again.stderr
    over = command("template", "new", NAME, str(folder), "--overwrite")
    assert over.returncode == 0
    assert 'name = "ws-service"' in (folder / "pyproject.toml").read_text()


def test_mistakes_end_with_two_and_the_choices(command: Command, tmp_path: Path) -> None:
    for arguments, why in (
        (("new", "nope", str(tmp_path)), "There are:"),
        (("new", NAME, str(tmp_path), "--set", "profile=video"), "one of chat, feed"),
        (("new", NAME, str(tmp_path), "--set", "profile"), "KEY=VALUE"),
        (("show", NAME, "--only", "../x"), "not a path inside"),
        (("verify", NAME, "--only", "flying"), "There are: test, lint, types"),
    ):
        found = command("template", *arguments)
        assert (found.returncode, found.stdout) == (2, ""), arguments
        assert why in found.stderr
        assert "Traceback" not in found.stderr
    assert list(tmp_path.iterdir()) == []
