"""HTTP syntax of both heads (RFC 6455, 4.1 item 1 and 4.2.2 item 5; RFC 9112)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ws_mcp.protocol.connection import Connection
from ws_mcp.protocol.headers import is_field_value, is_token, list_elements, tokens
from ws_mcp.rules.handshake_examples import answer, ask, both
from ws_mcp.rules.http_parts import (
    Head,
    all_shown,
    classic,
    field_place,
    fields_of,
    heads,
    joined,
    line,
    name_of,
    place,
    shown,
    side_of,
    start_line,
    start_place,
    write,
)
from ws_mcp.rules.registry import rule
from ws_mcp.types import Fault, Field, Handshake, Note, Place, Request, Severity

VALID = ("6455-4.1-16", "6455-4.2.2-17")
SINGLE = frozenset(
    "authorization content-length content-type cookie date location referer retry-after server user-agent".split()
)
START_LINE = {"missing-version", "bad-status", "space-in-target", "extra-space"}


def _noted(handshake: Handshake, *kinds: str) -> Iterator[tuple[Head, Note]]:
    for head in heads(handshake):
        if classic(head) and (head.size or any(note.kind == "missing-end" for note in head.notes)):  # not a panel's
            yield from ((head, note) for note in head.notes if note.kind in kinds)


def _rewritten(head: Head) -> str:
    return write(head, tuple(field for field in head.fields if field.name))


def _faults(handshake: Handshake, *kinds: str, mended: bool = True) -> Iterator[Fault]:
    """A fault for each note; the first of a head carries the head written anew, which mends them all."""
    last: Head | None = None
    for head, note in _noted(handshake, *kinds):
        place = Place(side_of(head), None, note.offset, note.length)
        corrected = (
            write(head, tuple(field for field in head.fields if field.name)) if mended and head is not last else ""
        )
        yield Fault(f"In the {name_of(head)}, {note.text}.", place, corrected)
        last = head


@rule(
    *VALID,
    needs=["line ends"],
    sections=["rfc9112/2.2"],
    fix="End every line of the head, the empty one too, with CR LF (\\r\\n).",
    good=[both(ask())],
    bad=[ask("Origin: https://example.com<LF>"), both(ask(), answer("Server: x<LF>"))],
)
def line_without_carriage_return(handshake: Handshake, connection: Connection) -> Iterator[Fault]:
    """A sender ends each line with CR LF; a line that ends with LF alone is read by lenient peers only.

    Where one peer sees a line end and another does not, a field can be smuggled past a proxy. A text whose lines all
    end with LF was most likely pasted; then this cannot be told.
    """
    yield from _faults(handshake, "bare-lf")


@rule(
    *VALID,
    sections=["rfc9112/2.2"],
    fix="Take the carriage return out, or put a line feed after it where a line ends.",
    good=[both(ask())],
    bad=[ask("X-Note: one<CR>two")],
)
def stray_carriage_return(handshake: Handshake, connection: Connection) -> Iterator[Fault]:
    """A carriage return stands in a head only before a line feed."""
    yield from _faults(handshake, "bare-cr", mended=False)


@rule(
    *VALID,
    sections=["rfc9112/5.2"],
    fix="Write the value on one line.",
    good=[both(ask())],
    bad=[ask("X-Note: one", "<SP>two"), both(ask(), answer("X-Note: one", "<TAB>two"))],
)
def folded_field(handshake: Handshake, connection: Connection) -> Iterator[Fault]:
    """A sender does not fold a value onto a second line (RFC 9112, 5.2).

    Some peers join the lines, others take the second for a field of its own or refuse the message.
    """
    yield from _faults(handshake, "obs-fold")


@rule(
    *VALID,
    sections=["rfc9112/5.1"],
    fix="Put the colon right after the field name.",
    good=[both(ask())],
    bad=[ask("Origin : https://example.com"), both(ask(), answer("Server : x"))],
)
def space_around_field_name(handshake: Handshake, connection: Connection) -> Iterator[Fault]:
    """No white space stands between a field name and its colon (RFC 9112, 5.1).

    Servers must answer 400 to it, because proxies disagree about the name.
    """
    yield from _faults(handshake, "space-before-colon")


@rule(
    *VALID,
    sections=["rfc9112/5"],
    fix="Write each line of the head as 'Name: value', or remove the line.",
    good=[both(ask())],
    bad=[ask("this is no field"), ask(": no name"), both(ask(), answer("this is no field"))],
)
def line_is_no_field(handshake: Handshake, connection: Connection) -> Iterator[Fault]:
    """Every line after the first is a field: a name, a colon, a value.

    Most peers refuse the whole message.
    """
    yield from _faults(handshake, "not-a-field", "empty-name")


@rule(
    *VALID,
    sections=["rfc9110/5.1"],
    fix="Build field names from letters, digits and !#$%&'*+-.^_`|~ only.",
    good=[both(ask("X-Trace_Id: 1"))],
    bad=[ask("X Trace: 1"), ask("Sec-WebSocket-Prot\xf6col: chat"), both(ask(), answer("X(Y): 1"))],
)
def malformed_field_name(handshake: Handshake, connection: Connection) -> Iterator[Fault]:
    """A field name is a token: no spaces, no separators, no letters beyond ASCII."""
    for head, field in _fields(handshake):
        if field.name and not is_token(field.name.removeprefix(":") if not classic(head) else field.name):
            text = f"In the {name_of(head)}, {shown(field.name)} is no field name."
            yield Fault(text, field_place(head, field))


@rule(
    *VALID,
    sections=["rfc9110/5.5"],
    fix="Take control characters out of the value, or encode them.",
    good=[both(ask("X-Note: a<TAB>b"))],
    bad=[ask("X-Note: a<NUL>b"), both(ask(), answer("X-Note: a\x1bb"))],
)
def control_character_in_field(handshake: Handshake, connection: Connection) -> Iterator[Fault]:
    """A field value has no control character but the tab (RFC 9110, 5.5).

    NUL, CR and LF in a value are how fields are injected; servers answer 400.
    """
    for head, field in _fields(handshake):
        value = field.value.replace("\r", "")  # stray_carriage_return names those
        if not is_field_value(value):
            text = f"In the {name_of(head)}, the value of {field.name}, {shown(field.value)}, has a control character."
            yield Fault(text, field_place(head, field))


def _fields(handshake: Handshake) -> Iterator[tuple[Head, Field]]:
    for head in heads(handshake):
        yield from ((head, field) for field in head.fields)


@rule(
    *VALID,
    sections=["rfc9112/3", "rfc9112/4"],
    fix="Send 'GET /path HTTP/1.1', or 'HTTP/1.1 101 Switching Protocols': three parts, single spaces between them.",
    good=[both(ask())],
    bad=[
        ask(start="GET /chat"),
        ask(start="GET  /chat HTTP/1.1"),
        ask(start="GET /my chat HTTP/1.1"),
        both(ask(), answer(start="HTTP/1.1 1O1 Switching Protocols")),
    ],
)
def malformed_start_line(handshake: Handshake, connection: Connection) -> Iterator[Fault]:
    """The first line has three parts with one space between each two.

    A request line is method, target and version; a status line is version, three-digit status and reason.
    """
    for head in heads(handshake):
        kinds = {note.kind: note for note in head.notes if note.kind in START_LINE} if classic(head) else {}
        if kinds:
            seen = "; ".join(note.text for note in kinds.values())
            yield Fault(f"In the {name_of(head)}, {seen}.", start_place(head), _start(head, set(kinds)))


def _start(head: Head, kinds: set[str]) -> str:
    if not isinstance(head, Request):
        return start_line(head) if kinds == {"extra-space"} else ""
    target = head.target.replace(" ", "%20").replace("\t", "%09")
    return f"{head.method} {target} {head.version or 'HTTP/1.1'}"


@rule(
    *VALID,
    sections=["rfc9110/7.6.1", "rfc9110/7.8"],
    fix="Write Connection and Upgrade as plain names with commas between them.",
    good=[both(ask("Connection: keep-alive, Upgrade"))],
    bad=[
        ask("Connection: Upgrade, a;q=1"),
        ask("Upgrade: websocket, a b"),
        both(ask(), answer("Connection: Upgrade, =x")),
    ],
)
def malformed_hop_list(handshake: Handshake, connection: Connection) -> Iterator[Fault]:
    """Connection lists tokens, and Upgrade lists protocol names, each with '/' and a version or without.

    Anything else, a parameter for example, makes strict peers refuse the message.
    """
    for head in heads(handshake):
        for name in ("Connection", "Upgrade"):
            wrong = [element for element in tokens(head.fields, name) if not _hop(name, element)]
            if wrong and classic(head):
                text = f"In the {name_of(head)}, {name} lists {all_shown(wrong)}, which is not a plain name."
                yield Fault(text, place(head, name))


def _hop(name: str, element: str) -> bool:
    protocol, slash, version = element.partition("/")
    return is_token(element) or (name == "Upgrade" and bool(slash) and is_token(protocol) and is_token(version))


@rule(
    *VALID,
    sections=["rfc9110/5.3"],
    fix="Send the field once.",
    good=[both(ask("X-Test: 1", "X-Test: 2"))],
    bad=[ask("Content-Length: 0", "Content-Length: 0"), both(ask(), answer("Date: x", "Date: x"))],
)
def duplicate_single_field(handshake: Handshake, connection: Connection) -> Iterator[Fault]:
    """A field whose value is no list stands in a message once (RFC 9110, 5.3).

    Of two values, one peer takes the first and another the last; many answer 400.
    """
    for head in heads(handshake):
        names = Counter(field.name.lower() for field in head.fields)
        for name in sorted(SINGLE & names.keys()) if classic(head) else ():
            if names[name] == 1:
                continue
            values = list(dict.fromkeys(head.values(name)))
            found = fields_of(head, name)
            text = f"In the {name_of(head)}, {found[0].name} is there {len(found)} times: {all_shown(values)}."
            mended = line(found[0].name, values[0]) if len(values) == 1 else ""
            yield Fault(text, field_place(head, found[1]), mended)


@rule(
    severity=Severity.WARNING,
    sections=["rfc9110/5.6.1", "rfc6455/4.1"],
    fix="Take the empty element or the empty field out.",
    good=[both(ask())],
    bad=[ask("Connection: Upgrade,"), both(ask(), answer("Connection: Upgrade", "Connection:"))],
)
def empty_hop_element(handshake: Handshake, connection: Connection) -> Iterator[Fault]:
    """Connection or Upgrade has an empty element, which a sender must not write (RFC 9110, 5.6.1).

    Recipients are to skip a few of those; strict ones refuse the handshake.
    """
    for head in heads(handshake):
        for name in ("Connection", "Upgrade"):
            elements = list_elements(head.values(name))
            if any(elements) and not all(elements) and classic(head):
                text = f"In the {name_of(head)}, {name} {joined(head, name)} has an empty element."
                yield Fault(text, place(head, name), line(name, ", ".join(filter(None, elements))))


@rule(
    severity=Severity.INFO,
    sections=["rfc9112/4", "rfc6455/4.2.2"],
    fix="Send a space after the status code, and a reason such as 'Switching Protocols'.",
    good=[both(ask())],
    bad=[both(ask(), answer(start="HTTP/1.1 101"))],
)
def status_line_without_space(handshake: Handshake, connection: Connection) -> Iterator[Fault]:
    """The space after the status code is there even where the reason is empty; strict parsers insist on it.

    Pasting often takes it off, so look at the bytes.
    """
    for head, note in _noted(handshake, "missing-reason"):
        text = f"In the {name_of(head)}, {note.text}."
        place = Place(side_of(head), None, note.offset, note.length)
        yield Fault(text, place, f"{start_line(head).rstrip()} Switching Protocols")
