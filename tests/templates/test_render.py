from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.templates import covering
from ws_mcp.errors import InputError
from ws_mcp.templates import catalogue, render
from ws_mcp.templates.model import Project, Template

TEMPLATES = catalogue.load()
each = pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)


def sets(template: Template) -> list[dict[str, Any]]:
    return [*covering.singles(template), *covering.pairs(template)]


def made(folder: Path, manifest: str, **files: str) -> Template:
    """A template of a catalogue of its own."""
    place = folder / "one"
    (place / "files").mkdir(parents=True, exist_ok=True)
    head = "\n".join(f'{name} = "x"' for name in ("title", "summary", "language", "library", "version"))
    (place / "template.toml").write_text(f'{head}\nside = "server"\nmain = "a.txt"\n{manifest}')
    for name, text in files.items():
        (place / "files" / name.replace("__", ".")).write_text(text)
    return catalogue.read(place)


def parsed(project: Project) -> None:
    for path, content in project.files.items():
        text = content.decode()
        if path.endswith(".py"):
            compile(text, path, "exec")
        assert "{%" not in text, path
        assert not re.search(r"\{\{ ?\w+ ?\}\}", text) or path.endswith((".tsx", ".ts")), path
        assert not re.search(r"[ \t]+\n", text), f"{path} has spaces at the end of a line"
        assert not text or text.endswith("\n"), path
        assert not text.startswith("\n"), path


@each
def test_every_value_and_every_pair_of_values_renders_and_parses(template: Template) -> None:
    for given in sets(template):
        project = render.render(template, given)
        assert project.template.main in project.files
        parsed(project)


@each
def test_every_project_has_what_a_project_needs(template: Template) -> None:
    files = render.render(template).files
    assert "README.md" in files
    assert any("test" in path for path in files)
    if template.family == "wsmcp":
        assert "PROTOCOL.md" in files
    if template.side == "server":
        assert ".env.example" in files
        assert re.search(rb"^USER (?!root)", files["Dockerfile"], re.M), "it runs as root"
        assert re.search(rb"^CMD \[", files["Dockerfile"], re.M), "a shell would swallow the signal"
        assert b"STOPSIGNAL SIGTERM" in files["Dockerfile"]
    for name in ("install", "run", "test", "lint"):
        assert template.commands[name]


@each
def test_what_is_off_leaves_no_trace(template: Template) -> None:
    traces: dict[str, tuple[dict[str, Any], bytes, str]] = {
        "msgpack": ({"msgpack": False}, rb"(?i)msgpack", r"\.(py|ts|tsx|js)$"),
        "presence": ({"presence": False}, rb"(?i)presence", r"src/.*(?<!protocol)\.(py|ts)$"),
        "auth": ({"auth": "none"}, rb"(?i)auth_?secret|\b401\b|ticket", r"(src/.*\.(py|ts)|\.env\.example)$"),
        "resume": ({"resume": "none"}, rb"(?i)replay|sqlite", r"(\.(py|ts)|Dockerfile)$"),
    }
    known = {variable.name for variable in template.variables}
    for name, (given, words, where) in traces.items():
        if name in known:
            for path, content in render.render(template, given).files.items():
                if re.search(where, path) and not path.endswith("package-lock.json"):
                    assert not re.search(words, content), f"{path} still speaks of {name}"


@each
def test_nothing_old_is_used(template: Template) -> None:
    for path, content in render.render(template).files.items():
        if path.endswith(".py"):
            assert not re.search(
                rb"websockets\.(legacy|server|client)\b|WebSocketServerProtocol|extra_headers", content
            )


@each
def test_the_same_options_give_the_same_bytes_in_another_process(template: Template) -> None:
    text = (
        "from ws_mcp.templates import catalogue, render\n"
        f"print(*(f['sha256'] for f in render.render(catalogue.get({template.name!r})).listing()))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "Pacific/Chatham", "LC_ALL": "C"}
    there = subprocess.run([sys.executable, "-c", text], env=environment, capture_output=True, text=True, check=True)
    assert there.stdout.split() == [file["sha256"] for file in render.render(template).listing()]


@each
def test_a_project_can_be_read_in_ten_minutes(template: Template) -> None:
    files = render.render(template).files
    code = [content for path, content in files.items() if re.search(r"^(src|app)/.*\.(py|ts|tsx)$", path)]
    assert code
    assert sum(content.count(b"\n") for content in code) < 1_500


def test_an_unknown_name_in_a_template_is_an_error_that_says_where(tmp_path: Path) -> None:
    template = made(tmp_path, "", **{"a.txt.jinja": "one\n{{ nobody }}\n"})
    with pytest.raises(InputError, match=r"a\.txt\.jinja.*'nobody' is undefined"):
        render.render(template)


@pytest.mark.parametrize("text", ["{{ ''.__class__.__mro__ }}", "{% include '../secret' %}", "{% if %}"])
def test_a_template_cannot_leave_its_box(tmp_path: Path, text: str) -> None:
    (tmp_path / "secret").write_text("s3cret")
    template = made(tmp_path / "catalogue", "", **{"a.txt.jinja": text})
    with pytest.raises(InputError, match="is broken at"):
        render.render(template)


def test_files_are_left_out_by_the_manifest_and_others_are_copied_as_they_are(tmp_path: Path) -> None:
    manifest = """
[variables.more]
type = "boolean"
default = false
help = "h"
[[conditional]]
path = "b.txt"
when = { more = true }
"""
    template = made(tmp_path, manifest, **{"a.txt": "{{ as it is }}  \n\n\n\n", "b.txt.jinja": "{{ more }}"})
    assert render.render(template).files == {"a.txt": b"{{ as it is }}  \n\n\n\n"}
    assert render.render(template, {"more": "yes"}).files["b.txt"] == b"True\n"


@pytest.mark.parametrize("path", ["", ".", "/etc/passwd", "../x", "a/../../x", "a\\b", "a\0b"])
def test_paths_stay_inside(path: str) -> None:
    with pytest.raises(InputError, match="not a path inside the project"):
        render.safe_path(path)
