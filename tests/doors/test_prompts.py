"""The expert's prompts, as clients of both eras get them."""

from __future__ import annotations

import itertools
from typing import Literal

import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp.types import EmbeddedResource, PromptReference, TextContent, TextResourceContents

from ws_mcp.doors.mcp.app import create
from ws_mcp.expert import parts

ERAS: tuple[Literal["auto", "legacy"], ...] = ("auto", "legacy")
pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("era", ERAS)
async def test_every_prompt_renders_in_every_mode_and_role_and_stays_short(era: Literal["auto", "legacy"]) -> None:
    async with Client(create(), mode=era) as client:
        tools = {tool.name for tool in (await client.list_tools()).tools}
        for prompt in (await client.list_prompts()).prompts:
            for chosen in itertools.product(*map(parts.choices, ("tool_mode", "thinking", "role"))):
                arguments = {"task": "t" * 9_000, **dict(zip(("tool_mode", "thinking", "role"), chosen, strict=True))}
                found = await client.get_prompt(prompt.name, arguments)
                texts = [_text(message.content) for message in found.messages]
                assert sum(map(len, texts)) < parts.LIMIT
                assert isinstance(found.messages[0].content, TextContent)  # Gemini CLI takes no other
                (section,) = (message.content for message in found.messages[1:])
                assert isinstance(section, EmbeddedResource)
                assert f"Attached: {str(section.resource.uri).removeprefix('websocket://')}." in texts[0]
                assert not {word.strip(".,()") for word in texts[0].split() if word.startswith("ws_")} - tools


def _text(content: object) -> str:
    if isinstance(content, EmbeddedResource):
        assert isinstance(content.resource, TextResourceContents)
        return content.resource.text
    assert isinstance(content, TextContent)
    return content.text


async def test_a_preset_decides_what_is_left_open() -> None:
    async with Client(create()) as client:
        found = await client.get_prompt("websocket_audit", {"task": "server.py"})
        text = _text(found.messages[0].content)
    assert "**Audit.**" in text and "**Critical.**" in text and "**Auditor.**" in text
    assert text.endswith("Audit this: server.py")


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("websocket_expert", {"task": "x", "role": "boss"}, "Choose one of: solo, panel"),
        ("websocket_expert", {}, "Missing arguments of websocket_expert: task"),
        ("websocket_expert", {"task": "x", "rôle": "solo"}, "It takes: task, tool_mode, thinking, role"),
        ("websocket_expert", {"task": "x", "thinkng": "deep"}, "Did you mean thinking?"),
        ("websocket_expert", {"tasks": "x"}, "Unknown argument of websocket_expert: tasks. Did you mean task?"),
        ("websocket_exprt", {"task": "x"}, "Unknown prompt: websocket_exprt. Did you mean websocket_expert?"),
    ],
)
async def test_bad_arguments_are_refused_with_what_to_send(
    era: Literal["auto", "legacy"], name: str, arguments: dict[str, str], said: str
) -> None:
    async with Client(create(), mode=era) as client:
        with pytest.raises(MCPError, match=said) as refused:
            await client.get_prompt(name, arguments)
    assert refused.value.code == -32602


async def test_arguments_are_completed() -> None:
    async with Client(create()) as client:
        ref = PromptReference(type="ref/prompt", name="websocket_expert")
        found = await client.complete(ref, {"name": "thinking", "value": "in"})
        assert found.completion.values == ["informative"]
        assert (await client.complete(ref, {"name": "task", "value": "x"})).completion.values == []
