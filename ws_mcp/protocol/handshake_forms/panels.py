"""What browsers' developer tools copy from their Headers panel, and bare lists of fields.

Chrome and Edge: "Name: value" lines, or name and value on lines of their own, under General, Response Headers and
Request Headers. Firefox copies raw heads, which need no help.
"""

from __future__ import annotations

import re

from ws_mcp.protocol.handshake_forms.parts import (
    REQUEST_ONLY,
    Head,
    make_request,
    make_response,
    side_of,
)
from ws_mcp.protocol.handshake_forms.transcripts import read_all
from ws_mcp.protocol.heads import Line, is_start, split_lines, wire
from ws_mcp.types import Field, Note, Request

_HEADING = re.compile(
    r"[▼▶▾▸\s]*(general|response headers|request headers|query string parameters|early hints headers)"
    r"[ \t]*(?:\([^)]{0,40}\))?[ \t]*(?:view (?:source|parsed)|raw)?:?\s*",
    re.IGNORECASE,
)
_GENERAL = {
    "request url": "url",
    "request method": "method",
    "status code": "status",
    "remote address": "",
    "referrer policy": "",
    "version": "version",
    "status": "status",
    "transferred": "",
}
_NAME = re.compile(r":?[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,100}:?")
_INLINE = re.compile(r"(:?[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,100})[ \t]?:(?:[ \t]+(.*)|([^ \t].*)|)")
_NOISE = (
    "provisional headers are shown",
    "learn more",
    "view source",
    "view parsed",
    "raw",
    "disable cache to see full headers.",
)
_CODE = re.compile(r"\s*(?:●|\W)?\s*(\d{3})\s*(.*)")


def looks_panel(text: str) -> bool:
    """Whether headings or the General section of a Headers panel are there."""
    lowered = text[:200_000].lower()
    return any(
        _HEADING.fullmatch(line) or line.strip().rstrip(":") == "request url" or line.startswith("request url:")
        for line in lowered.split("\n", 400)[:400]
        if len(line) < 2000
    )


def looks_fields(text: str) -> bool:
    """Whether there are "Name: value" lines of a handshake, or such names and values in turn, without a start line."""
    lowered = "\n" + text.lower()
    return any(
        mark in lowered
        for mark in ("\nupgrade:", "\nconnection:", "\nsec-websocket-", "\nhost:", "\nupgrade\n", "\nupgrade\r\n")
    )


def read_panel(text: str) -> list[Head]:
    """The heads in a copied panel, or in a bare list of fields."""
    notes: list[Note] = []
    sections = _sections(text, notes)
    general: dict[str, str] = {}
    for key in ("general", ""):
        sections[key] = _take_general(sections.get(key, []), general)
    heads = []
    for name in ("request headers", "response headers"):
        if lines := sections.get(name):
            heads += _section(lines, name.startswith("request"), general, notes)
    if rest := sections[""] + sections["general"]:
        heads += _bare(rest, general, notes)
    if not any(isinstance(head, Request) for head in heads) and general.get("url"):
        heads.insert(0, make_request([], general.get("method", ""), general["url"], "", _headless(notes)))
    return sorted(heads, key=lambda head: not isinstance(head, Request))


def _sections(text: str, notes: list[Note]) -> dict[str, list[Line]]:
    """The lines under each heading, in lower case; "" for those before the first."""
    sections: dict[str, list[Line]] = {}
    current = ""
    for line in split_lines(text):
        heading = _HEADING.fullmatch(line.text) if len(line.text) < 200 else None
        lowered = line.text.strip().lower()
        if heading:
            current = heading.group(1).lower()
        elif lowered in _NOISE:
            if lowered.startswith("provisional"):
                notes.append(
                    Note("provisional-headers", line.offset, len(line.text), "the browser says these are provisional")
                )
        elif lowered:
            sections.setdefault(current, []).append(line)
    return sections


def _take_general(lines: list[Line], general: dict[str, str]) -> list[Line]:
    """Move the entries of the General section from ``lines`` to ``general``; the rest is given back."""
    rest: list[Line] = []
    index = 0
    while index < len(lines):
        name, colon, value = lines[index].text.strip().partition(":")
        key = _GENERAL.get(name.strip().lower())
        if key is None or (key in ("version",) and colon and name != name.title()):
            rest.append(lines[index])
        else:
            if not value.strip() and index + 1 < len(lines):
                index += 1
                value = lines[index].text
            if key:
                general.setdefault(key, value.strip())
        index += 1
    return rest


def _section(lines: list[Line], request: bool, general: dict[str, str], notes: list[Note]) -> list[Head]:
    if is_start(lines[0].text.strip()):
        return read_all(lines)
    fields = _pairs(lines, notes)
    return [_request(fields, general, notes) if request else _response(fields, general, notes)]


def _headless(notes: list[Note]) -> list[Note]:
    return [
        *notes,
        Note("missing-start-line", 0, 0, "the input has no request or status line; only what it says is known"),
    ]


def _request(fields: list[Field], general: dict[str, str], notes: list[Note]) -> Request:
    said = notes if general.get("url") or any(f.name == ":path" for f in fields) else _headless(notes)
    return make_request(fields, general.get("method", ""), general.get("url", ""), general.get("version", ""), said)


def _response(fields: list[Field], general: dict[str, str], notes: list[Note]) -> Head:
    code = _CODE.match(general.get("status", ""))
    status, reason = (int(code.group(1)), code.group(2).strip()) if code else (0, "")
    said = notes if code or any(f.name == ":status" for f in fields) else _headless(notes)
    return make_response(fields, status, reason, general.get("version", ""), said)


def _bare(lines: list[Line], general: dict[str, str], notes: list[Note]) -> list[Head]:
    """Fields under no heading: one side's, or the response's and then the request's, as the panel orders them."""
    fields = _pairs(lines, notes)
    first, second = _split(fields)
    if not first:
        return []
    if second:
        said = [
            *notes,
            Note(
                "sides-guessed",
                second[0].offset,
                0,
                "no heading parts the two sides; the request was taken to begin here",
            ),
        ]
        return [_request(second, general, said), _response(first, general, said)]
    if side_of(first) is Request or (side_of(first) is None and not general.get("status")):
        return [_request(first, general, notes)]
    return [_response(first, general, notes)]


def _split(fields: list[Field]) -> tuple[list[Field], list[Field]]:
    names = [field.name.lower() for field in fields]
    if "sec-websocket-accept" not in names or "sec-websocket-key" not in names:
        return fields, []
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in REQUEST_ONLY or (name in seen and name not in ("set-cookie", "sec-websocket-extensions")):
            return fields[:index], fields[index:]
        seen.add(name)
    return fields, []


def _pairs(lines: list[Line], notes: list[Note]) -> list[Field]:
    """Fields from "Name: value" lines, or from names and values in turn where no line has both."""
    inline = [(line, _INLINE.fullmatch(line.text.strip())) for line in lines]
    whole = sum(match is not None and bool(match.group(2) or match.group(3)) for _, match in inline)
    if whole * 2 <= len(lines) and _alternates(lines):
        return [
            Field(wire(a.text.strip().removesuffix(":")), wire(b.text.strip()), a.offset)
            for a, b in zip(lines[::2], lines[1::2], strict=False)
        ]
    fields = []
    for line, match in inline:
        if match:
            fields.append(
                Field(wire(match.group(1)), wire(match.group(2) or match.group(3) or "").strip(" \t"), line.offset)
            )
        else:
            notes.append(Note("not-a-field", line.offset, len(line.text), f"the line {line.text[:60]!r} is no field"))
    return fields


def _alternates(lines: list[Line]) -> bool:
    names = lines[::2]
    return len(lines) > 1 and sum(_NAME.fullmatch(line.text.strip()) is not None for line in names) == len(names)
