"""The MCP door as clients meet it: both eras, in memory and as a real process over stdio."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal

import pytest
from mcp import Client, StdioServerParameters
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS, CallToolResult, ResourceTemplateReference, TextContent, TextResourceContents

from ws_mcp.doors.mcp.app import INSTRUCTIONS, create
from ws_mcp.library import Library

Era = Literal["auto", "legacy"]
WAYS = [(place, era) for place in ("memory", "stdio") for era in ("auto", "legacy")]
pytestmark = pytest.mark.anyio
everywhere = pytest.mark.parametrize(("place", "era"), WAYS)
HIT = {"id", "title", "path", "url", "source", "snippet", "score", "official", "links"}


@asynccontextmanager
async def connected(place: str = "memory", era: Era = "auto") -> AsyncIterator[Client]:
    process = StdioServerParameters(command=sys.executable, args=["-m", "ws_mcp", "serve"], env=dict(os.environ))
    async with Client(process if place == "stdio" else create(), mode=era) as client:
        yield client


def text(result: CallToolResult) -> str:
    (block,) = result.content
    assert isinstance(block, TextContent)
    return block.text


async def refusal(client: Client, tool: str, arguments: dict[str, Any]) -> str:
    """The text of an error that the model can read."""
    result = await client.call_tool(tool, arguments)
    assert result.is_error
    assert result.structured_content is None
    assert len(text(result)) <= 1_100
    return text(result)


@everywhere
async def test_the_tools_are_listed_with_all_that_a_client_shows(place: str, era: Era) -> None:
    async with connected(place, era) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    for name in ("ws_search", "ws_read"):
        tool = tools[name]
        assert tool.title
        assert tool.annotations
        assert tool.annotations.read_only_hint is True
        assert tool.annotations.idempotent_hint is True
        assert tool.annotations.open_world_hint is False
        assert all(about.get("description") for about in tool.input_schema["properties"].values())
    assert (tools["ws_search"].output_schema or {})["required"] == ["hits", "total", "next_offset", "note"]
    assert tools["ws_read"].output_schema is None
    for tool in tools.values():
        assert tool.name.startswith("ws_")
        assert 0 < len(tool.description or "") < 2_000


@everywhere
async def test_a_search_carries_the_same_in_both_channels(place: str, era: Era) -> None:
    async with connected(place, era) as client:
        result = await client.call_tool("ws_search", {"query": "1006", "limit": 3})
    assert not result.is_error
    assert result.structured_content == json.loads(text(result))
    found = json.loads(text(result))
    assert set(found) == {"hits", "total", "next_offset", "note"}
    assert len(found["hits"]) == 3
    assert found["next_offset"] == 3
    assert found["hits"][0]["id"] == "code/1006"
    assert all(set(hit) == HIT for hit in found["hits"])


@everywhere
async def test_reading_gives_plain_text(place: str, era: Era) -> None:
    async with connected(place, era) as client:
        result = await client.call_tool("ws_read", {"id": "rfc6455/5.5.1"})
    assert result.structured_content is None
    assert text(result).startswith("# 5.5.1 Close\n")
    assert "[6455-5.5.1-" in text(result)


async def test_a_long_section_says_how_to_get_the_rest_and_the_parts_join(library: Library) -> None:
    async with connected() as client:
        parts, offset = [], 0
        for _ in range(50):
            result = await client.call_tool("ws_read", {"id": "iana/subprotocols", "offset": offset, "limit": 2_000})
            part, _, rest = text(result).partition("\n\n[")
            parts.append(part)
            if not rest:
                break
            assert "more characters: ws_read(id='iana/subprotocols', offset=" in rest
            offset = int(rest.rsplit("=", 1)[1].rstrip(")]"))
    assert len(parts) > 3
    assert "".join(parts) == library.read("iana/subprotocols", limit=50_000).text


async def test_default_results_stay_short() -> None:
    async with connected() as client:
        for query in ("close", "why does my connection drop", "compression"):
            assert len(text(await client.call_tool("ws_search", {"query": query}))) < 8_000
        for identity in ("rfc6455", "mdn", "iana/subprotocols", "rfc6455/5"):
            assert len(text(await client.call_tool("ws_read", {"id": identity}))) < 8_200


JSON_LIKE = ['{"a":1}', "[1006]", "1006", "true", "null x", '"ping"', "1e3", '{"query":"ping"}', "[]a", "0x9", "-1 x"]


@pytest.mark.parametrize("era", ["auto", "legacy"])
async def test_text_that_looks_like_json_stays_text(era: Era, library: Library) -> None:
    async with connected("memory", era) as client:
        for query in JSON_LIKE:
            result = await client.call_tool("ws_search", {"query": query})
            expected = [hit.id for hit in library.search(query).hits]
            assert [hit["id"] for hit in json.loads(text(result))["hits"]] == expected
        named = await client.call_tool("ws_read", {"id": "1006"})
        assert text(named).startswith("# 1006")


@everywhere
async def test_errors_reach_the_model_as_text_that_says_what_to_send(place: str, era: Era) -> None:
    async with connected(place, era) as client:
        assert "query is empty" in await refusal(client, "ws_search", {"query": " "})
        assert "no source 'nowhere'" in await refusal(client, "ws_search", {"query": "ping", "sources": ["nowhere"]})
        assert "limit is 0; send a number" in await refusal(client, "ws_search", {"query": "ping", "limit": 0})
        assert "Nearest: code/1006" in await refusal(client, "ws_read", {"id": "code/1066"})
        assert "past the end" in await refusal(client, "ws_read", {"id": "1006", "offset": 999_999})
        assert "query" in await refusal(client, "ws_search", {})
        assert "limit" in await refusal(client, "ws_search", {"query": "ping", "limit": "many"})
        assert "It takes: query, sources, limit, offset." in await refusal(client, "ws_search", {"query": "x", "n": 3})
        assert "Did you mean limit?" in await refusal(client, "ws_search", {"query": "x", "limits": 3})


async def test_errors_stay_short_whatever_was_sent() -> None:
    async with connected() as client:
        long = "x" * 100_000
        await refusal(client, "ws_read", {"id": long})
        await refusal(client, "ws_search", {"query": "x", long: 1})
        await refusal(client, "ws_search", {"query": "x", **{f"argument{n}": 1 for n in range(500)}})
        await refusal(client, "ws_search", {"query": "x", "sources": [long]})
        await refusal(client, "ws_search", {"query": "x", "limit": long})
        with pytest.raises(MCPError) as error:
            await client.call_tool(long, {})
        assert len(error.value.message) <= 1_000


@everywhere
async def test_an_unknown_tool_is_a_protocol_error_with_the_nearest(place: str, era: Era) -> None:
    async with connected(place, era) as client:
        with pytest.raises(MCPError, match="Unknown tool: ws_serch. Did you mean ws_search") as error:
            await client.call_tool("ws_serch", {"query": "x"})
    assert error.value.code == INVALID_PARAMS


@everywhere
async def test_an_invented_cursor_is_refused(place: str, era: Era) -> None:
    async with connected(place, era) as client:
        for listing in (client.list_tools, client.list_resources, client.list_resource_templates, client.list_prompts):
            with pytest.raises(MCPError, match="Invalid cursor") as error:
                await listing(cursor="invented")
            assert error.value.code == INVALID_PARAMS


@everywhere
async def test_documents_are_resources_and_the_template_reaches_every_section(place: str, era: Era) -> None:
    async with connected(place, era) as client:
        listed = {str(resource.uri): resource for resource in (await client.list_resources()).resources}
        assert {"websocket://rfc6455", "websocket://iana", "websocket://mdn"} <= set(listed)
        assert all(resource.title and resource.mime_type == "text/markdown" for resource in listed.values())
        (template,) = (await client.list_resource_templates()).resource_templates
        assert template.uri_template == "websocket://{+id}"
        for identity, title in (
            ("rfc6455", "# RFC 6455"),
            ("rfc6455/5.5.1", "# 5.5.1 Close"),
            ("code/1006", "# 1006"),
            ("mdn/Web/API/WebSocket/close", "# WebSocket: close()"),
        ):
            (content,) = (await client.read_resource(f"websocket://{identity}")).contents
            assert isinstance(content, TextResourceContents)
            assert content.text.startswith(title)


@everywhere
async def test_an_unknown_resource_is_a_protocol_error_with_the_nearest(place: str, era: Era) -> None:
    async with connected(place, era) as client:
        for uri in ("websocket://code/1066", "websocket://rfc6455/99", "websocket://../../etc/passwd"):
            with pytest.raises(MCPError) as error:
                await client.read_resource(uri)
            assert error.value.code == INVALID_PARAMS


@everywhere
async def test_ids_are_completed(place: str, era: Era) -> None:
    reference = ResourceTemplateReference(type="ref/resource", uri="websocket://{+id}")
    async with connected(place, era) as client:
        found = (await client.complete(reference, {"name": "id", "value": "rfc6455/5.5"})).completion
        assert found.values[:2] == ["rfc6455/5.5", "rfc6455/5.5.1"]
        everything = (await client.complete(reference, {"name": "id", "value": ""})).completion
        assert len(everything.values) == 100
        assert everything.has_more is True
        nothing = (await client.complete(reference, {"name": "id", "value": "\u0000?"})).completion
        assert nothing.values == []


@everywhere
async def test_the_server_says_who_it_is_and_how_to_use_it(place: str, era: Era) -> None:
    async with connected(place, era) as client:
        assert client.server_info
        assert client.server_info.name == "websocket"
        assert client.instructions == INSTRUCTIONS
    assert 200 < len(INSTRUCTIONS) < 2_000


async def test_many_calls_at_once_get_their_own_answers() -> None:
    import anyio

    codes = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1011] * 3
    found: dict[int, str] = {}

    async def ask(client: Client, number: int, code: int) -> None:
        result = await client.call_tool("ws_search", {"query": str(code), "limit": 1})
        found[number] = json.loads(text(result))["hits"][0]["id"]

    async with connected("stdio") as client, anyio.create_task_group() as group:
        for number, code in enumerate(codes):
            group.start_soon(ask, client, number, code)
    assert [found[number] for number in range(len(codes))] == [f"code/{code}" for code in codes]
