"""Takes whatever somebody has of a WebSocket problem, says what it is, and runs the right check or search (level 3).

The kinds of paste are tried from the one that is told surest to plain words; each recogniser gives None where the text
is not its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from ws_mcp.checking import frames, handshakes
from ws_mcp.diagnose import codes, logs, urls, words
from ws_mcp.diagnose.answer import Diagnosis, of_report
from ws_mcp.errors import InputError
from ws_mcp.library import Library
from ws_mcp.report.evidence import plural
from ws_mcp.report.text import frame_line
from ws_mcp.types import Side

MAX_TEXT = 1 << 20
_MOST_BYTES = MAX_TEXT // 3  # of a file that is no text; written as hex they are three characters each
_BOTH = 5_000  # frames up to which a check is made for either side
_SHOWN = 3  # frames that an answer takes apart
_HEAD = re.compile(
    r"(?im)^[<>* \t]{0,4}(?:[A-Z]{3,10} \S{1,2000} HTTP/\d|HTTP/\d(?:\.\d)? \d{3}|:method|sec-websocket-\w+[ \t]*:)"
    r"|^\s*curl\s|\"sec-websocket-"
)
_HEX = re.compile(r"(?:0x)?[0-9A-Fa-f]{1,8}(?:[\s,:-]{1,4}(?:0x)?[0-9A-Fa-f]{1,8}){4,4000}")
_NO_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_BYTES = re.compile(r"[0-9]|\\x|0x")


def diagnose(text: str | bytes, library: Library) -> Diagnosis:
    """What ``text`` is and what it shows; ``bytes`` are a file's.

    Raises:
        InputError: it is empty or too long.
    """
    pasted, left = (text, "") if isinstance(text, str) else _as_text(text)
    pasted = pasted.strip().strip("\ufeff")
    if not pasted:
        raise InputError("There is nothing to diagnose. Paste a handshake, bytes, a log line, an error text or a code.")
    if len(pasted) > MAX_TEXT:
        raise InputError(f"The text has {len(pasted):,} characters; paste the part in question, up to {MAX_TEXT:,}.")
    recognisers: tuple[Callable[[str, Library], Diagnosis | None], ...] = (
        urls.diagnose,
        codes.diagnose,
        logs.diagnose,
        _handshake,
        words.error_text,
        _frames,
        words.symptom,
    )
    found = next(told for recognise in recognisers if (told := recognise(pasted, library)) is not None)
    return replace(found, points=(left, *found.points)) if left else found


def _as_text(data: bytes) -> tuple[str, str]:
    """A file's text; bytes that are none are taken for frames, as hex; and what was not looked at."""
    if not _NO_TEXT.search(data[:4_096]):
        return data.decode("utf-8", "replace"), ""
    told = (
        f"Only the first {_MOST_BYTES:,} of {len(data):,} bytes were looked at; a check of frames reads the rest too."
    )
    return data[:_MOST_BYTES].hex(" "), told if len(data) > _MOST_BYTES else ""


def _handshake(text: str, library: Library) -> Diagnosis | None:
    if not _HEAD.search(text.replace("\\n", "\n").replace("\\r", "")):
        return None
    try:
        report = handshakes.check(text).report
    except InputError:
        return None
    facts = report.facts
    heads = " and ".join(name for name in ("request", "response") if facts.get(name)) or "request or answer"
    return of_report(report, f"an opening handshake ({heads})", "handshake")


def _frames(text: str, library: Library) -> Diagnosis | None:
    if not _BYTES.search(text):
        return None
    try:
        checked = frames.check(text)
    except InputError as error:
        if not _HEX.fullmatch(text):
            return None
        step = "copy the bytes again, whole, as hex or as a dump, and say which side sent them."
        return Diagnosis("bytes as hex that cannot be read", (str(error),), step, (), "frames")
    report = checked.report
    size, facts = sum(report.facts["bytes"].values()), report.facts
    taken = f"{plural(size, 'byte')} of {plural(facts['frames_total'], 'frame')}, written as {facts['input']['form']}"
    found = of_report(report, taken, "frames")
    told = tuple(f"Frame {frame_line(frame)}" for frame in facts["frames"][:_SHOWN])
    if report.verdict == "undecided" and 0 < facts["frames_total"] < _BOTH and facts["sender"]["inferred"]:
        told += tuple(_as_sent_by(side, text) for side in Side)
    return replace(found, points=(*found.points[:1], *told, *found.points[1:]))


def _as_sent_by(side: Side, text: str) -> str:
    """What a check says if this side sent it all."""
    report = frames.check(text, side).report
    broken = ", ".join(finding.rule for finding in report.findings)
    return f"If the {side.value} sent it: {report.verdict}{f' ({broken})' if broken else ''}."
