"""``ws_fetch_corpus`` fetches, reports progress and says in words what went wrong, in both eras."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest
from mcp import Client
from mcp.server import MCPServer
from mcp.types import TextContent

from tests.knowledge.official import synthetic
from tests.knowledge.official.faulty_upstream import serving
from ws_mcp.doors.mcp import fetching
from ws_mcp.library import Library

pytestmark = pytest.mark.anyio
eras = pytest.mark.parametrize("era", ["auto", "legacy"])


@pytest.fixture(autouse=True)
def upstream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small corpus of documents and an empty cache."""
    synthetic.use_sources(tmp_path, monkeypatch)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("WS_MCP_OFFLINE", raising=False)


async def fetch(era: Literal["auto", "legacy"], arguments: dict[str, Any]) -> tuple[Any, str, list[float]]:
    done: list[float] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        done.append(progress)

    server = MCPServer("small")
    fetching.register(server, Library())
    async with Client(server, mode=era) as client:
        result = await client.call_tool("ws_fetch_corpus", arguments, progress_callback=note)
    (block,) = result.content
    assert isinstance(block, TextContent)
    return result, block.text, done


@eras
async def test_documents_are_fetched_with_progress(
    era: Literal["auto", "legacy"], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(tmp_path / "mirror") as server:
        monkeypatch.setenv("WS_MCP_MIRROR", server.url)
        result, _, done = await fetch(era, {})
        assert not result.is_error
        assert result.structured_content["ok"] is True
        assert result.structured_content["counts"]["new"] == len(done) - 1 == done[-1]
        again, _, _ = await fetch(era, {})
    assert set(again.structured_content["counts"]) == {"unchanged"}


@eras
@pytest.mark.parametrize(
    ("offline", "arguments", "said"),
    [
        ("", {"sources": ["nope"]}, "There is no source 'nope' to fetch"),
        ("1", {}, "offline mode is on"),
    ],
)
async def test_what_stands_in_the_way_is_said(
    era: Literal["auto", "legacy"],
    offline: str,
    arguments: dict[str, Any],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WS_MCP_OFFLINE", offline)
    result, text, _ = await fetch(era, arguments)
    assert result.is_error
    assert said in text
