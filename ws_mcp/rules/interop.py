"""What real libraries were seen to do with a fault, for the ``interop`` of a finding.

``interop.json`` is made by ``tools/interop.py`` from the measured matrices; it holds the names and versions.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

_NAMED = 4  # libraries that a finding names before it counts
# Those that most readers meet come first.
_FIRST = ("websockets ", "ws ", "aiohttp ", "Chromium ", "uvicorn", "gorilla ", "bun ", "tornado ", "undici ")


@cache
def measured() -> dict[str, dict[str, Any]]:
    """By rule id: what was sent (``case``), to which side, who accepted and who refused it."""
    text = files("ws_mcp.rules").joinpath("interop.json").read_text("utf-8")
    rules: dict[str, dict[str, Any]] = json.loads(text)["rules"]
    return rules


@cache
def interop_of(rule: str, named: int = _NAMED) -> str:
    """A sentence on who accepts and who refuses it, "" where that was not measured; ``named`` libraries of each."""
    found = measured().get(rule)
    if found is None:
        return ""
    parts = [f"{word} by {_names(found[word], named)}" for word in ("accepted", "refused") if found[word]]
    return f"Measured ({found['case']}): {'; '.join(parts)}."


def _names(libraries: list[str], named: int) -> str:
    known = sorted(libraries, key=_rank)
    rest = len(known) - named
    shown = ", ".join(known[:named])
    return f"{shown} and {rest} more" if rest > 1 else ", ".join(known)


def _rank(library: str) -> int:
    return next((place for place, name in enumerate(_FIRST) if library.startswith(name)), len(_FIRST))
