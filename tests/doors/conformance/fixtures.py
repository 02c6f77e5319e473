"""What ``@modelcontextprotocol/conformance`` calls by name, put on the real server object.

So its verdict is on our transport, our settings and our middleware. Names, texts and schemas are the suite's.
"""

from __future__ import annotations

import base64
import json
from typing import Annotated, Any

import anyio
from mcp.server import MCPServer
from mcp.server.context import ServerRequestContext
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.prompts.base import UserMessage
from mcp.types import (
    AudioContent,
    EmbeddedResource,
    EmptyResult,
    ImageContent,
    SamplingMessage,
    SetLevelRequestParams,
    SubscribeRequestParams,
    TextContent,
    TextResourceContents,
    UnsubscribeRequestParams,
)
from pydantic import BaseModel, Field

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=="
SILENCE = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA="
PAUSE = 0.05  # seconds between notifications


class Answer(BaseModel):
    """Free text from the user."""

    response: str = Field(description="any text")


class Defaults(BaseModel):
    """SEP-1034: a default for each primitive type."""

    name: str = "John Doe"
    age: int = 30
    score: float = 95.5
    status: str = Field("active", json_schema_extra={"enum": ["active", "inactive", "pending"]})
    verified: bool = True


def _titled(*names: str) -> list[Any]:
    return [{"const": name, "title": name.title()} for name in names]


class Choices(BaseModel):
    """SEP-1330: each way to write an enumeration."""

    untitledSingle: str = Field(json_schema_extra={"enum": ["option1", "option2", "option3"]})
    titledSingle: str = Field(json_schema_extra={"oneOf": _titled("one", "two")})
    untitledMulti: list[str] = Field(json_schema_extra={"items": {"type": "string", "enum": ["a", "b"]}})
    titledMulti: list[str] = Field(json_schema_extra={"items": {"anyOf": _titled("a", "b")}})
    legacyEnum: str = Field(json_schema_extra={"enum": ["s", "m"], "enumNames": ["Small", "Medium"]})


def embedded(uri: str, text: str, kind: str = "text/plain") -> EmbeddedResource:
    return EmbeddedResource(type="resource", resource=TextResourceContents(uri=uri, mime_type=kind, text=text))


def pixel() -> ImageContent:
    return ImageContent(type="image", data=PIXEL, mime_type="image/png")


def add(server: MCPServer, function: Any, name: str = "") -> None:
    name = name or function.__name__
    server.add_tool(function, name=name, description=name.replace("_", " "))


def register(server: MCPServer) -> None:
    """Add everything that exists in both eras."""
    for function in (
        test_simple_text,
        test_image_content,
        test_audio_content,
        test_embedded_resource,
        test_multiple_content_types,
        test_tool_with_logging,
        test_error_handling,
        test_tool_with_progress,
        test_sampling,
        test_elicitation,
        test_elicitation_sep1034_defaults,
        test_elicitation_sep1330_enums,
        test_x_mcp_header,
        json_schema_2020_12_tool,
    ):
        add(server, function)
    schema_tool = server._tool_manager.get_tool("json_schema_2020_12_tool")
    assert schema_tool
    schema_tool.parameters = SCHEMA
    _resources(server)
    _prompts(server)
    _handlers(server)


def test_simple_text() -> str:
    return "This is a simple text response for testing."


def test_image_content() -> list[ImageContent]:
    return [pixel()]


def test_audio_content() -> list[AudioContent]:
    return [AudioContent(type="audio", data=SILENCE, mime_type="audio/wav")]


def test_embedded_resource() -> list[EmbeddedResource]:
    return [embedded("test://embedded-resource", "inside")]


def test_multiple_content_types() -> list[TextContent | ImageContent | EmbeddedResource]:
    resource = embedded("test://mixed-content-resource", '{"test":"data"}', "application/json")
    return [TextContent(type="text", text="mixed"), pixel(), resource]


async def test_tool_with_logging(ctx: Context) -> str:
    for line in ("begun", "going on", "done"):
        await ctx.info(line)
        await anyio.sleep(PAUSE)
    return "logged"


def test_error_handling() -> str:
    raise ToolError("This tool intentionally returns an error for testing")


async def test_tool_with_progress(ctx: Context) -> str:
    for percent in (0, 50, 100):
        await ctx.report_progress(percent, 100, f"{percent} %")
        await anyio.sleep(PAUSE)
    return "complete"


async def test_sampling(prompt: str, ctx: Context) -> str:
    asked = SamplingMessage(role="user", content=TextContent(type="text", text=prompt))
    answer = await ctx.session.create_message(messages=[asked], max_tokens=100, related_request_id=ctx.request_id)
    assert isinstance(answer.content, TextContent)
    return f"LLM response: {answer.content.text}"


async def test_elicitation(message: str, ctx: Context) -> str:
    return await _elicited(ctx, message, Answer)


async def test_elicitation_sep1034_defaults(ctx: Context) -> str:
    return await _elicited(ctx, "Check these defaults", Defaults)


async def test_elicitation_sep1330_enums(ctx: Context) -> str:
    return await _elicited(ctx, "Choose", Choices)


async def _elicited(ctx: Context, message: str, form: type[BaseModel]) -> str:
    found = await ctx.elicit(message, form)
    content = found.data.model_dump_json() if found.action == "accept" else "{}"
    return f"User response: action={found.action}, content={content}"


def test_x_mcp_header(region: Annotated[str, Field(json_schema_extra={"x-mcp-header": "Region"})] = "") -> str:
    return region


def json_schema_2020_12_tool() -> str:
    return "valid"


SCHEMA = {  # SEP-1613 and SEP-2106: keywords that must reach the client as they are
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
        }
    },
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}


def _resources(server: MCPServer) -> None:
    server.resource("test://static-text", name="static_text")(lambda: "text that stays")
    server.resource("test://static-binary", name="static_binary", mime_type="image/png")(
        lambda: base64.b64decode(PIXEL)
    )
    server.resource("test://watched-resource", name="watched")(lambda: "watched")

    @server.resource("test://template/{id}/data", name="by_id")
    def by_id(id: str) -> str:
        return json.dumps({"id": id, "templateTest": True, "data": f"Data for ID: {id}"})


def _prompts(server: MCPServer) -> None:
    @server.prompt(description="no arguments")
    def test_simple_prompt() -> str:
        return "This is a simple prompt for testing."

    @server.prompt(description="two arguments")
    def test_prompt_with_arguments(arg1: str, arg2: str) -> str:
        return f"Prompt with arguments: arg1='{arg1}', arg2='{arg2}'"

    @server.prompt(description="a resource")
    def test_prompt_with_embedded_resource(resourceUri: str) -> list[UserMessage]:
        return [UserMessage(embedded(resourceUri, "inside")), UserMessage("Use it.")]

    @server.prompt(description="an image")
    def test_prompt_with_image() -> list[UserMessage]:
        return [UserMessage(pixel()), UserMessage("Look at it.")]


def _handlers(server: MCPServer) -> None:
    """Methods of the handshake era that ``MCPServer`` has no interface for."""

    async def accept(ctx: ServerRequestContext[Any, Any], params: Any) -> EmptyResult:
        return EmptyResult()

    add_handler = server._lowlevel_server.add_request_handler
    add_handler("logging/setLevel", SetLevelRequestParams, accept)
    add_handler("resources/subscribe", SubscribeRequestParams, accept)
    add_handler("resources/unsubscribe", UnsubscribeRequestParams, accept)
