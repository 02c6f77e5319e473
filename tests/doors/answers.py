"""What a model reads of a tool's answer."""

from __future__ import annotations

import json
from typing import Any

from mcp.types import CallToolResult, TextContent


def text(result: CallToolResult) -> str:
    """The only block of it."""
    (block,) = result.content
    assert isinstance(block, TextContent)
    return block.text


def told(result: CallToolResult) -> dict[str, Any]:
    """The structured answer, which the text repeats, within the size that answers have."""
    said = text(result)
    assert not result.is_error, said
    assert json.loads(said) == result.structured_content
    assert len(said) < 8_000
    return dict(json.loads(said))


def refusal(result: CallToolResult) -> str:
    """The words of an error, within the size that errors have."""
    said = text(result)
    assert result.is_error, said
    assert result.structured_content is None
    assert 0 < len(said) < 1_100
    assert "Traceback" not in said
    return said
