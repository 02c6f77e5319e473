"""The server as a process on pipes: whatever comes in, only JSON-RPC goes out, and it ends when it should."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator

import pytest

from tests.doors.stdio_server import Server, piped

PARSE_ERROR, INVALID_REQUEST = -32700, -32600
SOON = 1.0  # seconds within which a process has to be gone


@pytest.fixture
def server() -> Iterator[Server]:
    with piped() as found:
        yield found


NO_MESSAGES = [
    (b"{not json}\n", PARSE_ERROR, None),
    (b"hello\n", PARSE_ERROR, None),
    (b'{"jsonrpc":"2.0","id":5,"method":"ping"\n', PARSE_ERROR, None),
    (b"\xff\xfe\x00\x80\n", PARSE_ERROR, None),
    (b"\x00\n", PARSE_ERROR, None),
    (b"[" * 20_000 + b"\n", PARSE_ERROR, None),
    (b"GET / HTTP/1.1\r\n", PARSE_ERROR, None),
    (b"[]\n", INVALID_REQUEST, None),
    (b'[{"jsonrpc":"2.0","id":1,"method":"ping"}]\n', INVALID_REQUEST, None),
    (b"42\n", INVALID_REQUEST, None),
    (b"null\n", INVALID_REQUEST, None),
    (b'"ping"\n', INVALID_REQUEST, None),
    (b"{}\n", INVALID_REQUEST, None),
    (b'{"id":9,"method":"ping"}\n', INVALID_REQUEST, 9),
    (b'{"jsonrpc":"1.0","id":"a","method":"ping"}\n', INVALID_REQUEST, "a"),
    (b'{"jsonrpc":"2.0","id":7,"method":"ping","params":{"half":"\\ud83d"}}\n', INVALID_REQUEST, 7),
]


def test_lines_that_are_no_messages_are_answered_and_the_server_goes_on(server: Server) -> None:
    server.ready()
    for line, code, identity in NO_MESSAGES:
        server.send(line)
        answer = server.receive()
        assert (answer["error"]["code"], answer["id"]) == (code, identity), line[:80]
        assert len(answer["error"]["message"]) < 300
    assert server.ask(2, "ping")["result"] == {}
    server.stdin.close()
    code, rest, log = server.end()
    assert (code, rest) == (0, b"")
    assert len(log.splitlines()) == len(NO_MESSAGES)
    assert all(line.startswith("websocket-mcp: answered ") for line in log.splitlines())


def test_the_first_line_may_be_no_message(server: Server) -> None:
    server.send(b"{oops}\n")
    assert server.receive()["error"]["code"] == PARSE_ERROR
    server.ready()


def test_empty_lines_are_nothing(server: Server) -> None:
    server.send(b"\n\r\n   \n")
    server.ready()
    server.send(b"\n\n\t\n")
    assert server.ask(2, "ping")["result"] == {}


def test_random_bytes_get_errors_and_nothing_else(server: Server) -> None:
    server.ready()
    junk = random.Random(6455)
    for _ in range(30):
        server.send(junk.randbytes(junk.randrange(1, 400)).replace(b"\n", b"") + b"\n")
    server.send({"jsonrpc": "2.0", "id": "last", "method": "ping"})
    answers = [server.receive()]
    while answers[-1]["id"] != "last":
        answers.append(server.receive())
    assert answers.pop()["result"] == {}
    assert {answer["error"]["code"] for answer in answers} <= {PARSE_ERROR, INVALID_REQUEST}


def test_a_message_may_come_in_pieces(server: Server) -> None:
    server.begin()
    for byte in b'{"jsonrpc":"2.0","id":3,"method":"ping"}\n':
        server.send(bytes([byte]))
    assert server.receive() == {"jsonrpc": "2.0", "id": 3, "result": {}}


def test_a_megabyte_of_query_is_answered(server: Server) -> None:
    server.begin()
    call = {"name": "ws_search", "arguments": {"query": "ping " * 200_000, "limit": 1}}
    found = server.ask(3, "tools/call", call)["result"]
    assert "Only the first 4000 characters" in found["structuredContent"]["note"]


@pytest.mark.parametrize("awake", [False, True])
def test_a_line_of_forty_megabytes_is_refused_in_seconds_by_either_stage(server: Server, awake: bool) -> None:
    server.begin()
    if awake:
        assert server.ask(2, "ping")["result"] == {}
    line = b'{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"ws_diagnose","arguments":{"text":"'
    line += b"a" * 40_000_000 + b'"}}}\n'
    begun = time.monotonic()
    for start in range(0, len(line), 1 << 20):
        server.send(line[start : start + (1 << 20)])
    assert "The text has 40,000,000 characters" in server.receive()["result"]["content"][0]["text"]
    assert time.monotonic() - begun < 10  # read without a copy of all that came before, a second or two
    assert server.ask(4, "ping")["result"] == {}


def test_text_of_every_script_comes_back_as_it_is(server: Server) -> None:
    server.begin()
    found = server.ask(3, "tools/call", {"name": "ws_read", "arguments": {"id": "接続/\u2028é😀"}})["result"]
    assert found["isError"] is True
    assert "接続/" in found["content"][0]["text"]


def test_an_unknown_method_is_refused(server: Server) -> None:
    server.begin()
    assert server.ask(3, "no/such")["error"]["code"] == -32601


def test_nothing_is_printed_besides_messages(server: Server) -> None:
    server.ready()
    server.ask(2, "tools/list")
    server.ask(3, "tools/call", {"name": "ws_search", "arguments": {"query": "1006"}})
    server.ask(4, "tools/call", {"name": "ws_read", "arguments": {"id": "nothing"}})
    server.stdin.close()
    assert server.end() == (0, b"", "")


def nothing(server: Server) -> None:
    pass


BEGUN: list[Callable[[Server], None]] = [nothing, Server.begin, Server.ready]


@pytest.mark.parametrize("begun", BEGUN)
def test_the_end_of_input_ends_the_server_in_order(server: Server, begun: Callable[[Server], None]) -> None:
    begun(server)
    server.stdin.close()
    start = time.monotonic()
    code, rest, log = server.end()
    assert (code, rest, log) == (0, b"", "")
    assert time.monotonic() - start < 3 * SOON


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("begun", BEGUN[1:])
def test_a_signal_ends_the_server_at_once(server: Server, number: int, begun: Callable[[Server], None]) -> None:
    begun(server)
    start = time.monotonic()
    server.process.send_signal(number)
    code, rest, log = server.end()
    assert time.monotonic() - start < SOON
    assert (code, rest, log) == (-number, b"", "")


def test_a_client_that_stops_reading_for_good_ends_the_server(server: Server) -> None:
    server.ready()
    server.stdout.close()
    server.send({"jsonrpc": "2.0", "id": 3, "method": "ping"})
    code, _, log = server.end(5)
    assert code != 0
    assert "Traceback" not in log
