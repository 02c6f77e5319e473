"""The words of the official documents: what a parser yields, what the store answers with, and why one is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ws_mcp.errors import WsMcpError


class DocumentError(WsMcpError):
    """A document cannot be used; the message is the reason. The copy we have stays."""


@dataclass(frozen=True, slots=True)
class Part:
    """One section as a parser finds it: ``text`` is Markdown, its words as published, without page furniture.

    A container (RFC 6455 §5) has no text of its own, so ``text`` may be "".
    """

    id: str
    title: str
    path: tuple[str, ...]
    url: str
    text: str


@dataclass(frozen=True, slots=True)
class OfficialSection:
    """A section of a fetched document, with what a quotation of it has to carry.

    ``path`` holds the titles above it, outermost first, as in ``Section``; ``fetched`` is the day (ISO 8601, UTC) its
    document last changed here.
    """

    id: str
    title: str
    path: tuple[str, ...]
    url: str
    text: str
    licence: str
    attribution: str
    fetched: str


def fold(text: str) -> str:
    """``text`` with every run of white space as one space: what "the same words" means here."""
    return re.sub(r"\s+", " ", text).strip()


def decode(content: bytes) -> str:
    """UTF-8 text without byte order mark; RFC 9110 begins with one (RFC 7994 §4.1)."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DocumentError(f"it is not UTF-8 text (byte {error.start})") from error
