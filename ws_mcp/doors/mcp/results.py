"""How a tool answers: data as compact JSON in both channels, errors with their text.

Some clients show a model only the structured content, others only the text, so both carry the same.
"""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolResult, TextContent

from ws_mcp.errors import WsMcpError

_P = ParamSpec("_P")
_R = TypeVar("_R")

MAX_ERROR = 1_000  # characters


def data(content: dict[str, Any]) -> CallToolResult:
    """A structured result whose text is the same, compact."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return CallToolResult(content=[TextContent(type="text", text=text)], structured_content=content)


def explained(tool: Callable[_P, _R]) -> Callable[_P, _R]:
    """A tool, sync or async, whose errors reach the model: the SDK passes on no text but a ``ToolError``'s."""
    if inspect.iscoroutinefunction(tool):
        waited: Any = tool

        @functools.wraps(tool)
        async def wait(*args: _P.args, **kwargs: _P.kwargs) -> Any:
            with _readable():
                return await waited(*args, **kwargs)

        wrapped: Any = wait
    else:

        @functools.wraps(tool)
        def call(*args: _P.args, **kwargs: _P.kwargs) -> _R:
            with _readable():
                return tool(*args, **kwargs)

        wrapped = call
    wrapped.__doc__ = inspect.cleandoc(tool.__doc__ or "")  # the SDK sends it as it stands
    result: Callable[_P, _R] = wrapped
    return result


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except WsMcpError as error:
        raise ToolError(str(error)[:MAX_ERROR]) from error
