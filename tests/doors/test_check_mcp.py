"""The checking tools as an MCP client meets them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from mcp import Client
from mcp.types import TextContent

from tests.doors import answers
from ws_mcp.doors.mcp.app import create

pytestmark = pytest.mark.anyio
KEYS = {"verdict", "ok", "counts", "findings", "unchecked", "incomplete", "facts", "next_offset"}
REQUEST = (
    "GET /chat HTTP/1.1\nHost: example.com\nUpgrade: websocket\nConnection: Upgrade\n"
    "Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\nSec-WebSocket-Version: 13\n\n"
)
ANSWER = (
    "HTTP/1.1 101 Switching Protocols\nUpgrade: websocket\nConnection: Upgrade\n"
    "Sec-WebSocket-Accept: HSmrc0sMlYUkAGmm5OPpG2HaGWk=\n\n"
)


@asynccontextmanager
async def connected() -> AsyncIterator[Client]:
    async with Client(create()) as client:
        yield client


async def call(tool: str, **arguments: Any) -> dict[str, Any]:
    async with connected() as client:
        result = await client.call_tool(tool, arguments)
    return answers.told(result)


async def refused(tool: str, **arguments: Any) -> str:
    async with connected() as client:
        result = await client.call_tool(tool, arguments)
    return answers.refusal(result)


async def test_a_handshake_that_conforms_is_clean() -> None:
    found = await call("ws_check_handshake", request=REQUEST, response=ANSWER)
    assert found.keys() >= KEYS
    assert (found["verdict"], found["ok"], found["counts"]["error"]) == ("clean", True, 0)


async def test_a_wrong_accept_comes_with_the_right_one() -> None:
    found = await call("ws_check_handshake", request=REQUEST + ANSWER.replace("HSmr", "XXXX"))
    (error,) = [finding for finding in found["findings"] if finding["severity"] == "error"]
    assert error["rule"] == "wrong-accept"
    assert error["corrected"] == "Sec-WebSocket-Accept: HSmrc0sMlYUkAGmm5OPpG2HaGWk="
    assert error["where"][0]["side"] == "server"


async def test_a_policy_adds_its_findings() -> None:
    found = await call("ws_check_handshake", request=REQUEST, response=ANSWER, policy={"subprotocol": "mqtt"})
    assert any(finding["rule"].startswith("policy-subprotocol") for finding in found["findings"])


async def test_frames_are_taken_apart_and_judged() -> None:
    found = await call("ws_check_frames", data="81 05 48 65 6c 6c 6f", sender="client", extensions="none")
    assert found.keys() >= KEYS
    (finding,) = found["findings"]
    assert finding["rule"] == "unmasked-client-frame"
    assert finding["corrected"] == "81 85 37 fa 21 3d 7f 9f 4d 51 58"
    assert found["facts"]["frames"][0]["text"] == "Hello"
    assert found["next"]["code"] == 1002


async def test_a_dialogue_needs_no_sender() -> None:
    found = await call("ws_check_frames", data="C: 89 80 37fa213d\nS: 8a 00", extensions="none")
    assert found["verdict"] == "clean"


async def test_pages_together_are_the_whole_report_and_each_fits() -> None:
    arguments = {"data": "81 00 " * 120 + "88 01 03", "sender": "client", "extensions": "none"}
    frames: list[Any] = []
    messages: list[Any] = []
    findings: list[Any] = []
    offset: int | None = 0
    pages = 0
    while offset is not None:
        found = await call("ws_check_frames", **arguments, offset=offset, limit=100)
        assert found["counts"]["error"] == 122
        frames += found["facts"]["frames"]
        messages += found["facts"]["messages"]
        findings += found["findings"]
        offset, pages = found["next_offset"], pages + 1
    assert pages > 3
    assert [frame["index"] for frame in frames] == list(range(121))
    assert len(messages) == 120
    assert [finding["rule"] for finding in findings] == ["unmasked-client-frame", "one-byte-close-body"]
    assert (findings[0]["count"], len(findings[0]["where"])) == (121, 5)


async def test_long_texts_in_a_page_are_cut_and_say_so() -> None:
    offered = ", ".join(f"protocol-{number}" for number in range(2_000))
    request = REQUEST.replace("\n\n", f"\nSec-WebSocket-Protocol: {offered}, {offered}\nOrigin: {'x' * 5_000}\n\n")
    found = await call("ws_check_handshake", request=request)
    assert found["findings"]
    assert "characters)" in json.dumps(found, ensure_ascii=False)


async def test_a_handshake_before_the_frames_is_judged_with_them() -> None:
    raw = (REQUEST + "").replace("\n", "\r\n").encode().hex()
    answer = ANSWER.replace("HSmr", "XXXX").replace("\n", "\r\n").encode().hex()
    found = await call("ws_check_frames", data=f"C: {raw}\nS: {answer}\nS: c1 02 68 69")
    assert {"wrong-accept", "reserved-bit-set"} <= {finding["rule"] for finding in found["findings"]}
    assert found["facts"]["negotiated"]["known"] is True


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"data": ""}, "The input is empty"),
        ({"data": "GET / HTTP/1.1"}, "handshake"),
        ({"data": "81 00", "sender": "proxy"}, "Say client or server"),
        ({"data": "81 00", "extensions": ";;"}, "extension"),
        ({"data": "81 00", "policy": {"origin": "x"}}, "A policy looks like"),
        ({"data": "81 00", "policy": {"max_message": -1}}, "A policy looks like"),
        ({"data": "81 00", "limit": 0}, "limit 0"),
        ({"data": "81 00", "offset": -1}, "offset is -1"),
        ({"data": "81 00", "input_type": "x"}, "Use one of"),
    ],
)
async def test_input_that_cannot_be_used_is_refused_with_what_to_send(arguments: dict[str, Any], says: str) -> None:
    assert says in await refused("ws_check_frames", **arguments)


async def test_no_handshake_is_refused_with_what_to_send() -> None:
    assert "Send the request" in await refused("ws_check_handshake", request="hello")
    assert "Send" in await refused("ws_check_handshake", request="")


async def test_frames_are_built_right_from_json_and_from_short_notation() -> None:
    json_form = [{"opcode": "text", "payload": "hi", "mask_key": "37fa213d"}]
    built = await call("ws_build_frames", frames=json_form, sequence="ping\nclose 1000 bye")
    assert built["hex"].startswith("81 82 37 fa 21 3d 5f 93 89 80 ")
    assert (built["verdict"], built["breaks"]) == ("clean", [])
    assert [frame["opcode"] for frame in built["frames"]] == ["text", "ping", "close"]


async def test_what_a_wrong_frame_breaks_is_said() -> None:
    built = await call("ws_build_frames", sequence="0x3 rsv2 form=16 x", sender="server")
    assert built["hex"] == "a3 7e 00 01 78"
    broken = {one["rule"] for one in built["breaks"]}
    assert broken == {"reserved-bit-set", "reserved-opcode", "non-minimal-length"}


async def test_a_key_gets_its_answer() -> None:
    built = await call("ws_build_frames", key="dGhlIHNhbXBsZSBub25jZQ==")
    assert built["handshake"]["accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


async def test_more_frames_than_fit_are_cut_with_a_note() -> None:
    built = await call("ws_build_frames", frames=[{"opcode": 2, "payload_hex": "00" * 200}] * 40)
    assert built["bytes"] == 40 * (200 + 8)
    assert "frames are described" in built["note"]
    assert "bytes are shown" in built["note"]


async def test_deflated_frames_conform_where_it_was_negotiated() -> None:
    built = await call("ws_build_frames", sequence="text deflate Hello", extensions="permessage-deflate")
    assert built["verdict"] == "clean"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({}, "no frame to build"),
        ({"frames": [{}]}, "no opcode"),
        ({"frames": [{"opcode": "texts"}]}, "no opcode. Use"),
        ({"frames": [{"opcode": 16}]}, "no opcode. Use"),
        ({"frames": [{"opcode": 1, "colour": 1}]}, "'colour'"),
        ({"frames": [{"opcode": 1, "mask_key": "37fa"}]}, "four"),
        ({"frames": [{"opcode": 1, "payload_hex": "xyz"}]}, "hexadecimal"),
        ({"frames": [{"opcode": 1, "payload": "x" * 200, "length_form": "7"}]}, "does not fit"),
        ({"frames": [{"opcode": 1, "length": 2**64}]}, "length"),
        ({"sequence": "close now"}, "status code"),
        ({"sequence": "text length=x"}, "whole number"),
        ({"key": "a\r\nb"}, "no Sec-WebSocket-Key"),
    ],
)
async def test_what_cannot_be_built_is_refused_with_what_to_send(arguments: dict[str, Any], says: str) -> None:
    assert says in await refused("ws_build_frames", **arguments)


async def test_a_diagnosis_is_plain_text() -> None:
    async with connected() as client:
        result = await client.call_tool("ws_diagnose", {"text": "81 05 48 65 6c 6c 6f"})
    (block,) = result.content
    assert isinstance(block, TextContent)
    assert result.structured_content is None
    assert "If the client sent it: violations (unmasked-client-frame)." in block.text
    assert "ws_check_frames(data, sender, extensions)" in block.text


async def test_a_finding_s_rule_can_be_read_and_found() -> None:
    async with connected() as client:
        page = await client.call_tool("ws_read", {"id": "rule/unmasked-client-frame"})
        hits = await client.call_tool("ws_search", {"query": "unmasked-client-frame", "limit": 1})
    assert isinstance(page.content[0], TextContent)
    assert "C: 81 05 48656c6c6f" in page.content[0].text
    assert (hits.structured_content or {})["hits"][0]["id"] == "rule/unmasked-client-frame"


async def test_rules_that_lack_the_same_are_counted_and_few_are_named() -> None:
    alone = (await call("ws_check_handshake", request=REQUEST))["unchecked"]
    (answer,) = [entry for entry in alone if entry["needs"] == "response"]
    assert answer["more"] > 20
    unknown = (await call("ws_check_frames", data="81 05 48 65 6c 6c 6f"))["unchecked"]
    assert {"rule": "unmasked-client-frame", "needs": "sender"} in unknown


async def test_an_ordinary_answer_is_short() -> None:
    broken = REQUEST.replace("Connection: Upgrade", "Connection: close").replace("Version: 13", "Version: 8")
    assert len(json.dumps(await call("ws_check_handshake", request=REQUEST))) < 3_000
    assert len(json.dumps(await call("ws_check_handshake", request=broken))) < 5_000
    assert len(json.dumps(await call("ws_check_frames", data="81 05 48 65 6c 6c 6f", sender="client"))) < 3_000
