"""Puts the expert's parts (``expert.toml``) together: for a prompt, and for an agent file."""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ws_mcp.errors import InputError

TOOL_MODE, THINKING, ROLE = "solution", "generative", "solo"  # the defaults
LIMIT = 8_000  # characters of a prompt


@dataclass(frozen=True, slots=True)
class Preset:
    """A prompt: fixed parts ("" where the user chooses), the question it asks, the sections it brings along."""

    name: str
    title: str
    description: str
    task: str
    ask: str
    sections: tuple[str, ...]
    tool_mode: str = ""
    thinking: str = ""
    role: str = ""


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("expert.toml").read_text("utf-8"))


def presets() -> tuple[Preset, ...]:
    """The prompts, the general one first."""
    return tuple(Preset(**{**prompt, "sections": tuple(prompt["sections"])}) for prompt in _table()["prompt"])


def choices(part: str) -> tuple[str, ...]:
    """The names that ``part`` ("tool_mode", "thinking", "role") can have."""
    return tuple(_table()[part])


def compose(tool_mode: str, thinking: str, role: str, tools: Collection[str]) -> str:
    """The expert's instructions for these choices, naming only tools in ``tools``.

    Raises:
        InputError: An unknown choice; the message names the known ones.
    """
    table = _table()
    chosen = [_choice("tool_mode", tool_mode), _choice("thinking", thinking), _choice("role", role)]
    uses = [f"- {use['text']}" for use in table["use"] if set(use["tools"]) <= set(tools)]
    blocks = [
        table["identity"].strip(),
        *(f"{label}: **{part['title']}.** {part['text'].strip()}" for label, part in zip(_LABELS, chosen, strict=True)),
        f"Always:\n{table['always'].strip()}",
        f"Never:\n{table['never'].strip()}",
        f"Escalation: {table['escalation'].strip()}",
        "Tools:\n" + "\n".join(uses) if uses else "",
        chosen[0]["output"].strip(),
        table["envelope"].strip(),
    ]
    return "\n\n".join(block for block in blocks if block)


_LABELS = ("Tool mode", "Thinking", "Role")


def _choice(part: str, name: str) -> dict[str, str]:
    found: dict[str, dict[str, str]] = _table()[part]
    if name not in found:
        raise InputError(f"There is no {part.replace('_', ' ')} {name[:40]!r}. Choose one of: {', '.join(found)}.")
    return found[name]
