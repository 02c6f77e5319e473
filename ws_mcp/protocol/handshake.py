"""Opening handshakes out of whatever people paste: raw HTTP, tools' output, panels, commands, JSON, HTTP/2 and 3 lists.

``read_handshake`` is the one entry; ``split_stream`` takes the handshake off a stream of bytes. Both state facts:
names, values, order and repeats as given, tolerances as notes (kinds in ``heads``). What was not given is "", 0 or
None.
"""

from __future__ import annotations

import re
from dataclasses import replace

from ws_mcp.errors import InputError
from ws_mcp.protocol.handshake_forms import commands, loading, panels, structured, transcripts
from ws_mcp.protocol.handshake_forms.parts import Head, choose
from ws_mcp.protocol.heads import Line, is_start, parse_head, split_lines
from ws_mcp.protocol.inputs import Pasted, Segment, read_bytes
from ws_mcp.types import Handshake, Note, Request, Response, Side

MAX_TEXT = 8 * 1024 * 1024
_MAX_HEAD_LINES = 50_000
_MAX_HEADS = 64
_SPACE = re.compile(r"\s{0,64}")
_STATUS = re.compile(r"(?m)^HTTP/\d(?:\.\d)? \d{3}")
_START_ANYWHERE = re.compile(r"(?m)^[ \t\r]{0,16}(?:[A-Za-z]{3,20} +\S[^\r\n]* HTTP/\d|HTTP/\d(?:\.\d+)? \S)")
_SHOW = (
    "Send the request as it goes over the wire (“GET /chat HTTP/1.1”, then its fields) and the response, if any "
    "(“HTTP/1.1 101 Switching Protocols” …); curl -v output, copied DevTools headers, a header list in JSON or HTTP/2 "
    "pseudo-header fields also serve."
)


def read_handshake(request_text: str | bytes, response_text: str | bytes = "") -> Handshake:
    """Read a request, a response or both, from one text or two.

    Each text may hold both sides, in any form; a side in ``response_text`` wins over the same side in ``request_text``.
    ``bytes`` are a file's. Offsets count characters of the text (bytes of the file) the head stands in. ``rest`` of a
    raw request or response holds the bytes after its head, which are its first frames.

    Raises:
        InputError: neither text holds a request or a response, or both hold the same side only; the message says what
            to send instead.
    """
    one, two = _decode(request_text), _decode(response_text)
    first = _read(one) if one.strip() else Handshake()
    second = _read(two) if two.strip() else Handshake()
    requests, responses = (first.request, second.request), (first.response, second.response)
    for several, others, name in ((requests, responses, "a request"), (responses, requests, "an answer")):
        if all(several) and not any(others):
            raise InputError(f"Both texts hold {name} and nothing else. Send one request and the answer to it.")
    found = Handshake(first.request or second.request, second.response or first.response)
    if found.request is None and found.response is None:
        raise InputError(f"The handshake is empty. {_SHOW}")
    return found


def _decode(source: str | bytes) -> str:
    if len(source) > MAX_TEXT:
        raise InputError(
            f"The handshake has {len(source):,} characters; at most {MAX_TEXT:,} are read. Send the heads only."
        )
    if isinstance(source, str):
        return source
    if source[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return source.decode("utf-16", "replace")
    return source.removeprefix(b"\xef\xbb\xbf").decode("latin-1")


def _read(text: str) -> Handshake:
    text = text.removeprefix("\ufeff")
    value = loading.load(text)
    heads = structured.read_structured(value, text) if value is not None else []
    if heads:
        return choose(heads)
    if commands.looks_command(text):
        return Handshake(commands.read_command(text))
    heads = _read_text(text)
    if heads:
        return choose(heads)
    return _from_dump(text)


def _read_text(text: str) -> list[Head]:
    if transcripts.looks_curl(text):
        return transcripts.read_curl(text)
    if transcripts.looks_pseudo(text) and not panels.looks_panel(text):
        return transcripts.read_pseudo(text)
    if panels.looks_panel(text):
        return panels.read_panel(text)
    if transcripts.looks_wget(text):
        return transcripts.read_wget(text)
    if _START_ANYWHERE.search(text) or is_start(_line(text.lstrip(" \t\r\n")), first=True):
        return _raw(text)
    return panels.read_panel(text) if panels.looks_fields(text) else []


def _raw(text: str) -> list[Head]:
    """The heads of raw HTTP, one after the other, each with the bytes up to the next as ``rest``."""
    lines = split_lines(text)
    heads: list[Head] = []
    index = 0
    while index < len(lines) and len(heads) < _MAX_HEADS:
        begin = index
        first = not heads
        while index < len(lines) and not is_start(lines[index].text.strip(" \t\r"), first):
            first = first and not lines[index].text.strip()
            index += 1
        if index == len(lines):
            break
        notes = [] if heads else _before(lines[begin:index], lines[index])
        part, dented = _dedent(lines[index : index + _MAX_HEAD_LINES])
        head, count = parse_head(part, [*notes, *dented])
        index += count
        start = lines[index].offset if index < len(lines) else len(text)
        following = _next_head(text, start)
        heads.append(replace(head, rest=_bytes(text[start:following]) if head.size else b""))
        while index < len(lines) and lines[index].offset < following:
            index += 1
    return heads


def _before(skipped: list[Line], start: Line) -> list[Note]:
    """Notes on what stands before the first head (RFC 7230 §3.5 lets a server skip an empty line)."""
    if not skipped:
        return []
    offset, length = skipped[0].offset, start.offset - skipped[0].offset
    if any(line.text.strip() for line in skipped):
        return [Note("unknown-lines", offset, length, f"{len(skipped)} line(s) before the head were left out")]
    return [Note("leading-empty-lines", offset, length, f"{len(skipped)} empty line(s) stand before the start line")]


def _dedent(lines: list[Line]) -> tuple[list[Line], list[Note]]:
    """Take off the indent of the start line from every line that has it."""
    first = lines[0].text
    indent = first[: len(first) - len(first.lstrip(" \t\r"))]
    if not indent:
        return lines, []
    size = len(indent)
    cut = [
        Line(line.text[size:], line.offset + size, line.end) if line.text.startswith(indent) else line for line in lines
    ]
    if "\r" in indent:
        return cut, [Note("bare-cr", lines[0].offset, size, "a CR that no LF follows stands before the start line")]
    return cut, [Note("indented", lines[0].offset, size, "the head is indented; the indent was taken off")]


def _next_head(text: str, start: int) -> int:
    """Where the next head begins from ``start`` on: a status line, or a request line that only white space precedes."""
    status = _STATUS.search(text, start)
    end = status.start() if status else len(text)
    lead = _SPACE.match(text, start)
    after = lead.end() if lead else start
    return start if after < end and is_start(_line(text, after)) else end


def _line(text: str, start: int = 0) -> str:
    """The line that begins at ``start``, whatever its length: a request target has no limit."""
    end = text.find("\n", start)
    return text[start : end if end >= 0 else len(text)].rstrip("\r")


def _bytes(text: str) -> bytes:
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _from_dump(text: str) -> Handshake:
    """A handshake that is itself in a dump: hex, xxd, a followed stream."""
    try:
        pasted = read_bytes(text)
    except InputError:
        pasted = None
    if pasted is not None:
        handshake, _ = split_stream(pasted)
        if handshake.request or handshake.response:
            return handshake
    raise InputError(f"No request or response is recognised. {_SHOW}")


def split_stream(stream: Pasted) -> tuple[Handshake, Pasted]:
    """Take the opening handshake off a stream: what it says, and the frames that are left.

    Each side's bytes are looked at on their own; a side of unknown direction may begin with the request, the response
    or both. Offsets in the heads count that side's bytes. Without a handshake the stream comes back as it is.
    """
    request: Request | None = None
    response: Response | None = None
    cuts: dict[Side | None, int] = {}
    for side in (Side.CLIENT, Side.SERVER, None):
        heads, length = _leading(stream.sent_by(side))
        cuts[side] = length
        for head in heads:
            if isinstance(head, Request):
                request = request or head
            elif response is None or response.status in range(102, 200) or response.status == 100:
                response = head
    if not any(cuts.values()):
        return Handshake(), stream
    left: list[Segment] = []
    for segment in stream.segments:
        cut = min(cuts[segment.side], len(segment.data))
        cuts[segment.side] -= cut
        if segment.data[cut:]:
            left.append(Segment(segment.side, segment.data[cut:]))
    return Handshake(request, response), replace(stream, segments=tuple(left))


def _leading(data: bytes) -> tuple[list[Head], int]:
    """The heads that ``data`` begins with, and how many bytes they take."""
    heads: list[Head] = []
    position = 0
    while len(heads) < _MAX_HEADS:
        window = data[position : position + 1024 * 1024].decode("latin-1")
        if not is_start(_line(window), first=not heads):
            break
        head, _ = parse_head(split_lines(window)[:_MAX_HEAD_LINES])
        heads.append(head)
        position += head.size or len(window)
        if not head.size or (isinstance(head, Response) and head.status == 101):
            break
    return heads, position
