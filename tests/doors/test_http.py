"""The server over HTTP as clients, orchestrators and Prometheus meet it, on real sockets."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any, Literal

import httpx
import pytest
from mcp import Client
from prometheus_client.parser import text_string_to_metric_families

from tests.conftest import Command
from tests.doors.http_server import HttpServer, serving
from ws_mcp.doors.mcp import http as door

TOKEN = "0123456789abcdef0123456789abcdef"
JSON = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
FIXTURES = ("tests.doors.conformance.serve",)
Era = Literal["auto", "legacy"]


@pytest.fixture(scope="module")
def server() -> Iterator[HttpServer]:
    with serving() as found:
        yield found


@pytest.fixture(scope="module")
def guarded() -> Iterator[HttpServer]:
    """As a server on the network is run: a name, an origin and a token."""
    names = ("--allowed-host", "ws.example", "--allowed-origin", "https://app.example")
    with serving("--host", "0.0.0.0", *names, env={"WS_MCP_TOKEN": TOKEN}) as found:
        found.root = f"http://127.0.0.1:{found.port}"
        found.url = f"{found.root}/mcp"
        yield found


def message(method: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}}


def call(tool: str, **arguments: object) -> dict[str, Any]:
    return message("tools/call", {"name": tool, "arguments": arguments})


def result(answer: httpx.Response) -> Any:
    """The result in an answer, from JSON or from the one event of a stream."""
    text = answer.text
    if answer.headers["content-type"].startswith("text/event-stream"):
        (text,) = re.findall(r"^data: (\{.*\})", text, re.MULTILINE)
    return json.loads(text)["result"]


@pytest.mark.anyio
@pytest.mark.parametrize("era", ["auto", "legacy"])
async def test_both_eras_search(server: HttpServer, era: Era) -> None:
    async with Client(server.url, mode=era) as client:
        found = await client.call_tool("ws_search", {"query": "1006", "limit": 1})
    assert (found.structured_content or {})["hits"][0]["id"] == "code/1006"


def test_a_bare_request_is_answered_without_a_handshake_or_a_session(server: HttpServer) -> None:
    answer = httpx.post(server.url, headers=JSON, json=call("ws_read", id="rfc6455/5.5.1"))
    assert answer.status_code == 200
    assert "mcp-session-id" not in answer.headers
    assert result(answer)["content"][0]["text"].startswith("# 5.5.1 Close")


def test_local_clients_get_every_tool(server: HttpServer) -> None:
    tools = {tool["name"] for tool in result(httpx.post(server.url, headers=JSON, json=message("tools/list")))["tools"]}
    assert {"ws_search", "ws_probe_server", "ws_fetch_corpus"} <= tools


def test_clients_elsewhere_get_no_tool_that_acts_on_this_machine(guarded: HttpServer) -> None:
    headers = {**JSON, "Host": "ws.example", "Authorization": f"Bearer {TOKEN}"}
    listed = result(httpx.post(guarded.url, headers=headers, json=message("tools/list")))["tools"]
    assert {"ws_search", "ws_read", "ws_check_frames", "ws_diagnose"} <= {tool["name"] for tool in listed}
    for tool in listed:
        assert tool["annotations"]["readOnlyHint"] is True
        assert tool["annotations"]["openWorldHint"] is False
    client = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "0"}}
    begun = result(httpx.post(guarded.url, headers=headers, json=message("initialize", client)))
    assert "Not on this server" in begun["instructions"]
    assert "ws_probe_server" in begun["instructions"].rpartition("Not on this server")[2]


def test_metrics_are_what_prometheus_reads(server: HttpServer) -> None:
    httpx.post(server.url, headers=JSON, json=call("ws_search", query="1006"))
    httpx.post(server.url, headers=JSON, json=call("ws_search", query=""))
    httpx.post(server.url, headers=JSON, json=call("no_such_tool"))
    answer = httpx.get(f"{server.root}/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    messages = {
        (sample.labels["target"], sample.labels["outcome"]): sample.value
        for sample in families["websocket_mcp_messages"].samples
        if sample.labels["method"] == "tools/call"
    }
    assert messages["ws_search", "ok"] >= 1
    assert messages["ws_search", "tool error"] >= 1
    assert messages["other", "error -32602"] >= 1
    assert families["websocket_mcp_http_request_seconds"].type == "histogram"
    assert families["process_resident_memory_bytes"].samples[0].value > 10_000_000
    assert families["websocket_mcp_http_requests_in_progress"].samples[0].value == 1


def test_made_up_names_do_not_make_the_metrics_grow(server: HttpServer) -> None:
    def series() -> int:
        return len(httpx.get(f"{server.root}/metrics").text.splitlines())

    def invent(number: int) -> None:
        httpx.request(f"VERB{number}", f"{server.root}/path{number}")
        httpx.post(server.url, headers=JSON, json=message(f"method/{number}"))
        httpx.post(server.url, headers=JSON, json=call(f"tool_{number}"))
        httpx.post(server.url, headers=JSON, json=message("prompts/get", {"name": f"prompt{number}"}))

    invent(0)
    series()  # the page's own request is counted once it is answered
    before = series()
    for number in range(1, 12):
        invent(number)
    assert series() == before


def test_health_is_open_and_nothing_else_is(guarded: HttpServer) -> None:
    assert httpx.get(f"{guarded.root}/healthz").text == "ok\n"
    for path in ("/mcp", "/metrics", "/", "/.well-known/oauth-protected-resource/mcp"):
        assert httpx.get(f"{guarded.root}{path}").status_code == 421
        assert httpx.get(f"{guarded.root}{path}", headers={"Host": "ws.example"}).status_code == 401


WRONG_HOSTS = ["evil.example", "127.0.0.1", "localhost", "ws.example.evil.example", "evil.example:443", ""]


@pytest.mark.parametrize("host", WRONG_HOSTS)
def test_another_host_is_refused(guarded: HttpServer, host: str) -> None:
    headers = {**JSON, "Host": host, "Authorization": f"Bearer {TOKEN}"}
    assert httpx.post(guarded.url, headers=headers, json=message("ping")).status_code == 421


@pytest.mark.parametrize("host", ["ws.example", "WS.example", "ws.example:8443"])
def test_the_allowed_host_passes_with_any_port(guarded: HttpServer, host: str) -> None:
    headers = {**JSON, "Host": host, "Authorization": f"Bearer {TOKEN}"}
    assert httpx.post(guarded.url, headers=headers, json=message("tools/list")).status_code == 200


ORIGINS = [
    ("https://app.example", 200),
    ("https://app.example.evil.example", 403),
    ("http://app.example", 403),
    ("https://app.example:444", 403),
    ("https://evil.example", 403),
    ("http://127.0.0.1", 403),
    ("null", 403),
]


@pytest.mark.parametrize(("origin", "status"), ORIGINS)
def test_only_the_allowed_origin_passes(guarded: HttpServer, origin: str, status: int) -> None:
    headers = {**JSON, "Host": "ws.example", "Authorization": f"Bearer {TOKEN}", "Origin": origin}
    assert httpx.post(guarded.url, headers=headers, json=message("tools/list")).status_code == status


CREDENTIALS = [
    ({}, False),
    ({"Authorization": "Bearer"}, True),
    ({"Authorization": f"Bearer {TOKEN[:-1]}"}, True),
    ({"Authorization": f"Bearer {TOKEN}x"}, True),
    ({"Authorization": f"Bearer {TOKEN.upper()}"}, True),
    ({"Authorization": f"Basic {TOKEN}"}, True),
    ({"Authorization": TOKEN}, True),
    ({"X-Api-Key": TOKEN}, False),
]


@pytest.mark.parametrize(("credentials", "given"), CREDENTIALS)
def test_a_missing_or_wrong_token_is_refused(guarded: HttpServer, credentials: dict[str, str], given: bool) -> None:
    answer = httpx.post(guarded.url, headers={**JSON, "Host": "ws.example", **credentials}, json=message("tools/list"))
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer ")
    assert ("invalid_token" in answer.headers["www-authenticate"]) == given


def test_a_server_for_this_machine_refuses_pages_from_elsewhere(server: HttpServer) -> None:
    for headers in ({"Host": "evil.example"}, {"Host": f"evil.example:{server.port}"}):
        assert httpx.post(server.url, headers={**JSON, **headers}, json=message("tools/list")).status_code == 421
    for origin, status in (
        ("https://evil.example", 403),
        ("http://localhost.evil.example", 403),
        ("http://localhost:80@evil.example", 403),
        ("http://localhost:", 403),
        ("http://localhost:3000", 200),
        ("https://localhost", 200),
        ("http://[::1]:9", 200),
    ):
        answer = httpx.post(server.url, headers={**JSON, "Origin": origin}, json=message("tools/list"))
        assert answer.status_code == status, origin


@pytest.mark.parametrize("size", [(1 << 20) + 1, 1 << 30])
def test_a_body_over_a_mebibyte_is_refused_before_it_comes(server: HttpServer, size: int) -> None:
    with socket.create_connection(("127.0.0.1", server.port), 20) as peer:
        peer.sendall(
            f"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"Content-Length: {size}\r\n\r\n".encode()
        )
        assert peer.recv(1_000).startswith(b"HTTP/1.1 413 ")


def test_a_chunked_body_over_a_mebibyte_is_refused(server: HttpServer) -> None:
    pieces = iter([b'{"jsonrpc":"2.0"'] + [b" " * 65_536] * 20)
    assert httpx.post(server.url, headers=JSON, content=pieces).status_code == 413


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", 400), (b"{", 400), (b"[]", 400), (b"\xff\xfe", 400), (b"[" * 50_000, 400), (b"null", 400)],
)
def test_what_is_no_message_is_refused(server: HttpServer, body: bytes, status: int) -> None:
    assert httpx.post(server.url, headers=JSON, content=body).status_code == status


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"[]", "batches are not part of MCP"),
        (b'[{"jsonrpc":"2.0","id":1,"method":"tools/list"}]', "batches are not part of MCP"),
        (b"null", "a message is a JSON object"),
        (b'{"id":1,"method":"tools/list"}', '"jsonrpc": "2.0"'),
        (b'{"jsonrpc":"2.0","id":null,"method":"tools/list"}', "the id of a request is a text or a whole number"),
        (b'{"jsonrpc":"2.0","id":1.5,"method":"tools/list"}', "the id of a request is a text or a whole number"),
        (b'{"jsonrpc":"2.0","id":true,"method":"tools/list"}', "the id of a request is a text or a whole number"),
    ],
)
def test_json_that_is_no_message_is_refused_in_words(server: HttpServer, body: bytes, said: str) -> None:
    answer = httpx.post(server.url, headers=JSON, content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == -32600
    assert said in answer.json()["error"]["message"]


def test_a_client_that_goes_in_the_middle_of_its_request_fills_no_log() -> None:
    with serving() as server:
        for sent in (b'{"jsonrpc"', b""):
            with socket.create_connection(("127.0.0.1", server.port), 20) as peer:
                peer.sendall(
                    b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                    b"Accept: application/json, text/event-stream\r\nContent-Length: 100\r\n\r\n" + sent
                )
        gone, end = 'websocket_mcp_http_requests_total{method="POST",route="/mcp"', time.monotonic() + 10
        while gone not in httpx.get(f"{server.root}/metrics").text:
            assert time.monotonic() < end
            time.sleep(0.05)
        assert server.stop() == (0, "")


def test_running_requests_are_answered_when_the_server_is_told_to_stop() -> None:
    body = json.dumps(call("ws_search", query="1006", limit=1)).encode()
    head = (
        f"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Accept: application/json, text/event-stream\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with serving() as server, socket.create_connection(("127.0.0.1", server.port), 30) as peer:
        peer.sendall(head.encode() + body[:10])
        idle = socket.create_connection(("127.0.0.1", server.port), 30)  # has asked nothing
        httpx.get(f"{server.root}/healthz")  # by now the server has read all of this
        server.process.send_signal(signal.SIGTERM)
        while True:  # until it takes no new connections
            try:
                socket.create_connection(("127.0.0.1", server.port), 5).close()
            except OSError:
                break
        peer.sendall(body[10:])
        answer = b"".join(iter(lambda: peer.recv(65_536), b""))
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert b"code/1006" in answer
        assert idle.recv(10) == b""
        idle.close()
        assert server.stop() == (0, "")


@pytest.mark.parametrize("options", [(), ("--sessions",)])
def test_streams_without_an_end_do_not_hold_up_the_end(options: tuple[str, ...]) -> None:
    client = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "0"}}
    with serving(*options) as server, httpx.Client(timeout=20) as http:
        begun = http.post(server.url, headers=JSON, json=message("initialize", client))
        session = {"Mcp-Session-Id": begun.headers["mcp-session-id"]} if options else {}
        with http.stream("GET", server.url, headers={**JSON, **session}) as stream:
            assert stream.status_code == (200 if options else 405)  # without sessions there is none to listen to
            server.process.send_signal(signal.SIGTERM)
            assert server.process.wait(5) == 0
            assert "".join(stream.iter_text()).count("data:") == 0
        assert server.stop() == (0, "")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_server_ends_at_once_and_in_order(number: signal.Signals) -> None:
    with serving() as server:
        server.process.send_signal(number)
        assert server.process.wait(5) == 0


def test_an_idle_connection_stays_longer_than_proxies_keep_theirs(server: HttpServer) -> None:
    """A proxy that reuses a connection while the server closes it answers 502, and repeats no POST."""
    with httpx.Client(limits=httpx.Limits(keepalive_expiry=60)) as http:
        before = http.get(f"{server.root}/healthz").extensions["network_stream"].get_extra_info("client_addr")
        time.sleep(7)  # uvicorn's own default is 5
        after = http.get(f"{server.root}/healthz").extensions["network_stream"].get_extra_info("client_addr")
    assert before == after
    assert door.IDLE > 60


def test_a_busy_port_is_an_error_in_words(server: HttpServer, command: Command) -> None:
    done = command("serve", "--http", "--port", str(server.port))
    assert done.returncode == 2
    assert f"port {server.port}: it is in use; give another --port, or 0 for a free one" in done.stderr
    assert "Traceback" not in done.stderr


def test_replicas_that_share_a_token_go_on_where_another_began() -> None:
    """A question in one answer, its reply in the next request, whichever replica that reaches."""
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "t", "version": "0"},
        "io.modelcontextprotocol/clientCapabilities": {"elicitation": {"form": {}}},
    }
    tool = "test_input_required_result_request_state"
    headers = {
        **JSON,
        "Authorization": f"Bearer {TOKEN}",
        "MCP-Protocol-Version": "2026-07-28",
        "Mcp-Method": "tools/call",
        "Mcp-Name": tool,
    }

    def ask(url: str, **more: object) -> Any:
        params = {"name": tool, "arguments": {}, "_meta": meta, **more}
        return httpx.post(url, headers=headers, json=message("tools/call", params))

    environment = {"WS_MCP_TOKEN": TOKEN}
    with serving(program=FIXTURES, env=environment) as one, serving(program=FIXTURES, env=environment) as two:
        asked = result(ask(one.url))
        assert asked["resultType"] == "input_required"
        replies = {"confirm": {"action": "accept", "content": {"ok": True}}}
        answered = ask(two.url, inputResponses=replies, requestState=asked["requestState"])
        assert "state-ok: first" in json.dumps(result(answered))
        forged = ask(two.url, inputResponses=replies, requestState=asked["requestState"][:-4] + "AAAA")
        assert "error" in forged.json()


def test_spans_reach_opentelemetry() -> None:
    code = """
import anyio
from mcp import Client
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor
from ws_mcp.doors.mcp.app import create
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(ConsoleSpanExporter()))
trace.set_tracer_provider(provider)
async def ask():
    async with Client(create()) as client:
        await client.call_tool("ws_search", {"query": "1006"})
anyio.run(ask)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True, env=dict(os.environ)
    )
    assert '"name": "tools/call ws_search"' in done.stdout
    assert '"gen_ai.tool.name": "ws_search"' in done.stdout
