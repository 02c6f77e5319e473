"""All cases, and which of them a probe runs."""

from __future__ import annotations

import difflib
import importlib
from functools import cache

from ws_mcp.errors import InputError
from ws_mcp.knowledge.shipped.requirements import all_requirements
from ws_mcp.probe.settings import Settings
from ws_mcp.probe.words import HTTP2, Case
from ws_mcp.types import Side

CHAPTERS = (
    "handshake",
    "offers",
    "answers",
    "framing",
    "masking",
    "lengths",
    "fragmentation",
    "control",
    "closing",
    "utf8",
    "deflate",
    "hardening",
    "http2",
    "tls",
)


@cache
def all_cases() -> dict[str, Case]:
    """Every case by its id, chapter by chapter."""
    found: dict[str, Case] = {}
    for chapter in CHAPTERS:
        for case in importlib.import_module(f"ws_mcp.probe.cases.{chapter}").CASES:
            if case.id in found:
                raise ValueError(f"two cases are called {case.id}")
            found[case.id] = case
    return found


def select(settings: Settings, side: Side) -> list[Case]:
    """The cases to run against a peer that is ``side``.

    Raises:
        InputError: a word of ``only`` fits no case.
    """
    every = [case for case in all_cases().values() if side in case.sides]
    cases = [case for case in every if case.runs_over(settings.http2) and case.runs_inside(settings.tls)]
    for word in settings.only:
        if not _known(word, cases):
            raise InputError(_elsewhere(word, settings, side) if _known(word, every) else _unknown(word, cases))
    efforts = {"default", *(["slow"] if settings.slow else []), *(["stress"] if settings.stress else [])}
    return [
        case
        for case in cases
        if case.effort in efforts and (not settings.only or any(_fits(case, word) for word in settings.only))
    ]


def left_out(settings: Settings, side: Side) -> list[str]:
    """Sentences on the cases that have to be asked for."""
    notes = []
    for effort, wanted, what in (("slow", settings.slow, "wait long"), ("stress", settings.stress, "can hurt")):
        count = sum(
            case.effort == effort and side in case.sides and case.runs_over(settings.http2)
            for case in all_cases().values()
        )
        if count and not wanted and not settings.only:
            notes.append(f"{count} cases that {what} were left out; --{effort} runs them.")
    return notes


def _fits(case: Case, word: str) -> bool:
    return case.id.startswith(word.removeprefix("case/")) or word in case.requirements


def _known(word: str, cases: list[Case]) -> bool:
    return any(_fits(case, word) for case in cases)


def _elsewhere(word: str, settings: Settings, side: Side) -> str:
    inside = [case for case in all_cases().values() if _fits(case, word) and not case.runs_inside(settings.tls)]
    if inside and not any(case.chapter == HTTP2 for case in inside):
        how = "a wss URL" if side is Side.SERVER else "--tls"
        return f"What {word!r} names is about TLS. Give {how} to run it."
    if settings.http2:
        return f"What {word!r} names is about HTTP/1.1 alone. Leave --http2 (http2 of the tool) out to run it."
    return f"What {word!r} names runs over HTTP/2 alone. Add --http2 (http2=true for the tool)."


def _unknown(word: str, cases: list[Case]) -> str:
    if word in all_requirements():
        return f"No case shows {word!r} for this side. docs/coverage-live.md says why; leave --only out to run all."
    near = difflib.get_close_matches(word, [*{case.chapter for case in cases}, *(case.id for case in cases)], 3)
    hint = f" Did you mean {', '.join(near)}?" if near else ""
    chapters = ", ".join(dict.fromkeys(case.chapter for case in cases))
    return f"No case begins with {word!r} and no requirement is called so.{hint} Chapters: {chapters}."


def sections(case: Case) -> tuple[str, ...]:
    """The sections of the case's requirements."""
    return tuple(dict.fromkeys(all_requirements()[requirement].section for requirement in case.requirements))
