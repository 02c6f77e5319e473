"""Subprotocols: what is offered and what is chosen (RFC 6455, 4.1 item 10, 4.2.2 item 5.5, 11.3.4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cache

from ws_mcp.knowledge.shipped.registry import tables
from ws_mcp.protocol.connection import Connection
from ws_mcp.protocol.headers import is_token, list_elements
from ws_mcp.rules.handshake_examples import answer, ask, both
from ws_mcp.rules.http_parts import accepts, all_shown, fault, fields_of, has_field, joined, line, shown, without
from ws_mcp.rules.registry import rule
from ws_mcp.types import Fault, Handshake, Request, Response, Severity, Side

NAME = "Sec-WebSocket-Protocol"
KNOWN = frozenset({"chat", "superchat", "graphql-ws", "graphql-transport-ws", "vite-hmr", "vite-ping"})


def offered(request: Request) -> tuple[str, ...]:
    """The names on offer, most wanted first; empty ones are left out."""
    return tuple(name for name in list_elements(request.values(NAME)) if name)


@rule(
    "6455-4.1-32",
    "6455-4.3-06",
    sender=Side.CLIENT,
    fix="Build names from letters, digits and !#$%&'*+-.^_`|~, with commas between them, or leave the field out.",
    good=[ask(f"{NAME}: v2.chat.example.com, v1.chat.example.com")],
    bad=[ask(f"{NAME}: ch at/1"), ask(f"{NAME}:"), ask(f"{NAME}: chat,, superchat"), ask(f'{NAME}: "chat"')],
)
def malformed_subprotocol_offer(request: Request, connection: Connection) -> Iterator[Fault]:
    """Each subprotocol on offer is a token, and there is at least one where the field is there.

    A browser throws a SyntaxError for such a name; some servers answer 400, and one is known to crash.
    """
    elements = list_elements(request.values(NAME)) if has_field(request, NAME) else ()
    bad = [element for element in elements if not is_token(element)]
    if bad:
        good = list(dict.fromkeys(element for element in elements if is_token(element)))
        corrected = line(NAME, ", ".join(good)) if good and not any(bad) else ""
        if not good and not any(bad):
            corrected = without(request, NAME)
        named = [name for name in dict.fromkeys(bad) if name]
        seen = all_shown(named) if named else "an empty one"
        text = f"{NAME} is {joined(request, NAME)}; it offers {seen}, which is no subprotocol name."
        yield fault(request, NAME, text, corrected)


@rule(
    "6455-4.1-33",
    sender=Side.CLIENT,
    fix="Offer each subprotocol once.",
    good=[ask(f"{NAME}: v1.example.com, V1.example.com")],
    bad=[ask(f"{NAME}: chat, chat"), ask(f"{NAME}: chat", f"{NAME}: chat")],
)
def duplicate_subprotocol(request: Request, connection: Connection) -> Iterator[Fault]:
    """No subprotocol is offered twice; names are compared with their case.

    The WebSocket constructor of browsers throws a SyntaxError for it.
    """
    names = offered(request)
    twice = sorted(name for name, times in Counter(names).items() if times > 1)
    if twice:
        text = f"{NAME} offers {all_shown(twice)} more than once."
        yield fault(request, NAME, text, line(NAME, ", ".join(dict.fromkeys(names))))


@rule(
    "6455-4.2.2-12",
    "6455-4.2.2-11",
    sender=Side.SERVER,
    fix="Leave Sec-WebSocket-Protocol out of the answer where no subprotocol is agreed.",
    good=[both(ask())],
    bad=[both(ask(f"{NAME}: chat"), answer(f"{NAME}:"))],
)
def empty_subprotocol_answer(response: Response, connection: Connection) -> Iterator[Fault]:
    """An empty Sec-WebSocket-Protocol is never sent; no field says that none was chosen.

    Browsers fail the connection over it.
    """
    if accepts(response) and has_field(response, NAME) and not any(list_elements(response.values(NAME))):
        yield fault(response, NAME, f"{NAME} is there and empty.", without(response, NAME))


@rule(
    "6455-4.2.2-13",
    "6455-11.3.4-02",
    sender=Side.SERVER,
    fix="Answer with one subprotocol in one field: the one that the connection will use.",
    good=[both(ask(f"{NAME}: chat, superchat"), answer(f"{NAME}: chat"))],
    bad=[
        both(ask(f"{NAME}: chat, superchat"), answer(f"{NAME}: chat, superchat")),
        both(ask(f"{NAME}: chat, superchat"), answer(f"{NAME}: chat", f"{NAME}: superchat")),
    ],
)
def several_subprotocols_answered(response: Response, connection: Connection) -> Iterator[Fault]:
    """The answer chooses a single subprotocol; a server that sends the offer back has chosen none.

    Browsers take the list for one name that was not offered, and fail the connection.
    """
    names = list_elements(response.values(NAME)) if accepts(response) else ()
    if len(names) > 1 and any(names):
        count = len(fields_of(response, NAME))
        text = f"{NAME} is {joined(response, NAME)}, {len(names)} names in {count} field(s); an answer has one."
        yield fault(response, NAME, text)


@rule(
    "6455-4.2.2-13",
    sender=Side.SERVER,
    fix="Answer with one of the offered names, as it was offered.",
    good=[both(ask(f"{NAME}: chat"), answer(f"{NAME}: chat"))],
    bad=[both(ask(drop="Sec-WebSocket-Protocol"), answer(f"{NAME}: ch at"))],
)
def malformed_subprotocol_answer(response: Response, connection: Connection) -> Iterator[Fault]:
    """The subprotocol in an answer is a token: no spaces, quotes or separators."""
    names = [name for name in list_elements(response.values(NAME)) if name]
    for name in names if accepts(response) else ():
        if not is_token(name):
            yield fault(response, NAME, f"{NAME} is {joined(response, NAME)}; {shown(name)} is no subprotocol name.")


@rule(
    "6455-4.2.2-10",
    "6455-4.2.2-11",
    "7936-2-01",
    sender=Side.SERVER,
    needs=["request", "response"],
    fix="Choose one of the names in the request, letter by letter, or leave the field out.",
    good=[both(ask(f"{NAME}: chat, superchat"), answer(f"{NAME}: superchat")), both(ask())],
    bad=[
        both(ask(f"{NAME}: chat"), answer(f"{NAME}: superchat")),
        both(ask(f"{NAME}: chat"), answer(f"{NAME}: Chat")),
        both(ask(), answer(f"{NAME}: chat")),
    ],
)
def subprotocol_not_offered(handshake: Handshake, connection: Connection) -> Iterator[Fault]:
    """A server chooses among the subprotocols that the client offered; case counts.

    Browsers and strict clients fail the connection; lenient ones go on and speak something else than the server.
    """
    request, response = handshake.request, handshake.response
    if request is None or response is None or not accepts(response):
        return
    names = offered(request)
    for name in list_elements(response.values(NAME)):
        if name and is_token(name) and name not in names:
            same = [other for other in names if other.lower() == name.lower()]
            corrected = line(NAME, same[0]) if len(same) == 1 else "" if names else without(response, NAME)
            offer = f"the client offered {all_shown(names)}" if names else "the client offered none"
            yield fault(response, NAME, f"The answer chooses the subprotocol {shown(name)}; {offer}.", corrected)


@rule(
    severity=Severity.WARNING,
    sender=Side.SERVER,
    needs=["request", "response"],
    sections=["whatwg/websockets#websocket-opening-handshake", "rfc6455/4.2.2"],
    fix="Let the server choose one of the offered names, or let the client offer none.",
    good=[both(ask(f"{NAME}: mqtt"), answer(f"{NAME}: mqtt"))],
    bad=[both(ask(f"{NAME}: mqtt"))],
)
def offered_subprotocol_not_answered(handshake: Handshake, connection: Connection) -> Iterator[Fault]:
    """The client offers subprotocols and the server chooses none: legal by RFC 6455, and yet browsers fail it.

    The WHATWG standard has a browser fail such a connection, and ws (node) does the same; other clients go on without.
    """
    request, response = handshake.request, handshake.response
    if request is not None and response is not None and accepts(response) and not has_field(response, NAME):
        names = offered(request)
        if names:
            text = f"The client offers {all_shown(names)}; the answer has no {NAME}."
            yield fault(response, NAME, text)


@rule(
    severity=Severity.INFO,
    sender=Side.CLIENT,
    sections=["rfc6455/1.9", "iana/subprotocols"],
    fix="Nothing need change. For a name of your own, put a domain of yours into it, as in 'v2.chat.example.com'.",
    good=[ask(f"{NAME}: mqtt, v2.chat.example.com, graphql-transport-ws")],
    bad=[ask(f"{NAME}: my-protocol")],
)
def unregistered_subprotocol(request: Request, connection: Connection) -> Iterator[Fault]:
    """The name is neither registered with IANA nor in common use, and has no domain in it that would make it unique.

    It works; another application may use the same name for something else.
    """
    known = registered() | KNOWN
    names = [name for name in dict.fromkeys(offered(request)) if is_token(name)]
    odd = [name for name in names if name not in known and "." not in name]
    if odd:
        yield fault(request, NAME, f"No subprotocol of this name is registered with IANA: {all_shown(odd)}.")


@cache
def registered() -> frozenset[str]:
    """The names of the IANA registry."""
    table = next(table for table in tables() if table["id"] == "iana/subprotocols")
    return frozenset(row["identifier"] for row in table["entry"] if "identifier" in row)
