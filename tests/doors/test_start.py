"""The two-stage start: what is answered before the SDK is there is what the SDK answers, once, whatever comes first."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS, MODERN_PROTOCOL_VERSIONS

from tests.doors.stdio_server import ROOT, Server, piped
from tools import docs
from ws_mcp.doors.mcp import start

LISTS = ("tools/list", "resources/list", "resources/templates/list", "prompts/list")
VERSIONS = (*HANDSHAKE_PROTOCOL_VERSIONS, *MODERN_PROTOCOL_VERSIONS)
CLIENT = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "0"}}
INVALID_PARAMS = -32602


@pytest.fixture
def server() -> Iterator[Server]:
    with piped() as found:
        yield found


def request(identity: object, method: str, params: object = None) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": identity, "method": method, "params": {} if params is None else params}


def fed(lines: list[dict[str, Any]], seconds: float = 30, **env: str) -> list[dict[str, Any]]:
    """What a server answers to all lines at once, with the end of its input after them; it ends well and in silence."""
    done = subprocess.run(
        [sys.executable, "-m", "ws_mcp", "serve"],
        input="".join(json.dumps(line) + "\n" for line in lines),
        env=os.environ | env,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=seconds,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return [json.loads(line) for line in done.stdout.splitlines()]


def modern(version: str) -> dict[str, Any]:
    facts = {"protocolVersion": version, "clientInfo": {"name": "test", "version": "0"}, "clientCapabilities": {}}
    return {"_meta": {f"io.modelcontextprotocol/{name}": value for name, value in facts.items()}}


def begin(server: Server, version: str) -> dict[str, Any]:
    """Parameters for what follows, after the handshake where there is one."""
    if version in MODERN_PROTOCOL_VERSIONS:
        return modern(version)
    server.ask(-1, "initialize", {**CLIENT, "protocolVersion": version})
    server.send({"jsonrpc": "2.0", "method": "notifications/initialized"})
    return {}


def test_the_snapshot_is_what_the_live_server_answers() -> None:
    written = Path(start.__file__).with_name("snapshot.json").read_text("utf-8")
    assert written == docs.snapshot() + "\n", "run python -m tools.docs"


@pytest.mark.parametrize("version", VERSIONS)
def test_both_stages_answer_alike(server: Server, version: str) -> None:
    params = begin(server, version)
    first = [server.ask(number, method, params)["result"] for number, method in enumerate(LISTS)]
    assert all(first)
    completion = {"ref": {"type": "ref/resource", "uri": "websocket://{+id}"}, "argument": {"name": "id", "value": "x"}}
    assert "result" in server.ask(10, "completion/complete", {**params, **completion})  # takes the SDK
    assert [server.ask(20 + number, method, params)["result"] for number, method in enumerate(LISTS)] == first


@pytest.mark.parametrize("version", MODERN_PROTOCOL_VERSIONS)
def test_discovery_is_answered_alike(server: Server, version: str) -> None:
    first = server.ask(1, "server/discover", modern(version))["result"]
    server.ask(2, "resources/read", {**modern(version), "uri": "websocket://code/1006"})
    assert server.ask(3, "server/discover", modern(version))["result"] == first


def test_the_first_answers_need_no_sdk(tmp_path: Path) -> None:
    for name in ("mcp", "pydantic", "anyio"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("import time\ntime.sleep(60)\n")
    lines = [request(0, "initialize", CLIENT), *(request(n, method) for n, method in enumerate(LISTS, 1))]
    answers = fed(lines, PYTHONPATH=str(tmp_path))
    assert [answer["id"] for answer in answers] == [0, 1, 2, 3, 4]
    assert all("result" in answer for answer in answers)


def test_every_request_has_one_answer(server: Server) -> None:
    server.send(request("a", "initialize", CLIENT))
    server.send({"jsonrpc": "2.0", "method": "notifications/initialized"})
    for identity, method in ((1, "tools/list"), ("b", "prompts/list"), (2, "ping"), (3, "tools/list")):
        server.send(request(identity, method))
    answers = [server.receive() for _ in range(5)]
    assert [answer["id"] for answer in answers] == ["a", 1, "b", 2, 3]
    server.stdin.close()
    assert server.end() == (0, b"", "")


def test_an_unknown_version_is_negotiated_by_the_sdk(server: Server) -> None:
    found = server.ask(1, "initialize", {**CLIENT, "protocolVersion": "1999-01-01"})["result"]
    assert found["protocolVersion"] in HANDSHAKE_PROTOCOL_VERSIONS
    server.send({"jsonrpc": "2.0", "method": "notifications/initialized"})
    assert server.ask(2, "tools/list")["result"]["tools"]


@pytest.mark.parametrize("method", LISTS)
def test_an_invented_cursor_is_refused_before_the_sdk_is_there_too(server: Server, method: str) -> None:
    server.begin()
    assert server.ask(1, method, {"cursor": "invented"})["error"]["code"] == INVALID_PARAMS


def test_a_ping_may_come_first(server: Server) -> None:
    assert server.ask(1, "ping")["result"] == {}
    server.begin()


def test_a_list_before_the_handshake_is_left_to_the_sdk(server: Server) -> None:
    assert "error" in server.ask(1, "tools/list")
    server.begin()
    assert server.ask(2, "tools/list")["result"]["tools"]


def test_a_second_handshake_is_left_to_the_sdk(server: Server) -> None:
    server.begin()
    assert server.ask(1, "initialize", CLIENT)["id"] == 1
    assert server.ask(2, "tools/list")["result"]["tools"]


def test_a_request_cancelled_while_the_sdk_loads_hurts_nobody(server: Server) -> None:
    server.begin()
    server.send(request(1, "tools/call", {"name": "ws_read", "arguments": {"id": "code/1006"}}))
    server.send({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}})
    server.send(request(2, "ping"))
    answers = {}
    while 2 not in answers:
        found = server.receive()
        answers[found["id"]] = found
    assert answers[2]["result"] == {}
    assert server.ask(3, "tools/list")["result"]["tools"]


@pytest.mark.parametrize("odd", [None, 1.5, True, [], {}])
def test_an_odd_id_is_left_to_the_sdk(server: Server, odd: object) -> None:
    server.send(request(odd, "initialize", CLIENT))
    server.send(request(1, "ping"))
    found = server.receive()
    while found.get("id") != 1:
        found = server.receive()
    assert found["result"] == {}


@pytest.mark.parametrize("params", [[], "text", 7, {"_meta": []}, {"_meta": {"x": 1}}, {"protocolVersion": 5}])
def test_odd_parameters_are_left_to_the_sdk(server: Server, params: object) -> None:
    server.send(request(1, "initialize", params))
    assert "error" in server.receive()
    server.begin()


def test_a_client_that_says_nothing_is_waited_for(server: Server) -> None:
    time.sleep(2.5)  # by then the SDK is loaded
    assert server.process.poll() is None
    server.begin()
    server.stdin.close()
    assert server.end() == (0, b"", "")


def indexes(cache: Path) -> set[str]:
    """The folders of finished indexes."""
    return {folder.name for folder in cache.rglob("indexes/*") if not folder.name.startswith(".")}


def test_the_index_is_built_while_nobody_asks_and_a_search_builds_no_second_one(tmp_path: Path) -> None:
    with piped({"XDG_CACHE_HOME": str(tmp_path)}) as server:
        server.begin()
        end = time.monotonic() + 60
        while not (built := indexes(tmp_path)):
            assert time.monotonic() < end, "no index though nothing else was to do"
            time.sleep(0.1)
        (before,) = tmp_path.rglob(f"indexes/{next(iter(built))}")
        made = before.stat().st_ino
        found = server.ask(1, "tools/call", {"name": "ws_search", "arguments": {"query": "1006"}})
        assert found["result"]["structuredContent"]["hits"][0]["id"] == "code/1006"
    assert (indexes(tmp_path), before.stat().st_ino) == (built, made)


def test_two_servers_that_build_at_once_both_answer_and_leave_one_index(tmp_path: Path) -> None:
    env = {"XDG_CACHE_HOME": str(tmp_path)}
    with piped(env) as one, piped(env) as other:
        for server in (one, other):
            server.begin()
            call = request(1, "tools/call", {"name": "ws_search", "arguments": {"query": "1006"}})
            server.send(call)
        for server in (one, other):
            assert server.receive(60)["result"]["structuredContent"]["hits"][0]["id"] == "code/1006"
    assert len(indexes(tmp_path)) == 1
    assert [folder for folder in tmp_path.rglob("indexes/.*")] == []


@pytest.mark.parametrize("wait", [0.5, 1.5])
def test_a_server_that_leaves_while_it_builds_says_nothing_and_the_next_one_finds(tmp_path: Path, wait: float) -> None:
    env = {"XDG_CACHE_HOME": str(tmp_path)}
    with piped(env) as server:
        server.ready()
        time.sleep(wait)
        server.stdin.close()
        assert server.end() == (0, b"", "")
    with piped(env) as server:
        server.begin()
        server.send(request(1, "tools/call", {"name": "ws_search", "arguments": {"query": "1006"}}))
        assert server.receive(60)["result"]["structuredContent"]["note"] == ""


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("wait", [0.2, 2.0])
def test_a_signal_ends_a_server_that_was_never_asked(server: Server, number: int, wait: float) -> None:
    time.sleep(wait)
    server.process.send_signal(number)
    code, rest, log = server.end(2)
    assert (code, rest, log) == (-number, b"", "")


def test_five_thousand_lines_at_once_are_all_answered_though_the_input_ends() -> None:
    count = 5_000
    lines = [request(0, "initialize", CLIENT), {"jsonrpc": "2.0", "method": "notifications/initialized"}]
    lines += [request(number, "tools/list" if number <= 20 else "ping") for number in range(1, count + 1)]
    answers = fed(lines, 60)
    assert sorted(answer["id"] for answer in answers) == list(range(count + 1))
    assert all("result" in answer for answer in answers)


def test_what_is_piped_in_is_answered() -> None:
    lines = [
        request(0, "initialize", CLIENT),
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        request(1, "tools/call", {"name": "ws_search", "arguments": {"query": "1006", "limit": 1}}),
    ]
    answers = fed(lines)
    found = {answer["id"]: answer["result"] for answer in answers}
    assert found[1]["structuredContent"]["hits"][0]["id"] == "code/1006"


def test_a_last_line_without_its_end_is_a_line(server: Server) -> None:
    server.send(json.dumps(request(1, "initialize", CLIENT)).encode())
    server.stdin.close()
    code, rest, log = server.end()
    assert json.loads(rest)["id"] == 1
    assert (code, log) == (0, "")


def test_without_a_snapshot_the_sdk_answers_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for content in (None, "", "{", "[]", '{"versions": {"2025-11-25": 3}, "results": []}'):
        file = tmp_path / "snapshot.json"
        file.unlink(missing_ok=True)
        if content is not None:
            file.write_text(content)
        monkeypatch.setattr(start, "_SNAPSHOT", file)
        reader, writer = os.pipe()
        os.write(writer, json.dumps(request(1, "initialize", CLIENT)).encode() + b"\n")
        os.close(writer)
        with open(os.devnull, "wb") as output:  # noqa: PTH123
            stage = start.FirstStage(start.Lines(reader), output)
            assert stage.run() is True
        os.close(reader)
        assert len(stage.kept) == 1
        assert stage.answered == set()
