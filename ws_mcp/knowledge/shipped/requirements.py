"""The normative requirements (``corpus/requirements.jsonl``), by id and by section."""

from __future__ import annotations

import json
from functools import cache

from ws_mcp import data
from ws_mcp.types import Requirement


@cache
def all_requirements() -> dict[str, Requirement]:
    """Every requirement by its id, in the order of the documents."""
    lines = (data.folder("corpus") / "requirements.jsonl").read_text("utf-8").splitlines()
    found = (Requirement(**json.loads(line)) for line in lines if line)
    return {requirement.id: requirement for requirement in found}


@cache
def by_section() -> dict[str, tuple[Requirement, ...]]:
    """The requirements of each section id."""
    grouped: dict[str, list[Requirement]] = {}
    for requirement in all_requirements().values():
        grouped.setdefault(requirement.section, []).append(requirement)
    return {section: tuple(found) for section, found in grouped.items()}


def render(requirements: tuple[Requirement, ...]) -> str:
    """A Markdown list: the keyword, who must obey, the statement, the id."""
    return "\n".join(
        f"- **{r.level}** ({'both sides' if r.who == 'both' else r.who}) {r.statement} [{r.id}]" for r in requirements
    )
