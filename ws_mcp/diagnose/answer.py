"""What a diagnosis says, and how it is written out under 4,000 characters and 1,000 tokens, whatever was pasted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ws_mcp.report import cost
from ws_mcp.report.evidence import plural, printable
from ws_mcp.types import Report

MAX_CHARACTERS = 3_900  # weight of the whole
MAX_POINT = 400  # of one of its lines
MAX_POINTS = 8
MAX_READ = 600  # of the ids to read
_HIDDEN = 40  # of the line that counts what was left out

# How each door names what can be done next.
MCP = {
    "read": "ws_read(id)",
    "frames": "ws_check_frames(data, sender, extensions)",
    "handshake": "ws_check_handshake(request, response)",
    "search": "ws_search(query)",
}
COMMANDS = {
    "read": "websocket-mcp read ID",
    "frames": "websocket-mcp check frames FILE --sender client|server",
    "handshake": "websocket-mcp check handshake FILE",
    "search": "websocket-mcp search WORDS",
}


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What a text was taken for, what it shows, what to do next, ids to read; ``more`` names what tells the rest."""

    taken_for: str
    points: tuple[str, ...]
    step: str
    read: tuple[str, ...] = ()
    more: str = "search"


def render(found: Diagnosis, names: Mapping[str, str]) -> str:
    """The answer as plain text, with what this door calls its functions."""
    first, last = f"Taken for: {_cut(found.taken_for)}.", [f"Next: {_cut(found.step)}"]
    if found.read:
        last.append(f"Read: {_cut(', '.join(found.read[:8]), MAX_READ)} with {names['read']}")
    last.append(f"More: {names[found.more]}")
    room = MAX_CHARACTERS - sum(cost.weight(block) + 8 for block in (first, *last))
    points: list[str] = []
    for point in found.points[:MAX_POINTS]:
        line = f"- {_cut(point)}"
        room -= cost.weight(line) + 1
        if room < _HIDDEN:
            break
        points.append(line)
    if hidden := len(found.points) - len(points):
        points.append(f"- … and {hidden} more")
    return "\n\n".join(block for block in (first, "\n".join(points), *last) if block)


def of_report(report: Report, taken_for: str, more: str) -> Diagnosis:
    """A report in short."""
    counts = ", ".join(plural(count, level) for level, count in report.counts.items() if count) or "nothing found"
    points = [f"Verdict: {report.verdict} ({counts})."]
    points += [f"{f.severity.value} {f.rule}: {f.message}{_mended(f.corrected)}" for f in report.findings]
    if report.undecided and not report.findings:
        points.append(f"{report.undecided}.")
    if report.incomplete:
        points.append(f"Incomplete: {report.incomplete['text']}")
    if report.next:
        points.append(f"A conformant receiver: {report.next['text']}")
    first = report.findings[0] if report.findings else None
    read = (f"rule/{first.rule}", *first.sections) if first else ()
    return Diagnosis(taken_for, tuple(points), _step(report), read, more)


def _step(report: Report) -> str:
    if report.findings:
        return report.findings[0].fix
    if report.verdict == "undecided":
        return "say which side sent it and what was negotiated, and check it again: the rest could not be judged."
    return (
        "this part conforms; look at what came before or after it, at the logs of every proxy, or describe the symptom."
    )


def _mended(corrected: str) -> str:
    text = corrected.strip()
    return f" Corrected: {text}" if text and "\n" not in text and len(text) <= 160 else ""


def _cut(text: str, most: int = MAX_POINT) -> str:
    flat = printable(" ".join(text.split()))
    end = cost.fitting(flat, most)
    return flat if end == len(flat) else f"{flat[: end - 1]}…"
