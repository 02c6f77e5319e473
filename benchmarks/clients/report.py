"""What is asked of every client, and how what its model saw is held against what our server sent."""

from __future__ import annotations

import collections
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.clients import wire
from benchmarks.clients.home import Ran

CALLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("ws_search", {"query": "1006", "limit": 1}),
    ("ws_check_frames", {"data": "81 05 48 65 6c 6c 6f", "sender": "client", "extensions": "none"}),
    ("ws_read", {"id": "rfc6455/5.5.1"}),
)
FAULTY: tuple[str, dict[str, Any]] = ("ws_check_frames", {"data": "no bytes"})
QUERIES: dict[str, str] = {  # words that a model may search tools by → the tool that serves
    "search the websocket rfc": "ws_search",
    "why does my socket drop after 60 seconds": "ws_diagnose",
    "validate websocket handshake headers": "ws_check_handshake",
    "decode frame dump": "ws_check_frames",
    "encode a masked frame": "ws_build_frames",
    "scaffold a chat server in python": "ws_generate",
    "test my websocket server for conformance": "ws_probe_server",
    "test a websocket client library": "ws_probe_client",
    "download the official RFC text": "ws_fetch_corpus",
    "MDN WebSocket API documentation": "ws_search",
    "websocket connection closed abnormally": "ws_diagnose",
    "create a websocket client in typescript": "ws_generate",
}
_LOUD, _OURS = re.compile(r"warn|error|fail", re.I), re.compile(r"mcp|websocket", re.I)
MEANT = ('"id":"code/1006"', '"rule":"unmasked-client-frame"', "# 5.5.1 Close")  # what the answers have to carry


def show_start(sent: list[wire.Exchange], started: float, first: float) -> None:
    """How fast the server was there."""
    begun = wire.greeting(sent)
    listed = next(exchange for exchange in sent if exchange.method == "tools/list")
    facts = begun.params.get("_meta", {})
    facts = {name.removeprefix("io.modelcontextprotocol/"): fact for name, fact in facts.items()} or begun.params
    client, able = facts["clientInfo"], facts.get("clientCapabilities", facts.get("capabilities"))
    print(f"{client['name']} {client['version']} speaks {facts['protocolVersion']} with {json.dumps(able)}")
    print(
        f"Spawn to {begun.method} answered {begun.answered:.2f} s, to tools listed {listed.answered:.2f} s; "
        f"the client's first question to the model {first - started:.2f} s after its own start"
    )


def show_tools(sent: list[wire.Exchange], shown: Mapping[str, tuple[str, dict[str, Any]]]) -> None:
    """Which tools the model was shown, and what became of descriptions and schemas."""
    ours = {tool["name"]: tool for tool in wire.result(sent, "tools/list")["tools"]}
    assert set(shown) == set(ours), set(shown) ^ set(ours)
    lost: collections.Counter[str] = collections.Counter()
    gained: collections.Counter[str] = collections.Counter()
    for name, (description, schema) in shown.items():
        assert description == ours[name]["description"], f"the description of {name} was changed"
        less, more = wire.differences(_dots(ours[name]["inputSchema"]), _dots(schema))
        lost.update(path.rpartition("/")[2] for path in less)
        gained.update(path.rpartition("/")[2] for path in more)
    assert not lost.keys() - {"default"}, lost
    print(f"{len(shown)} tools, all descriptions whole: {', '.join(shown)}")
    print(f"Schemas: lost {_counts(lost)}; gained {_counts(gained)}")


def _dots(schema: Any) -> Any:
    """A schema with three dots where there was one sign for them: Claude Code writes them so."""
    return json.loads(json.dumps(schema, ensure_ascii=False).replace("…", "..."))


def _counts(found: Mapping[str, int]) -> str:
    return ", ".join(f"{name} ×{count}" for name, count in sorted(found.items())) or "nothing"


def check_texts(sent: list[wire.Exchange], texts: Sequence[str]) -> None:
    """Hold each text that the model read against what the server sent for it."""
    calls = wire.calls(sent)
    for place, (exchange, text) in enumerate(zip(calls, texts, strict=True)):
        name, arguments = exchange.params["name"], exchange.params["arguments"]
        words = "".join(block["text"] for block in exchange.result["content"])
        data = exchange.result.get("structuredContent")
        kind = _kind(text, words, data)
        assert exchange.result.get("isError") or MEANT[place] in text.replace('": ', '":'), text
        took = exchange.answered - exchange.asked
        print(f"{name}({json.dumps(arguments)}) -> {kind}, {cost(text)}, {took:.2f} s: {text.strip()[:110]!r}")


def _kind(text: str, words: str, data: Any) -> str:
    """In which form an answer reached the model: whole, once, and as what."""
    if data is not None and _is_data(text, data):
        return "the data, once"
    assert words in text or json.dumps(words, ensure_ascii=False)[1:-1] in text.replace('\\\\"', '\\"'), text
    assert text.count(words[:60]) <= 1, "it is shown twice"
    return "the text" if len(text) == len(words) else f"the text with {len(text) - len(words)} characters around"


def _is_data(text: str, data: Any) -> bool:
    try:
        return bool(json.loads(text) == data)
    except ValueError:
        return False


def show_found(found: Sequence[Sequence[str]]) -> None:
    """Which tools a model finds with each query, best first."""
    first, missed = 0, 0
    for (query, wanted), names in zip(QUERIES.items(), found, strict=True):
        first, missed = first + (names[:1] == [wanted]), missed + (wanted not in names)
        print(f"  {query!r} finds {', '.join(names)}{f', not {wanted}' if wanted not in names else ''}")
    print(f"{len(QUERIES) - missed} of {len(QUERIES)} queries find the tool that serves, {first} of them first")
    assert missed <= 1, "models do not find our tools"


def show_warnings(ran: Ran, expected: str = FAULTY[0]) -> None:
    """What the client's log says of MCP servers, but for lines with a word of ``expected``: calls that were to fail."""
    lines = (line for line in ran.err.splitlines() if not any(word in line for word in expected.split()))
    about = [line for line in lines if _LOUD.search(line) and _OURS.search(line)]
    assert not about, about
    print("Warnings about this server: none")


def cost(text: str) -> str:
    """A text's size, in characters and in o200k's tokens."""
    from bpe_openai import get_encoding  # type: ignore[import-untyped]

    return f"{len(text)} characters, {len(get_encoding('o200k_base').encode(text))} tokens"
