"""HTTP under clients that are many, slow or silent: everybody else is served, and nothing is lost or kept."""

from __future__ import annotations

import asyncio
import json
import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import httpx
import pytest
import uvicorn

from benchmarks import http as load
from tests.doors.http_server import HttpServer, serving
from ws_mcp.doors.mcp import http as door
from ws_mcp.doors.mcp import options
from ws_mcp.doors.mcp.app import create
from ws_mcp.doors.mcp.connection import Connection
from ws_mcp.doors.mcp.gate import Limits

MIB = 1 << 20
pytestmark = [pytest.mark.timeout(180), pytest.mark.xdist_group("load")]


@pytest.fixture(scope="module")
def server() -> Iterator[HttpServer]:
    with serving() as found:
        load.call(found.url, 1)
        yield found


def test_many_clients_and_calls_lose_nothing_and_memory_stays(server: HttpServer) -> None:
    def run(clients: int, calls: int) -> None:
        memory = load.Memory([server.process.pid], 50)
        seconds, wrong = asyncio.run(load.load(server.url, clients, calls, memory))
        assert wrong == []
        assert len(seconds) == calls
        assert len(memory.seen) == calls / 50

    for _ in range(5):  # until every worker thread has worked and keeps what it keeps
        held = server.resident()
        run(60, 300)
        if server.resident() - held < 5 * MIB:
            break
    before = server.resident()
    run(60, 300)
    run(10, 300)
    assert server.resident() - before < 30 * MIB


def test_five_hundred_silent_connections_keep_nobody_out(server: HttpServer) -> None:
    with ExitStack() as stack:
        for _ in range(500):
            peer = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), 10))
            peer.sendall(b"POST /mcp HTTP/1.1\r\nHost: localhost\r\n")  # and no more
        load.call(server.url, 2)
    load.call(server.url, 3)


def test_clients_that_never_read_keep_nobody_out_and_little_memory(server: HttpServer) -> None:
    before = server.resident()
    with load.silent_readers(server.port, 5):
        begun = time.monotonic()
        for number in range(20):
            load.call(server.url, number)
        assert time.monotonic() - begun < 60
        assert server.resident() - before < 100 * MIB
    load.call(server.url, 21)


def test_more_connections_than_are_taken_are_refused_in_words() -> None:
    with in_process(Limits(), most=5) as port, ExitStack() as stack:
        for _ in range(5):
            stack.enter_context(socket.create_connection(("127.0.0.1", port), 10))
        assert httpx.get(f"http://127.0.0.1:{port}/healthz").status_code == 503


class Hurried(Connection):
    """As users have it, in a shorter time."""

    patience = 0.5


def test_connections_that_ask_nothing_are_closed_and_keep_nobody_out() -> None:
    with in_process(Limits(), 5, Hurried) as port, ExitStack() as stack:
        peers = [stack.enter_context(socket.create_connection(("127.0.0.1", port), 10)) for _ in range(6)]
        used = stack.enter_context(socket.create_connection(("127.0.0.1", port), 10))
        for peer in peers[:3]:
            peer.sendall(b"POST /mcp HTTP/1.1\r\nHost: localhost\r\n")
        begun = time.monotonic()
        while httpx.get(f"http://127.0.0.1:{port}/healthz").status_code != 200:
            assert time.monotonic() - begun < 5
            time.sleep(0.05)
        assert [peer.recv(1) for peer in (*peers, used)] == [b""] * 7


def test_a_head_that_comes_byte_by_byte_is_given_up_also_after_a_request() -> None:
    ask = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with in_process(Limits(), protocol=Hurried) as port, socket.create_connection(("127.0.0.1", port), 10) as peer:
        for _ in range(3):  # each in its own time
            peer.sendall(ask[:20])
            time.sleep(0.3)
            peer.sendall(ask[20:])
            healthy(peer)
        time.sleep(0.7)  # idle between requests is as long as ever
        peer.sendall(ask)
        healthy(peer)
        closed = False
        for byte in ask[:-1]:
            with suppress(OSError):
                peer.sendall(bytes([byte]))
            if select.select([peer], [], [], 0.1)[0]:
                closed = peer.recv(10) == b""
                break
        assert closed


def healthy(peer: socket.socket) -> None:
    """Read the answer of /healthz."""
    answer = b""
    while not answer.endswith(b"\r\n\r\nok\n"):
        piece = peer.recv(1_000)
        assert piece
        answer += piece


@contextmanager
def in_process(limits: Limits, most: int = 100, protocol: type[Connection] = Connection) -> Iterator[int]:
    """The port of a server in a thread, with other limits than the ones for users."""
    _, how = options.parse(["--http", "--port", "0"])
    assert how
    inner = door.application(create(), how, limits)
    config = uvicorn.Config(inner, port=0, http=protocol, log_config=None, limit_concurrency=most)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join(20)
    assert not thread.is_alive()


HEAD = b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n"


def test_a_request_that_does_not_end_is_given_up() -> None:
    with in_process(Limits(sending=0.5)) as port:
        for sent in (HEAD, HEAD + b'{"jsonrpc"'):
            with socket.create_connection(("127.0.0.1", port), 10) as peer:
                peer.sendall(sent)
                answer = b"".join(iter(lambda peer=peer: peer.recv(1_000), b""))  # type: ignore[misc]
                assert answer.startswith(b"HTTP/1.1 408 ")
                assert b"took too long" in answer
        with socket.create_connection(("127.0.0.1", port), 10) as peer:  # a byte now and then does not help
            peer.sendall(HEAD)
            begun = time.monotonic()
            for _ in range(8):
                time.sleep(0.1)
                try:
                    peer.sendall(b" ")
                except OSError:
                    break
            assert peer.recv(1_000).startswith(b"HTTP/1.1 408 ")
            assert time.monotonic() - begun < 5


def test_an_answer_that_nobody_takes_in_is_given_up() -> None:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).encode()
    one = HEAD.replace(b"100", str(len(body)).encode()).replace(
        b"\r\n\r\n", b"\r\nAccept: application/json, text/event-stream\r\n\r\n"
    )
    with in_process(Limits(reading=0.5)) as port, socket.socket() as peer:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        peer.settimeout(10)
        peer.connect(("127.0.0.1", port))
        peer.sendall((one + body) * 400)  # more than every buffer on the way takes
        metrics, end = "", time.monotonic() + 30
        while 'route="/mcp",status="200"' not in metrics or "in_progress 1\n" not in metrics:
            assert time.monotonic() < end, metrics
            time.sleep(0.2)
            metrics = httpx.get(f"http://127.0.0.1:{port}/metrics").text
        assert received(peer) < 400 * 10_000  # it was cut off
        assert httpx.get(f"http://127.0.0.1:{port}/healthz").status_code == 200


def received(peer: socket.socket) -> int:
    """Bytes until the end."""
    count = 0
    while chunk := peer.recv(1 << 16):
        count += len(chunk)
    return count
