"""What is wrong with a tool's arguments, in our words: what was sent, what it takes instead, and an example.

The SDK would tell it too, but in pydantic's words, with names of classes and addresses to read them up at. Pydantic
still decides what is wrong: the models that the SDK made of the tools' signatures are asked here first.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from mcp.server.mcpserver.tools import Tool
from pydantic import BaseModel, ValidationError

_CODES = frozenset({"query", "id", "text"})  # texts that may be a number: models send {"query": 1006} for a close code
SHOWN = 5  # faults in an error
_NAME, _VALUE = 80, 60  # characters of what came from outside
_KINDS = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}
_SAMPLES: dict[str, object] = {"string": "…", "integer": 1, "number": 1.5, "boolean": True, "array": [], "object": {}}


def refusal(tool: Tool, given: dict[str, Any]) -> str:
    """Why ``tool`` cannot be called with ``given``; "" where it can. Numbers meant as text become text in ``given``."""
    schema = _schema(tool.fn_metadata.arg_model)
    known: dict[str, Any] = schema.get("properties", {})
    extra = sorted(set(given) - set(known))
    if extra:
        names = ", ".join(short(name) for name in extra[:SHOWN])
        near = nearest(short(extra[0]), known)
        return f"Unknown argument {names} for {tool.name}.{near} It takes: {', '.join(known)}."
    _write_numbers(known, given)
    faults = list(_faults(tool, known, given))
    more = [f"And {len(faults) - SHOWN} more."] if len(faults) > SHOWN else []
    return " ".join([*faults[:SHOWN], *more])


@cache
def _schema(model: type[BaseModel]) -> dict[str, Any]:
    """The model's schema as it was made, with the examples that the list of tools leaves out."""
    return model.model_json_schema()


def _write_numbers(known: Mapping[str, Any], given: dict[str, Any]) -> None:
    for name, value in given.items():
        if name in _CODES and _is_number(value) and known[name].get("type") == "string":
            given[name] = json.dumps(value)


def _faults(tool: Tool, known: Mapping[str, Any], given: Mapping[str, Any]) -> Iterator[str]:
    """A sentence for each fault, in the order of the signature."""
    wrong = {name for name, value in given.items() if isinstance(value, bool) and _wants_number(known[name])}
    for name in (name for name in known if name in wrong):  # pydantic takes true for 1
        yield _wrong(tool, (name,), known[name], given[name])
    try:
        tool.fn_metadata.validate_arguments({name: value for name, value in given.items() if name not in wrong})
    except ValidationError as error:
        for fault in error.errors(include_url=False, include_context=False):
            name = str(fault["loc"][0])
            if fault["type"] != "missing":
                yield _wrong(tool, fault["loc"], known[name], fault["input"])
            elif name not in wrong:
                yield f"{tool.name} needs {name}: {known[name].get('description', '')}. {_example(name, known[name])}"


def _wrong(tool: Tool, place: tuple[int | str, ...], schema: Mapping[str, Any], value: object) -> str:
    """The sentence for a value of the wrong kind at ``place``, which begins with the argument's name."""
    node, shown = schema, str(place[0])
    for step in place[1:]:
        inner = node.get("items") if isinstance(step, int) else node.get("additionalProperties")
        if not isinstance(inner, dict):
            break
        node, shown = inner, shown + (f"[{step}]" if isinstance(step, int) else f".{short(step)}")
    words = f"{shown} of {tool.name} takes {_kind(node)}, not {_given(value)}."
    return f"{words} {_example(str(place[0]), schema)}"


def _kind(schema: Mapping[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(_kind(one) for one in schema["anyOf"])
    kind, inner = schema.get("type", ""), schema.get("items") or schema.get("additionalProperties")
    words = _KINDS.get(kind, "something else")
    return f"{words} of {_kind(inner).split(' ', 1)[-1]}s" if isinstance(inner, dict) and "type" in inner else words


def _given(value: object) -> str:
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if _is_number(value):
        return f"the number {json.dumps(value)[:_VALUE]}"
    if isinstance(value, str):
        return f"the text {json.dumps(value[:_VALUE], ensure_ascii=False)}{'…' if len(value) > _VALUE else ''}"
    return "a list" if isinstance(value, list) else "an object"


def _example(name: str, schema: Mapping[str, Any]) -> str:
    """How to send the argument: its own example, else its default, else something of its kind."""
    kind = schema.get("type") or schema["anyOf"][0]["type"]
    told = [*schema.get("examples", ()), *([schema["default"]] if schema.get("default") else []), _SAMPLES[kind]]
    leave = "; or leave it out" if "default" in schema else ""
    return f"Example: {json.dumps({name: told[0]}, ensure_ascii=False)}{leave}."


def _wants_number(schema: Mapping[str, Any]) -> bool:
    return schema.get("type") in {"integer", "number"}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def short(name: str) -> str:
    """A name as an error may show it: it came from outside and can be of any length."""
    return name if len(name) <= _NAME else name[: _NAME - 1] + "…"


def nearest(name: str, known: Iterable[str]) -> str:
    """A question for the name that was meant; "" where none is near."""
    near = difflib.get_close_matches(name, list(known), 1)
    return f" Did you mean {near[0]}?" if near else ""
