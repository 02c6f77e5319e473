"""Explains outcomes: which setting of which library changes a limit. The facts are in ``settings.toml``."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from ws_mcp.probe.words import Case
from ws_mcp.types import Outcome, Verdict


@cache
def limits() -> dict[str, dict[str, Any]]:
    """By case id: ``why`` it matters, ``settings`` (library → what to set) and ``measured`` (library → what it did)."""
    return tomllib.loads(files("ws_mcp.probe").joinpath("settings.toml").read_text("utf-8"))


def explain(case: Case, outcome: Outcome) -> str:
    """What helps to read the outcome: the case's own words, then the settings."""
    words = [case.why] if case.why else []
    found = limits().get(case.id)
    if found is not None:
        words.append(found["why"])
        if outcome.verdict is not Verdict.NOT_RUN:
            words.append(f"Change it with: {_pairs(found['settings'])}.")
            if found.get("measured"):
                words.append(f"Measured defaults: {_pairs(found['measured'])}.")
    return " ".join(words)


def _pairs(table: dict[str, str]) -> str:
    return "; ".join(f"{library}: {text}" for library, text in table.items())
