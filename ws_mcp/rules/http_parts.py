"""What handshake rules share: the parts of a head to point at, and values shown in messages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ws_mcp.protocol.headers import Authority, Origin, parse_authority, parse_origin
from ws_mcp.types import Fault, Field, Handshake, Place, Request, Response, Side

Head = Request | Response

SHOWN = 80  # characters of a value that a message repeats
NAMED = 5  # values that it names
LONGEST = 8192  # characters of a host or an origin that are looked at
_RESHAPED = frozenset({"space-in-target", "extra-space", "missing-version", "bad-status", "missing-reason"})
SAFE = frozenset("\r\n")


def heads(handshake: Handshake) -> Iterator[Head]:
    """The heads that are known, the request first."""
    if handshake.request is not None:
        yield handshake.request
    if handshake.response is not None:
        yield handshake.response


def side_of(head: Head) -> Side:
    """Who sent it."""
    return Side.CLIENT if isinstance(head, Request) else Side.SERVER


def name_of(head: Head) -> str:
    """What a message calls it."""
    return "request" if isinstance(head, Request) else "answer"


def classic(head: Head) -> bool:
    """Whether it is HTTP/1.1 and not extended CONNECT (RFC 8441, 9220)."""
    return head.form == "http/1.1"


def bare(head: Head) -> bool:
    """Whether the start line was not given, as in a list of fields."""
    return any(note.kind == "missing-start-line" for note in head.notes)


def accepts(response: Response) -> bool:
    """Whether the answer opens the connection: 101, or 2xx over HTTP/2 and HTTP/3 (RFC 8441, 5).

    An answer whose status was not given counts as one that does; rules on the status itself need it.
    """
    if bare(response):
        return True
    return response.status == 101 if classic(response) else 200 <= response.status < 300


def fields_of(head: Head, name: str) -> tuple[Field, ...]:
    """The fields called ``name``, in any case."""
    wanted = name.lower()
    return tuple(field for field in head.fields if field.name.lower() == wanted)


def has_field(head: Head, name: str) -> bool:
    """Whether there is such a field."""
    return bool(fields_of(head, name))


def joined(head: Head, name: str) -> str:
    """All values of the field as one list, shown."""
    return shown(", ".join(head.values(name)))


def stands(head: Head, name: str) -> str:
    """How the field stands in the message: "NAME is 'VALUE'", or that there is none."""
    return f"{name} is {joined(head, name)}" if has_field(head, name) else f"There is no {name} field"


def shown(text: str) -> str:
    """A value in quotes, cut where it is long."""
    return repr(text if len(text) <= SHOWN else text[:SHOWN] + "…")


def all_shown(names: Iterable[str]) -> str:
    """Several values, the first few of them by name."""
    known = list(names)
    rest = len(known) - NAMED
    return ", ".join(map(shown, known[:NAMED])) + (f" and {rest:,} more" if rest > 0 else "")


def origin_of(value: str) -> Origin:
    """An Origin value; of one that is longer than any host, the beginning."""
    return parse_origin(value[:LONGEST])


def authority_of(value: str) -> Authority:
    """A Host value, cut in the same way."""
    return parse_authority(value[:LONGEST])


def start_line(head: Head) -> str:
    """The request line or status line, written anew."""
    if isinstance(head, Request):
        return f"{head.method} {head.target} {head.version}"
    return f"{head.version} {head.status} {head.reason}"


def start_place(head: Head) -> Place:
    """The request line or status line; the place is empty where the form does not tell how it was written."""
    label = "request line" if isinstance(head, Request) else "status line"
    begin = sum(note.length for note in head.notes if note.kind in {"leading-empty-lines", "unknown-lines"})
    first = min((field.offset for field in head.fields), default=0)
    odd = any(note.kind in _RESHAPED for note in head.notes)
    after = first - begin if head.fields else head.size - 2
    if odd or after - len(start_line(head)) not in {1, 2}:
        return Place(side_of(head), None, begin, max(first - begin - 1, 0) if odd else 0, label)
    return Place(side_of(head), None, begin, len(start_line(head)), label)


def field_place(head: Head, field: Field) -> Place:
    """A field line without its line end, as it is usually written: one space after the colon."""
    length = len(field.name) + 1 + (1 + len(field.value) if field.value else 0)
    return Place(side_of(head), None, field.offset, length, field.name)


def place(head: Head, name: str) -> Place:
    """The first field called ``name``; where it is missing, the place is empty and only names it."""
    found = fields_of(head, name)
    return field_place(head, found[0]) if found else Place(side_of(head), None, 0, 0, name)


def fault(head: Head, name: str, text: str, corrected: str = "") -> Fault:
    """A fault at the field ``name``."""
    return Fault(text, place(head, name), corrected)


def line(name: str, value: str) -> str:
    """A field line, without its line end; "" where the value could not stand in one."""
    return "" if SAFE & set(value) else f"{name}: {value}"


def without(head: Head, *names: str) -> str:
    """The whole head without some fields."""
    dropped = {name.lower() for name in names}
    return write(head, tuple(field for field in head.fields if field.name.lower() not in dropped))


def write(head: Head, fields: tuple[Field, ...], start: str = "") -> str:
    """A head as text, its lines ended by CRLF and no blank around names; "" where it cannot be written."""
    if not classic(head):
        lines = [f"{field.name}: {field.value.strip()}" for field in fields]
    else:
        lines = [start or start_line(head).rstrip(" "), *(f"{field.name}: {field.value.strip()}" for field in fields)]
    if any(SAFE & set(written) for written in lines):
        return ""
    return "".join(f"{written}\r\n" for written in lines) + "\r\n"
