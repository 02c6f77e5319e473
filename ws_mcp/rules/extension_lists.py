"""Sec-WebSocket-Extensions: its grammar, the names, and what the answer may take up (RFC 6455, 4.3, 9.1, 4.2.2)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from ws_mcp.protocol.connection import Connection
from ws_mcp.protocol.deflate import PARAMETERS
from ws_mcp.protocol.headers import Extension, parse_extensions
from ws_mcp.rules.handshake_examples import answer, ask, both
from ws_mcp.rules.http_parts import (
    Head,
    accepts,
    all_shown,
    fault,
    fields_of,
    heads,
    joined,
    line,
    name_of,
    shown,
    without,
)
from ws_mcp.rules.registry import rule
from ws_mcp.types import Fault, Handshake, Request, Response, Severity, Side

NAME = "Sec-WebSocket-Extensions"
DEFLATE = "permessage-deflate"
REGISTERED = frozenset({DEFLATE, "bbf-usp-protocol"})  # IANA, WebSocket Extension Name Registry
RSV1 = frozenset({DEFLATE, "x-webkit-deflate-frame", "deflate-frame", "permessage-bzip2", "permessage-snappy"})
LONGEST = 64 * 1024
NOT_SYNTAX = frozenset({"empty-element", "duplicate-parameter"})


def listed(head: Head) -> tuple[Extension, ...]:
    """The extensions of a head; empty elements are left out."""
    return tuple(extension for extension in elements(head.values(NAME)) if extension.name)


@lru_cache(maxsize=4)
def elements(values: tuple[str, ...]) -> tuple[Extension, ...]:
    """All elements; many rules ask for those of the same two heads.

    Of a list longer than any peer reads, the beginning counts: oversized-field names the field.
    """
    return parse_extensions(", ".join(values)[:LONGEST])


def sound(extension: Extension) -> bool:
    """Whether it fits the grammar."""
    return all(note.kind in NOT_SYNTAX for note in extension.faults)


def judged(handshake: Handshake) -> Iterator[Head]:
    """The heads whose list counts: a request's, and that of an answer that accepts."""
    return (head for head in heads(handshake) if isinstance(head, Request) or accepts(head))


@rule(
    "6455-4.3-05",
    "6455-4.3-01",
    "6455-9.1-08",
    "6455-9.1-09",
    fix="Write 'name; parameter; parameter=value', commas between extensions; a quoted value must be a token inside.",
    good=[ask(f'{NAME}: permessage-deflate; client_max_window_bits="10"')],
    bad=[
        ask(f"{NAME}: ;;;"),
        ask(f"{NAME}: permessage-deflate; client_max_window_bits="),
        ask(f'{NAME}: permessage-deflate; client_max_window_bits="1 0"'),
        both(ask(f"{NAME}: permessage-deflate"), answer(f"{NAME}: permessage-deflate;")),
    ],
)
def malformed_extension_list(handshake: Handshake, connection: Connection) -> Iterator[Fault]:
    """The field is a list of tokens, each with parameters after semicolons.

    Strict peers refuse the handshake; lenient ones ignore the field, and compression is off without a word.
    """
    for head in judged(handshake):
        for extension in elements(head.values(NAME)):
            faults = [note.text for note in extension.faults if note.kind not in NOT_SYNTAX]
            if faults:
                seen = f"In the {name_of(head)}, {NAME} has {shown(extension.raw)}"
                yield fault(head, NAME, f"{seen}: {'; '.join(dict.fromkeys(faults))}.")


@rule(
    "6455-4.3-05",
    "6455-9.1-09",
    sender=Side.CLIENT,
    fix="Leave the field out, or list one extension at least.",
    good=[ask()],
    bad=[ask(f"{NAME}:"), ask(f"{NAME}: ,")],
)
def empty_extension_offer(request: Request, connection: Connection) -> Iterator[Fault]:
    """Sec-WebSocket-Extensions lists one extension at least; some servers answer 400 to an empty one."""
    if _empty(request):
        yield fault(
            request,
            NAME,
            f"A {NAME} field of the request lists no extension: {joined(request, NAME)}.",
            _filled(request),
        )


def _empty(head: Head) -> bool:
    """Whether one of the fields has not one element; each has to fit the grammar."""
    return any(not value.strip(" \t,") for value in head.values(NAME))


def _filled(head: Head) -> str:
    """The field with what it lists, or the head without it where that is nothing."""
    kept = [extension.raw for extension in elements(head.values(NAME)) if extension.raw]
    return line(NAME, ", ".join(kept)) if kept else without(head, NAME)


@rule(
    "6455-4.3-05",
    "6455-9.1-09",
    severity=Severity.WARNING,
    fix="Take the empty element out: one comma between two extensions, none at the ends.",
    good=[ask(f"{NAME}: permessage-deflate; client_max_window_bits, permessage-deflate")],
    bad=[ask(f"{NAME}: permessage-deflate,, permessage-deflate"), ask(f"{NAME}: permessage-deflate,")],
)
def empty_extension_element(handshake: Handshake, connection: Connection) -> Iterator[Fault]:
    """Nothing stands between two commas, which a sender must not write (RFC 9110, 5.6.1).

    Recipients are to skip a few of those, and some do not.
    """
    for head in judged(handshake):
        found = elements(head.values(NAME))
        hollow = any(not extension.raw for extension in found)
        if hollow and not _empty(head):
            text = f"In the {name_of(head)}, {NAME} {joined(head, NAME)} has an empty element."
            yield fault(head, NAME, text, _filled(head))


@rule(
    "6455-9.1-03",
    fix="Use permessage-deflate, or register the name with IANA; drop names of drafts such as x-webkit-deflate-frame.",
    good=[ask(f"{NAME}: permessage-deflate")],
    bad=[ask(f"{NAME}: x-webkit-deflate-frame"), both(ask(f"{NAME}: foo"), answer(f"{NAME}: foo"))],
)
def unregistered_extension(handshake: Handshake, connection: Connection) -> Iterator[Fault]:
    """Extension names are registered with IANA; a server skips one that it does not know.

    Registered are permessage-deflate and bbf-usp-protocol.
    """
    for head in judged(handshake):
        names = dict.fromkeys(extension.name for extension in listed(head) if sound(extension))
        odd = [name for name in names if name.lower() not in REGISTERED]
        if odd:
            yield fault(
                head,
                NAME,
                f"In the {name_of(head)}, no extension of this name is registered with IANA: {all_shown(odd)}.",
            )


@rule(
    "6455-9.1-04",
    "6455-9-04",
    sections=["rfc7692/7"],
    fix="Use only client_max_window_bits, server_max_window_bits and the two *_no_context_takeover parameters.",
    good=[ask(f"{NAME}: permessage-deflate; server_no_context_takeover")],
    bad=[
        ask(f"{NAME}: permessage-deflate; level=9"),
        both(ask(f"{NAME}: permessage-deflate"), answer(f"{NAME}: permessage-deflate; level=9")),
    ],
)
def undefined_extension_parameter(handshake: Handshake, connection: Connection) -> Iterator[Fault]:
    """An extension is used with the parameters that its specification defines.

    A server declines such an offer, and a client fails the connection over such an answer (RFC 7692, 7).
    """
    for head in judged(handshake):
        for extension in _deflate(head):
            for parameter in extension.parameters:
                if parameter.name.lower() not in PARAMETERS:
                    text = f"In the {name_of(head)}, permessage-deflate has no parameter {shown(parameter.name)}."
                    yield fault(head, NAME, text)


@rule(
    "6455-9-04",
    sections=["rfc7692/7"],
    fix="Give each parameter once.",
    good=[ask(f"{NAME}: permessage-deflate; client_max_window_bits, permessage-deflate; client_max_window_bits=10")],
    bad=[
        ask(f"{NAME}: permessage-deflate; client_max_window_bits; client_max_window_bits=10"),
        both(
            ask(f"{NAME}: permessage-deflate"),
            answer(f"{NAME}: permessage-deflate; server_no_context_takeover; server_no_context_takeover"),
        ),
    ],
)
def duplicate_extension_parameter(handshake: Handshake, connection: Connection) -> Iterator[Fault]:
    """permessage-deflate has each parameter once.

    A server declines such an offer, and a client fails the connection over such an answer (RFC 7692, 7).
    """
    for head in judged(handshake):
        for extension in _deflate(head):
            for note in extension.faults:
                if note.kind == "duplicate-parameter":
                    yield fault(head, NAME, f"In the {name_of(head)}, {shown(extension.raw)}: {note.text}.")


def _deflate(head: Head) -> Iterator[Extension]:
    return (extension for extension in listed(head) if extension.name.lower() == DEFLATE and sound(extension))


@rule(
    "6455-4.2.2-16",
    sender=Side.SERVER,
    fix="Leave Sec-WebSocket-Extensions out of the answer where no extension is agreed.",
    good=[both(ask(f"{NAME}: permessage-deflate"))],
    bad=[both(ask(f"{NAME}: permessage-deflate"), answer(f"{NAME}:"))],
)
def empty_extension_answer(response: Response, connection: Connection) -> Iterator[Fault]:
    """An empty field is not the same as none, and is not sent."""
    if accepts(response) and _empty(response):
        yield fault(
            response,
            NAME,
            f"A {NAME} field of the answer lists no extension: {joined(response, NAME)}.",
            _filled(response),
        )


@rule(
    "6455-4.2.2-14",
    "6455-4.2.2-15",
    "6455-9-03",
    "6455-5.8-01",
    "7692-5-01",
    "7692-5-10",
    sender=Side.SERVER,
    needs=["request", "response"],
    fix="Take up only what the request lists; behind a proxy, check that it did not remove the client's offer.",
    good=[both(ask(f"{NAME}: permessage-deflate"), answer(f"{NAME}: permessage-deflate"))],
    bad=[both(ask(), answer(f"{NAME}: permessage-deflate"))],
)
def extension_not_offered(handshake: Handshake, connection: Connection) -> Iterator[Fault]:
    """A server accepts only extensions that the client offered.

    A client fails the connection; one that does not check will not understand the frames.
    """
    request, response = handshake.request, handshake.response
    if request is None or response is None or not accepts(response):
        return
    offered = {extension.name.lower() for extension in listed(request)}
    for extension in listed(response):
        if sound(extension) and extension.name.lower() not in offered:
            names = ", ".join(sorted(offered)) or "none"
            corrected = "" if offered else without(response, NAME)
            yield fault(
                response, NAME, f"The answer accepts {shown(extension.name)}; the client offered {names}.", corrected
            )


@rule(
    "7692-5-06",
    sender=Side.SERVER,
    fix="Accept one extension that uses RSV1, once.",
    good=[
        both(
            ask(f"{NAME}: permessage-deflate; server_no_context_takeover, permessage-deflate"),
            answer(f"{NAME}: permessage-deflate"),
        )
    ],
    bad=[both(ask(f"{NAME}: permessage-deflate"), answer(f"{NAME}: permessage-deflate, permessage-deflate"))],
)
def extensions_share_rsv1(response: Response, connection: Connection) -> Iterator[Fault]:
    """Two accepted extensions need the bit RSV1, so a receiver cannot tell what it means.

    permessage-deflate accepted twice is such a pair; clients fail the connection.
    """
    users = [extension.name for extension in listed(response) if extension.name.lower() in RSV1]
    if accepts(response) and len(users) > 1:
        yield fault(response, NAME, f"The answer accepts {', '.join(users)}, which cannot all use RSV1.")


@rule(
    "6455-11.3.2-02",
    severity=Severity.WARNING,
    sender=Side.SERVER,
    fix="Put all accepted extensions into one field.",
    good=[both(ask(f"{NAME}: permessage-deflate"), answer(f"{NAME}: permessage-deflate"))],
    bad=[
        both(
            ask(f"{NAME}: bbf-usp-protocol, permessage-deflate"),
            answer(f"{NAME}: bbf-usp-protocol", f"{NAME}: permessage-deflate"),
        )
    ],
)
def duplicate_extension_fields(response: Response, connection: Connection) -> Iterator[Fault]:
    """Sec-WebSocket-Extensions stands in an answer once.

    Section 11.3.2 says so, although 4.2.2 speaks of several such fields; one field suits both.
    """
    found = fields_of(response, NAME)
    if accepts(response) and len(found) > 1:
        text = f"{NAME} is there {len(found)} times: {joined(response, NAME)}."
        yield fault(response, NAME, text, line(NAME, ", ".join(response.values(NAME))))
