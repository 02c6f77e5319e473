"""A client gives up on a tool that takes long: the work ends at once, no result is sent, and the server goes on."""

from __future__ import annotations

import asyncio
import json
import os
import re
import socketserver
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest
from mcp import Client, StdioServerParameters

from tests.doors.http_server import ROOT, HttpServer, serving
from tests.doors.stdio_server import piped
from ws_mcp.doors.mcp.app import create
from ws_mcp.protocol.build import accept

Era = Literal["auto", "legacy"]
Call = tuple[str, dict[str, Any]]
JSON = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
CLIENT = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "0"}}
META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "0"},
    "io.modelcontextprotocol/clientCapabilities": {},
}
SOON = 2.0  # seconds in which the work has to have stopped
eras = pytest.mark.parametrize("era", ["auto", "legacy"])
tools = pytest.mark.parametrize("tool", ["ws_probe_server", "ws_fetch_corpus"])


class Silent(socketserver.ThreadingTCPServer):
    """Opens every WebSocket, then says nothing; leaves every other request without an answer."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        self.open = 0
        self.lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), Mute)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"

    def until(self, reached: Callable[[int], bool], seconds: float) -> bool:
        """Wait for a number of open connections."""
        end = time.monotonic() + seconds
        while not reached(self.open) and time.monotonic() < end:
            time.sleep(0.02)
        return reached(self.open)


class Mute(socketserver.StreamRequestHandler):
    server: Silent

    def handle(self) -> None:
        with self.server.lock:
            self.server.open += 1
        try:
            with suppress(OSError):
                head = b""
                while (line := self.rfile.readline()) not in (b"\r\n", b""):
                    head += line
                key = re.search(rb"(?i)^sec-websocket-key: *(\S+)", head, re.MULTILINE)
                if key:
                    lines = ("HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade")
                    proof = f"Sec-WebSocket-Accept: {accept(key[1].decode())}"
                    self.wfile.write("\r\n".join((*lines, proof, "", "")).encode())
                while self.rfile.read(1):
                    pass
        finally:
            with self.server.lock:
                self.server.open -= 1


@pytest.fixture(scope="module")
def peer() -> Iterator[Silent]:
    with Silent() as found:
        thread = threading.Thread(target=found.serve_forever, args=(0.05,))
        thread.start()
        yield found
        found.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def env(peer: Silent, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Documents are fetched from the peer, into a cache of this module's own."""
    cache = tmp_path_factory.mktemp("cache")
    return {"WS_MCP_MIRROR": f"http://{peer.address}", "WS_MCP_OFFLINE": "", "XDG_CACHE_HOME": str(cache)}


@pytest.fixture(scope="module")
def stateless(env: Mapping[str, str]) -> Iterator[HttpServer]:
    with serving(env=env) as found:
        yield found


@pytest.fixture(scope="module")
def sessions(env: Mapping[str, str]) -> Iterator[HttpServer]:
    with serving("--sessions", env=env) as found:
        yield found


def call_of(tool: str, peer: Silent) -> Call:
    return tool, {"url": f"ws://{peer.address}/"} if tool == "ws_probe_server" else {}


async def give_up(client: Client, call: Call, peer: Silent) -> None:
    """Start a call, see it at work, and cancel it as the SDK does; then the server has to answer others."""
    calling = asyncio.create_task(client.call_tool(*call))
    assert await asyncio.to_thread(peer.until, lambda n: n > 0, 20)
    await asyncio.sleep(0.3)
    assert not calling.done()
    calling.cancel()
    with suppress(asyncio.CancelledError):
        await calling
    assert await asyncio.to_thread(peer.until, lambda n: n == 0, SOON)
    answer = await client.call_tool("ws_search", {"query": "1006", "limit": 1})
    assert (answer.structured_content or {})["hits"][0]["id"] == "code/1006"
    assert peer.open == 0


@pytest.mark.anyio
@eras
async def test_over_stdio_the_sdk_client_stops_both_tools(peer: Silent, env: dict[str, str], era: Era) -> None:
    command = ["-m", "ws_mcp", "serve"]
    process = StdioServerParameters(command=sys.executable, args=command, env=os.environ | env, cwd=ROOT)
    async with Client(process, mode=era) as client:
        for tool in ("ws_probe_server", "ws_fetch_corpus"):
            await give_up(client, call_of(tool, peer), peer)


@pytest.mark.anyio
@eras
@pytest.mark.parametrize("place", ["stateless", "sessions"])
async def test_over_http_the_sdk_client_stops_both_tools(
    peer: Silent, era: Era, place: str, request: pytest.FixtureRequest
) -> None:
    server: HttpServer = request.getfixturevalue(place)
    async with Client(server.url, mode=era) as client:
        for tool in ("ws_probe_server", "ws_fetch_corpus"):
            await give_up(client, call_of(tool, peer), peer)


@pytest.mark.anyio
@eras
async def test_waiting_for_a_client_under_test_is_given_up_and_can_be_taken_up_again(era: Era) -> None:
    async with Client(create(), mode=era) as client:
        started = (await client.call_tool("ws_probe_client", {"only": ["framing/text"]})).structured_content or {}
        waiting = asyncio.create_task(client.call_tool("ws_probe_client", {"session": started["session"], "wait": 60}))
        await asyncio.sleep(0.3)
        waiting.cancel()
        with suppress(asyncio.CancelledError):
            await waiting
        async with asyncio.timeout(SOON):
            given = {"session": started["session"], "stop": True}
            stopped = (await client.call_tool("ws_probe_client", given)).structured_content or {}
    assert (stopped["session"], stopped["left"]) == ("", 1)


def threads_and_sockets(pid: int) -> tuple[int, int]:
    links = []
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            links.append(str(entry.readlink()))
    return len(list(Path(f"/proc/{pid}/task").iterdir())), sum("socket:" in link for link in links)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="counts threads in /proc")
@eras
@tools
def test_nothing_of_the_work_is_left_and_no_result_comes(
    peer: Silent, env: dict[str, str], era: Era, tool: str
) -> None:
    meta = {"_meta": META} if era == "auto" else {}
    with piped(env) as server:
        if era == "legacy":
            server.begin()
        quick = {"name": "ws_search", "arguments": {"query": "1006"}, **meta}
        server.ask(2, "tools/call", quick)
        before = threads_and_sockets(server.process.pid)
        name, arguments = call_of(tool, peer)
        params = {"name": name, "arguments": arguments, **meta}
        server.send({"jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": params})
        assert peer.until(lambda n: n > 0, 20)
        assert threads_and_sockets(server.process.pid)[1] > before[1]
        cancelled = {"requestId": 3, "reason": "tired of it", **meta}
        server.send({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": cancelled})
        assert peer.until(lambda n: n == 0, SOON)
        server.ask(4, "tools/call", quick)  # fails where the answer to 3 comes instead
        after = threads_and_sockets(server.process.pid)
        assert after[0] <= before[0] + 1  # a resolver's idle thread may stay for the next name
        assert after[1] == before[1]
        server.stdin.close()
        assert server.end() == (0, b"", "")


@contextmanager
def begun(server: HttpServer) -> Iterator[tuple[httpx.Client, dict[str, str]]]:
    """A client of the handshake era, and the headers of its next requests."""
    with httpx.Client(timeout=20) as http:
        first = http.post(server.url, headers=JSON, json=body(0, "initialize", CLIENT))
        yield http, {**JSON, "Mcp-Session-Id": first.headers["mcp-session-id"]}


def body(identity: int | None, method: str, params: Any) -> dict[str, Any]:
    named = {} if identity is None else {"id": identity}
    return {"jsonrpc": "2.0", **named, "method": method, "params": params}


def test_without_sessions_the_answer_of_a_cancelled_call_ends_empty(stateless: HttpServer, peer: Silent) -> None:
    name, arguments = call_of("ws_probe_server", peer)
    call = body(7, "tools/call", {"name": name, "arguments": arguments})
    with begun(stateless) as (http, headers), http.stream("POST", stateless.url, headers=headers, json=call) as answer:
        assert answer.status_code == 200
        assert peer.until(lambda n: n > 0, 20)
        cancel = body(None, "notifications/cancelled", {"requestId": 7})
        assert http.post(stateless.url, headers=headers, json=cancel).status_code == 202
        assert not [line for line in answer.iter_lines() if line.startswith("data:") and '"result"' in line]
        assert peer.until(lambda n: n == 0, SOON)


ODD: list[Any] = [{}, {"requestId": None}, {"requestId": [7]}, {"requestId": "7"}, []]


def test_nobody_cancels_for_another(stateless: HttpServer, peer: Silent) -> None:
    """Ids are small numbers that every client uses; the name that initialize gave out is what counts."""
    name, arguments = call_of("ws_probe_server", peer)
    call = body(7, "tools/call", {"name": name, "arguments": arguments})
    cancel = body(None, "notifications/cancelled", {"requestId": 7})
    with begun(stateless) as (http, headers), begun(stateless) as (_, others):
        with http.stream("POST", stateless.url, headers=headers, json=call):
            assert peer.until(lambda n: n > 0, 20)
            for strange in (JSON, others, {**JSON, "Mcp-Session-Id": "0" * 32}):
                assert http.post(stateless.url, headers=strange, json=cancel).status_code == 202
            for odd in ODD:
                http.post(stateless.url, headers=headers, json=body(None, "notifications/cancelled", odd))
            assert not peer.until(lambda n: n == 0, 0.5)
        assert peer.until(lambda n: n == 0, SOON)  # the dropped connection ends it


def test_a_dropped_connection_stops_the_work_in_both_eras(stateless: HttpServer, peer: Silent) -> None:
    name, arguments = call_of("ws_probe_server", peer)
    modern = {**JSON, "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": name}
    for headers, meta in ((JSON, {}), (modern, {"_meta": META})):
        call = body(7, "tools/call", {"name": name, "arguments": arguments, **meta})
        with httpx.Client() as http:
            calling = threading.Thread(target=post, args=(http, stateless.url, headers, call))
            calling.start()
            assert peer.until(lambda n: n > 0, 20)
        calling.join(5)
        assert peer.until(lambda n: n == 0, SOON)


def post(http: httpx.Client, url: str, headers: dict[str, str], call: dict[str, Any]) -> None:
    with suppress(httpx.HTTPError, OSError, RuntimeError):
        http.post(url, headers=headers, json=call, timeout=1)


def test_without_sessions_every_name_is_taken_and_there_is_no_stream_to_listen_to(stateless: HttpServer) -> None:
    found = body(1, "tools/call", {"name": "ws_search", "arguments": {"query": "1006", "limit": 1}})
    named = {**JSON, "Mcp-Session-Id": "another replica's"}
    answer = httpx.post(stateless.url, headers=named, json=found)
    assert answer.status_code == 200
    assert json.loads(answer.text.partition("data: ")[2])["result"]["structuredContent"]["hits"]
    refused = httpx.get(stateless.url, headers=named)
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")
