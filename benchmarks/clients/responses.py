"""OpenAI's Responses API, as far as Codex uses it: a script's items as streams, and what a conversation holds."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Sequence
from typing import Any

from benchmarks.clients.fake import EVENTS, Answer, Model, events

Item = dict[str, Any]
_PATIENCE = 60.0  # seconds that an outer conversation waits for the one it began
_USAGE = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}


def call(name: str, arguments: dict[str, Any], namespace: str = "") -> Item:
    """The model calls a function."""
    item = {"type": "function_call", "name": name, "arguments": json.dumps(arguments)}
    return {**item, "namespace": namespace} if namespace else item


def script(source: str) -> Item:
    """The model runs JavaScript, in which tools are functions: "code mode"."""
    return {"type": "custom_tool_call", "name": "exec", "input": source}


def search(query: str, limit: int = 8) -> Item:
    """The model looks for tools that it was not shown."""
    return {"type": "tool_search_call", "execution": "client", "arguments": {"query": query, "limit": limit}}


def model(items: Sequence[Item], inner: Sequence[Item] = (), mark: str = "") -> Model:
    """A model that says ``items`` one after the other, then "done".

    Where its input holds ``mark`` it says ``inner`` instead; after its first item the outer one waits for that to end.
    """
    ended = threading.Event()

    def answer(path: str, body: dict[str, Any]) -> Answer:
        is_inner, place = bool(mark) and mark in json.dumps(body["input"]), len(outputs(body))
        chosen = inner if is_inner else items
        if mark and not is_inner and place:
            ended.wait(_PATIENCE)
        if is_inner and place >= len(inner):
            ended.set()
        return EVENTS, _stream(chosen[place] if place < len(chosen) else _DONE, place)

    return Model(lambda path: path.endswith("/responses"), answer)


_DONE: Item = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "done"}]}


def _stream(item: Item, place: int) -> bytes:
    whole = {"id": f"item_{place}", "call_id": f"call_{place}", "status": "completed", **item}
    response = {"id": f"response_{place}", "object": "response", "status": "completed", "usage": _USAGE}
    return events(
        {"type": "response.created", "response": {**response, "status": "in_progress", "output": []}},
        {"type": "response.output_item.added", "output_index": 0, "item": whole},
        {"type": "response.output_item.done", "output_index": 0, "item": whole},
        {"type": "response.completed", "response": {**response, "output": [whole]}},
    )


def outputs(body: dict[str, Any]) -> list[Item]:
    """What came back for the model's calls, in order."""
    return [item for item in body["input"] if item["type"].endswith("_output")]


def text(output: Item) -> str:
    """An output as the model reads it, without the line of its run time."""
    found = output["output"]
    parts = [found] if isinstance(found, str) else [part.get("text", "") for part in found]
    return "\n".join(parts).partition("Output:\n")[2]


def tools(body: dict[str, Any]) -> dict[str, Item]:
    """The functions that the model is shown, by namespace and name."""
    found = list(body.get("tools") or ())
    found += [tool for item in body["input"] for tool in item.get("tools") or ()]
    return dict(_flat(found))


def _flat(found: Iterable[Item], above: str = "") -> Iterable[tuple[str, Item]]:
    for tool in found:
        name = f"{above}{tool.get('name', tool['type'])}"
        yield name, tool
        yield from _flat(tool.get("tools") or (), f"{name}.")


def said(body: dict[str, Any]) -> str:
    """All that was said to the model in words."""
    contents = (part for item in body["input"] for part in item.get("content") or ())
    return "\n".join(part.get("text", "") for part in contents)
