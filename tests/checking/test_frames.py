"""Pasted frames: directions, a handshake before them, and where a finding stands in the bytes."""

from __future__ import annotations

import pytest

from ws_mcp.checking import frames
from ws_mcp.checking.arguments import Checked, policy_of, side_of
from ws_mcp.errors import InputError
from ws_mcp.types import Policy, Side

REQUEST = (
    b"GET /chat HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
)
ANSWER = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: HSmrc0sMlYUkAGmm5OPpG2HaGWk=\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
)
DEFLATED = "c1 07 f2 48 cd c9 c9 07 00"


def rules(checked: Checked) -> list[str]:
    return [finding.rule for finding in checked.report.findings]


def test_the_handshake_before_the_frames_says_what_was_negotiated() -> None:
    dialogue = f"C: {REQUEST.hex()}\nS: {ANSWER.hex()}\nS: {DEFLATED}"
    assert rules(frames.check(f"S: {DEFLATED}", None, "none")) == ["reserved-bit-set"]
    assert [rule for rule in rules(frames.check(dialogue)) if rule == "reserved-bit-set"] == []
    assert rules(frames.check(dialogue, None, "none"))[-1:] == ["reserved-bit-set"], "what is told comes first"


def test_faults_of_the_handshake_and_of_the_frames_are_one_report() -> None:
    dialogue = f"C: {REQUEST.hex()}\nS: {ANSWER.replace(b'HSmr', b'XXXX').hex()}\nS: 88 01 03"
    checked = frames.check(dialogue)
    assert rules(checked)[:2] == ["wrong-accept", "one-byte-close-body"]
    assert checked.report.verdict == "violations"
    assert checked.report.next is not None
    assert "handshake" in checked.report.facts


def test_a_handshake_alone_is_refused_with_where_to_send_it() -> None:
    with pytest.raises(InputError, match="Check it as a handshake"):
        frames.check(f"C: {REQUEST.hex()}")


def test_a_paste_s_own_directions_come_before_the_sender() -> None:
    assert frames.check("S: 81 00", Side.CLIENT, "none").report.ok
    assert rules(frames.check("81 00", Side.CLIENT, "none")) == ["unmasked-client-frame"]


def test_the_evidence_holds_the_bytes_that_places_point_into() -> None:
    checked = frames.check("C: 81 80 37fa213d\nS: 81 00\nS: 88 01 03", None, "none")
    place = checked.report.findings[0].where[0]
    assert checked.evidence.data[place.side][place.offset] == 0x03


@pytest.mark.parametrize(
    ("text", "side"), [("client", Side.CLIENT), ("S", Side.SERVER), ("", None), (" Server ", Side.SERVER)]
)
def test_a_sender_has_its_names(text: str, side: Side | None) -> None:
    assert side_of(text) is side


def test_a_policy_from_json_keeps_what_it_says() -> None:
    told = {
        "origins": ["https://a"],
        "subprotocol": "x",
        "max_message": 5,
        "extensions": [],
        "browser": True,
        "scheme": "ws",
    }
    assert policy_of(told) == Policy(("https://a",), "x", 5, (), True, "ws")
    assert policy_of({}) == Policy()
    assert policy_of({"extensions": None, "max_message": None}) == Policy()


@pytest.mark.parametrize(
    "told",
    [
        {"origins": "x"},
        {"origin": []},
        {"max_message": "5"},
        {"max_message": True},
        {"browser": 1},
        {"scheme": "http"},
        {"extensions": [1]},
        {"subprotocol": None},
    ],
)
def test_a_policy_that_is_none_is_refused_with_the_shape(told: dict[str, object]) -> None:
    with pytest.raises(InputError, match="A policy looks like"):
        policy_of(told)


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        (b";;;", "malformed-extension-list"),
        (b"permessage-deflate; client_max_window_bits=99", "window-bits-out-of-range"),
        (b"permessage-deflate; speed=9", "undefined-extension-parameter"),
    ],
)
def test_an_answer_with_extensions_that_make_no_sense_is_reported_with_its_frames(value: bytes, rule: str) -> None:
    answer = ANSWER.replace(b"Extensions: permessage-deflate", b"Extensions: " + value)
    checked = frames.check(f"C: {REQUEST.hex()}\nS: {answer.hex()}\nS: {DEFLATED} 88 01 03")
    assert {rule, "one-byte-close-body"} <= set(rules(checked))
    assert not checked.report.facts["negotiated"]["known"]


def test_extensions_that_are_told_must_make_sense() -> None:
    with pytest.raises(InputError, match="no parameter 'client_max_window'.*client_max_window_bits"):
        frames.check("S: 81 00", None, "permessage-deflate; client_max_window=10")
