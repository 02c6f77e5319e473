"""The protocol's own suites against the real server object: conformance over HTTP, Inspector's lint over stdio."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import npm
from tests.doors.http_server import ROOT, HttpServer, serving

SUITE = "@modelcontextprotocol/conformance"
FIXTURES = ("tests.doors.conformance.serve",)
OLD, NEW = "0.1.16", "0.2.0-alpha.12"
RUNS = [
    pytest.param(OLD, (), id=OLD),
    pytest.param(NEW, ("--suite", "all", "--spec-version", "2025-11-25"), id=f"{NEW}-2025-11-25"),
    pytest.param(NEW, ("--suite", "all", "--spec-version", "2026-07-28"), id=f"{NEW}-2026-07-28"),
]
# In the handshake era a server asks its client over a session; without sessions nobody can be asked.
NEEDS_SESSIONS = {
    "tools-call-sampling",
    "tools-call-elicitation",
    "elicitation-sep1034-defaults",
    "elicitation-sep1330-enums",
}
FEWEST = {OLD: 40, NEW: 79}  # checks that a run has to have passed: a suite that reached nobody passes some too
_RESULT = re.compile(r"^([✓✗]) ([\w.-]+): (\d+) passed, (\d+) failed", re.MULTILINE)
pytestmark = [pytest.mark.timeout(400), pytest.mark.xdist_group("conformance")]


@pytest.fixture(scope="module")
def sessions() -> Iterator[HttpServer]:
    with serving("--sessions", program=FIXTURES) as server:
        yield server


@pytest.fixture(scope="module")
def stateless() -> Iterator[HttpServer]:
    with serving(program=FIXTURES) as server:
        yield server


def run(version: str, url: str, arguments: tuple[str, ...], folder: Path) -> dict[str, tuple[int, int]]:
    """Checks (passed, failed) by scenario."""
    program = npm.package(SUITE, version) / "dist" / "index.js"
    done = subprocess.run(
        [npm.node(), program, "server", "--url", url.replace("127.0.0.1", "localhost"), *arguments],
        cwd=folder,
        env=os.environ | {"HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=180,
    )
    found = {name: (int(passed), int(failed)) for _, name, passed, failed in _RESULT.findall(done.stdout)}
    assert found.get("server-initialize", found.get("server-stateless", (0, 1)))[0] > 0, done.stdout[-2_000:]
    assert (done.returncode == 0) == all(not failed for _, failed in found.values()), done.stdout[-2_000:]
    return found


@pytest.mark.parametrize(("version", "arguments"), RUNS)
def test_every_scenario_passes(sessions: HttpServer, tmp_path: Path, version: str, arguments: tuple[str, ...]) -> None:
    found = run(version, sessions.url, arguments, tmp_path)
    assert {name: counts for name, counts in found.items() if counts[1]} == {}
    assert sum(passed for passed, _ in found.values()) >= FEWEST[version]


@pytest.mark.parametrize(("version", "arguments"), RUNS)
def test_without_sessions_only_asking_a_client_of_the_handshake_era_fails(
    stateless: HttpServer, tmp_path: Path, version: str, arguments: tuple[str, ...]
) -> None:
    found = run(version, stateless.url, arguments, tmp_path)
    failed = {name for name, counts in found.items() if counts[1]}
    assert failed == (set() if "2026-07-28" in arguments else NEEDS_SESSIONS)


@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_inspector_finds_the_tools_portable_and_the_calls_right(tmp_path: Path, era: str) -> None:
    assert inspect(tmp_path, era, "--method", "tools/list", "--strict").returncode == 0
    call = ("--method", "tools/call", "--tool-name")
    found = inspect(tmp_path, era, *call, "ws_search", "--tool-args-json", '{"query": "1006", "limit": 1}')
    assert found.returncode == 0
    assert json.loads(found.stdout)["structuredContent"]["hits"][0]["id"] == "code/1006"
    assert inspect(tmp_path, era, *call, "ws_search", "--tool-args-json", '{"query": ""}').returncode == TOOL_ERROR


TOOL_ERROR = 5  # Inspector's exit code


def inspect(folder: Path, era: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Inspector's command line on the stdio server."""
    launcher = npm.package("@modelcontextprotocol/inspector", "2.12.0") / "clients/launcher/build/index.js"
    server = [sys.executable, "-m", "ws_mcp", "serve"]
    return subprocess.run(
        [npm.node(), launcher, "--cli", *server, *arguments, "--protocol-era", era, "-q"],
        cwd=ROOT,
        env=os.environ | {"HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=90,
    )
