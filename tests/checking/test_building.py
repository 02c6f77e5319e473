"""Frames from the short notation and from JSON; what cannot be written is refused by name."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ws_mcp.checking import building
from ws_mcp.checking.notation import parse_line
from ws_mcp.errors import InputError
from ws_mcp.protocol.build import OPCODES
from ws_mcp.types import Side


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("text hello world", {"opcode": "text", "payload": "hello world"}),
        ("text", {"opcode": "text"}),
        ("text nofin rsv1 Hel", {"opcode": "text", "fin": False, "rsv1": True, "payload": "Hel"}),
        ("binary hex:ff 00", {"opcode": "binary", "payload_hex": "ff 00"}),
        ("close 1000 bye", {"opcode": "close", "close_code": 1000, "payload": "bye"}),
        ("close", {"opcode": "close"}),
        ("ping key=37fa213d hi", {"opcode": "ping", "mask_key": "37fa213d", "payload": "hi"}),
        ("0x3 form=16 length=7 cut=3 x", {"opcode": "0x3", "length_form": "16", "length": 7, "cut": 3, "payload": "x"}),
        ("text -- nofin stays", {"opcode": "text", "payload": "nofin stays"}),
        ("text a=b", {"opcode": "text", "payload": "a=b"}),
    ],
)
def test_a_line_says_what_its_frame_is(line: str, told: dict[str, Any]) -> None:
    assert parse_line(line) == told


@given(st.sampled_from(["text", "binary", "ping"]), st.text(max_size=100), st.sampled_from(list(Side)))
def test_any_text_comes_back_out_of_its_frame(opcode: str, payload: str, sender: Side) -> None:
    built = building.frames([{"opcode": opcode, "payload": payload[:30]}], sender)
    (frame,) = built.report.facts["frames"]
    assert bytes.fromhex(frame["payload"]) == payload[:30].encode()[:64]
    assert (frame["opcode_value"], frame["masked"]) == (OPCODES[opcode], sender is Side.CLIENT)
    assert built.report.ok


@given(st.dictionaries(st.sampled_from(sorted(building._NAMES)), st.one_of(st.integers(), st.text(), st.booleans())))
def test_whatever_a_frame_is_said_to_be_it_is_built_or_refused(told: dict[str, Any]) -> None:
    try:
        built = building.frames([told])
    except InputError as error:
        assert str(error).startswith(("Frame 0", "there are no bytes", "The frames have"))
        assert len(str(error)) < 1_000
    else:
        assert built.data


@pytest.mark.parametrize("name", ["fin", "rsv1", "rsv2", "rsv3", "mask", "deflate"])
@pytest.mark.parametrize("value", ["no", "false", 2, 0.5, [], {}])
def test_a_flag_is_true_or_false_and_no_word_for_it(name: str, value: object) -> None:
    with pytest.raises(InputError, match=f"{name} is .*; send true or false"):
        building.frames([{"opcode": "text", name: value}])
    assert building.frames([{"opcode": "text", "payload": "x" * 9, name: 1}]).data


@pytest.mark.parametrize("payload", [{"a": 1}, ["a"], True])
def test_a_payload_is_a_text_and_no_value_of_a_language(payload: object) -> None:
    with pytest.raises(InputError, match="JSON in quotes too"):
        building.frames([{"opcode": "text", "payload": payload}])
    (frame,) = building.frames([{"opcode": "text", "payload": 1.5}]).report.facts["frames"]
    assert bytes.fromhex(frame["payload"]) == b"1.5"


@pytest.mark.parametrize("length", ["x", "5", [5], -1])
def test_a_length_is_a_number(length: object) -> None:
    with pytest.raises(InputError, match="length is .*; send a whole number"):
        building.frames([{"opcode": "text", "length": length, "length_form": 16}])


def test_a_client_s_frames_are_masked_with_fresh_keys_and_a_server_s_are_not() -> None:
    frames = building.frames(["text a", "text b", "text nomask c"]).report.facts["frames"]
    assert [frame["masked"] for frame in frames] == [True, True, False]
    assert frames[0]["key"] != frames[1]["key"]
    assert building.frames(["text a"], Side.SERVER).data == b"\x81\x01a"


def test_a_key_that_is_wrong_is_answered_and_said_to_be_wrong() -> None:
    pair = building.accept_pair("short")
    assert pair["key_is_right"] is False
    assert "no base64 of 16 bytes" in pair["note"]


@pytest.mark.parametrize("frames", [[], ["text x"] * 1_001, ["binary hex:" + "00" * (1 << 20)] * 2])
def test_none_or_too_much_is_refused(frames: list[str]) -> None:
    with pytest.raises(InputError):
        building.frames(frames)
