"""Whatever is wrong with a tool's arguments, a model reads it in our words: what it sent, what to send, an example."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Literal

import pytest
from mcp import Client
from mcp.types import CallToolResult

from tests.doors import answers
from ws_mcp.doors.mcp import arguments
from ws_mcp.doors.mcp.app import create

Era = Literal["auto", "legacy"]
Given = dict[str, Any]
pytestmark = pytest.mark.anyio
_FOREIGN = re.compile(
    r"(?i)pydantic|validation error|input should|type=|input_value|traceback|\w+Arguments\b|\b\w+Error\b"
)
_EXAMPLE = re.compile(r"Example: (\{.*?\})(?:; or leave it out)?\.(?= |$)")
# By the kind that an argument takes: what can be no such value, however kindly it is read.
_WRONG: dict[str, list[Any]] = {
    "string": [True, None, [], {}, ["a"]],
    "integer": [True, None, [], {}, "many", 1.5, "1.5"],
    "number": [True, None, [], {}, "many"],
    "boolean": [None, [], {}, "perhaps", 2, 1.5],
    "array": [True, None, 5, {}, "text", "[1", {"a": 1}],
    "object": [True, None, 5, [], "text", "{1", ["a"]],
}
_INSIDE: dict[str, list[Any]] = {"string": [5, None, True, ["a"], {}], "object": [5, None, "text", ["a"]]}
HANDSHAKE = "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"
_UNUSABLE: list[tuple[str, Given, str]] = [
    ("ws_search", {"query": " "}, "query is empty"),
    ("ws_search", {"query": "ping", "sources": ["nope"]}, "'nope'"),
    ("ws_search", {"query": "ping", "limit": 0}, "send a number"),
    ("ws_search", {"query": "ping", "limit": 10**30}, "send a number"),
    ("ws_search", {"query": "ping", "offset": -1}, "offset"),
    ("ws_read", {"id": "nothing"}, "nothing"),
    ("ws_read", {"id": "1006", "limit": 1}, "limit"),
    ("ws_read", {"id": "1006", "offset": -1}, "offset"),
    ("ws_check_handshake", {"request": ""}, "empty"),
    ("ws_check_handshake", {"request": HANDSHAKE, "input_type": "jpeg"}, "jpeg"),
    ("ws_check_handshake", {"request": HANDSHAKE, "policy": {"colour": 1}}, "A policy looks like"),
    ("ws_check_handshake", {"request": HANDSHAKE, "policy": {"scheme": "ftp"}}, "A policy looks like"),
    ("ws_check_handshake", {"request": HANDSHAKE, "limit": 1_000}, "limit from 1 to 100"),
    ("ws_check_frames", {"data": "8100", "sender": "both"}, "Say client or server"),
    ("ws_check_frames", {"data": "8100", "input_type": "jpeg"}, "jpeg"),
    ("ws_check_frames", {"data": "8100", "offset": -1}, "offset from 0"),
    ("ws_check_frames", {"data": ""}, "empty"),
    ("ws_build_frames", {}, "frame"),
    ("ws_build_frames", {"frames": [{}]}, "opcode"),
    ("ws_build_frames", {"frames": [{"opcode": "txt"}]}, "txt"),
    ("ws_build_frames", {"frames": [{"opcode": "text", "payloads": "x"}]}, "payloads"),
    ("ws_build_frames", {"frames": [{"opcode": "text", "payload_hex": "zz"}]}, "zz"),
    ("ws_build_frames", {"frames": [{"opcode": "text", "length_form": 8}]}, "length_form"),
    ("ws_build_frames", {"frames": [{"opcode": "text", "fin": "no"}]}, "fin"),
    ("ws_build_frames", {"frames": [{"opcode": [1]}]}, "opcode"),
    ("ws_build_frames", {"sequence": "txt hello"}, "txt"),
    ("ws_build_frames", {"sequence": "text", "sender": "both"}, "Say client or server"),
    ("ws_build_frames", {"frames": [{"opcode": "text", "payload": {"a": 1}}]}, "JSON in quotes"),
    ("ws_build_frames", {"key": "ké"}, "Send its value, such as dGhlIHNhbXBsZSBub25jZQ==, or new"),
    ("ws_diagnose", {"text": " "}, "Paste a handshake"),
    ("ws_probe_server", {}, "ws://127.0.0.1:8080/"),
    ("ws_probe_server", {"url": "http://127.0.0.1/"}, "ws://"),
    ("ws_probe_server", {"url": "ws://127.0.0.1:1/", "only": ["nope/"]}, "nope/"),
    ("ws_probe_server", {"report": "probe-99"}, "probe-99"),
    ("ws_probe_client", {"port": 99_999}, "99999"),
    ("ws_probe_client", {"only": ["nope/"]}, "nope/"),
    ("ws_probe_client", {"session": "probe-99"}, "Call without session"),
    ("ws_generate", {"template": "x"}, "x"),
    ("ws_generate", {"template": "python-websockets-server", "options": {"profile": "video"}}, "one of chat, feed"),
    ("ws_generate", {"template": "python-websockets-server", "options": {"profile": [1]}}, "one of chat, feed"),
    ("ws_generate", {"template": "python-websockets-server", "limit": -1}, "limit from 0"),
    ("ws_fetch_corpus", {"sources": ["nope"]}, "nope"),
]


def refusal(result: CallToolResult) -> str:
    said = answers.refusal(result)
    assert not _FOREIGN.search(said), said
    return said


def known() -> dict[str, dict[str, Any]]:
    return {tool.name: tool.parameters for tool in create()._tool_manager.list_tools()}


def wrong_kinds(name: str, schema: dict[str, Any]) -> Iterator[Any]:
    kind = schema.get("type") or schema["anyOf"][0]["type"]
    if kind == "string" and name not in {"query", "id", "text"}:  # which may be a close code or a section's number
        yield from (5, 5.5)
    yield from (value for value in _WRONG[kind] if value is not None or "anyOf" not in schema)
    inner = schema.get("items") or schema.get("additionalProperties")
    if isinstance(inner, dict):
        for value in _INSIDE[inner["type"]]:
            yield [value] if kind == "array" else {"name": value}


def right(parameters: dict[str, Any]) -> Given:
    """Something of the right kind for each argument that is needed."""
    return dict.fromkeys(parameters.get("required", ()), "python-websockets-server")


TOOLS = known()
KINDS = [
    (tool, name, value)
    for tool, parameters in TOOLS.items()
    for name, schema in parameters["properties"].items()
    for value in wrong_kinds(name, schema)
]


@pytest.mark.parametrize("era", ["auto", "legacy"])
async def test_every_wrong_kind_is_told_with_an_example_that_is_right(era: Era) -> None:
    assert len(KINDS) > 300
    server = create()
    async with Client(server, mode=era) as client:
        for tool, name, value in KINDS:
            given = {**right(TOOLS[tool]), name: value}
            text = refusal(await client.call_tool(tool, given))
            assert name in text.split(" of ")[0], text
            assert f"of {tool} takes " in text
            example = _EXAMPLE.search(text)
            assert example, text
            found = {**right(TOOLS[tool]), **json.loads(example[1])}
            about = server._tool_manager.get_tool(tool)
            assert about and arguments.refusal(about, found) == "", text
            assert ("leave it out" in text) == (name not in TOOLS[tool].get("required", ()))


@pytest.mark.parametrize("tool", sorted(TOOLS))
async def test_what_is_missing_or_unknown_is_told(tool: str) -> None:
    parameters = TOOLS[tool]
    async with Client(create()) as client:
        if parameters.get("required"):
            text = refusal(await client.call_tool(tool, {}))
            for name in parameters["required"]:
                assert f"{tool} needs {name}: {parameters['properties'][name]['description']}" in text
                assert f'Example: {{"{name}": ' in text
        name = next(iter(parameters["properties"]))
        text = refusal(await client.call_tool(tool, {**right(parameters), f"{name}s_": 1}))
        assert f"Unknown argument {name}s_ for {tool}. Did you mean {name}?" in text
        assert f"It takes: {', '.join(parameters['properties'])}." in text


async def test_several_faults_are_told_together_and_many_are_counted() -> None:
    async with Client(create()) as client:
        text = refusal(await client.call_tool("ws_search", {"sources": 5, "limit": "many"}))
        assert all(words in text for words in ("needs query", "sources of ws_search takes", "limit of ws_search takes"))
        text = refusal(await client.call_tool("ws_search", {"query": "ping", "sources": [1] * 500}))
        assert "sources[0] of ws_search takes a text, not the number 1." in text
        assert text.endswith("And 495 more.")
        text = refusal(await client.call_tool("ws_search", {"query": ["x" * 100_000]}))
        assert "not a list" in text


@pytest.mark.parametrize(("tool", "given", "words"), _UNUSABLE)
async def test_a_value_that_no_tool_can_use_is_told(tool: str, given: Given, words: str) -> None:
    async with Client(create()) as client:
        assert words in refusal(await client.call_tool(tool, given))


async def test_every_tool_has_such_a_value_here() -> None:
    assert {tool for tool, _, _ in _UNUSABLE} >= set(TOOLS) - {"ws_list_templates"}  # no words are unusable to it


@pytest.mark.parametrize("era", ["auto", "legacy"])
async def test_what_is_meant_is_taken(era: Era) -> None:
    """Numbers for texts, JSON text for lists and objects, numbers in quotes: models send all of them."""
    async with Client(create(), mode=era) as client:
        for given in ({"query": 1006}, {"query": "1006", "sources": '["iana"]'}, {"query": "1006", "limit": "2"}):
            found = await client.call_tool("ws_search", given)
            assert not found.is_error
            assert "1006" in (found.structured_content or {})["hits"][0]["snippet"]
        page = await client.call_tool("ws_read", {"id": 5.5})
        assert answers.text(page).startswith("# 5.5 Control Frames")


@pytest.mark.parametrize("era", ["auto", "legacy"])
@pytest.mark.parametrize("wrong", [True, None, [], {}, ["1006"]])
async def test_the_example_is_one_that_fits_the_tool(era: Era, wrong: object) -> None:
    async with Client(create(), mode=era) as client:
        said = refusal(await client.call_tool("ws_search", {"query": wrong}))
    assert said.startswith("query of ws_search takes a text, not ")
    assert said.endswith('Example: {"query": "1006"}.')
