"""Puts what a finding corrects into its head: a field line, a start line, or a whole head."""

from __future__ import annotations

import re
from dataclasses import replace

from ws_mcp.protocol.heads import parse_head, split_lines
from ws_mcp.rules.http_parts import Head, classic, start_line, write
from ws_mcp.types import Field, Request, Response

START = re.compile(r"(?P<method>[^ :]+) (?P<target>[^ ]+) (?P<version>HTTP/\d\.\d)|HTTP/\d\.\d \d{3}(?: .*)?")
# What a head written anew no longer has.
WRITTEN = frozenset(
    {"bare-lf", "bare-cr", "obs-fold", "space-before-colon", "not-a-field", "empty-name", "missing-reason"}
)
STARTED = frozenset({"missing-version", "bad-status", "space-in-target", "extra-space", "missing-reason"})


def mend(head: Head, corrected: str) -> Head:
    """The head with ``corrected`` in it; fields it names are replaced where the first of them stands, or added."""
    if corrected.endswith("\r\n\r\n"):
        return _whole(head, corrected)
    for written in corrected.split("\r\n"):
        head = _start(head, written) if START.fullmatch(written) else _field(head, written)
    return head


def text_of(head: Head) -> str:
    """The head as it would be sent; "" where it cannot be written."""
    return write(head, head.fields, start_line(head).rstrip(" ") if classic(head) else "")


def _whole(head: Head, text: str) -> Head:
    if classic(head):
        read, _ = parse_head(split_lines(text))
        return replace(read, form=head.form)
    fields = []
    for line in text.split("\r\n"):
        at = line.find(":", 1)
        if at > 0:
            fields.append(Field(line[:at], line[at + 1 :].strip()))
    return replace(head, fields=tuple(fields), notes=())


def _start(head: Head, line: str) -> Head:
    read, _ = parse_head(split_lines(f"{line}\r\n\r\n"))
    notes = tuple(note for note in head.notes if note.kind not in STARTED)
    if isinstance(head, Request) and isinstance(read, Request):
        return replace(head, method=read.method, target=read.target, version=read.version, notes=notes)
    if isinstance(head, Response) and isinstance(read, Response):
        return replace(head, version=read.version, status=read.status, reason=read.reason, notes=notes)
    return head


def _field(head: Head, line: str) -> Head:
    at = line.find(":", 1)
    name, value = line[:at], line[at + 1 :].strip()
    status = int(value) if name == ":status" and value.isdigit() else None
    kept: list[Field] = []
    placed = False
    for field in head.fields:
        if field.name.lower() != name.lower():
            kept.append(field)
        elif not placed:
            kept.append(Field(name, value, field.offset))
            placed = True
    if not placed:
        kept.insert(0 if name.startswith(":") else len(kept), Field(name, value))
    mended = replace(head, fields=tuple(kept))
    return replace(mended, status=status) if status is not None and isinstance(mended, Response) else mended
