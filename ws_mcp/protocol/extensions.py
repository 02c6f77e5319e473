"""Sec-WebSocket-Extensions as facts (RFC 6455 §9.1): extensions, parameters, and what does not fit the grammar.

The reader never stops: a fault becomes a ``Note`` of the extension it stands in, with its offset in the joined value,
so that a rule can name all of them at once. Time is linear in the length.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ws_mcp.types import Note

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_PLAIN = re.compile(r'[^;,"]*')
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Parameter:
    """``name`` or ``name=value`` of an extension; ``value`` is None without "=", unescaped where it was quoted."""

    name: str
    value: str | None
    quoted: bool = False
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Extension:
    """One element of the list; ``faults`` are of the kinds the module's ``parse_extensions`` lists."""

    name: str
    parameters: tuple[Parameter, ...] = ()
    offset: int = 0
    raw: str = ""
    faults: tuple[Note, ...] = ()

    def get(self, name: str) -> Parameter | None:
        """The first parameter called ``name`` (any case), or None."""
        wanted = name.lower()
        return next((p for p in self.parameters if p.name.lower() == wanted), None)


@dataclass(frozen=True, slots=True)
class _Piece:
    """Text between two separators: ``text`` before a quoted string, ``inside`` unescaped, ``after`` what follows it."""

    offset: int
    text: str
    inside: str | None = None
    after: str = ""
    closed: bool = True
    end: int = 0


def parse_extensions(values: str | Iterable[str]) -> tuple[Extension, ...]:
    """Parse one value, or all values of repeated fields (joined by ", ", RFC 7230 §3.2.2).

    Kinds of fault: ``empty-element`` (nothing between two commas; the name is ""), ``bad-name``, ``empty-parameter``,
    ``bad-parameter-name``, ``empty-value``, ``bad-value``, ``quoted-value-not-token`` (RFC 6455 §9.1 wants a token once
    unescaped), ``text-after-quote``, ``unterminated-quote``, ``duplicate-parameter``.
    """
    text = values if isinstance(values, str) else ", ".join(values)
    found: list[Extension] = []
    position = 0
    while position <= len(text):
        pieces: list[_Piece] = []
        start = position
        while True:
            piece = _piece(text, position)
            pieces.append(piece)
            position = piece.end + 1
            if piece.end >= len(text) or text[piece.end] == ",":
                break
        found.append(_extension(pieces, text[start : pieces[-1].end].strip(" \t")))
    return tuple(found) if text.strip(" \t") else ()


def _piece(text: str, start: int) -> _Piece:
    """The piece that begins at ``start`` and ends before the next "," or ";" that is not quoted."""
    plain = _PLAIN.match(text, start)
    end = plain.end() if plain else start
    if end >= len(text) or text[end] != '"':
        return _Piece(start, text[start:end], end=end)
    close = end + 1
    while close < len(text) and text[close] != '"':
        close += 2 if text[close] == "\\" else 1
    close = min(close, len(text))
    stop = close + 1
    while stop < len(text) and text[stop] not in ",;":
        stop += 1
    stop = min(stop, len(text))
    inside = _ESCAPE.sub(r"\1", text[end + 1 : close])
    return _Piece(start, text[start:end], inside, text[close + 1 : stop], close < len(text), stop)


def _extension(pieces: list[_Piece], raw: str) -> Extension:
    head = pieces[0]
    name = (head.text + (f'"{head.inside}"' if head.inside is not None else "")).strip(" \t")
    faults: list[Note] = []
    if not name and len(pieces) == 1:
        faults.append(Note("empty-element", head.offset, head.end - head.offset, "an element of the list is empty"))
    elif not _TOKEN.fullmatch(name):
        faults.append(
            Note("bad-name", head.offset, head.end - head.offset, f"the extension name {name!r} is not a token")
        )
    parameters: list[Parameter] = []
    seen: set[str] = set()
    for piece in pieces[1:]:
        parameter = _parameter(piece, faults)
        if parameter is None:
            continue
        if parameter.name.lower() in seen:
            text = f"the parameter {parameter.name!r} is given twice"
            faults.append(Note("duplicate-parameter", parameter.offset, len(parameter.name), text))
        seen.add(parameter.name.lower())
        parameters.append(parameter)
    return Extension(name, tuple(parameters), _lead(head), raw, tuple(faults))


def _parameter(piece: _Piece, faults: list[Note]) -> Parameter | None:
    before, equals, after = piece.text.partition("=")
    name, bare, offset = before.strip(" \t"), after.strip(" \t"), _lead(piece)
    size = piece.end - piece.offset
    if not name and not equals and piece.inside is None:
        faults.append(Note("empty-parameter", piece.offset, size, "nothing stands between two semicolons"))
        return None
    if not _TOKEN.fullmatch(name) or (piece.inside is not None and not equals):
        faults.append(Note("bad-parameter-name", offset, size, f"the parameter name {name!r} is not a token"))
    if piece.inside is None:
        if equals and not _TOKEN.fullmatch(bare):
            kind = "bad-value" if bare else "empty-value"
            faults.append(Note(kind, offset, size, f"the value {bare!r} of {name!r} is not a token"))
        return Parameter(name, bare if equals else None, False, offset)
    _quoted_faults(piece, name, bare, offset, faults)
    return Parameter(name, piece.inside, True, offset)


def _quoted_faults(piece: _Piece, name: str, bare: str, offset: int, faults: list[Note]) -> None:
    size, inside = piece.end - piece.offset, piece.inside or ""
    if not piece.closed:
        faults.append(Note("unterminated-quote", offset, size, f"the quoted value of {name!r} has no end"))
    if bare:
        faults.append(Note("bad-value", offset, size, f"{bare!r} stands before the quoted value of {name!r}"))
    if piece.after.strip(" \t"):
        text = f"{piece.after.strip()!r} follows the quoted value of {name!r}"
        faults.append(Note("text-after-quote", offset, size, text))
    if not _TOKEN.fullmatch(inside):  # RFC 6455 §9.1: the value after unescaping is a token
        text = f"the quoted value {inside!r} of {name!r} is not a token"
        faults.append(Note("quoted-value-not-token", offset, size, text))


def _lead(piece: _Piece) -> int:
    """Where the piece's first character that is not white space is."""
    return piece.offset + len(piece.text) - len(piece.text.lstrip(" \t"))
