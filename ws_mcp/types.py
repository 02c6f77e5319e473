"""The words of the house: frozen dataclasses that every room shares (level 0).

Knowledge words come first, then judgement words. Protocol facts are in the lower half.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


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

    ``id`` is flat and stable (``rfc6455/5.5.1``); ``path`` holds the titles above it, outermost first; ``parent`` is the id
    of the section it is part of, "" at the top of a document. ``summary`` is our Markdown, ``text`` the official words where
    they were fetched. ``words`` are searched and never shown; ``keys`` are exact look-ups that lead here; ``links`` are ids
    to read next.
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


@dataclass(frozen=True, slots=True)
class Source:
    """A document we know: where its official text is and under which terms it may be quoted."""

    id: str
    title: str
    url: str
    licence: str = ""
    attribution: str = ""


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
        return Side.SERVER if self is Side.CLIENT else Side.CLIENT


class Severity(StrEnum):
    """How bad a finding is: MUST → ERROR, SHOULD → WARNING, advice → INFO."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


# --- Protocol facts: what was on the wire. A fact never judges. ---


@dataclass(frozen=True, slots=True)
class Note:
    """An irregularity that a reader tolerated: ``kind`` is a kebab-case name, ``offset`` and ``length`` bytes of the input."""

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

    ``form`` is "http/1.1", "h2" or "h3"; pseudo-header fields stay in ``fields``. ``size`` is the length of the head in bytes
    with its empty line, 0 where the head has no end; ``rest`` holds the bytes that follow it.
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
    """The answer to an opening request as sent; see ``Request`` for the shared attributes."""

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
