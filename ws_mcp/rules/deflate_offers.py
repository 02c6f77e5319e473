"""permessage-deflate in offers and answers: values of parameters, and what an answer owes its offer (RFC 7692, 7.1)."""

from __future__ import annotations

from collections.abc import Iterator

from ws_mcp.protocol.connection import Connection
from ws_mcp.protocol.headers import Extension, Parameter
from ws_mcp.rules.extension_lists import DEFLATE, NAME, judged, listed, sound
from ws_mcp.rules.handshake_examples import answer, ask, both
from ws_mcp.rules.http_parts import Head, accepts, fault, line, name_of, shown
from ws_mcp.rules.registry import rule
from ws_mcp.types import Fault, Handshake, Request, Response, Side

TAKEOVER = ("server_no_context_takeover", "client_no_context_takeover")
WINDOWS = ("server_max_window_bits", "client_max_window_bits")
BITS = {str(bits): bits for bits in range(8, 16)}  # in decimal, without a leading zero (RFC 7692, 7.1.2)
USEFUL = 10  # bits; a smaller window hardly compresses (RFC 7692, 7.3)


def offer(value: str) -> str:
    """A request with this offer, for the examples."""
    return ask(f"{NAME}: {value}")


def agreed(asked: str, answered: str) -> str:
    """A handshake with this offer and this answer, for the examples."""
    return both(offer(asked), answer(f"{NAME}: {answered}"))


def configurations(head: Head) -> tuple[Extension, ...]:
    """The elements of the list that are permessage-deflate and fit the grammar."""
    return tuple(found for found in listed(head) if found.name.lower() == DEFLATE and sound(found))


def bits(extension: Extension, name: str) -> int | None:
    """The window of a parameter, None where it is missing, without a value or malformed."""
    parameter = extension.get(name)
    return BITS.get(parameter.value or "") if parameter else None


def usable(extension: Extension, request: bool) -> bool:
    """Whether every parameter is defined, once there, and has a fit value: what is not must be declined."""
    names = [parameter.name.lower() for parameter in extension.parameters]
    known = all(name in {*TAKEOVER, *WINDOWS} for name in names)
    return known and len(set(names)) == len(names) and not any(_unfit(p, request) for p in extension.parameters)


def _unfit(parameter: Parameter, request: bool) -> bool:
    name = parameter.name.lower()
    if name in TAKEOVER:
        return parameter.value is not None
    if name == "client_max_window_bits" and parameter.value is None:
        return not request  # RFC 7692, 7.1.2.2: only an offer may leave the value out
    return name in WINDOWS and parameter.value not in BITS


@rule(
    "7692-7.1.1.1-02",
    "7692-7.1.1.2-02",
    fix="Write the parameter alone, without '=' and a value.",
    good=[offer("permessage-deflate; server_no_context_takeover; client_no_context_takeover")],
    bad=[
        offer("permessage-deflate; server_no_context_takeover=1"),
        agreed("permessage-deflate", "permessage-deflate; client_no_context_takeover=true"),
    ],
)
def takeover_parameter_with_value(handshake: Handshake, connection: Connection) -> Iterator[Fault]:
    """server_no_context_takeover and client_no_context_takeover have no value; that they are there says it all.

    A server declines such an offer; a client fails the connection over such an answer.
    """
    for head in judged(handshake):
        for parameter in (p for found in configurations(head) for p in found.parameters):
            if parameter.name.lower() in TAKEOVER and parameter.value is not None:
                text = f"In the {name_of(head)}, {parameter.name} has the value {shown(parameter.value)}."
                yield fault(head, NAME, text)


@rule(
    "7692-7.1.2.1-02",
    "7692-7.1.2.1-03",
    "7692-7.1.2.2-02",
    "7692-7.1.2.2-04",
    fix="Give a number from 8 to 15 without leading zeros; only client_max_window_bits in an offer may go without one.",
    good=[
        offer("permessage-deflate; server_max_window_bits=10; client_max_window_bits"),
        agreed("permessage-deflate; client_max_window_bits", "permessage-deflate; client_max_window_bits=15"),
    ],
    bad=[
        offer("permessage-deflate; server_max_window_bits=7"),
        offer("permessage-deflate; client_max_window_bits=16"),
        offer("permessage-deflate; client_max_window_bits=08"),
        offer("permessage-deflate; server_max_window_bits"),
        agreed("permessage-deflate; client_max_window_bits", "permessage-deflate; client_max_window_bits"),
        agreed("permessage-deflate", "permessage-deflate; server_max_window_bits=16"),
    ],
)
def window_bits_out_of_range(handshake: Handshake, connection: Connection) -> Iterator[Fault]:
    """A window is 2^8 to 2^15 bytes; the parameter holds the exponent in plain decimal.

    A server declines such an offer and a client fails the connection over such an answer; some libraries crashed.
    """
    for head in judged(handshake):
        for parameter in (p for found in configurations(head) for p in found.parameters):
            if parameter.name.lower() in WINDOWS and _unfit(parameter, isinstance(head, Request)):
                value = "no value" if parameter.value is None else f"the value {shown(parameter.value)}"
                text = f"In the {name_of(head)}, {parameter.name} has {value}; it needs a number from 8 to 15."
                yield fault(head, NAME, text)


@rule(
    "7692-7.3-01",
    fix="Leave the window at 15 bits; where memory is short, 10 bits or more, or no compression at all.",
    good=[offer("permessage-deflate; server_max_window_bits=10")],
    bad=[offer("permessage-deflate; server_max_window_bits=8")],
)
def window_too_small_to_compress(handshake: Handshake, connection: Connection) -> Iterator[Fault]:
    """A window below 1,024 bytes (10 bits) hardly compresses, and zlib cannot even make one of 256 bytes (8 bits)."""
    for head in judged(handshake):
        for found in configurations(head):
            for name in WINDOWS:
                size = bits(found, name)
                if size is not None and size < USEFUL:
                    text = f"In the {name_of(head)}, {name} is {size}: a window of {1 << size} bytes."
                    yield fault(head, NAME, text)


def _owed(handshake: Handshake) -> tuple[Response, Extension, Extension] | None:
    """(response, the offer that the answer comes nearest to, the answer), None where there is nothing to compare.

    A client may offer several configurations; an answer is right if it fits one of them (RFC 7692, 5).
    """
    request, response = handshake.request, handshake.response
    if request is None or response is None or not accepts(response):
        return None
    answers = [found for found in configurations(response) if usable(found, False)]
    offers = [found for found in configurations(request) if usable(found, True)]
    if not answers or not offers:
        return None
    return response, min(offers, key=lambda asked: len(_breaches(asked, answers[0]))), answers[0]


def _breaches(asked: Extension, given: Extension) -> set[str]:
    """The names of the parameters in which the answer does not fit the offer."""
    found = set()
    if asked.get(TAKEOVER[0]) and not given.get(TAKEOVER[0]):
        found.add(TAKEOVER[0])
    wanted, got = bits(asked, WINDOWS[0]), bits(given, WINDOWS[0])
    if wanted is not None and (got is None or got > wanted):
        found.add(WINDOWS[0])
    if given.get(WINDOWS[1]) and not asked.get(WINDOWS[1]):
        found.add(WINDOWS[1])
    return found


def _with(given: Extension, name: str, value: str = "") -> str:
    """The answer's field with a parameter added or set; without it where ``value`` is "-"."""
    kept = [parameter for parameter in given.parameters if parameter.name.lower() != name]
    texts = [parameter.name + (f"={parameter.value}" if parameter.value is not None else "") for parameter in kept]
    added = [] if value == "-" else [name + (f"={value}" if value else "")]
    return line(NAME, "; ".join([given.name, *texts, *added]))


@rule(
    "7692-7.1.1.1-03",
    sender=Side.SERVER,
    needs=["request", "response"],
    fix="Repeat server_no_context_takeover in the answer, and keep to it; else decline the offer.",
    good=[agreed("permessage-deflate; server_no_context_takeover", "permessage-deflate; server_no_context_takeover")],
    bad=[agreed("permessage-deflate; server_no_context_takeover", "permessage-deflate")],
)
def takeover_request_not_confirmed(handshake: Handshake, connection: Connection) -> Iterator[Fault]:
    """A server that accepts an offer with server_no_context_takeover repeats it.

    The client asked for it because it keeps no window between messages; it cannot read what follows without.
    """
    owed = _owed(handshake)
    if owed and TAKEOVER[0] in _breaches(owed[1], owed[2]):
        response, asked, given = owed
        text = f"The client offered {shown(asked.raw)}; the answer {shown(given.raw)} does not repeat {TAKEOVER[0]}."
        yield fault(response, NAME, text, _with(given, TAKEOVER[0]))


@rule(
    "7692-7.1.2.1-05",
    "7692-7.1.2.1-04",
    sender=Side.SERVER,
    needs=["request", "response"],
    fix="Answer with server_max_window_bits and a value not above the offered one, and keep to it; else decline.",
    good=[agreed("permessage-deflate; server_max_window_bits=12", "permessage-deflate; server_max_window_bits=10")],
    bad=[
        agreed("permessage-deflate; server_max_window_bits=10", "permessage-deflate"),
        agreed("permessage-deflate; server_max_window_bits=10", "permessage-deflate; server_max_window_bits=12"),
    ],
)
def server_window_not_confirmed(handshake: Handshake, connection: Connection) -> Iterator[Fault]:
    """A server that accepts an offer with server_max_window_bits answers with that or a smaller window.

    The client keeps no larger one, so it could not read what a larger window produces.
    """
    owed = _owed(handshake)
    if owed and WINDOWS[0] in _breaches(owed[1], owed[2]):
        response, asked, given = owed
        wanted, got = bits(asked, WINDOWS[0]), bits(given, WINDOWS[0])
        seen = "has none" if got is None else f"has {got}"
        text = f"The client offered {WINDOWS[0]}={wanted}; the answer {shown(given.raw)} {seen}."
        yield fault(response, NAME, text, _with(given, WINDOWS[0], str(wanted)))


@rule(
    "7692-7.1.2.2-06",
    sender=Side.SERVER,
    needs=["request", "response"],
    fix="Send client_max_window_bits only in answer to an offer that has it.",
    good=[
        agreed("permessage-deflate; client_max_window_bits", "permessage-deflate; client_max_window_bits=12"),
        agreed(
            "permessage-deflate; client_max_window_bits, permessage-deflate",
            "permessage-deflate; client_max_window_bits=12",
        ),
    ],
    bad=[agreed("permessage-deflate", "permessage-deflate; client_max_window_bits=12")],
)
def client_window_not_offered(handshake: Handshake, connection: Connection) -> Iterator[Fault]:
    """Only a client that offers client_max_window_bits can limit its window; the answer asks for what it cannot do.

    Clients fail the connection.
    """
    owed = _owed(handshake)
    if owed and WINDOWS[1] in _breaches(owed[1], owed[2]):
        response, asked, given = owed
        text = (
            f"The answer {shown(given.raw)} limits the client's window; the offer {shown(asked.raw)} does not allow it."
        )
        yield fault(response, NAME, text, _with(given, WINDOWS[1], "-"))
