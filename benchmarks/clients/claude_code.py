"""Drives the real Claude Code with this server, offline: what its model would see, and what comes back from our tools.

Run: python -m benchmarks.clients.claude_code PATH/TO/claude

The package ``@anthropic-ai/claude-code`` is large, so this is no test; benchmarks/clients/RESULTS.md holds its output.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

from benchmarks.clients import wire
from benchmarks.clients.fake import EVENTS, Answer, Model, events
from benchmarks.clients.home import Home, Ran
from benchmarks.clients.report import (
    CALLS,
    FAULTY,
    QUERIES,
    check_texts,
    show_found,
    show_start,
    show_tools,
    show_warnings,
)

PREFIX = "mcp__websocket__"
VARIABLES = {
    "ANTHROPIC_API_KEY": "none",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "DISABLE_AUTOUPDATER": "1",
}
EXPERT, ROLE, TASK = "protocol specialist for real-time", "websocket-expert", "drops-after-60-seconds"

Block = dict[str, Any]


def main() -> None:
    """Drive it and print what was seen."""
    with Home(VARIABLES) as home:
        claude = Claude(home, sys.argv[1])
        print(home.run([claude.program, "--version"], check=True).out.strip())
        listed = next(line for line in home.run([claude.program, "mcp", "list"]).out.splitlines() if "ws_mcp" in line)
        assert "Connected" in listed, listed
        print(f"claude mcp list: {listed.rpartition(' - ')[2]}")
        home.tap(home.folder / ".claude.json")
        tools(claude)
        searched(claude)
        prompts(claude)
        agent(claude)


class Claude:
    """Claude Code in a home where our server is installed."""

    def __init__(self, home: Home, program: str) -> None:
        self.home, self.program = home, program
        home.ours("install", "claude-code", "--scope", "user")

    def ask(self, model: Model, question: str, *options: str) -> Ran:
        """Have it work for a model, until the model is done."""
        with model:
            self.home.variables["ANTHROPIC_BASE_URL"] = model.url
            ran = self.home.run([self.program, "-p", question, "--allowedTools", "mcp__websocket", *options])
        assert ran.code == 0 and model.asked, ran.out + ran.err
        return ran


def _model(blocks: Sequence[Block]) -> Model:
    """A model that says ``blocks`` one after the other, then "done"; to side questions, which have no tools, "done"."""

    def answer(path: str, body: dict[str, Any]) -> Answer:
        place = len(_results(body)) if body.get("tools") else len(blocks)
        block = blocks[place] if place < len(blocks) else {"type": "text", "text": "done"}
        if block["type"] == "tool_use":
            block = {"id": f"toolu_{place}", **block}
        if body.get("stream"):
            return EVENTS, _stream(block)
        return "application/json", json.dumps({**_message(block), "content": [block]}).encode()

    return Model(lambda path: "/messages" in path and "count_tokens" not in path, answer)


def _call(name: str, arguments: dict[str, Any]) -> Block:
    return {"type": "tool_use", "name": name, "input": arguments}


def _message(block: Block) -> dict[str, Any]:
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-4-5",
        "stop_reason": "tool_use" if block["type"] == "tool_use" else "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 1, "output_tokens": 1},
    }


def _stream(block: Block) -> bytes:
    """The message as a stream: its frame, then its one block in one piece."""
    message = _message(block)
    if block["type"] == "tool_use":
        empty: Block = {"input": {}}
        delta = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
    else:
        empty, delta = {"text": ""}, {"type": "text_delta", "text": block["text"]}
    return events(
        {"type": "message_start", "message": {**message, "content": [], "stop_reason": None}},
        {"type": "content_block_start", "index": 0, "content_block": {**block, **empty}},
        {"type": "content_block_delta", "index": 0, "delta": delta},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": message["stop_reason"]}, "usage": {"output_tokens": 1}},
        {"type": "message_stop"},
    )


def _parts(body: dict[str, Any]) -> list[Block]:
    """The blocks of all messages."""
    contents = (message["content"] for message in body["messages"])
    return [part for content in contents if isinstance(content, list) for part in content]


def _results(body: dict[str, Any]) -> list[Block]:
    """What came back for the model's calls, in order."""
    return [part for part in _parts(body) if part["type"] == "tool_result"]


def _text(result: Block) -> str:
    content = result.get("content") or ""
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


def _main(model: Model) -> list[dict[str, Any]]:
    """The requests of the conversation itself."""
    return [body for body in model.asked if len(body.get("tools") or ()) > 1]


def tools(claude: Claude) -> None:
    """Every tool in the first request; their answers and an error."""
    print("\n== Tools, all at once (ENABLE_TOOL_SEARCH=false)")
    claude.home.variables["ENABLE_TOOL_SEARCH"] = "false"
    model = _model([_call(PREFIX + name, arguments) for name, arguments in (*CALLS, FAULTY)])
    ran = claude.ask(model, "Use the WebSocket tools.")
    sent, asked = wire.exchanges(claude.home.log), _main(model)
    show_start(sent, ran.started, model.times[0])
    found = {tool["name"]: tool for tool in asked[0]["tools"] if tool["name"].startswith(PREFIX)}
    show_tools(
        sent, {name.removeprefix(PREFIX): (each["description"], each["input_schema"]) for name, each in found.items()}
    )
    told = wire.greeting(sent).result["instructions"]
    assert json.dumps(told)[1:-1] in json.dumps(asked[0])
    print(f"Instructions: whole, {len(told)} characters")
    check_texts(sent, [_text(result) for result in _results(asked[-1])])
    show_warnings(ran)


def searched(claude: Claude) -> None:
    """As it is by default: tools are named, and found by a search."""
    print("\n== Tools, as by default behind a search")
    del claude.home.variables["ENABLE_TOOL_SEARCH"]
    searches = [_call("ToolSearch", {"query": query, "max_results": 3}) for query in QUERIES]
    model = _model([*searches, *(_call(PREFIX + name, arguments) for name, arguments in CALLS)])
    claude.ask(model, "Use the WebSocket tools.")
    asked = _main(model)
    first, sent = json.dumps(asked[0]), wire.exchanges(claude.home.log)
    assert not any(tool["name"].startswith(PREFIX) for tool in asked[0]["tools"])
    assert all(PREFIX + tool["name"] in first for tool in wire.result(sent, "tools/list")["tools"])
    told = json.dumps(wire.greeting(sent).result["instructions"])[1:-1] in first
    print(f"Before it searches: the names of all; the instructions: {'whole' if told else 'not'}")
    results = _results(asked[-1])
    show_found([_references(result) for result in results[: len(QUERIES)]])
    check_texts(sent, [_text(result) for result in results[len(QUERIES) :]])


def _references(result: Block) -> list[str]:
    found = (part.get("tool_name", "") for part in result["content"] if isinstance(part, dict))
    return [name.removeprefix(PREFIX) for name in found]


def prompts(claude: Claude) -> None:
    """Our prompts are commands; each is used."""
    print("\n== Prompts")
    names = [prompt["name"] for prompt in wire.result(wire.exchanges(claude.home.log), "prompts/list")["prompts"]]
    for name in names:
        model = _model([])
        claude.ask(model, f"/mcp__websocket__{name} {TASK}")
        said = json.dumps(_main(model)[0]["messages"])
        assert EXPERT in said and TASK in said, said
    got = wire.result(wire.exchanges(claude.home.log), "prompts/get")["messages"]
    embedded = next(message["content"]["resource"] for message in got if message["content"]["type"] == "resource")
    reached = json.dumps(embedded["text"][:200])[1:-1] in said
    print(f"{len(names)} commands, each sends the expert with the task: {', '.join(names)}")
    print(f"The embedded section {embedded['uri']} reaches the model: {reached}")


def agent(claude: Claude) -> None:
    """The agent file: chosen, it has our words and our tools."""
    print("\n== Agent file")
    for scope in ("user", "project"):
        claude.home.ours("agent", "--client", "claude-code", "--scope", scope, "--tool-mode", "audit", "--overwrite")
        model = _model([_call(PREFIX + CALLS[0][0], CALLS[0][1])])
        claude.ask(model, "Explain 1006.", "--agent", ROLE)
        asked = _main(model)
        assert EXPERT in json.dumps(asked[0]["system"]) + json.dumps(asked[0]["messages"])
        assert '"Write"' not in json.dumps(asked[0]["tools"])
        assert '"id":"code/1006"' in _text(_results(asked[-1])[0])
        print(f"{scope}: chosen with --agent, it has our instructions, no tool that writes, and called ws_search")


if __name__ == "__main__":
    main()
