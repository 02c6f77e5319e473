"""What is handed out: wheel, source distribution, MCP bundle, registry entry, image and cluster example."""

from __future__ import annotations

import email
import json
import os
import re
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml

from tests import npm
from tools import bundle
from ws_mcp import __version__
from ws_mcp.doors.mcp import options

ROOT = Path(__file__).parent.parent
DATA = ("corpus", "templates")
pytestmark = [pytest.mark.timeout(400), pytest.mark.xdist_group("packaging")]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source distribution, and the wheel that was built from it."""
    out = tmp_path_factory.mktemp("dist")
    done = subprocess.run(
        [sys.executable, "-m", "build", "--outdir", out, ROOT], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout[-2_000:] + done.stderr[-2_000:]
    return out


def sources(*folders: str) -> set[str]:
    """The files below these folders that git keeps or would keep."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *folders],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return {name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()}


def wheel(built: Path) -> zipfile.ZipFile:
    (file,) = built.glob("*.whl")
    assert file.name == f"websocket_mcp-{__version__}-py3-none-any.whl"
    return zipfile.ZipFile(file)


def test_the_wheel_holds_all_code_and_data_and_nothing_else(built: Path) -> None:
    with wheel(built) as opened:
        names = {name for name in opened.namelist() if not name.endswith("/")}
    info = f"websocket_mcp-{__version__}.dist-info"
    about = {f"{info}/{name}" for name in ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")}
    assert names == {
        *sources("ws_mcp"),
        *(f"ws_mcp/_data/{name}" for name in sources(*DATA)),
        *about,
    }
    assert len(names) > 500


def test_the_source_distribution_holds_what_builds_the_wheel_and_nothing_else(built: Path) -> None:
    (file,) = built.glob("*.tar.gz")
    with tarfile.open(file) as opened:
        names = {str(PurePosixPath(*PurePosixPath(one.name).parts[1:])) for one in opened if one.isfile()}
    beside = {"README.md", "LICENSE", "CHANGELOG.md", "pyproject.toml", "PKG-INFO", ".gitignore"}
    assert names == sources("ws_mcp", *DATA) | beside


def test_the_metadata_say_what_it_is(built: Path) -> None:
    with wheel(built) as opened:
        (place,) = (name for name in opened.namelist() if name.endswith("METADATA"))
        found = email.message_from_bytes(opened.read(place))
        assert opened.read(place.replace("METADATA", "entry_points.txt")).decode().split() == [
            "[console_scripts]",
            "websocket-mcp",
            "=",
            "ws_mcp.__main__:main",
        ]
    assert (found["Name"], found["Version"], found["Requires-Python"]) == ("websocket-mcp", __version__, ">=3.11")
    assert found["License-Expression"] == "MIT"
    assert f"mcp-name: {json.loads((ROOT / 'server.json').read_text())['name']} " in str(found.get_payload())


def test_the_wheel_works_in_an_empty_environment(built: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "empty", with_pip=True)
    programs = tmp_path / "empty" / ("Scripts" if os.name == "nt" else "bin")
    (file,) = built.glob("*.whl")
    installed = subprocess.run(
        [programs / "python", "-m", "pip", "install", "--quiet", file], capture_output=True, text=True, timeout=300
    )
    assert installed.returncode == 0, installed.stderr[-2_000:]
    environment = {"PATH": str(programs), "HOME": str(tmp_path), "WS_MCP_OFFLINE": "1"}
    shown = subprocess.run(
        [programs / "websocket-mcp", "try"], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=90
    )
    assert shown.returncode == 0, shown.stderr
    assert "unmasked-client-frame" in shown.stdout
    assert shown.stderr == ""


FACTS = {  # of the registry's schema 2025-12-11, by field: the longest text, and what it has to look like
    "name": (200, r"[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+"),
    "description": (100, r".+"),
    "title": (100, r".+"),
    "version": (255, r"\d+\.\d+\.\d+"),
}


def test_the_registry_entry_keeps_the_schema() -> None:
    entry = json.loads((ROOT / "server.json").read_text("utf-8"))
    for field, (longest, form) in FACTS.items():
        assert len(entry[field]) <= longest
        assert re.fullmatch(form, entry[field])
    assert set(entry) == {"$schema", "packages", *FACTS}
    (package,) = entry["packages"]
    assert entry["version"] == package["version"] == __version__
    assert (package["registryType"], package["identifier"]) == ("pypi", "websocket-mcp")
    assert package["transport"] == {"type": "stdio"}
    inputs = {"value", "default", "description", "format", "choices", "isRequired", "isSecret", "placeholder"}
    for given in (*package["packageArguments"], *package["environmentVariables"]):
        assert set(given) <= inputs | {"type", "name", "isRepeated", "valueHint"}
        assert given.get("format", "string") in {"string", "number", "boolean", "filepath"}
        assert given.get("default") in (None, *given.get("choices", [given.get("default")]))
    for argument in package["packageArguments"]:
        assert argument["type"] in {"positional", "named"}
        assert argument.get("name", "").startswith("--") == (argument["type"] == "named")
        assert argument["type"] == "named" or argument.keys() & {"value", "valueHint"}
    known = options.build()._option_string_actions
    assert {one["name"] for one in package["packageArguments"] if "name" in one} <= set(known)


@pytest.mark.skipif("WS_MCP_SERVER_SCHEMA" not in os.environ, reason="names no copy of the registry's schema")
def test_the_registry_entry_is_valid_by_the_schema_that_it_names() -> None:
    """We have no licence to ship that schema: WS_MCP_SERVER_SCHEMA names a file with it."""
    jsonschema = pytest.importorskip("jsonschema")
    entry = json.loads((ROOT / "server.json").read_text("utf-8"))
    schema = json.loads(Path(os.environ["WS_MCP_SERVER_SCHEMA"]).read_text("utf-8"))
    assert schema.get("$id", entry["$schema"]) == entry["$schema"]
    validator = jsonschema.Draft7Validator(schema, format_checker=jsonschema.FormatChecker())
    assert [error.message for error in validator.iter_errors(entry)] == []
    assert list(validator.iter_errors({**entry, "description": "x" * 101}))


def test_the_bundle_is_valid_and_complete(tmp_path: Path) -> None:
    place = tmp_path / "websocket-mcp.mcpb"
    bundle.pack(place)
    with zipfile.ZipFile(place) as opened:
        names = opened.namelist()
        opened.extractall(tmp_path / "bundle")
    assert set(names) == {"manifest.json", *bundle.FILES, *sources("ws_mcp", *DATA)}
    manifest: dict[str, Any] = json.loads((tmp_path / "bundle" / "manifest.json").read_text())
    assert manifest["version"] == __version__
    assert "ws_search" in {tool["name"] for tool in manifest["tools"]}
    command = npm.package("@anthropic-ai/mcpb", "2.1.2") / "dist" / "cli" / "cli.js"
    done = subprocess.run(
        [npm.node(), command, "validate", tmp_path / "bundle" / "manifest.json"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    arguments = manifest["server"]["mcp_config"]["args"]
    given = [one.replace("${user_config.folder}", str(tmp_path)) for one in arguments]
    settings, http = options.parse(given[given.index("serve") + 1 :])
    assert (settings.roots, http) == ((tmp_path.resolve(),), None)


def test_the_cluster_example_starts_a_server_that_is_guarded(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = {
        part["kind"]: part for part in yaml.safe_load_all((ROOT / "deploy/kubernetes/websocket-mcp.yaml").read_text())
    }
    pod = parts["Deployment"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    with pytest.raises(SystemExit):  # without the token
        monkeypatch.delenv(options.TOKEN, raising=False)
        options.parse(container["args"][1:])
    assert [variable["name"] for variable in container["env"]] == [options.TOKEN]
    monkeypatch.setenv(options.TOKEN, "0123456789abcdef")
    settings, http = options.parse(container["args"][1:])
    assert http
    assert not settings.local
    assert container["ports"][0]["containerPort"] == http.port
    assert parts["Ingress"]["spec"]["rules"][0]["host"] in http.hosts
    assert pod["securityContext"]["runAsNonRoot"]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert all(container[probe]["httpGet"]["path"] == "/healthz" for probe in ("readinessProbe", "livenessProbe"))
    assert str(pod["securityContext"]["runAsUser"]) in (ROOT / "Dockerfile").read_text()
    assert container["image"].endswith(f":{__version__}")


def test_the_image_runs_as_nobody_in_particular_and_gets_signals() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    user = lines.index("USER 10001")
    assert user < next(n for n, line in enumerate(lines) if line.startswith("ENTRYPOINT"))
    for line in lines:
        if line.startswith(("ENTRYPOINT", "CMD")):  # the form without a shell, which would keep signals to itself
            assert isinstance(json.loads(line.split(" ", 1)[1]), list)
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert {"ws_mcp", *DATA, "pyproject.toml", "README.md", "LICENSE"} <= kept


def test_the_workflows_read_only_and_name_what_they_use() -> None:
    files = list((ROOT / ".github" / "workflows").glob("*.yml"))
    assert files
    for file in files:
        workflow = yaml.safe_load(file.read_text())
        assert workflow["permissions"] == {"contents": "read"}
        for job in workflow["jobs"].values():
            assert job.get("timeout-minutes") or job["permissions"] == {"id-token": "write"}
            for step in job["steps"]:
                assert "run" in step or re.fullmatch(r"[\w.-]+/[\w.-]+@[\w./]+", step["uses"])
