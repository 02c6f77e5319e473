"""Completion of section ids in the resource template, and of the choices of a prompt's arguments."""

from __future__ import annotations

from mcp.server import MCPServer
from mcp.types import (
    Completion,
    CompletionArgument,
    CompletionContext,
    PromptReference,
    ResourceTemplateReference,
)

from ws_mcp.doors.mcp import prompts
from ws_mcp.library import Library

_MOST = 100  # values of an answer


def register(server: MCPServer, library: Library) -> None:
    """Add completion to ``server``."""

    @server.completion()  # type: ignore[no-untyped-call, untyped-decorator]  # the SDK leaves it untyped
    async def complete(
        ref: PromptReference | ResourceTemplateReference,
        argument: CompletionArgument,
        context: CompletionContext | None,
    ) -> Completion | None:
        if isinstance(ref, ResourceTemplateReference) and argument.name == "id":
            ids = library.complete(argument.value, _MOST + 1)
            return Completion(values=ids[:_MOST], has_more=len(ids) > _MOST)
        if isinstance(ref, PromptReference):
            return Completion(values=prompts.complete(argument.name, argument.value), has_more=False)
        return None
