"""Copies of ours that stand among the user's files: known as long as nobody changed them."""

from __future__ import annotations

import hashlib
import re

_COPY = re.compile(r"<!-- websocket-mcp copy of (\S+), digest ([0-9a-f]{16})\b[^\n]*-->\n")


def copy(identity: str, text: str) -> str:
    """A copy of ours for the user to edit, with a first line by which ``untouched`` knows it."""
    text = text.rstrip() + "\n"
    told = "ours until you change it, then yours"
    return f"<!-- websocket-mcp copy of {identity}, digest {_digest(text)}: {told} -->\n{text}"


def untouched(text: str) -> str:
    """The id of ours that ``text`` is an unchanged copy of, "" when it is the user's own."""
    found = _COPY.match(text)
    return found[1] if found and _digest(text[found.end() :]) == found[2] else ""


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest()
