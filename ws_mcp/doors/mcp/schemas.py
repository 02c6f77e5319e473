"""Schemas without what no client needs: every token of them is paid in every conversation."""

from __future__ import annotations

from typing import Any

from mcp.server import MCPServer


def slim(server: MCPServer) -> None:
    """Take out of every tool's schemas what says nothing.

    That is titles that pydantic derives from names, "additionalProperties": true, which is the default, examples, which
    errors give and descriptions have where they help, and of results the descriptions: they are for who reads the
    source. Only Codex shows a model the schema of a result, as a type; they would cost every client 460 tokens more (of
    4,250, in o200k) to say what the names of results and the descriptions of arguments say.
    """
    for tool in server._tool_manager.list_tools():
        tool.parameters = _slim(tool.parameters, described=True)
        schema = tool.fn_metadata.output_schema
        if schema is not None:
            tool.fn_metadata.output_schema = _slim(schema, described=False)


def _slim(schema: Any, described: bool) -> Any:
    if isinstance(schema, list):
        return [_slim(part, described) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: {name: _slim(part, described) for name, part in value.items()}
        if key in {"properties", "$defs"}  # whose keys are names, "title" among them
        else _slim(value, described)
        for key, value in schema.items()
        if not _says_nothing(key, value, described)
    }


def _says_nothing(key: str, value: Any, described: bool) -> bool:
    if key == "examples":
        return True
    if key in {"title", "description"} and isinstance(value, str):
        return key == "title" or not described
    return key == "additionalProperties" and value is True
