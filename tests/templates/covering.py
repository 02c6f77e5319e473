"""Option sets that cover a template: each value alone, and every pair of values at least once."""

from __future__ import annotations

from itertools import combinations, product
from typing import Any

from ws_mcp.errors import InputError
from ws_mcp.templates import options
from ws_mcp.templates.model import Template, Value, Variable


def values(variable: Variable) -> list[Value]:
    if variable.type == "choice":
        return list(variable.choices)
    return [False, True] if variable.type == "boolean" else [variable.default]


def singles(template: Template) -> list[dict[str, Any]]:
    """The defaults, then each other value by itself, with what it goes with."""
    found: list[dict[str, Any]] = [{}]
    for variable in template.variables:
        found += [{**variable.when, variable.name: value} for value in values(variable) if value != variable.default]
    return found


def allowed(template: Template, given: dict[str, Any]) -> bool:
    try:
        options.settle(template, given)
    except InputError:
        return False
    return True


def pairs(template: Template) -> list[dict[str, Any]]:
    """Few option sets in which every pair of values that go together occurs."""
    known = [variable for variable in template.variables if len(values(variable)) > 1]
    open_pairs = {
        ((one.name, first), (other.name, second))
        for one, other in combinations(known, 2)
        for first, second in product(values(one), values(other))
        if allowed(template, {**one.when, **other.when, one.name: first, other.name: second})
    }
    found = []
    while open_pairs:
        (one, first), (other, second) = min(open_pairs, key=str)
        chosen: dict[str, Any] = {one: first, other: second}
        for variable in known:
            if variable.name not in chosen:
                chosen[variable.name] = max(
                    (v for v in values(variable) if allowed(template, {**chosen, variable.name: v})),
                    key=lambda v, name=variable.name: _new(open_pairs, {**chosen, name: v}),  # type: ignore[misc]
                )
        before = len(open_pairs)
        open_pairs = {pair for pair in open_pairs if not all(chosen.get(n) == v for n, v in pair)}
        assert len(open_pairs) < before
        found.append(chosen)
    return found


def _new(open_pairs: set[Any], chosen: dict[str, Any]) -> int:
    return sum(all(chosen.get(name) == value for name, value in pair) for pair in open_pairs)
