"""The probe's cases as sections, one a chapter: what is sent, what may come back, which requirement asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ws_mcp.probe.catalogue import all_cases
from ws_mcp.probe.telling import tell_expected
from ws_mcp.types import Section


def files() -> list[Path]:
    """What the sections are made from."""
    return sorted((Path(__file__).parent / "cases").glob("*.py"))


def sections() -> Iterator[Section]:
    """The root and the chapters; a case is found in its chapter by its id, ``case/framing/text``."""
    yield Section("case", "Cases of the probe", "case")
    chapters: dict[str, list[str]] = {}
    ids: dict[str, list[str]] = {}
    for case in all_cases().values():
        rows = chapters.setdefault(
            case.chapter, ["| case | what is sent | to | what may come back |", "|---|---|---|---|"]
        )
        expected = (tell_expected(case) or "measured").replace("|", "/")
        rows.append(f"| {case.id} | {case.title} | {' and '.join(sorted(case.sides))} | {expected} |")
        ids.setdefault(case.chapter, []).extend((f"case/{case.id}", case.id))
    for chapter, rows in chapters.items():
        yield Section(
            id=f"case/{chapter}",
            title=f"Probe cases: {chapter}",
            source="case",
            path=("Cases of the probe",),
            parent="case",
            summary="\n".join(rows),
            keys=tuple(ids[chapter]),
        )
