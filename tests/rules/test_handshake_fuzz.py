"""Whatever text comes in: a report that crosses a door, or words that say what to send instead."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rules.handshakes import request, response
from ws_mcp.errors import InputError
from ws_mcp.judge_handshake import check_handshake
from ws_mcp.rules.registry import all_rules
from ws_mcp.types import Policy, Severity

PIECES = st.sampled_from(
    [
        *(
            "GET",
            "POST",
            " ",
            "/chat",
            "/a#b",
            "%zz",
            " HTTP/1.1",
            "HTTP/1.0",
            "HTTP/1.1 101 X",
            "HTTP/1.1 426",
            "\r\n",
        ),
        *("\n", "\r", "\t", ":", ": ", ",", ";", "=", '"', "\\", "\0", "\x7f", "é", "日", "13", "websocket", "Upgrade"),
        *("Host", "Connection", "Origin", "null", "https://", "Sec-WebSocket-Key", "Sec-WebSocket-Accept", "[::1]"),
        *("Sec-WebSocket-Version", "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions", "permessage-deflate"),
        *("server_max_window_bits", "client_no_context_takeover", ":method", ":path", ":protocol", "CONNECT", "Cookie"),
    ]
)
TEXTS = st.one_of(st.text(max_size=300), st.lists(PIECES, max_size=60).map("".join))


def passes_a_door(asked: str, answer: str, policy: Policy | None = None) -> None:
    try:
        report = check_handshake(asked, answer, policy)
    except InputError as error:
        assert 10 < len(str(error)) < 1000
        return
    json.dumps(report.to_json())
    found = {finding.rule for finding in report.findings}
    assert found <= set(all_rules())
    wrong = any(finding.severity is Severity.ERROR for finding in report.findings)
    assert (report.verdict == "violations") is wrong


@settings(max_examples=300)
@given(TEXTS, TEXTS)
def test_any_two_texts_give_a_report_or_an_input_error(asked: str, answer: str) -> None:
    passes_a_door(asked, answer)


@settings(max_examples=300)
@given(st.integers(0, 400), st.integers(0, 40), TEXTS, st.booleans())
def test_a_damaged_handshake_gives_a_report_or_an_input_error(at: int, cut: int, put: str, client: bool) -> None:
    offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"
    texts = [request(offer, "Sec-WebSocket-Protocol: chat"), response(offer.replace("bits", "bits=9"))]
    text = texts[not client]
    texts[not client] = text[:at] + put + text[at + cut :]
    passes_a_door(texts[0], texts[1], Policy(origins=("*",), subprotocol="chat", extensions=("permessage-deflate",)))


@settings(max_examples=100)
@given(st.binary(max_size=400))
def test_any_bytes_give_a_report_or_an_input_error(data: bytes) -> None:
    try:
        check_handshake(data)
    except InputError:
        return


def test_a_huge_field_costs_little() -> None:
    report = check_handshake(request("X: " + "a," * 500_000, "Sec-WebSocket-Extensions: " + "a;b," * 50_000))
    assert len(json.dumps(report.to_json())) < 500_000
