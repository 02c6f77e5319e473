"""Every template is installed, run and proven; and every guarantee notices a server that breaks it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.absent import absent
from tests.templates import covering
from ws_mcp.errors import InputError
from ws_mcp.templates import catalogue, render
from ws_mcp.templates.model import Template
from ws_mcp.verify import matrix, runner
from ws_mcp.verify.model import FAILED, PASSED, SKIPPED, Check, Verification
from ws_mcp.verify.pool import Clients, Pool

pytestmark = [pytest.mark.xdist_group("templates"), pytest.mark.timeout(900)]
SERVER = "python-websockets-server"
NODE_SERVER = "node-ws-server"
each = pytest.mark.parametrize("template", catalogue.load(), ids=lambda template: template.name)


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    before = children()
    yield
    assert children() <= before


def children() -> set[int]:
    """Every process that we started, or that one of those started."""
    found = {os.getpid()}
    for _ in range(5):
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, ValueError):
                continue
            if parent in found:
                found.add(int(folder.name))
    return found - {os.getpid()}


def skipped(check: Check) -> None:
    """Skip by name what this machine lacks; in CI nothing may be lacking."""
    absent(f"{check.name}: {check.detail}")


@each
def test_a_template_is_installed_run_and_proven(pool: Pool, template: Template) -> None:
    found = runner.verify(template.name, pool=pool)
    for check in found.checks:
        if check.verdict == SKIPPED and check.name == "install":
            skipped(check)
    assert [(check.name, check.detail) for check in found.checks if check.verdict != PASSED] == []
    assert {check.name for check in found.checks} == {"install", *runner.STEPS, *template.guarantees}


@each
def test_every_set_of_options_passes_lint_and_some_pass_types_and_their_tests(pool: Pool, template: Template) -> None:
    space = pool.space(template.name)
    space.put(render.render(template))
    if missing := space.missing():
        skipped(Check("install", SKIPPED, f"this machine has no {', '.join(missing)}", 0))
    assert space.install() == ""
    sets = [*covering.singles(template), *covering.pairs(template)]
    for at, given in enumerate(sets):
        space.put(render.render(template, given))
        assert space.step("lint") == "", given
        if at % 6 == 1:
            assert space.step("types") == "", given
        if at % 12 == 7:
            assert space.step("test") == "", given


@pytest.mark.parametrize("name", [SERVER, NODE_SERVER])
@pytest.mark.parametrize(
    ("options", "only"),
    [
        ({"profile": "feed", "resume": "sqlite"}, ("rooms", "slow-consumer", "resume", "restart")),
        ({"resume": "sqlite", "auth": "none"}, ("handshake", "restart", "limits", "frame-faults")),
        ({"queue_policy": "drop-oldest"}, ("slow-consumer", "resume")),
        ({"queue_policy": "drop-newest", "compression": True}, ("slow-consumer", "frame-faults")),
    ],
    ids=str,
)
def test_other_options_keep_their_promises(
    pool: Pool, name: str, options: dict[str, Any], only: tuple[str, ...]
) -> None:
    found = runner.verify(name, options, only, pool=pool)
    if found.checks[0].verdict == SKIPPED:
        skipped(found.checks[0])
    assert [(check.name, check.detail) for check in found.checks if check.verdict != PASSED] == []


_TALKATIVE = "payload = await self._socket.recv(); event(_log, str(payload))"
FLAWS: list[tuple[str, dict[str, Any], str, str, str]] = [
    ("handshake", {}, "auth.py", "if left <= 0:", "if left <= -999:"),
    ("origin", {}, "gate.py", "if origin and origin not in self._settings.origins:", "if origin == 'null':"),
    ("rooms", {}, "log.py", "if known is not None:", "if known is not None and not id:"),
    ("oversize", {}, "__main__.py", "max_size=found.max_message_bytes", "max_size=None"),
    ("slow-consumer", {}, "outbox.py", "if len(self._queue) > self._most or", "if len(self._queue) < 0 and"),
    ("resume", {}, "outbox.py", "if position < log.first(room) - 1:", "if position < 0:"),
    ("resume", {}, "log.py", "max(0, seq - self.first(room) + 1)", "max(0, seq - self.first(room) + 2)"),
    ("resume", {}, "log.py", "return hmac.compare_digest(", "return True or hmac.compare_digest("),
    ("restart", {"resume": "sqlite"}, "log.py", "sqlite3.connect(database,", 'sqlite3.connect(":memory:",'),
    ("restart", {}, "rooms.py", "(restarted or position > head)", "(position > head + 999)"),
    ("shutdown", {}, "__main__.py", "session.close_soon(Close.RESTART,", "session.close_soon(1001,"),
    ("shutdown", {}, "__main__.py", "self._gate.draining = True", "self._gate.draining = False"),
    ("dead-peer", {}, "__main__.py", "ping_interval=found.heartbeat_seconds", "ping_interval=None"),
    ("frame-faults", {}, "gate.py", "not _EXTENSIONS.fullmatch(", "not _EXTENSIONS.match("),
    ("limits", {}, "gate.py", ">= settings.max_connections_per_address:", ">= 10 * settings.max_connections:"),
    ("limits", {}, "session.py", "await asyncio.sleep(wait)", "await asyncio.sleep(0)"),
    ("operations", {}, "session.py", "payload = await self._socket.recv()", _TALKATIVE),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "options", "file", "right", "wrong"), FLAWS, ids=[f"{name}-{n}" for n, (name, *_) in enumerate(FLAWS)]
)
def test_a_server_that_breaks_a_guarantee_is_found_out(
    pool: Pool, name: str, options: dict[str, Any], file: str, right: str, wrong: str
) -> None:
    space = pool.installed(SERVER, options)
    project = space.project
    path = f"src/ws_service/{file}"
    text = project.files[path].decode()
    assert text.count(right) == 1
    space.put(replace(project, files={**project.files, path: text.replace(right, wrong).encode()}))
    verdict, detail = asyncio.run(runner.prove(space, pool, name))
    assert (verdict, bool(detail)) == (FAILED, True)


@pytest.mark.parametrize(
    ("right", "wrong", "seen"),
    [
        ('"rooms": known}', '"rooms": {room: seq + 1 for room, seq in known.items()}}', "is not where it belongs"),
    ],
)
def test_a_client_that_doubles_or_loses_is_found_out(
    pool: Pool, monkeypatch: pytest.MonkeyPatch, right: str, wrong: str, seen: str
) -> None:
    monkeypatch.setattr(Clients, "servers", lambda self: [SERVER])
    space = pool.installed("python-websockets-client", {})
    path = "src/ws_link/client.py"
    text = space.project.files[path].decode()
    assert text.count(right) == 1
    files = {**space.project.files, path: text.replace(right, wrong).encode()}
    space.put(replace(space.project, files=files))
    verdict, detail = asyncio.run(runner.prove(space, pool, "delivery"))
    assert verdict == FAILED
    assert seen in detail


def test_a_project_that_cannot_be_installed_or_fails_its_tests_is_told_so(pool: Pool) -> None:
    space = pool.installed(SERVER, {})
    broken = {**space.project.files, "tests/test_service.py": b"def test_x() -> None:\n    assert 1 == 2\n"}
    space.put(replace(space.project, files=broken))
    assert "assert 1 == 2" in space.step("test")
    assert space.step("lint") == ""
    fresh = Pool(pool.space(SERVER).folder / "fresh").space(SERVER)
    fresh.put(replace(space.project, files={**broken, "pyproject.toml": b"[project"}))
    assert "pip install" in fresh.install()


def test_unknown_checks_and_options_are_refused() -> None:
    with pytest.raises(InputError, match=r"There are: test, lint, types, handshake"):
        runner.verify(SERVER, only=("handshakes",))
    with pytest.raises(InputError, match="no option"):
        runner.verify(SERVER, {"x": 1})


def test_every_guarantee_that_a_template_names_has_a_module_and_words() -> None:
    for template in catalogue.load():
        for name in (*template.guarantees, *template.not_offered):
            assert runner.title(name)
    with pytest.raises(InputError, match="no guarantee"):
        runner.module("flying")


def test_the_matrix_says_what_was_seen() -> None:
    checks = (Check("install", PASSED, "", 1), Check("origin", FAILED, "200", 1), Check("rooms", SKIPPED, "no", 1))
    page = matrix.markdown([Verification(SERVER, {"profile": "chat"}, checks)])
    assert "| lets only listed Origins in | **no** |" in page
    assert "| delivers to every member of a room, once and in order | not run |" in page
    assert "- **origin: failed**" in page


def test_the_published_matrix_covers_the_catalogue_and_has_no_red_cell() -> None:
    page = (Path(__file__).parent.parent.parent / "docs" / "templates.md").read_text("utf-8")
    assert page.startswith(matrix.HEAD)
    assert "**no**" not in page
    for template in catalogue.load():
        assert f"## {template.name}\n" in page
        for name in template.guarantees:
            assert runner.title(name) in page
