"""What comes with a paste: which side sent it and what the user demands. Every refusal says what to send instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ws_mcp.errors import InputError
from ws_mcp.report.evidence import Evidence
from ws_mcp.types import Policy, Report, Side

_SHAPE = (
    '{"origins": ["https://app.example"], "subprotocol": "chat", "max_message": 65536, "extensions": [], '
    '"browser": true, "scheme": "wss"}'
)
_LISTS = ("origins", "extensions")


@dataclass(frozen=True, slots=True)
class Checked:
    """A report and what it is about."""

    report: Report
    evidence: Evidence


def side_of(text: str) -> Side | None:
    """The side that ``text`` names, None for "".

    Raises:
        InputError: it names none.
    """
    name = text.strip().casefold()
    if not name:
        return None
    for side in Side:
        if name in {side.value, side.value[0]}:
            return side
    raise InputError(f"There is no sender {text[:40]!r}. Say client or server, or leave it out where it is not known.")


def policy_of(told: Mapping[str, Any]) -> Policy:
    """A policy from its JSON form; what is not named is not demanded.

    Raises:
        InputError: a name or a value that no policy has.
    """
    for name, value in told.items():
        if not _fits(name, value):
            raise InputError(
                f"The policy's {name[:40]!r}: {str(value)[:60]!r} is not usable. A policy looks like {_SHAPE}."
            )
    lists = {name: tuple(told[name]) for name in _LISTS if told.get(name) is not None}
    return Policy(**{**told, **lists})


def _fits(name: str, value: object) -> bool:
    if name in _LISTS:
        strings = isinstance(value, list | tuple) and all(isinstance(one, str) for one in value)
        return strings or (name == "extensions" and value is None)
    if name == "subprotocol":
        return isinstance(value, str)
    if name == "scheme":
        return value in {"", "ws", "wss"}
    if name == "browser":
        return isinstance(value, bool)
    number = isinstance(value, int) and not isinstance(value, bool) and value > 0
    return name == "max_message" and (number or value is None)
