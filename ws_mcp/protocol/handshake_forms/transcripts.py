"""What command-line tools print: curl -v, wget -S and -d, nghttp, h2load; and pseudo-header fields as text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ws_mcp.protocol.handshake_forms.parts import Head, make_request, make_response
from ws_mcp.protocol.heads import Line, is_start, parse_head, split_lines, wire
from ws_mcp.types import Field, Note, Response

_MAX_LINES, _MAX_HEADS = 50_000, 64
_CURL = re.compile(r"(?m)^(?:> [A-Z]{3,12} \S|< HTTP/\d)")
_WGET = re.compile(r"(?m)^(?:---(?:request|response) begin---|  HTTP/\d(?:\.\d)? \d{3})")
_PSEUDO = re.compile(
    r"(?m)^[^\r\n:]{0,80}?[ \t\[(\"]?:(?:method|status|path|scheme|authority|protocol)\]?[ \t]?[:=,][ \t]?"
)
_FIELD = re.compile(r"(:?[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,200})[ \t]?[:=][ \t]?([^\r\n]*)")
_STREAM = re.compile(r"(?:stream_id=|\[HTTP/[23]\] \[|id=)(\d{1,10})")
_LEAD = re.compile(
    r"[ \t]*(?:[*<>][ \t]+)?(?:h2h3[ \t]+)?(?:\[[^\[\]:\r\n]{0,60}\][ \t]*){0,3}"
    r"(?:(?:send|recv)[ \t]+)?(?:\([^)\r\n]{0,60}\)[ \t]*)?"
)


def looks_curl(text: str) -> bool:
    """Whether lines begin as ``curl -v`` prints them."""
    return _CURL.search(text) is not None


def read_curl(text: str) -> list[Head]:
    """The heads in ``curl -v`` output: ``> `` lines are sent, ``< `` received; all other lines are noise."""
    heads: list[Head] = []
    for mark in (">", "<"):
        lines = [
            Line(line.text[2:], line.offset + 2, line.end)
            for line in split_lines(text)
            if line.text[:2] == mark + " " or line.text == mark
        ]
        heads += read_all(lines)
    info = [line for line in split_lines(text) if line.text.startswith("* ")]
    if any(_PSEUDO.match(line.text) for line in info):  # HTTP/2 and 3: what was sent is in the log, not in the lines
        sent = _read_groups(info, text)
        heads = [*sent, *(head for head in heads if isinstance(head, Response) or not sent)]
    heads.sort(key=lambda head: min((f.offset for f in head.fields), default=0))
    return heads


def read_all(lines: list[Line]) -> list[Head]:
    """Every head in ``lines``; what stands between heads is skipped."""
    heads: list[Head] = []
    index = 0
    while index < len(lines) and len(heads) < _MAX_HEADS:
        if not is_start(lines[index].text):
            index += 1
            continue
        head, count = parse_head(lines[index : index + _MAX_LINES])
        heads.append(head)
        index += count
    return heads


def looks_wget(text: str) -> bool:
    """Whether this is ``wget -S`` or ``wget -d`` output."""
    return _WGET.search(text) is not None


def read_wget(text: str) -> list[Head]:
    """The heads in ``wget -S`` (indented by two) or ``wget -d`` (between marks) output."""
    lines = []
    indented = "\n---re" not in "\n" + text
    for line in split_lines(text):
        if line.text.startswith("---") and line.text.rstrip().endswith("---"):
            lines.append(Line("", line.offset, line.end))
        elif line.text.startswith("  "):
            lines.append(Line(line.text[2:], line.offset + 2, line.end))
        else:
            lines.append(Line("", line.offset, line.end) if indented else line)
    return read_all(lines)


@dataclass(slots=True)
class _Group:
    stream: str
    fields: list[Field] = field(default_factory=list)

    def fits(self, name: str, stream: str) -> bool:
        """Whether a field goes on with this group: of its stream, and no pseudo-field that it has or cannot have."""
        if stream and self.stream and stream != self.stream:
            return False
        mine = [f.name for f in self.fields if f.name.startswith(":")]
        if not name.startswith(":"):
            return bool(self.fields)
        if name in mine and name != mine[0] and len(mine) == len(self.fields):
            return True  # a repeat before any other field is one list's fault; the first name again begins the next
        return name not in mine and (name == ":status") <= (not mine) and ":status" not in mine


def looks_pseudo(text: str) -> bool:
    """Whether pseudo-header fields (RFC 9113 §8.3, RFC 9114 §4.3) stand in lines of text."""
    return _PSEUDO.search(text) is not None


def read_pseudo(text: str) -> list[Head]:
    """The header lists of HTTP/2 or HTTP/3 in text: bare, or as nghttp, nghttpd, h2load and curl -v log them."""
    return _read_groups(split_lines(text), text)


def _read_groups(lines: list[Line], text: str) -> list[Head]:
    form = "h3" if re.search(r"HTTP/3|\bh3\b|\bquic\b", text, re.IGNORECASE) else "h2"
    groups: list[_Group] = []
    skipped = 0
    for line in lines:
        lead = _LEAD.match(line.text)
        start = lead.end() if lead else 0
        body = line.text[start:]
        if body.startswith("[") and body.endswith("]"):
            body, start = body[1:-1], start + 1
        match = _FIELD.fullmatch(body.strip())
        stream = _STREAM.search(line.text[:80])
        ident = stream.group(1) if stream else ""
        if match is None or body.lstrip().startswith((";", "(")):
            skipped += bool(body.strip())
            continue
        name = match.group(1)
        if not groups or not groups[-1].fits(name, ident):
            if not name.startswith(":"):
                skipped += 1
                continue
            groups.append(_Group(ident))
        groups[-1].stream = groups[-1].stream or ident
        groups[-1].fields.append(Field(wire(name), wire(match.group(2).strip(" \t")), line.offset + start))
    notes = [Note("unknown-lines", 0, 0, f"{skipped} line(s) are no fields and were left out")] if skipped else []
    return [_head(group, form, notes) for group in groups]


def _head(group: _Group, form: str, notes: list[Note]) -> Head:
    version = "HTTP/3" if form == "h3" else "HTTP/2"
    if any(f.name == ":status" for f in group.fields):
        return make_response(group.fields, version=version, notes=notes, form=form)
    return make_request(group.fields, version=version, notes=notes, form=form)
