"""Exact look-ups: whoever names a thing gets that thing first, whichever way they write it."""

from __future__ import annotations

import pytest

from ws_mcp.library import Library

MDN = "https://developer.mozilla.org/en-US/docs"
RFC = "https://www.rfc-editor.org/rfc"
TRACKER = "https://datatracker.ietf.org/doc/html"
IANA = "https://www.iana.org/assignments/websocket/websocket.xhtml"
API = "mdn/Web/API"


def cases(*rows: tuple[str, list[str]]) -> list[tuple[str, str]]:
    return [(text, identity) for identity, texts in rows for text in texts]


def check(library: Library, text: str, identity: str) -> None:
    answer = library.search(text, limit=1)
    assert [hit.id for hit in answer.hits] == [identity]
    assert answer.hits[0].snippet


SECTIONS = cases(
    (
        "rfc6455/5.5.1",
        [
            *("5.5.1", "5.5.1.", '"5.5.1"', "§5.5.1", "§ 5.5.1", "section 5.5.1", "Section 5.5.1", "sec 5.5.1"),
            *("sec. 5.5.1", "section-5.5.1", "rfc6455/5.5.1", "RFC6455/5.5.1", "websocket://rfc6455/5.5.1"),
            *("rfc6455 5.5.1", "RFC 6455 section 5.5.1", "RFC 6455, Section 5.5.1", "RFC6455 §5.5.1"),
            *("rfc-6455-5.5.1", "rfc6455#section-5.5.1", "6455 5.5.1", "[RFC6455] 5.5.1", "rfc 6455 (5.5.1)"),
            *("rfc 6455 s5.5.1", "section 5.5.1 of RFC 6455", "5.5.1 rfc6455", "what does section 5.5.1 say?"),
            *("explain rfc6455 5.5.1", "5.5.1 Close"),
        ],
    ),
    ("rfc6455/7.4", ["7.4", "rfc 6455 section 7.4", "§7.4"]),
    ("rfc6455/1.3", ["1.3", "rfc6455 section 1.3"]),
    ("rfc6455/10.3", ["10.3", "RFC 6455 10.3"]),
    ("rfc6455/5", ["section 5", "rfc6455 5", "rfc6455/5"]),
    ("rfc6455", ["rfc6455", "RFC 6455", "rfc-6455"]),
    ("rfc7692/7.2.1", ["rfc7692 7.2.1", "RFC 7692 section 7.2.1", "section 7.2.1 of rfc 7692"]),
    ("rfc8441/4", ["RFC 8441 section 4"]),
    ("rfc9110/7.8", ["rfc 9110 §7.8"]),
)

CODES = [
    (shape.format(code), f"code/{code}")
    for code in (
        1000,
        1001,
        1002,
        1003,
        1004,
        1005,
        1006,
        1007,
        1008,
        1009,
        1010,
        1011,
        1012,
        1013,
        1014,
        1015,
        3000,
        3008,
    )
    for shape in (
        *("{}", "({})", "{}?", "code/{}", "code {}", "close code {}", "websocket closed with code {}", "error {}"),
        *("what does {} mean", "why do I get {}", "event.code === {}", "WebSocket close status {}", "code: {}"),
    )
]

OPCODES = [
    (shape.format(hex=f"0x{number:x}", decimal=number, name=name), f"opcode/0x{number:X}")
    for number, name in ((0, "continuation"), (1, "text"), (2, "binary"), (8, "close"), (9, "ping"), (10, "pong"))
    for shape in (
        *("{hex}", "opcode {hex}", "opcode/{hex}", "opcode {decimal}", "opcode={decimal}", "opcode: {hex}"),
        *(
            "op code {decimal}",
            "op-code {hex}",
            "opcode is {decimal}",
            "what is opcode {hex}",
            "frame opcode {decimal}",
        ),
        *("{name} frame", "{name} opcode"),
    )
] + [(text, "opcode/0x9") for text in ("ping", "Ping", "PING?", "what is a ping", "0X9")]

HEADERS = [
    (shape.format(name), f"header/{name.lower()}")
    for name in (
        *("Sec-WebSocket-Key", "Sec-WebSocket-Accept", "Sec-WebSocket-Version", "Sec-WebSocket-Protocol"),
        *("Sec-WebSocket-Extensions", "Upgrade", "Connection", "Origin", "Host", "Cookie", "Authorization"),
    )
    for shape in (
        *("{}", "{} header", "{} header field", "the {} header", "{}:", "{}?", '"{}"', "`{}`", "header/{}"),
        *("what is {}", "HTTP header {}", "{} response header"),
    )
] + [
    (text, "header/sec-websocket-accept")
    for text in ("sec-websocket-accept", "SEC-WEBSOCKET-ACCEPT", "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
]

STATUSES = [
    (shape.format(code), f"status/{code}")
    for code in (101, 400, 401, 403, 404, 426, 502, 503, 504)
    for shape in ("http {}", "HTTP status {}", "status code {}", "response status {}", "status/{}", "http error {}")
]

MEMBERS = cases(
    (f"{API}/WebSocket/bufferedAmount", ["WebSocket.bufferedAmount", "bufferedAmount", "ws.bufferedAmount"]),
    (f"{API}/WebSocket/readyState", ["WebSocket.readyState", "what is readyState?", "websocket readystate"]),
    (f"{API}/WebSocket/binaryType", ["WebSocket.prototype.binaryType", "socket.binaryType", "`binaryType`"]),
    (f"{API}/WebSocket/send", ["WebSocket.send()", "ws.send", "send()", "WebSocket: send() method", "WebSocket#send"]),
    (f"{API}/WebSocket/close", ["WebSocket.close", "ws.close()", "close()", "what does WebSocket.close do"]),
    (f"{API}/WebSocket/close_event", ["onclose", "WebSocket.onclose", "ws.onclose", "WebSocket close event"]),
    (f"{API}/WebSocket/error_event", ["onerror", "onerror handler", "WebSocket: error event", "socket.onerror"]),
    (f"{API}/WebSocket/message_event", ["onmessage", "WebSocket.onmessage", "websocket message event"]),
    (f"{API}/WebSocket/WebSocket", ["new WebSocket", "new WebSocket()", "WebSocket()"]),
    (f"{API}/WebSocket", ["WebSocket interface", "the WebSocket object", "what is WebSocket"]),
    (f"{API}/CloseEvent/wasClean", ["CloseEvent.wasClean", "wasClean", "event.wasClean", "e.wasClean"]),
    (f"{API}/CloseEvent/code", ["CloseEvent.code", "closeevent code", "CloseEvent.code MDN"]),
    (f"{API}/CloseEvent/reason", ["CloseEvent.reason", "what is CloseEvent.reason?"]),
    (f"{API}/CloseEvent", ["CloseEvent", "CloseEvent interface"]),
    (f"{API}/CloseEvent/CloseEvent", ["CloseEvent constructor", "new CloseEvent()"]),
    (f"{API}/MessageEvent/data", ["MessageEvent.data", "event.data", "MessageEvent data"]),
    (f"{API}/MessageEvent/origin", ["MessageEvent.origin"]),
    (f"{API}/WebSocketStream", ["WebSocketStream", "what is WebSocketStream"]),
    (f"{API}/WebSocketStream/opened", ["WebSocketStream.opened", "webSocketStream opened"]),
)

ADDRESSES = cases(
    (
        f"{API}/WebSocket/close",
        [
            *(f"{MDN}/Web/API/WebSocket/close", f"{MDN}/Web/API/WebSocket/close/", f"<{MDN}/Web/API/WebSocket/close>"),
            *(f"{MDN.replace('en-US', 'de')}/Web/API/WebSocket/close", f"{MDN}/Web/API/WebSocket/close?utm=1"),
            *(f"what does {MDN}/Web/API/WebSocket/close say", f"{MDN}/Web/API/WebSocket/close"[8:]),
            "websocket://mdn/Web/API/WebSocket/close",
        ],
    ),
    (f"{API}/CloseEvent/code", [f"{MDN}/Web/API/CloseEvent/code", f"{MDN}/Web/API/CloseEvent/code#value"]),
    ("mdn/Web/HTTP/Reference/Status/101", [f"{MDN}/Web/HTTP/Reference/Status/101"]),
    ("mdn/Glossary/WebSockets", [f"{MDN}/Glossary/WebSockets"]),
    (
        "rfc6455/7.4.1",
        [
            *(f"{RFC}/rfc6455.html#section-7.4.1", f"{RFC}/rfc6455#section-7.4.1", f"{RFC}/rfc6455.txt#section-7.4.1"),
            f"{TRACKER}/rfc6455#section-7.4.1",
            "http://tools.ietf.org/html/rfc6455#section-7.4.1",
            f"{TRACKER}/rfc6455#section-7.4.1"[8:],
            "see https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1.",
        ],
    ),
    ("rfc6455", [f"{RFC}/rfc6455", f"{RFC}/rfc6455.txt", f"{TRACKER}/rfc6455"]),
    ("rfc7692/7.2.1", [f"{RFC}/rfc7692#section-7.2.1"]),
    ("iana/close-codes", [f"{IANA}#close-code-number", f"{IANA}#close-code-number"[8:]]),
    ("iana/opcodes", [f"{IANA}#opcode"]),
    ("iana/extensions", [f"{IANA}#extension-name"]),
    ("iana/subprotocols", [f"{IANA}#subprotocol-name"]),
    ("iana/versions", [f"{IANA}#version-number"]),
    ("iana/framing-header-bits", [f"{IANA}#framing-header-bits"]),
    ("iana", [IANA, "https://www.iana.org/assignments/websocket/"]),
)

FAILED = "WebSocket connection to 'wss://shop.example/ws' failed: "
HANDSHAKE = "Error during WebSocket handshake: "
ERRORS = cases(
    ("error/upgrade-header-missing", [f"{FAILED}{HANDSHAKE}'Upgrade' header is missing"]),
    ("error/upgrade-header-wrong", [f"{HANDSHAKE}'Upgrade' header value is not 'WebSocket': h2c"]),
    ("error/connection-header-missing", [f"{HANDSHAKE}'Connection' header is missing"]),
    ("error/accept-incorrect", [f"{FAILED}{HANDSHAKE}Incorrect 'Sec-WebSocket-Accept' header value"]),
    ("error/accept-missing", [f"{HANDSHAKE}'Sec-WebSocket-Accept' header is missing"]),
    (
        "error/unexpected-response-code",
        [f"{FAILED}{HANDSHAKE}Unexpected response code: 200", "Unexpected response code: 502"],
    ),
    (
        "error/subprotocol-unrequested",
        [f"{HANDSHAKE}Response must not include 'Sec-WebSocket-Protocol' header if not present in request: chat"],
    ),
    ("error/extension-unsupported", [f"{HANDSHAKE}Found an unsupported extension 'x-deflate'"]),
    ("error/deflate-parameter", [f"{HANDSHAKE}Error in permessage-deflate: Received an unexpected parameter"]),
    ("error/masked-server-frame", [f"{FAILED}A server must not mask any frames that it sends to the client."]),
    (
        "error/reserved-bits-on",
        [f"{FAILED}One or more reserved bits are on: reserved1 = 1, reserved2 = 0, reserved3 = 0"],
    ),
    ("error/unrecognized-opcode", [f"{FAILED}Unrecognized frame opcode: 3"]),
    ("error/text-not-utf8", [f"{FAILED}Could not decode a text frame as UTF-8."]),
    ("error/close-reserved-code", ["Received a broken close frame containing a reserved status code."]),
    ("error/invalid-frame-header", [f"{FAILED}Invalid frame header", "Invalid frame header"]),
    ("error/closed-before-established", [f"{FAILED}WebSocket is closed before the connection is established."]),
    ("error/connection-refused", [f"{FAILED}Error in connection establishment: net::ERR_CONNECTION_REFUSED"]),
    ("error/already-closing", ["WebSocket is already in CLOSING or CLOSED state."]),
    ("error/still-connecting", ["Failed to execute 'send' on 'WebSocket': Still in CONNECTING state."]),
)
LOGS = cases(
    (
        "error/websocket-not-constructor",
        ["TypeError: WebSocket is not a constructor\n    at Object.<anonymous> (a.js:2:12)"],
    ),
    (
        "error/py-certificate",
        ["ssl.SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: x"],
    ),
    ("error/self-signed", ["Error: self-signed certificate in certificate chain\n code: 'SELF_SIGNED_CERT_IN_CHAIN'"]),
    ("error/py-extra-headers", ["TypeError: create_connection() got an unexpected keyword argument 'extra_headers'"]),
    ("error/py-handler-path", ["TypeError: echo() missing 1 required positional argument: 'path'"]),
    (
        "error/wsclient-closed",
        ["websocket._exceptions.WebSocketConnectionClosedException: Connection is already closed."],
    ),
    (
        "error/uvicorn-rejected-403",
        ['INFO: 127.0.0.1:5 - "WebSocket /ws" 403\nINFO: connection rejected (403 Forbidden)'],
    ),
    ("error/channels-no-route", ["ValueError: No route found for path 'ws/chat/'."]),
    ("error/gorilla-repeated-read", ["http: panic serving 10.0.0.1:52: repeated read on failed websocket connection"]),
    ("error/spring-upgrade-only", ['400 Bad Request: Can "Upgrade" only to "WebSocket".']),
    ("error/dotnet-101-expected", ["The server returned status code '403' when status code '101' was expected."]),
    ("error/okhttp-101-expected", ["java.net.ProtocolException: Expected HTTP 101 response but was '403 Forbidden'"]),
    (
        "error/too-many-open-files",
        ["[alert] 7#7: accept4() failed (24: Too many open files)", "[Errno 24] Too many open files"],
    ),
    ("error/sio-transport-unknown", ['{"code":0,"message":"Transport unknown"}']),
)


@pytest.mark.parametrize(("text", "identity"), SECTIONS)
def test_an_rfc_section(library: Library, text: str, identity: str) -> None:
    check(library, text, identity)


@pytest.mark.parametrize(("text", "identity"), CODES)
def test_a_close_code(library: Library, text: str, identity: str) -> None:
    check(library, text, identity)


@pytest.mark.parametrize(("text", "identity"), OPCODES)
def test_an_opcode(library: Library, text: str, identity: str) -> None:
    check(library, text, identity)


@pytest.mark.parametrize(("text", "identity"), HEADERS)
def test_a_header_field(library: Library, text: str, identity: str) -> None:
    check(library, text, identity)


@pytest.mark.parametrize(("text", "identity"), STATUSES)
def test_an_http_status(library: Library, text: str, identity: str) -> None:
    check(library, text, identity)


@pytest.mark.parametrize(("text", "identity"), MEMBERS)
def test_an_api_member(library: Library, text: str, identity: str) -> None:
    check(library, text, identity)


@pytest.mark.parametrize(("text", "identity"), ADDRESSES)
def test_an_address(library: Library, text: str, identity: str) -> None:
    check(library, text, identity)


@pytest.mark.parametrize(("text", "identity"), ERRORS)
def test_a_console_text(library: Library, text: str, identity: str) -> None:
    check(library, text, identity)


@pytest.mark.parametrize(("text", "identity"), LOGS)
def test_a_line_of_a_log_with_what_stands_around_it(library: Library, text: str, identity: str) -> None:
    check(library, text, identity)


@pytest.mark.parametrize("kind", [SECTIONS, CODES, OPCODES, HEADERS, STATUSES, MEMBERS, ADDRESSES, ERRORS, LOGS])
def test_each_kind_is_asked_at_least_twelve_times(kind: list[tuple[str, str]]) -> None:
    assert len(set(kind)) >= 12


def test_what_can_be_read_is_what_is_found(library: Library) -> None:
    """``read`` takes the same names: the id at rank one is the section that opens."""
    for text, identity in [*SECTIONS[:28], *CODES[:4], *OPCODES[:6], *ADDRESSES]:
        if "#value" not in text:
            assert library.resolve(text).id == identity, text


@pytest.mark.parametrize("text", ["1012 and 1013", "1012/1013", "1012, 1013", "1012 or 1013?", "1012 vs 1013"])
def test_a_list_of_codes_names_each(library: Library, text: str) -> None:
    assert [hit.id for hit in library.search(text, limit=2).hits] == ["code/1012", "code/1013"]
    assert [hit.id for hit in library.search("difference between 5.5.2 and 5.5.3", limit=2).hits] == [
        "rfc6455/5.5.2",
        "rfc6455/5.5.3",
    ]
