"""The WebSocket expert as MCP prompts; every choice is completed."""

from __future__ import annotations

from mcp.server import MCPServer
from mcp.server.mcpserver.prompts.base import Message, Prompt, PromptArgument, UserMessage
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS, EmbeddedResource, TextResourceContents

from ws_mcp.errors import InputError
from ws_mcp.expert import parts
from ws_mcp.expert.parts import Preset
from ws_mcp.library import Library

PARTS = ("tool_mode", "thinking", "role")
_SECTION = 2_000  # characters of an embedded section
_TASK = 2_500  # characters of a task; the rest is better pasted into the conversation


def register(server: MCPServer, library: Library) -> None:
    """Add the prompts to ``server``, naming the tools it has by now."""
    tools = tuple(tool.name for tool in server._tool_manager.list_tools())
    for preset in parts.presets():
        _add(server, library, preset, tools)


def _add(server: MCPServer, library: Library, preset: Preset, tools: tuple[str, ...]) -> None:
    def render(task: str, tool_mode: str = "", thinking: str = "", role: str = "") -> list[Message]:
        try:
            text = parts.compose(
                tool_mode or preset.tool_mode or parts.TOOL_MODE,
                thinking or preset.thinking or parts.THINKING,
                role or preset.role or parts.ROLE,
                tools,
            )
        except InputError as error:
            raise MCPError(INVALID_PARAMS, str(error)) from error
        ask = preset.ask.strip().replace("{task}", task.strip()[:_TASK])
        # Gemini CLI sends a model the first message only, and fails where that one is no text.
        sections = [_embedded(library, identity) for identity in preset.sections]
        return [UserMessage(f"{text}\n\n{_named(preset, tools)}{ask}"), *sections]

    arguments = [PromptArgument(name="task", description=preset.task, required=True)]
    for part in PARTS:
        choices = f"one of {', '.join(parts.choices(part))}"
        arguments.append(PromptArgument(name=part, description=choices, required=False))
    prompt = Prompt(
        name=preset.name,
        title=preset.title,
        description=preset.description,
        arguments=arguments,
        fn=render,
        context_kwarg=None,
    )
    server.add_prompt(prompt)


def _named(preset: Preset, tools: tuple[str, ...]) -> str:
    """The sections that come along, for clients that leave them out."""
    if "ws_read" not in tools:
        return ""
    return f"Attached: {', '.join(preset.sections)}. Where it is missing, read it with ws_read.\n\n"


def _embedded(library: Library, identity: str) -> UserMessage:
    text = library.read(identity, limit=_SECTION).text
    contents = TextResourceContents(uri=f"websocket://{identity}", mime_type="text/markdown", text=text)
    return UserMessage(EmbeddedResource(type="resource", resource=contents))


def complete(argument: str, start: str) -> list[str]:
    """The choices of a prompt's argument that begin with ``start``."""
    if argument not in PARTS:
        return []
    return [name for name in parts.choices(argument) if name.startswith(start)]
