"""What the server costs a conversation, counted as o200k does: the tools once, then each answer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from mcp import Client
from mcp.types import TextContent

from tests.o200k import count
from ws_mcp.doors.mcp.app import INSTRUCTIONS, create
from ws_mcp.doors.mcp.knowledge import read
from ws_mcp.library import Library

MOST_TOOLS, MOST_ANSWER, MOST_INSTRUCTIONS = 5_000, 2_000, 600
HANDSHAKE = "GET /chat HTTP/1.1\r\nHost: a.example\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n"
CALLS: list[tuple[str, dict[str, Any]]] = [
    *(
        ("ws_search", {"query": query})
        for query in ("close", "1006", "Sec-WebSocket-Accept", "why does my connection drop after 60 seconds", "nginx")
    ),
    *(("ws_read", {"id": name}) for name in ("rfc6455", "mdn", "guides", "iana/subprotocols", "code/1006")),
    ("ws_check_handshake", {"request": HANDSHAKE}),
    ("ws_check_handshake", {"request": "GET / HTTP/1.0\r\n\r\n"}),
    ("ws_check_frames", {"data": "81 05 48 65 6c 6c 6f", "sender": "client"}),
    ("ws_check_frames", {"data": "ff ff " * 400}),
    ("ws_check_frames", {"data": "81 00 " * 400, "sender": "server"}),
    ("ws_build_frames", {"sequence": "text nofin Hel\ncontinuation lo\nclose 1000 bye", "key": "new"}),
    ("ws_diagnose", {"text": "1006"}),
    ("ws_diagnose", {"text": HANDSHAKE}),
    ("ws_list_templates", {}),
    ("ws_generate", {"template": "python-websockets-server"}),
]
pytestmark = pytest.mark.anyio


def test_the_count_is_that_of_o200k() -> None:
    """Known counts, so that the numbers below mean what they say."""
    assert count("") == 0
    assert [count(word) for word in ("hello", " world", "WebSocket", "x" * 8)] == [1, 1, 2, 1]


async def test_the_whole_list_of_tools_is_small() -> None:
    async with Client(create(), mode="legacy") as client:
        listed = (await client.list_tools()).model_dump(mode="json", by_alias=True, exclude_unset=True)
    sizes = {tool["name"]: count(json.dumps(tool, separators=(",", ":"))) for tool in listed["tools"]}
    assert count(json.dumps(listed, ensure_ascii=False, separators=(",", ":"))) < MOST_TOOLS, sizes
    assert count(INSTRUCTIONS) < MOST_INSTRUCTIONS


async def test_no_schema_carries_titles_that_repeat_its_names() -> None:
    async with Client(create()) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    for tool in tools.values():
        assert all("title" not in about for about in tool.input_schema["properties"].values())
        assert "title" not in (tool.output_schema or {})
    hit = (tools["ws_search"].output_schema or {})["$defs"]["SearchHit"]
    assert hit["properties"]["title"] == {"type": "string"}  # a field of that name stays


@pytest.mark.parametrize(("tool", "arguments"), CALLS)
async def test_a_default_answer_is_small(tool: str, arguments: dict[str, Any]) -> None:
    async with Client(create()) as client:
        answer = await client.call_tool(tool, arguments)
    assert not answer.is_error
    (block,) = answer.content
    assert isinstance(block, TextContent)
    assert 0 < count(block.text) < MOST_ANSWER


def test_no_section_is_large_by_default(library: Library) -> None:
    sizes = {name: count(read(library, name)) for name in library.complete("", 100_000)}
    assert len(sizes) > 1_000
    assert {name: size for name, size in sizes.items() if size >= MOST_ANSWER} == {}
    assert "more characters: ws_read(id='rfc9110', offset=" in read(library, "rfc9110")
