"""What the server makes of arguments that are nearly right."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from mcp import Client
from mcp.types import CallToolResult, TextContent

from ws_mcp.doors.mcp.app import create

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("era", ["auto", "legacy"])]
Era = Literal["auto", "legacy"]


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


async def call(era: Era, tool: str, **arguments: Any) -> tuple[CallToolResult, str]:
    async with Client(create(), mode=era) as client:
        answer = await client.call_tool(tool, arguments)
    (block,) = answer.content
    assert isinstance(block, TextContent)
    return answer, block.text


async def test_a_number_where_a_text_is_meant_is_its_text(era: Era) -> None:
    found, _ = await call(era, "ws_search", query=1006, limit=1)
    assert (found.structured_content or {})["hits"][0]["id"] == "code/1006"
    assert (await call(era, "ws_read", id=5.5))[1].startswith("# 5.5 Control Frames")
    assert "next_offset" in (await call(era, "ws_search", query="1006", limit=2))[1]


@pytest.mark.parametrize("wrong", [True, None, [], {}, ["1006"]])
async def test_anything_else_is_refused_with_an_example(era: Era, wrong: object) -> None:
    answer, text = await call(era, "ws_search", query=wrong)
    assert answer.is_error
    assert text.startswith("query of ws_search takes a text, not ")
    assert text.endswith('Example: {"query": "1006"}.')
