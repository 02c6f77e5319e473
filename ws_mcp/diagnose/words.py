"""Error texts, stack traces and symptoms: found in the library, line by line."""

from __future__ import annotations

import re

from ws_mcp.diagnose.answer import Diagnosis
from ws_mcp.errors import InputError
from ws_mcp.library import Library
from ws_mcp.types import Hit, Section

_LINES = 40  # of a trace that are looked at
_TELLING = re.compile(
    r"(?i)error|exception|fail|refused|reset|reject|timed? ?out|invalid|clos|unexpected|violat|must|hang up|upstream"
)
_FRAME = re.compile(r"\s*(?:at .+[:(]|File \"|Traceback|goroutine|\^+$|[\w/.-]+:\d+:\d+$)")
_STATUS = re.compile(r"(?i)(?:response(?: code)?|HTTP|status(?: code)?):? {1,3}([1-5]\d\d)\b")
_CLOSE = re.compile(r"(?i)\b(?:received|sent|code)[:= ]{1,3}([1-4]\d{3})\b")
_TRACE = re.compile(r"(?m)^\s+at .+:\d+|^Traceback \(most recent|^\s+File \"|^goroutine \d+")


def error_text(text: str, library: Library) -> Diagnosis | None:
    """The error text that stands in ``text``, if it is one of those we know."""
    for line in _candidates(text):
        hits = _search(library, line)
        if not hits or not hits[0].id.startswith("error/"):
            continue
        if not _shares_text(library.sections[hits[0].id], line):
            continue
        section = library.sections[hits[0].id]
        kind = "a stack trace" if _TRACE.search(text) else "an error text"
        read = tuple(dict.fromkeys((section.id, *section.links, *(hit.id for hit in hits[1:3]))))
        number, told = _number(line, library)
        points = (f"Known as: {section.title}", *summary_of(section), *told)
        return Diagnosis(f"{kind}: {line.strip()[:160]}", points, _NEXT, tuple(dict.fromkeys((*number, *read))))
    return None


def _number(line: str, library: Library) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The id and the meaning of the status or close code that stands in an error text."""
    for pattern, shelf in ((_STATUS, "status"), (_CLOSE, "code")):
        found = pattern.search(line)
        section = library.sections.get(f"{shelf}/{found[1]}") if found else None
        if section is not None:
            return (section.id,), (f"{section.title}: {summary_of(section)[0]}",)
    return (), ()


_NEXT = "check what is named above in that order; if it does not show, paste the raw handshake or the frames around it."


def symptom(text: str, library: Library) -> Diagnosis:
    """The sections that answer best; words that match nothing are said to."""
    query = next(iter(_candidates(text)), text) if "\n" in text.strip() else text
    answer = library.search(query[:1_000], limit=4)
    points = [f"{hit.title} ({hit.id}): {hit.snippet.replace('**', '')}" for hit in answer.hits]
    points += [answer.note] if answer.note else []
    taken = "a symptom in words" if answer.hits else "words that nothing here matches"
    step = (
        "read the first of these; for a check, paste the handshake, the bytes or the log lines themselves."
        if answer.hits
        else "paste the handshake, the bytes, a log line or the exact error text, or say in other words what happens."
    )
    return Diagnosis(taken, tuple(points), step, tuple(hit.id for hit in answer.hits))


def summary_of(section: Section) -> tuple[str, ...]:
    """The paragraphs of a section's summary, without Markdown's marks."""
    paragraphs = re.split(r"\n\s*\n", section.summary.replace("**", "").replace("`", ""))
    return tuple(paragraph.strip() for paragraph in paragraphs if paragraph.strip())


def _candidates(text: str) -> list[str]:
    """The lines that may name the error: of a trace the last ones first, as Python prints them; else in order."""
    lines = [line.strip()[:1_000] for line in text.splitlines() if line.strip() and not _FRAME.match(line)]
    telling = [line for line in lines if _TELLING.search(line)][:_LINES]
    return telling[::-1] if "Traceback (most recent" in text else telling


def _search(library: Library, line: str) -> tuple[Hit, ...]:
    try:
        return library.search(line, limit=3).hits
    except InputError:
        return ()


def _shares_text(section: Section, line: str) -> bool:
    """Whether one of the section's error texts stands in the line, or most of its words do."""
    wanted = set(re.findall(r"[a-z0-9]{3,}", line.casefold()))
    for key in (section.title, *section.keys):
        words = set(re.findall(r"[a-z0-9]{3,}", key.casefold()))
        if len(words) >= 2 and len(words & wanted) >= 0.7 * len(words):
            return True
    return False
