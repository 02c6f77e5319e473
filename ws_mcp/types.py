"""The words of the house: frozen dataclasses that every room shares (level 0).

Knowledge words come first, then the facts of a handshake, then judgement words. ``wire.py`` holds the facts of frames.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, slots=True)
class Requirement:
    """One normative demand of an RFC, in our own words.

    ``level`` is the RFC's keyword in capitals, or in lower case where grammar, an algorithm or a definition binds.
    ``who`` is "client", "server" or "both"; ``checkable`` is "handshake", "frames", "live" or "none".
    """

    id: str
    section: str
    level: str
    who: str
    checkable: str
    statement: str


@dataclass(frozen=True, slots=True)
class Section:
    """One addressable piece of knowledge.

    ``id`` is flat and stable (``rfc6455/5.5.1``); ``path`` holds the titles above it, outermost first; ``parent`` is
    the id of the section it is part of, "" at the top of a document. ``summary`` is our Markdown, ``text`` the official
    words where they were fetched, ``credit`` what a quotation of it carries. ``words`` are searched and never shown;
    ``keys`` are exact look-ups that lead here; ``links`` are ids to read next.
    """

    id: str
    title: str
    source: str
    path: tuple[str, ...] = ()
    parent: str = ""
    url: str = ""
    summary: str = ""
    text: str = ""
    words: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    credit: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """One answer of a search; ``snippet`` is Markdown with the found words in bold."""

    id: str
    title: str
    path: tuple[str, ...]
    url: str
    source: str
    snippet: str
    score: float
    official: bool
    links: tuple[str, ...]


class Side(StrEnum):
    """Which end of the connection."""

    CLIENT = "client"
    SERVER = "server"

    @property
    def peer(self) -> Side:
        """The other end."""
        return Side.SERVER if self is Side.CLIENT else Side.CLIENT


class Severity(StrEnum):
    """How bad a finding is: MUST → ERROR, SHOULD → WARNING, advice → INFO."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


# --- Protocol facts: what was on the wire. A fact never judges. ---


@dataclass(frozen=True, slots=True)
class Note:
    """An irregularity that a reader tolerated: ``kind`` is a kebab-case name, the numbers are bytes."""

    kind: str
    offset: int
    length: int
    text: str


@dataclass(frozen=True, slots=True)
class Field:
    """One header field as sent: raw name and value (latin-1 text), ``offset`` of its first byte in the input."""

    name: str
    value: str
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Request:
    """An opening request as sent: order, case and duplicates of its fields are kept.

    ``form`` is "http/1.1", "h2" or "h3"; pseudo-header fields stay in ``fields``. ``size`` is the length of the head in
    bytes with its empty line, 0 where the head has no end; ``rest`` holds the bytes that follow it.
    """

    method: str
    target: str
    version: str
    fields: tuple[Field, ...] = ()
    notes: tuple[Note, ...] = ()
    form: str = "http/1.1"
    size: int = 0
    rest: bytes = b""

    def values(self, name: str) -> tuple[str, ...]:
        """Every value of the fields called ``name``, in any case, in order, without outer white space."""
        return _values(self.fields, name)


@dataclass(frozen=True, slots=True)
class Response:
    """The answer to an opening request as sent; ``Request`` explains the attributes they share."""

    version: str
    status: int
    reason: str
    fields: tuple[Field, ...] = ()
    notes: tuple[Note, ...] = ()
    form: str = "http/1.1"
    size: int = 0
    rest: bytes = b""

    def values(self, name: str) -> tuple[str, ...]:
        """Every value of the fields called ``name``, in any case, in order, without outer white space."""
        return _values(self.fields, name)


@dataclass(frozen=True, slots=True)
class Handshake:
    """What is known of an opening handshake; a side that was not given is None."""

    request: Request | None = None
    response: Response | None = None


def _values(fields: tuple[Field, ...], name: str) -> tuple[str, ...]:
    wanted = name.lower()
    return tuple(field.value.strip(" \t") for field in fields if field.name.lower() == wanted)


# --- Judgement: what a rule finds and what a report says. ---


@dataclass(frozen=True, slots=True)
class Policy:
    """What the user wants beyond the protocol; an empty or None value demands nothing.

    ``browser`` says that the client is one, ``scheme`` ("ws" or "wss") whether TLS carries the connection: facts that a
    handshake alone does not show. ``origins`` may have ``*`` for part of a host name.
    """

    origins: tuple[str, ...] = ()
    subprotocol: str = ""
    max_message: int | None = None
    extensions: tuple[str, ...] | None = None
    browser: bool = False
    scheme: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where: bytes of one direction, in a frame or in a header field."""

    side: Side | None = None
    frame: int | None = None
    offset: int = 0
    length: int = 0
    field: str = ""

    def to_json(self) -> dict[str, Any]:
        """Only what is known."""
        found: dict[str, Any] = {"side": self.side.value if self.side else None}
        if self.frame is not None:
            found["frame"] = self.frame
        found |= {"offset": self.offset, "length": self.length}
        return found | ({"field": self.field} if self.field else {})


@dataclass(frozen=True, slots=True)
class Fault:
    """One breach, as a rule hands it over; ``corrected`` is the mended text or hex, where there is one way to mend."""

    message: str
    place: Place
    corrected: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """All breaches of one rule: the message of the first, how often, and the first places.

    ``interop`` tells which libraries were seen to accept or refuse it, "" where that was not measured.
    """

    rule: str
    severity: Severity
    sections: tuple[str, ...]
    requirements: tuple[str, ...]
    message: str
    fix: str
    count: int
    where: tuple[Place, ...]
    corrected: str = ""
    interop: str = ""

    def to_json(self) -> dict[str, Any]:
        """The shape that crosses a door."""
        found: dict[str, Any] = {
            "rule": self.rule,
            "severity": self.severity.value,
            "sections": list(self.sections),
            "requirements": list(self.requirements),
            "message": self.message,
            "fix": self.fix,
            "count": self.count,
            "where": [place.to_json() for place in self.where],
        }
        told = {"corrected": self.corrected, "interop": self.interop}
        return found | {name: text for name, text in told.items() if text}


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of a check. ``undecided`` says why the error-level rules could not all run, "" where they could."""

    findings: tuple[Finding, ...]
    unchecked: tuple[tuple[str, str], ...] = ()
    undecided: str = ""
    incomplete: Mapping[str, Any] | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    next: Mapping[str, Any] | None = None

    @property
    def counts(self) -> dict[str, int]:
        """Breaches by severity; every one counts, not only those with a place in the report."""
        return {level.value: sum(f.count for f in self.findings if f.severity is level) for level in Severity}

    @property
    def verdict(self) -> str:
        """One of "violations" (an error was found), "undecided" (something could not be checked) and "clean"."""
        if any(finding.severity is Severity.ERROR for finding in self.findings):
            return "violations"
        return "undecided" if self.undecided else "clean"

    @property
    def ok(self) -> bool:
        """True only for a clean report."""
        return self.verdict == "clean"

    def to_json(self) -> dict[str, Any]:
        """The shape that crosses a door; doors page it."""
        return {
            "verdict": self.verdict,
            "ok": self.ok,
            "counts": self.counts,
            "findings": [finding.to_json() for finding in self.findings],
            "unchecked": [{"rule": rule, "needs": needs} for rule, needs in self.unchecked],
            "undecided": self.undecided,
            "incomplete": self.incomplete,
            "facts": self.facts,
            "next": self.next,
            "next_offset": None,
        }


# --- Probing: how a live peer reacts. ---


class Verdict(StrEnum):
    """What a peer's reaction to a case is worth.

    NON_STRICT: tolerated, though not what the RFC asks for. INFORMATIONAL: a measured fact, neither right nor wrong.
    NOT_RUN: this peer or these options leave nothing to judge.
    """

    PASSED = "PASSED"
    NON_STRICT = "NON_STRICT"
    FAILED = "FAILED"
    INFORMATIONAL = "INFORMATIONAL"
    NOT_RUN = "NOT_RUN"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one case. The end of the connection (``closing``) is judged apart from the behaviour.

    ``sent`` and ``received`` are the bytes both ways as hexadecimal, cut where they grow long; ``seconds`` is how long
    it took; ``explanation`` is what helps to read it: why a peer may do so, which setting changes it.
    """

    case: str
    title: str
    verdict: Verdict
    expected: str
    actual: str
    requirements: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    closing: Verdict = Verdict.NOT_RUN
    closing_actual: str = ""
    explanation: str = ""
    sent: str = ""
    received: str = ""
    seconds: float = 0.0

    @property
    def failed(self) -> bool:
        """The behaviour or the closing is wrong."""
        return Verdict.FAILED in (self.verdict, self.closing)

    def to_json(self) -> dict[str, Any]:
        """The shape that crosses a door."""
        return {name: _plain(getattr(self, name)) for name in self.__slots__}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
