"""Whatever is pasted is taken for what it is, and answered with what to do next, in short."""

from __future__ import annotations

import pytest

from ws_mcp.diagnose import diagnose
from ws_mcp.diagnose.answer import COMMANDS, MAX_CHARACTERS, MCP, Diagnosis, render
from ws_mcp.errors import InputError
from ws_mcp.library import Library

REQUEST = (
    "GET /chat HTTP/1.1\nHost: example.com\nUpgrade: websocket\nConnection: Upgrade\n"
    "Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\nSec-WebSocket-Version: 13\n\n"
)
WRONG = (
    "HTTP/1.1 101 Switching Protocols\nUpgrade: websocket\nConnection: Upgrade\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n\n"
)
CURL = "".join(f"> {line}\n" for line in REQUEST.splitlines()) + "".join(f"< {line}\n" for line in WRONG.splitlines())
NGINX = '10.1.2.3 - - [23/Nov/2026:05:00:00 +0000] "GET /ws HTTP/1.1" {} 157 "-" "Mozilla/5.0"{}'
NGINX_ERROR = (
    "2026/11/23 05:00:00 [error] 7#7: *1 upstream timed out (110: Connection timed out) while proxying upgraded "
    'connection, client: 10.0.0.1, server: x, request: "GET /ws HTTP/1.1", upstream: "http://127.0.0.1:8080/ws"'
)
HAPROXY = (
    "Nov  9 03:41:07 edge7 haproxy[812]: 192.0.2.8:50212 [09/Nov/2026:03:40:07.120] wss-in chat/app2 "
    '0/0/2/5/60007 101 611 - - {}-- 4/4/3/1/0 0/0 "GET /ws HTTP/1.1"'
)
PYTHON = (
    'Traceback (most recent call last):\n  File "a.py", line 3, in <module>\n    await ws.recv()\n'
    "websockets.exceptions.ConnectionClosedError: no close frame received or sent"
)
NODE = (
    "Error: Unexpected server response: 502\n    at ClientRequest.<anonymous> (/x/node_modules/ws/lib/websocket.js:8:7)"
)
CONSOLE = "WebSocket connection to 'wss://x/ws' failed: Error during WebSocket handshake: Unexpected response code: 403"
EVENT = 'CloseEvent {isTrusted: true, wasClean: false, code: 1006, reason: "", type: "close"}'


@pytest.mark.parametrize(
    ("text", "taken_for", "says", "read"),
    [
        (REQUEST + WRONG, "an opening handshake", "error wrong-accept", "rule/wrong-accept"),
        (CURL, "an opening handshake", "error wrong-accept", "rule/wrong-accept"),
        (REQUEST.replace("\n", "\\r\\n"), "an opening handshake", "Verdict: clean", ""),
        ("81 85 37 fa 21 3d 7f 9f 4d 51 58", "11 bytes of 1 frame", "If the server sent it: violations", ""),
        ("C: 81 85 37 fa 21 3d 7f 9f 4d 51 58\nS: 88 01 03", "14 bytes", "error one-byte-close-body", "rule/one-byte"),
        (r"b'\x81\x05Hello'", "7 bytes of 1 frame", "If the server sent it: clean", ""),
        ("81 85 37 f4d 51 58 88 02", "bytes as hex that cannot be read", "the group f4d", ""),
        (NGINX.format(502, ""), "a line of a proxy's access log", "answered with 502", "status/502"),
        (NGINX.format(101, " 60.004"), "a line of a proxy's access log", "about 60 s", "status/101"),
        (NGINX_ERROR, "an error text", "proxy_read_timeout", "error/nginx-timed-out-upgraded"),
        (HAPROXY.format("sD"), "a line of HAProxy's HTTP log", "server's side ran out", "status/101"),
        (HAPROXY.format("CD"), "a line of HAProxy's HTTP log", "the client closed", "status/101"),
        (PYTHON, "a stack trace", "1006", "error/py-no-close-frame"),
        (NODE, "a stack trace", "502 Bad Gateway", "status/502"),
        (CONSOLE, "an error text", "403", "status/403"),
        (EVENT, "the close code 1006", "never on the wire", "code/1006"),
        ("1006", "the close code 1006", "never on the wire", "code/1006"),
        ("code 1011", "the close code 1011", "1011", "code/1011"),
        ("disconnected with code 4001", "the close code 4001", "private", "iana/close-codes"),
        ("2999", "the close code 2999", "not defined", "rfc6455/7.4.2"),
        ("426", "the HTTP status 426", "426", "status/426"),
        ("wss://example.com/x", "a URL (wss, port 443)", "would ask example.com:443", "rfc6455/3"),
        ("my socket dies after a minute of silence", "a symptom in words", "Ping", "guides/"),
    ],
)
def test_a_paste_is_taken_for_what_it_is(library: Library, text: str, taken_for: str, says: str, read: str) -> None:
    found = diagnose(text, library)
    shown = render(found, MCP)
    assert found.taken_for.startswith(taken_for)
    assert says in shown
    assert any(identity.startswith(read) for identity in found.read) or not read
    assert len(shown) < 4_000
    assert shown.count("Next: ") == 1


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("ws://user:pw@example.com/chat", "credentials"),
        ("ws://example.com/chat#top", "fragment"),
        ("http://example.com/chat", "Write ws"),
        ("ws://example.com:443/chat", "wss is meant"),
        ("wss://example.com:8080/chat", "wrong version number"),
        ("ws://example.com:99999/", "no number from 0 to 65535"),
        ("wss://example.com/?token=abc", "access logs"),
        ("new WebSocket('ws://example.com/a')", "mixed content"),
        ("ws://localhost:3000", "ws to this machine"),
        ("ws://[::1]:3000/x", "ws to this machine"),
    ],
)
def test_what_a_url_shows_is_said_without_connecting(library: Library, url: str, says: str) -> None:
    assert says in render(diagnose(url, library), COMMANDS)


def test_every_id_to_read_exists(library: Library) -> None:
    texts = [REQUEST + WRONG, "88 01 03", NGINX.format(502, ""), HAPROXY.format("sD"), PYTHON, CONSOLE, "1006", "502"]
    for text in (*texts, "wss://a/b", "drops after a minute", "3001", "1016"):
        for identity in diagnose(text, library).read:
            assert library.resolve(identity).id == identity


def test_each_door_names_its_own_functions(library: Library) -> None:
    found = diagnose(REQUEST, library)
    assert "ws_check_handshake(request, response)" in render(found, MCP)
    assert "websocket-mcp check handshake FILE" in render(found, COMMANDS)


def test_a_binary_file_is_taken_for_frames(library: Library) -> None:
    assert diagnose(b"\x88\x02\x03\xe8", library).taken_for == "4 bytes of 1 frame, written as hex"


@pytest.mark.parametrize("text", ["", "  \n ", "\ufeff"])
def test_nothing_is_refused_with_what_to_paste(library: Library, text: str) -> None:
    with pytest.raises(InputError, match="Paste a handshake, bytes, a log line"):
        diagnose(text, library)


def test_too_much_is_refused(library: Library) -> None:
    with pytest.raises(InputError, match="paste the part in question"):
        diagnose("x" * 2_000_000, library)


@pytest.mark.parametrize(
    "text",
    [
        "{}", "[]", "<html>", "HTTP/1.1", "GET", "0", "00", "\x00\x01", "://", "ws://", "code", "at x (y:1:1)",
        "Traceback (most recent call last):", '"GET', "%%%", "💥", "Sec-WebSocket-Key:", "curl", "a" * 5_000,
        "1 " * 3_000, "\n" * 50 + "x", "C: zz", "a\n" * 2_000,
    ],
)  # fmt: skip
def test_odd_pastes_get_an_answer_or_a_refusal_that_helps(library: Library, text: str) -> None:
    try:
        shown = render(diagnose(text, library), MCP)
    except InputError as error:
        assert len(str(error)) < 1_000
    else:
        assert 0 < len(shown) < 4_000


def test_a_long_diagnosis_is_cut_to_its_size() -> None:
    found = Diagnosis("x", tuple(f"{'long ' * 200}{n}" for n in range(50)), "go on", ("rfc6455/3",) * 20)
    shown = render(found, MCP)
    assert len(shown) <= MAX_CHARACTERS
    assert "and 42 more" in shown
    assert "Next: go on" in shown
