"""What single clients do with our lists and answers, measured in benchmarks/clients, and what we send for that."""

from __future__ import annotations

import json
from typing import Literal

import pytest
from mcp import Client
from mcp.types import Implementation

from tests.doors.answers import text
from ws_mcp.doors.mcp.app import INSTRUCTIONS, create
from ws_mcp.doors.mcp.once import POINTER

CODEX = Implementation(name="codex-mcp-client", version="0.169.0")
pytestmark = pytest.mark.anyio
eras = pytest.mark.parametrize("era", ["auto", "legacy"])


@eras
async def test_codex_gets_data_once(era: Literal["auto", "legacy"]) -> None:
    async with Client(create(), mode=era, client_info=CODEX) as client:
        found = await client.call_tool("ws_search", {"query": "1006"})
    assert text(found) == POINTER
    assert found.structured_content and found.structured_content["hits"][0]["id"] == "code/1006"


@eras
async def test_prose_and_errors_reach_codex_as_text(era: Literal["auto", "legacy"]) -> None:
    async with Client(create(), mode=era, client_info=CODEX) as client:
        assert "Abnormal Closure" in text(await client.call_tool("ws_read", {"id": "code/1006"}))
        refused = await client.call_tool("ws_check_frames", {"data": "no bytes"})
    assert refused.is_error and "No form of bytes" in text(refused)


@eras
@pytest.mark.parametrize("name", ["gemini-cli-mcp-client", "claude-code", "mcp"])
async def test_others_get_it_as_text_too(era: Literal["auto", "legacy"], name: str) -> None:
    async with Client(create(), mode=era, client_info=Implementation(name=name, version="1")) as client:
        found = await client.call_tool("ws_search", {"query": "1006"})
    assert json.loads(text(found)) == found.structured_content


def test_the_part_of_the_instructions_that_codex_shows_first_is_whole() -> None:
    first = INSTRUCTIONS.splitlines()[0]
    assert len(first) <= 250 and first.endswith(".")
    for trigger in ("websockets", "real-time web", "bidirectional communication"):
        assert trigger in first
    for verb in ("diagnose", "search", "check", "generate", "test"):
        assert verb in first


@eras
async def test_nothing_is_promised_that_a_client_would_wait_for(era: Literal["auto", "legacy"]) -> None:
    """Claude Code subscribes before it lists tools, where changes are promised: that takes the SDK, so it came late."""
    async with Client(create(), mode=era) as client:
        promised = client.server_capabilities
    assert promised and promised.tools and promised.prompts and promised.resources
    assert not (promised.tools.list_changed or promised.prompts.list_changed)
    assert not (promised.resources.list_changed or promised.resources.subscribe)


async def test_codex_has_to_ask_only_before_tools_that_connect_where_they_are_told() -> None:
    """It runs what reads only, and what neither destroys nor leaves this machine (all 27 combinations measured)."""
    async with Client(create()) as client:
        tools = (await client.list_tools()).tools
    asks = set()
    for tool in tools:
        about = tool.annotations
        assert about
        closed = about.destructive_hint is False and about.open_world_hint is False
        if not (about.read_only_hint or closed):
            asks.add(tool.name)
    assert asks == {"ws_probe_server", "ws_fetch_corpus"}
