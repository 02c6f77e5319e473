"""HTTP/1.x heads as facts: the start line and the fields of a request or a response (RFC 7230 §3, RFC 6455 §4).

As tolerant as peers are, and every tolerance is a ``Note``. Kinds: ``leading-empty-lines``, ``line-ends-lf`` (all of
them, as a paste has), ``bare-lf`` (some), ``bare-cr``, ``obs-fold``, ``space-before-colon``, ``not-a-field``,
``empty-name``, ``missing-end``, ``missing-reason``, ``missing-version``, ``bad-status``, ``space-in-target``,
``extra-space``, ``indented``, ``not-latin-1``, ``missing-start-line``, ``derived``, ``several-heads``,
``provisional-headers``, ``sides-guessed``, ``unknown-lines``, ``transport-headers``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ws_mcp.types import Field, Note, Request, Response

START = re.compile(
    r"(?P<request>[A-Za-z]{3,20} +[^ \r\n][^\r\n]* HTTP/\d[^ ]{0,8} *$)"
    r"|(?P<response>HTTP/\d(?:\.\d+)?(?: +\S|$))"
)
_ANY_METHOD = re.compile(r"[^ \t\r\n:]{1,40} +[^ \r\n][^\r\n]* HTTP/\d[^ ]{0,8} *$")
_SHORT_REQUEST = re.compile(r"(?:GET|CONNECT|POST|HEAD|PUT|OPTIONS|DELETE|PATCH) +(?:/|\*|https?:|wss?:)\S*$")


@dataclass(frozen=True, slots=True)
class Line:
    """One line without its end; ``offset`` is that of its first character, ``end`` CR LF, LF or nothing."""

    text: str
    offset: int
    end: str = "\n"


def split_lines(text: str, start: int = 0) -> list[Line]:
    """``text`` from ``start`` on as lines; a carriage return that is not before a line feed stays in its line."""
    lines = []
    position = start
    for piece in text[start:].split("\n"):
        last = position + len(piece) >= len(text)
        end = "" if last else "\n"
        body = piece
        if piece.endswith("\r"):
            body, end = piece[:-1], "\r" + end
        lines.append(Line(body, position, end))
        position += len(piece) + 1
    return lines


def is_start(text: str, first: bool = False) -> bool:
    """Whether a line is a request line or a status line; the ``first`` line of an input may have any method."""
    return bool(START.match(text) or _SHORT_REQUEST.match(text) or (first and _ANY_METHOD.match(text)))


def wire(value: str) -> str:
    """``value`` as latin-1 text: characters above U+00FF become the bytes of their UTF-8."""
    try:
        value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode("utf-8", "surrogatepass").decode("latin-1")
    return value


def parse_head(lines: list[Line], extra: Iterable[Note] = ()) -> tuple[Request | Response, int]:
    """The head that begins in ``lines[0]`` (a start line), and how many lines it takes, the empty one included.

    ``size`` counts the characters up to there, and ``rest`` is left empty: the caller knows what follows.
    """
    notes = list(extra)
    count, ended = _extent(lines)
    if not ended:
        last = lines[count - 1]
        notes.append(Note("missing-end", last.offset + len(last.text), 0, "no empty line ends the head"))
    _line_end_notes(lines[: count - 1 if count == len(lines) else count], notes)
    fields = _fields(lines[1 : count - 1 if ended else count], notes)
    last = lines[count - 1]
    size = last.offset + len(last.text) + len(last.end) - lines[0].offset if ended else 0
    start = lines[0].text
    head: Request | Response
    if START.match(start) and start[:5].upper() == "HTTP/":
        version, status, reason = _status_line(lines[0], notes)
        head = Response(version, status, reason, fields, tuple(notes), form_of(version), size)
    else:
        method, target, version = _request_line(lines[0], notes)
        head = Request(method, target, version, fields, tuple(notes), form_of(version), size)
    return head, count


def form_of(version: str) -> str:
    """The ``form`` of a head: by its version, "http/1.1" where that says nothing."""
    digits = version[5:6]
    return {"2": "h2", "3": "h3"}.get(digits, "http/1.1") if version[:5].upper() == "HTTP/" else "http/1.1"


def _extent(lines: list[Line]) -> tuple[int, bool]:
    """How many lines the head takes, and whether an empty line ends it; the next start line ends it too."""
    for index, line in enumerate(lines[1:], 1):
        if not line.text and (line.end or index + 1 == len(lines)):
            return index + 1, bool(line.end)
        if is_start(line.text) and ": " not in line.text.split(" ", 1)[0]:
            return index, False
    return len(lines), False


def _line_end_notes(lines: list[Line], notes: list[Note]) -> None:
    bare = [line for line in lines if line.end == "\n"]
    if bare:
        kind = "line-ends-lf" if len(bare) == len(lines) else "bare-lf"
        at = bare[0].offset + len(bare[0].text)
        notes.append(Note(kind, at, 1, f"{len(bare)} of {len(lines)} lines end in LF without CR"))
    for line in lines:
        if "\r" in line.text:
            at = line.offset + line.text.index("\r")
            notes.append(Note("bare-cr", at, 1, "a CR that no LF follows stands inside a line"))


def _fields(lines: list[Line], notes: list[Note]) -> tuple[Field, ...]:
    """The fields; folded lines are joined with one space (RFC 7230 §3.2.4)."""
    found: list[tuple[str, list[str], int]] = []
    for line in lines:
        if line.text[:1] in (" ", "\t") and found:
            found[-1][1].append(line.text.strip(" \t"))
            notes.append(
                Note("obs-fold", line.offset, len(line.text), f"the value of {found[-1][0]} goes on in a folded line")
            )
            continue
        name, colon, value = line.text.partition(":")
        if not colon:
            if line.text.strip():
                notes.append(
                    Note("not-a-field", line.offset, len(line.text), f"the line {line.text[:60]!r} has no colon")
                )
            continue
        found.append((_name(name, line, notes), [value.strip(" \t")], line.offset))
    return tuple(Field(name, _value(" ".join(parts), offset, notes), offset) for name, parts, offset in found)


def _name(name: str, line: Line, notes: list[Note]) -> str:
    if name != name.strip(" \t"):
        notes.append(
            Note("space-before-colon", line.offset, len(name), f"white space stands around the name {name.strip()!r}")
        )
    if not name.strip(" \t"):
        notes.append(Note("empty-name", line.offset, len(line.text), "a field has no name"))
    return wire(name.strip(" \t"))


def _value(value: str, offset: int, notes: list[Note]) -> str:
    sent = wire(value)
    if sent != value:
        notes.append(Note("not-latin-1", offset, len(value), "characters above U+00FF were taken as UTF-8"))
    return sent


def _status_line(line: Line, notes: list[Note]) -> tuple[str, int, str]:
    """Version, status and reason (RFC 7230 §3.1.2); a status that is no three digits is 0 where it is no number."""
    version, space, rest = line.text.partition(" ")
    code, second, reason = rest.strip(" ").partition(" ")
    if rest != rest.lstrip(" "):
        notes.append(Note("extra-space", line.offset, len(line.text), "more than one space stands in the status line"))
    if not (len(code) == 3 and code.isascii() and code.isdigit()):
        notes.append(Note("bad-status", line.offset, len(line.text), f"{code!r} is not a status code of three digits"))
    if not second and not rest.endswith(" ") and form_of(version) == "http/1.1":
        notes.append(
            Note("missing-reason", line.offset + len(line.text), 0, "no space and reason follow the status code")
        )
    status = int(code) if code.isascii() and code.isdigit() and len(code) < 6 else 0
    return version if space else line.text, status, wire(reason)


def _request_line(line: Line, notes: list[Note]) -> tuple[str, str, str]:
    """Method, target and version (RFC 7230 §3.1.1); the version is "" where there is none."""
    method, _, rest = line.text.partition(" ")
    body, _, version = rest.rpartition(" ") if rest.rstrip(" ").count(" ") else (rest, "", "")
    if rest != rest.strip(" "):
        notes.append(Note("extra-space", line.offset, len(line.text), "more than one space stands in the request line"))
        stripped = rest.strip(" ")
        body, _, version = stripped.rpartition(" ") if " " in stripped else (stripped, "", "")
    if version and not version.upper().startswith("HTTP/"):
        body, version = rest.strip(" "), ""
    if not version:
        notes.append(Note("missing-version", line.offset + len(line.text), 0, "the request line has no HTTP version"))
    target = body.strip(" ")
    if " " in target or "\t" in target:
        notes.append(
            Note("space-in-target", line.offset, len(line.text), "white space stands inside the request target")
        )
    return method, wire(target), version
