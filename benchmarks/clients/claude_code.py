"""Drives the real Claude Code with this server, offline: what its model would see, and what comes back from our tools.

Run: python -m benchmarks.clients.claude_code PATH/TO/claude

A loopback server stands in for the model: it notes each request and answers with scripted tool calls. The package
``@anthropic-ai/claude-code`` is large, so this is no test; its output is recorded in benchmarks/clients/RESULTS.md.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
CALLS = [
    ("ws_search", {"query": "1006", "limit": 1}),
    ("ws_check_frames", {"data": "81 05 48 65 6c 6c 6f", "sender": "client", "extensions": "none"}),
    ("ws_read", {"id": "rfc6455/5.5.1"}),
]
PREFIX = "mcp__websocket__"


class Model(BaseHTTPRequestHandler):
    """The model's API, as far as the client uses it."""

    asked: list[dict[str, Any]] = []

    def do_POST(self) -> None:
        """Answer a request for a message; anything else with nothing."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if "/messages" not in self.path or "count_tokens" in self.path:
            self._send(b'{"input_tokens": 1}', "application/json")
            return
        main = any(tool["name"].startswith(PREFIX) for tool in body.get("tools", ()))
        if main:
            self.asked.append(body)
        place = len(self.asked) - 1
        block = _call(place) if main and place < len(CALLS) else {"type": "text", "text": "done"}
        self._send(_events(block) if body.get("stream") else _whole(block), "text/event-stream")

    def do_GET(self) -> None:
        """Nothing is to be had here."""
        self._send(b"{}", "application/json")

    def _send(self, content: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""


def _call(place: int) -> dict[str, Any]:
    name, arguments = CALLS[place]
    return {"type": "tool_use", "id": f"toolu_{place}", "name": PREFIX + name, "input": arguments}


def _message(block: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-4-5",
        "content": [block],
        "stop_reason": "tool_use" if block["type"] == "tool_use" else "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 1, "output_tokens": 1},
    }


def _whole(block: dict[str, Any]) -> bytes:
    return json.dumps(_message(block)).encode()


def _events(block: dict[str, Any]) -> bytes:
    """The message as a stream: its frame, then its one block in one piece."""
    message = _message(block)
    is_call = block["type"] == "tool_use"
    delta = (
        {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
        if is_call
        else {"type": "text_delta", "text": block["text"]}
    )
    empty = {**block, "input": {}} if is_call else {**block, "text": ""}
    ending = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": {**message, "content": [], "stop_reason": None}},
        {"type": "content_block_start", "index": 0, "content_block": empty},
        {"type": "content_block_delta", "index": 0, "delta": delta},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": ending, "usage": {"output_tokens": 1}},
        {"type": "message_stop"},
    ]
    return "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events).encode()


def drive(program: str) -> list[dict[str, Any]]:
    """The requests that reached the model."""
    model = ThreadingHTTPServer(("127.0.0.1", 0), Model)
    threading.Thread(target=model.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as home:
        environment = {
            "HOME": home,
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "ANTHROPIC_BASE_URL": f"http://127.0.0.1:{model.server_address[1]}",
            "ANTHROPIC_API_KEY": "nothing",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "DISABLE_AUTOUPDATER": "1",
            "ENABLE_TOOL_SEARCH": "false",
        }
        where = {"cwd": home, "env": environment, "timeout": 120}
        install = [sys.executable, "-m", "ws_mcp", "install", "claude-code", "--scope", "user"]
        subprocess.run(install, check=True, capture_output=True, **where)  # type: ignore[call-overload]
        ask = [program, "-p", "Use the WebSocket tools.", "--allowedTools", "mcp__websocket"]
        done = subprocess.run(ask, capture_output=True, text=True, **where)  # type: ignore[call-overload]
        print(f"exit {done.returncode}: {done.stdout.strip()[:200]}{done.stderr.strip()[:300]}")
    model.shutdown()
    return Model.asked


def main() -> None:
    """Print what reached the model."""
    asked = drive(sys.argv[1])
    assert asked, "the tools never reached the model"
    tools = [tool["name"] for tool in asked[0]["tools"] if tool["name"].startswith(PREFIX)]
    print(f"In the first request: {len(tools)} tools: {', '.join(tool.removeprefix(PREFIX) for tool in tools)}")
    print(f"Instructions reached it: {'ws_search(query)' in json.dumps(asked[0])}")
    answers = {part["tool_use_id"]: part.get("content") for part in _parts(asked[-1]) if part["type"] == "tool_result"}
    for place, (name, arguments) in enumerate(CALLS):
        content = answers.get(f"toolu_{place}")
        text = content if isinstance(content, str) else "".join(part.get("text", "") for part in content or ())
        print(f"{name}({json.dumps(arguments)}) -> {len(text)} characters: {text[:160]!r}")


def _parts(request: dict[str, Any]) -> list[dict[str, Any]]:
    """The blocks of all messages."""
    contents = (message["content"] for message in request["messages"])
    return [part for content in contents if isinstance(content, list) for part in content]


if __name__ == "__main__":
    main()
