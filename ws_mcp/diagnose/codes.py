"""A close code or an HTTP status by itself, or in what a program prints of a CloseEvent."""

from __future__ import annotations

import re

from ws_mcp.diagnose.answer import Diagnosis
from ws_mcp.diagnose.words import summary_of
from ws_mcp.library import Library

_ALONE = re.compile(
    r"(?i)(?:websocket\s+)?(?:(?:close|closed|status|error)[\s_-]*)?(?:code|status)?\W{0,3}(\d{3,4})\W{0,3}"
)
_EVENT = re.compile(
    r"(?is)(?=.{0,4000}\bclose)(?=.{0,4000}\b(?:wasClean|reason)\b).{0,4000}?\bcode\W{1,4}([1-4]\d{3})\b"
)
_PROSE = re.compile(
    r"(?i)(?:close[sd]?|disconnect(?:ed)?|connection lost)\b[^\d\n]{0,40}"
    r"\b(?:code|status|with)\W{1,3}([1-4]\d{3})\W{0,3}"
)


def diagnose(text: str, library: Library) -> Diagnosis | None:
    """What the code means and who sent it."""
    if len(text) > 4_000:
        return None
    alone = _ALONE.fullmatch(text) or _PROSE.fullmatch(text)
    found = alone or _EVENT.search(text)
    if found is None:
        return None
    number = int(found[1])
    return _status(number, library) if number < 600 else _close(number, library)


def _close(number: int, library: Library) -> Diagnosis | None:
    if not 1000 <= number < 5000:
        return None
    identity = f"code/{number}"
    if identity in library.sections:
        section = library.sections[identity]
        links = tuple(link for link in section.links if link in library.sections)
        points = (f"{section.title}.", *summary_of(section))
        return Diagnosis(f"the close code {number}", points, _step(number), (identity, *links))
    owner = (
        "private: only the application that sends it says what it means; look in its source"
        if number >= 4000
        else "registered with IANA by a library or framework, or should be; it is not among those we know"
        if number >= 3000
        else "reserved for the protocol and not defined: a peer that sends it is at fault"
    )
    read = ("iana/close-codes", "rfc6455/7.4.2")
    return Diagnosis(f"the close code {number}", (f"{number} is {owner}.",), "find the code that sends it.", read)


def _step(number: int) -> str:
    if number == 1006:
        return (
            "1006 is never on the wire: the connection ended without Close. Paste the console's error text, and "
            "each proxy's log lines of that moment (an idle time-out ends it after a round number of seconds)."
        )
    if number in {1005, 1015, 1004}:
        return f"{number} is never on the wire; your own library made it up. Paste the error text or the log beside it."
    return "find out which side sent the Close frame: its log, or a capture, says why; paste what it prints."


def _status(number: int, library: Library) -> Diagnosis | None:
    identity = f"status/{number}"
    if identity not in library.sections:
        return None
    section = library.sections[identity]
    points = (f"{section.title}, as the answer to an opening request.", *summary_of(section))
    step = "get the raw request and answer (curl -v with the upgrade headers, or the Network panel) and paste both."
    return Diagnosis(f"the HTTP status {number}", points, step, (identity, *section.links[:3]))
