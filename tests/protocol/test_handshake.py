"""Raw heads: what peers tolerate is read and noted, what follows is kept, and any text is read or refused."""

from __future__ import annotations

import shutil
import subprocess
import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.sync.server import ServerConnection, serve

from ws_mcp.errors import InputError
from ws_mcp.protocol import headers
from ws_mcp.protocol.handshake import read_handshake, split_stream
from ws_mcp.protocol.inputs import Pasted, Segment, read_bytes
from ws_mcp.protocol.inputs.model import Form
from ws_mcp.types import Handshake, Request, Response, Side

REQUEST = (
    "GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
RESPONSE = (
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
)


def request_of(text: str | bytes) -> Request:
    request = read_handshake(text).request
    assert request is not None
    return request


def response_of(text: str | bytes) -> Response:
    response = read_handshake(text).response
    assert response is not None
    return response


def notes(head: Request | Response) -> list[tuple[str, int]]:
    return [(note.kind, note.offset) for note in head.notes]


def test_a_clean_handshake_has_no_notes_and_no_rest() -> None:
    handshake = read_handshake(REQUEST, RESPONSE)
    assert handshake.request is not None
    assert handshake.response is not None
    assert (handshake.request.notes, handshake.request.rest, handshake.request.size) == ((), b"", len(REQUEST))
    assert (handshake.response.notes, handshake.response.rest, handshake.response.size) == ((), b"", len(RESPONSE))
    assert (handshake.request.version, handshake.response.version) == ("HTTP/1.1", "HTTP/1.1")


def test_the_bytes_after_a_head_are_its_first_frames() -> None:
    frames = bytes.fromhex("818537fa213d7f9f4d5158")
    assert request_of(REQUEST.encode() + frames).rest == frames
    both = read_handshake(REQUEST.encode() + RESPONSE.encode() + b"\x81\x05Hello\r\n")
    assert both.request is not None
    assert both.response is not None
    assert (both.request.rest, both.response.rest) == (b"", b"\x81\x05Hello\r\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\r\n\r\n" + REQUEST, ("leading-empty-lines", 0)),
        (REQUEST.replace("\r\n", "\n"), ("line-ends-lf", 18)),
        (REQUEST.replace("websocket\r\n", "websocket\n"), ("bare-lf", 64)),
        (REQUEST.replace("Upgrade: websocket", "Upgrade: web\rsocket"), ("bare-cr", 58)),
        ("\r" + REQUEST, ("bare-cr", 0)),
        (REQUEST.replace("Upgrade: websocket", "Upgrade:\r\n websocket"), ("obs-fold", 56)),
        (REQUEST.replace("Upgrade: websocket", "Upgrade : websocket"), ("space-before-colon", 46)),
        (REQUEST.replace("Upgrade: websocket", "Upgrade websocket"), ("not-a-field", 46)),
        (REQUEST.replace("Upgrade: websocket", ": websocket"), ("empty-name", 46)),
        (REQUEST[:-2], ("missing-end", 159)),
        (REQUEST[:-4], ("missing-end", 157)),
        (REQUEST.replace("GET /chat", "GET  /chat"), ("extra-space", 0)),
        (REQUEST.replace("GET /chat", "GET /my chat"), ("space-in-target", 0)),
        (REQUEST.replace(" HTTP/1.1", ""), ("missing-version", 9)),
        (REQUEST.replace("server.", "κ."), ("not-latin-1", 20)),
    ],
)
def test_a_tolerated_fault_of_a_request_is_noted_with_its_place(text: str, expected: tuple[str, int]) -> None:
    request = request_of(text)
    assert expected in notes(request)
    assert len({kind for kind, _ in notes(request)}) == 1
    assert request.method == "GET"
    assert request.values("sec-websocket-version") == ("13",)


@pytest.mark.parametrize(
    ("line", "status", "reason", "kinds"),
    [
        ("HTTP/1.1 101 Switching Protocols", 101, "Switching Protocols", []),
        ("HTTP/1.1 101 ", 101, "", []),
        ("HTTP/1.1 101", 101, "", ["missing-reason"]),
        ("HTTP/1.0 200 OK", 200, "OK", []),
        ("HTTP/1.1  101 x", 101, "x", ["extra-space"]),
        ("HTTP/1.1 1010 x", 1010, "x", ["bad-status"]),
        ("HTTP/1.1 abc x", 0, "x", ["bad-status"]),
    ],
)
def test_status_lines_are_read_as_sent(line: str, status: int, reason: str, kinds: list[str]) -> None:
    response = response_of(line + RESPONSE[RESPONSE.index("\r\n") :])
    assert (response.status, response.reason, [note.kind for note in response.notes]) == (status, reason, kinds)


def test_any_method_is_read_on_the_first_line() -> None:
    assert request_of(REQUEST.replace("GET", "g~t2")).method == "g~t2"


def test_folded_values_are_joined_and_raw_bytes_kept() -> None:
    request = request_of(b"GET / HTTP/1.1\r\nX: a\r\n  b\r\n\tc\r\nY: \xe9\xff\r\n\r\n")
    assert [(f.name, f.value) for f in request.fields] == [("X", "a b c"), ("Y", "\xe9\xff")]


def test_the_other_text_may_hold_either_side() -> None:
    assert read_handshake("", RESPONSE).response == read_handshake(RESPONSE).response
    assert read_handshake(RESPONSE, REQUEST) == read_handshake(REQUEST, RESPONSE)


@pytest.mark.parametrize("text", [REQUEST, RESPONSE], ids=["request", "answer"])
def test_one_side_given_twice_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="Send one request and the answer to it"):
        read_handshake(text, text)


def test_interim_and_earlier_answers_do_not_count() -> None:
    handshake = read_handshake(
        REQUEST + "HTTP/1.1 401 Unauthorized\r\n\r\n" + REQUEST + "HTTP/1.1 100 Continue\r\n\r\n" + RESPONSE
    )
    assert handshake.request is not None
    assert handshake.response is not None
    assert handshake.response.status == 101
    assert "several-heads" in [note.kind for note in handshake.request.notes]


@pytest.mark.parametrize(
    "text", ["", " \r\n", "hello there", "81 05 48", "{}", "[1, 2]", "ws://example.com/", "{'a': 1}"]
)
def test_what_is_no_handshake_is_refused_with_what_to_send(text: str) -> None:
    with pytest.raises(InputError, match="Send the request as it goes over the wire"):
        read_handshake(text)


def test_a_curl_command_without_a_url_is_refused() -> None:
    with pytest.raises(InputError, match="no URL"):
        read_handshake("curl -H 'A: b'")
    with pytest.raises(InputError, match="cannot be split"):
        read_handshake("curl 'ws://h/")


def test_the_size_is_bounded() -> None:
    with pytest.raises(InputError, match="8,388,608"):
        read_handshake("x" * (8 * 1024 * 1024 + 1))


def test_a_stream_is_split_into_its_handshake_and_its_frames() -> None:
    segments = (
        Segment(Side.CLIENT, REQUEST.encode()[:50]),
        Segment(Side.CLIENT, REQUEST.encode()[50:]),
        Segment(Side.SERVER, RESPONSE.encode() + b"\x81\x05Hello"),
        Segment(Side.CLIENT, bytes.fromhex("818000000000")),
    )
    handshake, frames = split_stream(Pasted(Form.FOLLOW, segments))
    assert handshake == read_handshake(REQUEST, RESPONSE)
    assert [(s.side, s.data) for s in frames.segments] == [
        (Side.SERVER, b"\x81\x05Hello"),
        (Side.CLIENT, bytes.fromhex("818000000000")),
    ]


def test_a_stream_without_a_handshake_comes_back_as_it_is() -> None:
    stream = read_bytes("C: 818000000000\nS: 8100")
    assert split_stream(stream) == (Handshake(), stream)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("option", ["-v", "-i", "--trace"])
def test_what_curl_prints_of_a_real_handshake_is_read(option: str) -> None:
    def hang_up(connection: ServerConnection) -> None:
        connection.close()

    with serve(hang_up, "127.0.0.1", 0, close_timeout=0.2) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            port = server.socket.getsockname()[1]
            fields = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"]
            fields.append("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")
            command = [
                "curl",
                "-s",
                "--http1.1",
                "-N",
                "--max-time",
                "5",
                *([option, "-"] if option == "--trace" else [option]),
            ]
            for field in fields:
                command += ["-H", field]
            shown = subprocess.run([*command, f"http://127.0.0.1:{port}/chat"], capture_output=True, timeout=20)
        finally:
            server.shutdown()
            thread.join(10)
    handshake = read_handshake(shown.stderr + shown.stdout)
    assert handshake.response is not None
    assert handshake.response.status == 101
    assert handshake.response.values("sec-websocket-accept") == ("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",)
    if option != "-i":
        assert handshake.request is not None
        assert handshake.request.target == "/chat"
        assert headers.has_token(handshake.request.fields, "connection", "upgrade")


NAMES = st.text(alphabet="abcXYZ-09_!", min_size=1, max_size=12).map(lambda name: "X" + name)
VALUES = st.text(
    alphabet=st.characters(min_codepoint=33, max_codepoint=255, exclude_characters="\x7f\x85\xa0\xad"), max_size=20
)


@given(st.lists(st.tuples(NAMES, VALUES), max_size=8), st.binary(max_size=20).map(lambda tail: b"\x81" + tail))
@settings(max_examples=150)
def test_fields_survive_in_order_with_repeats(fields: list[tuple[str, str]], frames: bytes) -> None:
    text = "GET /x HTTP/1.1\r\nHost: h\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields) + "\r\n"
    request = request_of(text.encode("latin-1") + frames)
    assert [(field.name, field.value) for field in request.fields] == [("Host", "h"), *fields]
    assert (request.rest, request.notes) == (frames, ())


PIECES = st.sampled_from(
    [
        *"\r\n :;\"'{}[](),=<>*$^\\x",
        "GET / HTTP/1.1\r\n",
        "HTTP/1.1 101 OK\r\n",
        "Host: h\r\n",
        "Upgrade: websocket\n",
        "\r\n",
    ]
    + [
        "> GET / HTTP/1.1\n",
        "< HTTP/1.1 101\n",
        "Request URL:",
        ":method: CONNECT\n",
        ":status",
        "curl ",
        "-H ",
        "fetch('",
        "é",
        "κ",
    ]
    + [
        '"headers"',
        '"request"',
        '{"Host":',
        "Request Headers\n",
        "connection\n",
        "---request begin---",
        "(stream_id=1) ",
        "1e999",
        "-",
    ]
)


@given(st.lists(PIECES, max_size=50).map("".join) | st.text(max_size=80), st.lists(PIECES, max_size=5).map("".join))
@settings(max_examples=1500)
def test_any_text_is_read_or_refused(one: str, two: str) -> None:
    try:
        handshake = read_handshake(one, two)
    except InputError as error:
        assert 0 < len(str(error)) < 1000
    else:
        assert handshake.request or handshake.response


@given(st.binary(max_size=120))
@settings(max_examples=300)
def test_any_file_is_read_or_refused(data: bytes) -> None:
    try:
        assert isinstance(read_handshake(data), Handshake)
    except InputError:
        return


HOSTILE = [
    "GET / HTTP/1.1\n",
    "a: b\n",
    " ",
    "\n",
    "> ",
    "[",
    "{",
    "(",
    "-",
    ":method: x\n",
    "name\nvalue\n",
    "GET ",
    "HTTP/1.1 1\n",
    "* [",
    '"',
]


@pytest.mark.parametrize("unit", HOSTILE)
@pytest.mark.parametrize("lead", ["", "GET / HTTP/1.1\r\nHost: h\r\n", "curl ", "Request URL: ws://h/\nx: y\n"])
def test_time_is_linear_in_the_length(unit: str, lead: str) -> None:
    start = time.process_time()
    try:
        read_handshake(lead + unit * (200_000 // len(unit)))
    except InputError as error:
        assert str(error)
    assert time.process_time() - start < 5, "quadratic time would take minutes"


@pytest.mark.parametrize("before", ["", "\r\n", "  "])
def test_a_request_target_may_be_of_any_length(before: str) -> None:
    target = "/" + "a" * 100_000
    text = f"{before}GET {target} HTTP/1.1\r\n{before}Host: a\r\n{before}Upgrade: websocket\r\n\r\n"
    assert request_of(text).target == target


def test_a_long_request_in_a_stream_is_taken_off_its_frames() -> None:
    head = b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n"
    handshake, rest = split_stream(read_bytes(head + b"\x81\x00"))
    assert handshake.request is not None and len(handshake.request.target) == 20_001
    assert rest.data == b"\x81\x00"
