"""The registry of rules: what a sender must, should or had better send.

A rule is one small function over a fact and the connection it belongs to, under ``@rule``:

* its id is its name in kebab-case and names the flaw; the type of its first argument is the fact it judges (``Frame``,
  ``Message``, ``Keys``, ``End``, ``Handshake``, ``Request``, ``Response``);
* it yields a ``Fault`` for each breach: what was seen, with its values, and where;
* its docstring says why that is wrong, ``fix`` what to do; ``good`` and ``bad`` are examples in the notation of
  ``examples.py``: they are its tests and its documentation;
* severity follows the keyword of the first requirement; advice gives its own and never is an error;
* ``needs`` names facts without which it cannot run (``NEEDS``).
  Where one is missing the rule stands on the report's ``unchecked`` list and never passes in silence.

One function in the chapter it belongs to is all it takes to add a rule; ``coverage.py`` holds what no rule enforces.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar, get_type_hints

from ws_mcp.knowledge.shipped.requirements import all_requirements
from ws_mcp.protocol.connection import Connection
from ws_mcp.rules.examples import Example, parse_example
from ws_mcp.types import Fault, Severity, Side

CHAPTERS = (
    "framing",
    "masking",
    "lengths",
    "fragmentation",
    "control",
    "closing",
    "utf8",
    "deflate",
    "advice",
    "http_syntax",
    "request_line",
    "request_fields",
    "origins",
    "subprotocols",
    "extension_lists",
    "deflate_offers",
    "answers",
    "bootstrap",
    "transport",
    "handshake_advice",
    "policy",
)

# Without these a report is not undecided: they lie outside what was given.
OUTSIDE = frozenset({"both directions", "response", "line ends", "client kind", "scheme"})

NEEDS = {
    "sender": "the side that sent the frames",
    "known extensions": "the definition of a negotiated extension that is not known here",
    "both directions": "the frames of the other side",
    "request": "the opening request",
    "response": "the answer to the opening request",
    "request line": "the request line (method, target, version)",
    "status line": "the status of the answer",
    "line ends": "the line ends as they were sent",
    "client kind": "the kind of client, a browser or not",
    "scheme": "the scheme, ws or wss",
}

Check = Callable[[Any, Connection], Iterable[Fault]]
Function = TypeVar("Function", bound=Callable[..., Iterable[Fault]])


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; see the module. ``close`` is the status code with which a receiver fails the connection, if it does."""

    id: str
    judges: type
    check: Check
    requirements: tuple[str, ...]
    sections: tuple[str, ...]
    severity: Severity
    sender: Side | None
    needs: tuple[str, ...]
    opcodes: frozenset[int] | None
    close: int | None
    why: str
    fix: str
    good: tuple[Example, ...]
    bad: tuple[Example, ...]

    @property
    def title(self) -> str:
        """The first line of its explanation."""
        return self.why.partition("\n")[0]


_RULES: dict[str, Rule] = {}


def rule(
    *requirements: str,
    fix: str,
    good: Iterable[str],
    bad: Iterable[str],
    severity: Severity | None = None,
    sections: Iterable[str] = (),
    sender: Side | None = None,
    needs: Iterable[str] = (),
    opcodes: Iterable[int] | None = None,
    close: int | None = None,
) -> Callable[[Function], Function]:
    """Registers a function as a rule.

    Args:
        requirements: ids it enforces, the deciding one first; none for advice.
        fix: what to do about it, as an imperative sentence.
        good: examples that give no finding at all.
        bad: examples that give this finding, and no other error.
        severity: only where it differs from the keyword of the first requirement.
        sections: what to read, beside the sections of the requirements.
        sender: the side it binds, None for both.
        needs: facts without which it cannot run; "sender" goes without saying where ``sender`` is given.
        opcodes: the frames it looks at, None for all.
        close: status code with which a receiver fails the connection; 1002 for an error that names none.
    """

    def register(function: Function) -> Function:
        name = function.__name__.replace("_", "-")
        level = severity or _severity(requirements[0])
        found = [all_requirements()[requirement].section for requirement in requirements]
        _RULES[name] = Rule(
            name,
            _subject(function),
            function,
            requirements,
            tuple(dict.fromkeys([*found, *sections])),
            level,
            sender,
            tuple(dict.fromkeys([*(["sender"] if sender else []), *needs])),
            None if opcodes is None else frozenset(opcodes),
            close or (1002 if level is Severity.ERROR else None),
            inspect.cleandoc(function.__doc__ or ""),
            fix,
            tuple(parse_example(text) for text in good),
            tuple(parse_example(text) for text in bad),
        )
        return function

    return register


def _severity(requirement: str) -> Severity:
    """MUST and must (NOT too) → error, SHOULD → warning, all else → info."""
    keyword = all_requirements()[requirement].level.upper().split()[0]
    return {
        "MUST": Severity.ERROR,
        "SHALL": Severity.ERROR,
        "REQUIRED": Severity.ERROR,
        "SHOULD": Severity.WARNING,
        "RECOMMENDED": Severity.WARNING,
    }.get(keyword, Severity.INFO)


def _subject(function: Callable[..., Any]) -> type:
    first = next(iter(inspect.signature(function).parameters))
    subject = get_type_hints(function)[first]
    assert isinstance(subject, type)
    return subject


@cache
def all_rules() -> dict[str, Rule]:
    """Every rule by its id, chapter by chapter."""
    for chapter in CHAPTERS:
        importlib.import_module(f"ws_mcp.rules.{chapter}")
    return dict(_RULES)


@cache
def rules_for(fact: type) -> tuple[Rule, ...]:
    """The rules that judge facts of this type."""
    return tuple(found for found in all_rules().values() if found.judges is fact)


def in_words(needs: str) -> str:
    """What an entry of the ``unchecked`` list needs, as people say it."""
    return " and ".join(NEEDS[need] for need in needs.split(", "))
