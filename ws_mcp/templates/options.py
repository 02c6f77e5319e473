"""Options as users give them → the value of every variable, checked."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import Any

from ws_mcp.errors import InputError
from ws_mcp.templates.model import Template, Value, Variable

_WORDS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


def settle(template: Template, given: Mapping[str, Any]) -> dict[str, Value]:
    """The value of every variable; texts are read as the variable's type.

    Raises:
        InputError: An unknown option, a value of the wrong type, or one that goes with other options only.
    """
    known = {variable.name: variable for variable in template.variables}
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(str(name), known, 1)
            hint = f"Did you mean {near[0]}? " if near else ""
            raise InputError(f"{template.name} has no option {str(name)[:60]!r}. {hint}Options: {', '.join(known)}.")
    values = {name: _value(known[name], given[name]) if name in given else known[name].default for name in known}
    for variable in template.variables:
        unmet = {name: value for name, value in variable.when.items() if values[name] != value}
        if not unmet:
            continue
        if variable.name in given and values[variable.name] != variable.otherwise:
            needed = ", ".join(f"{name}={shown(value)}" for name, value in unmet.items())
            raise InputError(
                f"{variable.name}={shown(values[variable.name])} goes with {needed} only. Leave it out, or set that."
            )
        values[variable.name] = variable.otherwise
    return values


def pairs(texts: list[str]) -> dict[str, str]:
    """``KEY=VALUE`` texts as a mapping.

    Raises:
        InputError: One has no equals sign.
    """
    found = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise InputError(f"{text[:60]!r} is no option. Write KEY=VALUE, as in profile=feed.")
        found[name.strip()] = value.strip()
    return found


def shown(value: Value) -> str:
    """A value as one writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def wants(variable: Variable) -> str:
    """What may be given, in words."""
    if variable.type == "choice":
        return f"one of {', '.join(variable.choices)}"
    if variable.type == "integer":
        return f"a whole number from {variable.least} to {variable.most}"
    return "true or false" if variable.type == "boolean" else f"a text like {variable.default}"


def _value(variable: Variable, given: Any) -> Value:
    readers = {"choice": _choice, "integer": _integer, "boolean": _boolean, "string": _string}
    found = readers[variable.type](variable, given)
    if found is None:
        raise InputError(f"{variable.name} is {str(given)[:60]!r}; it must be {wants(variable)} ({variable.help}).")
    return found


def _choice(variable: Variable, given: Any) -> Value | None:
    return given if isinstance(given, str) and given in variable.choices else None


def _integer(variable: Variable, given: Any) -> Value | None:
    if isinstance(given, str) and re.fullmatch(r"-?[0-9]{1,18}", given):
        given = int(given)
    whole = isinstance(given, int) and not isinstance(given, bool)
    return given if whole and variable.least <= given <= variable.most else None


def _boolean(_: Variable, given: Any) -> Value | None:
    if isinstance(given, str):
        return _WORDS.get(given.lower())
    return given if isinstance(given, bool) else None


def _string(variable: Variable, given: Any) -> Value | None:
    if not isinstance(given, str) or "\n" in given:
        return None
    return given if not variable.pattern or re.fullmatch(variable.pattern, given) else None
