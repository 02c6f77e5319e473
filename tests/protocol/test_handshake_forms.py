"""One handshake in every form that people paste: the fields, the start line and the side come out the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ws_mcp.errors import InputError
from ws_mcp.protocol.handshake import read_handshake
from ws_mcp.types import Request, Response

SAMPLES = Path(__file__).parent / "samples"
REQUEST_FIELDS = [
    ("Host", "server.example.com"),
    ("Upgrade", "websocket"),
    ("Connection", "Upgrade"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ("Sec-WebSocket-Version", "13"),
]
RESPONSE_FIELDS = [
    ("Upgrade", "websocket"),
    ("Connection", "Upgrade"),
    ("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
]
REQUEST_LINES = [f"{name}: {value}" for name, value in REQUEST_FIELDS]
RESPONSE_LINES = [f"{name}: {value}" for name, value in RESPONSE_FIELDS]
URL = "ws://server.example.com/chat"
BOTH = ["GET /chat HTTP/1.1", *REQUEST_LINES, "", "HTTP/1.1 101 Switching Protocols", *RESPONSE_LINES, "", ""]
GENERAL = f"Request URL: {URL}\nRequest Method: GET\nStatus Code: 101 Switching Protocols\n"
TURNS_REQUEST = "\n".join(part for pair in REQUEST_FIELDS for part in pair)
TURNS_RESPONSE = "\n".join(f"{name}:\n{value}" for name, value in RESPONSE_FIELDS)


def pairs(head: Request | Response | None) -> list[tuple[str, str]]:
    return [] if head is None else [(field.name, field.value) for field in head.fields]


def kinds(head: Request | Response | None) -> list[str]:
    return [] if head is None else [note.kind for note in head.notes]


def object_form(request: object, response: object) -> str:
    return json.dumps(
        {
            "request": {"method": "GET", "url": URL, "headers": request},
            "response": {"status": 101, "statusText": "Switching Protocols", "headers": response},
        }
    )


WHOLE = {
    "raw": "\r\n".join(BOTH),
    "raw, bare LF": "\n".join(BOTH),
    "raw, indented": "\n".join("    " + line for line in BOTH),
    "raw, nothing between": "\n".join(line for line in BOTH if line),
    "curl -v": "*   Trying 127.0.0.1:80...\n* Connected to server.example.com\n"
    + "\n".join("> " + line for line in BOTH[:7])
    + "\n* Mark bundle as not supporting multiuse\n"
    + "\n".join("< " + line for line in BOTH[7:12])
    + "\n{ [5 bytes data]\n",
    "chrome, lines": f"General\n{GENERAL}Response Headers\n" + "\n".join(RESPONSE_LINES) + "\nRequest Headers\n"
    "Provisional headers are shown\n" + "\n".join(REQUEST_LINES),
    "chrome, view source": f"{GENERAL}▼Response Headers view parsed\n" + "\n".join(BOTH[7:11]) + "\n"
    "▼Request Headers (5) view parsed\n" + "\n".join(BOTH[:6]),
    "chrome, in turn": f"Request URL:\n{URL}\nRequest Method:\nGET\nStatus Code:\n101 Switching Protocols\n"
    f"Response Headers\n{TURNS_RESPONSE}\nRequest Headers\n{TURNS_REQUEST}",
    "json pairs": object_form(REQUEST_FIELDS, RESPONSE_FIELDS),
    "json objects": object_form(dict(REQUEST_FIELDS), dict(RESPONSE_FIELDS)),
    "json name and value": object_form(
        [{"name": n, "value": v} for n, v in REQUEST_FIELDS], [{"name": n, "value": v} for n, v in RESPONSE_FIELDS]
    ),
    "json raw heads": json.dumps({"request": "\r\n".join(BOTH[:7]), "response": "\r\n".join(BOTH[7:])}),
    "python dict": repr(
        {
            "request": {"path": "/chat", "method": "GET", "headers": dict(REQUEST_FIELDS)},
            "response": {"status": 101, "reason": "Switching Protocols", "headers": RESPONSE_FIELDS},
        }
    ),
    "wget -d": "---request begin---\n" + "\n".join(BOTH[:7]) + "\n---request end---\nHTTP request sent...\n"
    "---response begin---\n" + "\n".join(BOTH[7:12]) + "\n---response end---\n",
    "hex": "\r\n".join(BOTH).encode().hex(" "),
    "follow raw": "\r\n".join(BOTH[:7]).encode().hex() + "0d0a\n\t" + "\r\n".join(BOTH[7:]).encode().hex(),
}


@pytest.mark.parametrize("form", WHOLE)
def test_both_sides_are_found_in_one_text(form: str) -> None:
    handshake = read_handshake(WHOLE[form])
    request, response = handshake.request, handshake.response
    assert request is not None
    assert response is not None
    assert (request.method, request.target, request.form) == ("GET", "/chat", "http/1.1")
    assert (response.status, response.reason) == (101, "Switching Protocols")
    assert (pairs(request), pairs(response)) == (REQUEST_FIELDS, RESPONSE_FIELDS)


@pytest.mark.parametrize("form", [name for name in WHOLE if not name.startswith(("hex", "follow", "json raw"))])
def test_offsets_point_at_the_name_in_the_text(form: str) -> None:
    text = WHOLE[form]
    handshake = read_handshake(text)
    for head in (handshake.request, handshake.response):
        assert head is not None
        assert [text[f.offset : f.offset + len(f.name)] for f in head.fields] == [f.name for f in head.fields]


ONE_SIDE = {
    "lines": "\n".join(REQUEST_LINES),
    "names and values in turn": TURNS_REQUEST,
    "json pairs": json.dumps(REQUEST_FIELDS),
    "json object": json.dumps(dict(REQUEST_FIELDS), indent=2),
    "json name and value": json.dumps([{"name": n, "value": v} for n, v in REQUEST_FIELDS]),
    "python dict": repr(dict(REQUEST_FIELDS)),
    "node headers": "{\n  host: 'server.example.com',\n  upgrade: 'websocket',\n  connection: 'Upgrade',\n"
    "  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',\n  'sec-websocket-version': '13'\n}",
    "node rawHeaders": "[\n" + ",\n".join(f"  '{n}', '{v}'" for n, v in REQUEST_FIELDS) + "\n]",
    "aiohttp": "<CIMultiDictProxy(" + ", ".join(f"'{n}': '{v}'" for n, v in REQUEST_FIELDS) + ")>",
    "starlette": f"Headers({dict(REQUEST_FIELDS)!r})",
    "websockets": f"Headers({REQUEST_FIELDS!r})",
    "asgi": repr([(n.encode(), v.encode()) for n, v in REQUEST_FIELDS]),
}


@pytest.mark.parametrize("form", ONE_SIDE)
def test_a_list_of_fields_is_a_request_without_a_start_line(form: str) -> None:
    handshake = read_handshake(ONE_SIDE[form])
    assert handshake.request is not None
    assert [(n.title().replace("Websocket", "WebSocket"), v) for n, v in pairs(handshake.request)] == REQUEST_FIELDS
    assert (handshake.request.method, handshake.request.target, handshake.response) == ("", "", None)
    assert "missing-start-line" in kinds(handshake.request)


def test_a_list_with_an_accept_value_is_a_response() -> None:
    handshake = read_handshake("\n".join(RESPONSE_LINES))
    assert (handshake.request, pairs(handshake.response)) == (None, RESPONSE_FIELDS)


COMMANDS = {
    "bash": "curl 'ws://server.example.com/chat' \\\n" + " \\\n".join(f"  -H '{line}'" for line in REQUEST_LINES[1:]),
    "cmd": 'curl ^"ws://server.example.com/chat^" ^\n' + " ^\n".join(f'  -H ^"{line}^"' for line in REQUEST_LINES[1:]),
    "fetch": f'fetch("{URL}", ' + json.dumps({"headers": dict(REQUEST_FIELDS[1:]), "method": "GET"}, indent=2) + ");",
}


@pytest.mark.parametrize("form", COMMANDS)
def test_a_copied_command_is_the_request_it_sends(form: str) -> None:
    request = read_handshake(COMMANDS[form]).request
    assert request is not None
    assert (request.method, request.target, pairs(request)) == ("GET", "/chat", REQUEST_FIELDS)
    assert kinds(request) == ["derived"], "Host came from the URL, and that is said"


def test_curl_options_become_their_fields() -> None:
    request = read_handshake(
        "curl -X POST -b 'a=b' -A me -u u:p -H $'X: it\\'s' -HY:1 -H 'Accept:' --http2 http://h:8/?q"
    ).request
    assert request is not None
    assert (request.method, request.target, request.form) == ("POST", "/?q", "h2")
    assert pairs(request) == [
        ("Host", "h:8"),
        ("Cookie", "a=b"),
        ("User-Agent", "me"),
        ("Authorization", "Basic dTpw"),
        ("X", "it's"),
        ("Y", "1"),
    ]


H2_REQUEST = [
    (":method", "CONNECT"),
    (":protocol", "websocket"),
    (":scheme", "https"),
    (":path", "/chat"),
    (":authority", "server.example.com"),
    ("sec-websocket-version", "13"),
]
H2_RESPONSE = [(":status", "200"), ("sec-websocket-protocol", "chat")]
HTTP2 = {
    "text": "\n".join(f"{n}: {v}" for n, v in [*H2_REQUEST, *H2_RESPONSE]),
    "json": json.dumps({"request": H2_REQUEST, "response": dict(H2_RESPONSE)}),
    "nghttp": "[  0.006] send HEADERS frame <length=39, flags=0x25, stream_id=13>\n          ; END_HEADERS\n"
    "          (padlen=0, dep_stream_id=11, weight=16, exclusive=0)\n          ; Open new stream\n"
    + "\n".join(f"          {n}: {v}" for n, v in H2_REQUEST)
    + "\n"
    + "\n".join(f"[  0.010] recv (stream_id=13) {n}: {v}" for n, v in H2_RESPONSE)
    + "\n[  0.010] recv HEADERS frame <length=9, flags=0x04, stream_id=13>\n",
    "nghttpd": "\n".join(f"[id=1] [  5.600] recv (stream_id=1) {n}: {v}" for n, v in H2_REQUEST)
    + "\n[id=1] [  5.601] send HEADERS frame <length=9, flags=0x04, stream_id=1>\n"
    + "\n".join(f"          {n}: {v}" for n, v in H2_RESPONSE),
    "curl -v": "* using HTTP/2\n* [HTTP/2] [1] OPENED stream for https://server.example.com/chat\n"
    + "\n".join(f"* [HTTP/2] [1] [{n}: {v}]" for n, v in H2_REQUEST)
    + "\n> CONNECT /chat HTTP/2\n> Host: server.example.com\n>\n< HTTP/2 200 \n< sec-websocket-protocol: chat\n<\n",
}


@pytest.mark.parametrize("form", HTTP2)
def test_pseudo_header_lists_are_http2_handshakes(form: str) -> None:
    handshake = read_handshake(HTTP2[form])
    request, response = handshake.request, handshake.response
    assert request is not None
    assert response is not None
    assert (request.form, request.method, request.target) == ("h2", "CONNECT", "/chat")
    assert pairs(request) == H2_REQUEST
    assert (response.form, response.status) == ("h2", 200)
    assert pairs(response)[-1] == H2_RESPONSE[-1]


def test_http3_is_told_by_its_name() -> None:
    request = read_handshake("* [HTTP/3] [0] [:method: CONNECT]\n* [HTTP/3] [0] [:path: /]").request
    assert request is not None
    assert request.form == "h3"


@pytest.mark.parametrize("name", ["cdp.json", "playwright.har"])
def test_what_chromium_recorded_is_read_from_its_events_and_its_har(name: str) -> None:
    handshake = read_handshake((SAMPLES / name).read_bytes())
    assert handshake.request is not None
    assert handshake.response is not None
    assert (handshake.request.target, handshake.response.status) == ("/chat", 101)
    assert handshake.request.values("sec-websocket-key") == ("kMIL4EO8AES2tIbVdahAqQ==",)
    assert handshake.response.values("sec-websocket-accept") == ("ycgvCOzzYoZ/bg3g5nSfCb3DreE=",)
    assert handshake.request.values("sec-websocket-extensions") == ("permessage-deflate; client_max_window_bits",)


def test_several_recorded_handshakes_are_to_be_sent_one_by_one() -> None:
    entry = json.loads((SAMPLES / "playwright.har").read_text())["log"]["entries"][0]
    with pytest.raises(InputError, match="2 WebSocket handshakes"):
        read_handshake(json.dumps({"log": {"entries": [entry, entry]}}))


def test_firefox_header_json_is_read() -> None:
    def block(fields: list[tuple[str, str]]) -> dict[str, object]:
        return {"headers": [{"name": name, "value": value} for name, value in fields]}

    text = json.dumps(
        {"Response Headers (129 B)": block(RESPONSE_FIELDS), "Request Headers (161 B)": block(REQUEST_FIELDS)}
    )
    handshake = read_handshake(text)
    assert (pairs(handshake.request), pairs(handshake.response)) == (REQUEST_FIELDS, RESPONSE_FIELDS)


def test_repeated_json_names_are_kept() -> None:
    request = read_handshake(
        '{"Host": "h", "Upgrade": "websocket", "upgrade": "h2c", "Cookie": ["a=1", "b=2"]}'
    ).request
    assert pairs(request)[1:] == [("Upgrade", "websocket"), ("upgrade", "h2c"), ("Cookie", "a=1"), ("Cookie", "b=2")]


def test_sides_without_headings_are_parted_and_the_guess_is_noted() -> None:
    handshake = read_handshake(f"{GENERAL}{TURNS_RESPONSE}\nConnection:\nUpgrade\nHost:\nh\nSec-WebSocket-Key:\nk")
    assert pairs(handshake.response) == RESPONSE_FIELDS
    assert pairs(handshake.request) == [("Connection", "Upgrade"), ("Host", "h"), ("Sec-WebSocket-Key", "k")]
    assert "sides-guessed" in kinds(handshake.request)


def test_a_repeated_pseudo_field_stays_in_its_list() -> None:
    text = ":method: CONNECT\n:protocol: websocket\n:protocol: webtransport\n:scheme: https\n:path: /\nhost: a\n"
    request = read_handshake(text).request
    assert request is not None
    assert request.values(":protocol") == ("websocket", "webtransport")
    assert request.method == "CONNECT"


def test_a_second_list_begins_with_the_first_name_again() -> None:
    lists = [f":method: CONNECT\n:protocol: websocket\n:path: /{number}\n:scheme: https\n" for number in (1, 2)]
    request = read_handshake("".join(lists)).request
    assert request is not None
    assert (request.target, request.values(":protocol")) == ("/2", ("websocket",))
