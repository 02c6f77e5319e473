"""The fixtures of protocol 2026-07-28: nothing is kept between requests, questions are results."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.prompts.base import Prompt, UserMessage
from mcp.server.subscriptions import ListenHandler
from mcp.shared.exceptions import MCPError
from mcp.types import (
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    CreateMessageRequest,
    CreateMessageRequestParams,
    ElicitRequest,
    ElicitRequestFormParams,
    InputRequiredResult,
    ListRootsRequest,
    SamplingMessage,
    SubscriptionsListenRequestParams,
    TextContent,
)

from tests.doors.conformance.fixtures import add

_FAMILY = "test_input_required_result_"
Finish = Callable[[Context, Mapping[str, Any]], str]


def _form(field: str, message: str, kind: str = "string") -> ElicitRequest:
    schema = {"type": "object", "properties": {field: {"type": kind}}, "required": [field]}
    return ElicitRequest(params=ElicitRequestFormParams(message=message, requested_schema=schema))


def _sample(text: str) -> CreateMessageRequest:
    asked = SamplingMessage(role="user", content=TextContent(type="text", text=text))
    return CreateMessageRequest(params=CreateMessageRequestParams(messages=[asked], max_tokens=50))


def register(server: MCPServer) -> None:
    """Add everything that exists only in the stateless era."""
    for function in (test_missing_capability, test_streaming_elicitation, test_logging_tool):
        add(server, function)
    _changes(server)
    _questions(server)
    _prompt(server)


async def test_missing_capability(ctx: Context) -> str:
    client = ctx.client_capabilities
    if client is None or client.sampling is None:
        needed: dict[str, Any] = {"requiredCapabilities": {"sampling": {}}}
        raise MCPError(MISSING_REQUIRED_CLIENT_CAPABILITY, "This needs sampling.", needed)
    return "can sample"


async def test_streaming_elicitation(ctx: Context) -> str:
    await ctx.report_progress(1, 2)
    return "streamed"


def test_logging_tool() -> str:
    return "quiet"


def _changes(server: MCPServer) -> None:
    listen = ListenHandler(server._subscriptions)  # the product's lists do not change, so it serves none
    server._lowlevel_server.add_request_handler("subscriptions/listen", SubscriptionsListenRequestParams, listen)

    async def test_trigger_tool_change(ctx: Context) -> str:
        add(server, test_logging_tool, "test_dynamic_tool")
        server.remove_tool("test_dynamic_tool")
        await ctx.notify_tools_changed()
        return "told"

    async def test_trigger_prompt_change(ctx: Context) -> str:
        server.add_prompt(Prompt.from_function(lambda: "x", name="test_dynamic_prompt", description="comes and goes"))
        server.remove_prompt("test_dynamic_prompt")
        await ctx.notify_prompts_changed()
        return "told"

    add(server, test_trigger_tool_change)
    add(server, test_trigger_prompt_change)


def _questions(server: MCPServer) -> None:
    def ask(name: str, questions: dict[str, Any], finish: Finish | None = None, state: str | None = None) -> None:
        async def asking(ctx: Context) -> str | InputRequiredResult:
            answers = ctx.input_responses or {}
            if set(questions) <= set(answers):
                return finish(ctx, answers) if finish else "complete"
            return InputRequiredResult(input_requests=questions, request_state=state)

        add(server, asking, _FAMILY + name)

    confirm = {"confirm": _form("ok", "Really?", "boolean")}
    ask("elicitation", {"user_name": _form("name", "What is your name?")}, _greet)
    ask("sampling", {"capital_question": _sample("What is the capital of France?")})
    ask("list_roots", {"client_roots": ListRootsRequest()})
    ask("request_state", confirm, _state, "first")
    ask("tampered_state", confirm, _state, "first")
    several = {"user_name": _form("name", "Who?"), "greeting": _sample("Greet"), "client_roots": ListRootsRequest()}
    ask("multiple_inputs", several, None, "several")
    add(server, multi_round, _FAMILY + "multi_round")
    add(server, capabilities, _FAMILY + "capabilities")


def _greet(ctx: Context, answers: Mapping[str, Any]) -> str:
    return f"Hello, {(answers['user_name'].content or {}).get('name')}!"


def _state(ctx: Context, answers: Mapping[str, Any]) -> str:
    return f"state-ok: {ctx.request_state}"


async def multi_round(ctx: Context) -> str | InputRequiredResult:
    answers, state = ctx.input_responses or {}, ctx.request_state
    if state == "2" and "step2" in answers:
        return "complete"
    if state == "1" and "step1" in answers:
        return InputRequiredResult(input_requests={"step2": _form("color", "Which colour?")}, request_state="2")
    return InputRequiredResult(input_requests={"step1": _form("name", "Who?")}, request_state="1")


async def capabilities(ctx: Context) -> InputRequiredResult:
    """Asks only what the client says it can answer."""
    client, questions = ctx.client_capabilities, dict[str, Any]()
    if client and client.sampling is not None:
        questions["sample"] = _sample("Greet")
    if client and client.elicitation is not None:
        questions["ask"] = _form("name", "Who?")
    return InputRequiredResult(input_requests=questions, request_state="capabilities")


def _prompt(server: MCPServer) -> None:
    @server.prompt(name=f"{_FAMILY}prompt", description="asks before it answers")
    async def asking(ctx: Context) -> list[UserMessage] | InputRequiredResult:
        answers: Mapping[str, Any] = ctx.input_responses or {}
        if "user_context" in answers:
            return [UserMessage(f"Context: {(answers['user_context'].content or {}).get('context')}")]
        return InputRequiredResult(input_requests={"user_context": _form("context", "What is this about?")})
