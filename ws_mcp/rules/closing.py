"""Close frames: body, status codes, and what may follow (RFC 6455, 5.5.1 and 7.4)."""

from __future__ import annotations

from collections.abc import Iterator

from ws_mcp.protocol.connection import CLOSE, Connection
from ws_mcp.protocol.utf8 import utf8_error
from ws_mcp.rules.places import fault, label, place_of, who
from ws_mcp.rules.registry import rule
from ws_mcp.types import Fault, Place, Severity, Side
from ws_mcp.wire import End, Frame

NEVER_SENT = {
    1004: "is reserved and has no meaning",
    1005: "only tells an application that a Close had no code",
    1006: "only tells an application that the connection was lost without Close",
    1015: "only tells an application that TLS failed",
}
DEFINED = frozenset(range(1000, 1016))  # IANA, WebSocket Close Code Number Registry, 1000-2999
REGISTERED = frozenset({3000, 3003, 3008})  # the same, 3000-3999
SINGLE_BYTE = 1
CODE = "Use a code that may be sent: 1000 to 1003, 1007 to 1014, 3000 to 4999 (4000 to 4999 for your own meanings)"


def status_code(frame: Frame) -> int | None:
    """The status code of a Close frame, None where there is none (RFC 6455, 5.5.1)."""
    return int.from_bytes(frame.payload[:2], "big") if len(frame.payload) >= 2 else None


def _code_place(frame: Frame) -> Place:
    return place_of(frame, frame.header, 2)


@rule(
    "6455-5.5.1-02",
    opcodes=[CLOSE],
    fix="Send Close with no body at all, or with a two-byte status code in network byte order, then the reason.",
    good=["S: 88 00", "S: 88 02 03e8", "S: 88 05 03e8 627965"],
    bad=["S: 88 01 03"],
)
def one_byte_close_body(frame: Frame, connection: Connection) -> Iterator[Fault]:
    """A Close body begins with two bytes of status code, so it cannot have one byte.

    A receiver fails the connection with 1002.
    """
    if frame.length == SINGLE_BYTE:
        text = f"has a body of one byte ({frame.payload.hex() or 'cut off'}); a status code has two."
        yield fault(frame, text, place_of(frame, frame.header, 1))


@rule(
    "6455-7.4.1-04",
    "6455-7.4.1-03",
    "6455-7.4.1-05",
    "6455-7.4.1-06",
    opcodes=[CLOSE],
    fix=f"{CODE}; to give no code, send Close with an empty body.",
    good=["S: 88 02 03e8  # 1000", "S: 88 02 03f3  # 1011"],
    bad=["S: 88 02 03ec  # 1004", "S: 88 02 03ed  # 1005", "S: 88 02 03ee  # 1006", "S: 88 02 03f7  # 1015"],
)
def reserved_close_code(frame: Frame, connection: Connection) -> Iterator[Fault]:
    """The codes 1004, 1005, 1006 and 1015 are never on the wire.

    Programming interfaces make them up to tell an application what happened; sent, they are a lie. A receiver fails the
    connection with 1002. Typical cause: passing on the code that one's own library reported.
    """
    code = status_code(frame)
    if code in NEVER_SENT:
        yield fault(frame, f"carries the status code {code}, which {NEVER_SENT[code]}.", _code_place(frame))


@rule(
    "6455-7.4.2-01",
    "6455-7.4.2-05",
    "6455-11.7-01",
    opcodes=[CLOSE],
    fix=f"{CODE}; write it as two bytes in network byte order.",
    good=["S: 88 02 0fa0  # 4000"],
    bad=["S: 88 02 03e7  # 999", "S: 88 02 1388  # 5000", "S: 88 02 0000"],
)
def close_code_out_of_range(frame: Frame, connection: Connection) -> Iterator[Fault]:
    """Status codes are numbers from 1000 to 4999.

    A receiver fails the connection with 1002. Typical causes: a text instead of a code, or the wrong byte order.
    """
    code = status_code(frame)
    if code is not None and not 1000 <= code < 5000:
        text = f"carries the status code {code}, outside of every range (1000 to 4999)."
        yield fault(frame, text, _code_place(frame))


@rule(
    "6455-7.4.2-02",
    opcodes=[CLOSE],
    fix=f"{CODE}. For a meaning of your own take a code from 4000 to 4999.",
    good=["S: 88 02 03f6  # 1014, registered after the RFC"],
    bad=["S: 88 02 03f8  # 1016", "S: 88 02 07d0  # 2000", "S: 88 02 0bb7  # 2999"],
)
def undefined_close_code(frame: Frame, connection: Connection) -> Iterator[Fault]:
    """Codes from 1000 to 2999 belong to the protocol and its extensions; only those that are defined are used.

    IANA lists them: 1000 to 1015. Most receivers fail the connection with 1002.
    """
    code = status_code(frame)
    if code is not None and 1000 <= code < 3000 and code not in DEFINED:
        text = f"carries the status code {code}, which the protocol keeps for itself and has not defined."
        yield fault(frame, text, _code_place(frame))


@rule(
    "6455-7.4.2-03",
    opcodes=[CLOSE],
    severity=Severity.INFO,
    fix="For a private meaning take a code from 4000 to 4999; a library or framework registers its own with IANA.",
    good=["S: 88 02 0bb8  # 3000 Unauthorized", "S: 88 02 0fa1  # 4001, private"],
    bad=["S: 88 02 0c1c  # 3100"],
)
def unregistered_close_code(frame: Frame, connection: Connection) -> Iterator[Fault]:
    """Codes from 3000 to 3999 are registered with IANA, first come, first served; this one is not.

    It breaks nothing today and collides with whoever registers it tomorrow.
    """
    code = status_code(frame)
    if code is not None and 3000 <= code < 4000 and code not in REGISTERED:
        text = f"carries the status code {code}, which is not in IANA's registry (3000 to 3999)."
        yield fault(frame, text, _code_place(frame))


@rule(
    "6455-7.4.1-10",
    opcodes=[CLOSE],
    sender=Side.SERVER,
    fix="A server that lacks something in the handshake refuses the handshake instead; for an unexpected condition "
    "it sends 1011.",
    good=[
        "S: 88 02 03f3  # 1011",
        "C: 88 94 37fa213d 340851584597444e449b46581a9e445b5b9b5558  # client, with its list",
        "C: 88 94 37fa213d 340851584597444e449b46581a9e445b5b9b5558\nS: 88 02 03f2  # repeats the client's code",
    ],
    bad=["S: 88 02 03f2  # 1010", "C: 88 82 37fa213d 3412\nS: 88 02 03f2  # the client said 1000"],
)
def extension_code_from_server(frame: Frame, connection: Connection) -> Iterator[Fault]:
    """Code 1010 is the client's: the server did not agree on an extension it cannot do without.

    A server has no use for it, since it decides on the extensions itself. An answer that repeats the code of the
    client's Close (5.5.1) says nothing of its own.
    """
    client = connection.peer(frame.side)
    repeated = client is not None and client.closed is not None and status_code(client.closed) == 1010
    if status_code(frame) == 1010 and not repeated:
        yield fault(frame, "carries 1010, which only a client can mean.", _code_place(frame))


@rule(
    "6455-7.4.1-09",
    opcodes=[CLOSE],
    sender=Side.CLIENT,
    fix="Put the names of the extensions that were needed into the reason of a Close with 1010.",
    good=["C: 88 94 37fa213d 340851584597444e449b46581a9e445b5b9b5558  # 1010 permessage-deflate"],
    bad=["C: 88 82 37fa213d 3408"],
)
def extension_code_without_list(frame: Frame, connection: Connection) -> Iterator[Fault]:
    """A Close with 1010 lists the extensions that the client wanted in its reason.

    Without the list, nobody at the server can tell what was missing.
    """
    if status_code(frame) == 1010 and frame.length == 2:
        yield fault(frame, "carries 1010 without saying which extensions were needed.", _code_place(frame))


@rule(
    "6455-5.5.1-04",
    opcodes=[CLOSE],
    close=1007,
    fix="Encode the reason as UTF-8; when cutting it to 123 bytes, cut between characters.",
    good=["S: 88 04 03e8 c3a9"],
    bad=["S: 88 03 03e8 c3  # cut inside a character", "S: 88 04 03e8 e920"],
)
def close_reason_not_utf8(frame: Frame, connection: Connection) -> Iterator[Fault]:
    """The reason of a Close is UTF-8.

    A receiver fails the connection with 1007 or 1002. Typical cause: a reason cut to length in the middle of a
    character.
    """
    reason = frame.payload[2:]
    at = utf8_error(reason) if frame.whole else -1
    if at >= 0:
        bad = reason[at : at + 4]
        text = f"has a reason that is not UTF-8 from its byte {at} on ({bad.hex(' ')})."
        yield fault(frame, text, place_of(frame, frame.header + 2 + at, len(bad)))


@rule(
    "6455-5.5.1-07",
    opcodes=range(8),
    sections=["rfc6455/5.1"],
    fix="Send all data before Close; after Close wait for the peer's Close and drop what is still queued.",
    good=["S: 81 02 6869\nS: 88 02 03e8"],
    bad=["S: 88 02 03e8\nS: 81 02 6869"],
)
def data_after_close(frame: Frame, connection: Connection) -> Iterator[Fault]:
    """After its Close a side sends no more data frames.

    The peer reads nothing after Close, so the data is lost. Typical cause: a writer that does not know that another
    part of the program closed the connection.
    """
    closed = connection.half(frame.side).closed
    if closed is not None:
        yield fault(frame, f"is data, sent after {who(frame.side)} had sent Close (frame {closed.index}).")


@rule(
    opcodes=range(8, 16),
    severity=Severity.WARNING,
    sections=["rfc6455/5.5.1", "rfc6455/1.4"],
    fix="Send one Close and nothing after it.",
    good=["S: 89 00\nS: 88 02 03e8"],
    bad=["S: 88 02 03e8\nS: 88 02 03e8  # a second Close", "S: 88 02 03e8\nS: 89 00"],
)
def control_frame_after_close(frame: Frame, connection: Connection) -> Iterator[Fault]:
    """A control frame follows the sender's own Close.

    The wording forbids only data there, but the peer ignores what comes after Close; some tear the connection down.
    """
    closed = connection.half(frame.side).closed
    if closed is not None:
        yield fault(frame, f"comes after {who(frame.side)} had sent Close (frame {closed.index}).")


@rule(
    "6455-5.5.1-08",
    opcodes=[CLOSE],
    needs=["both directions"],
    severity=Severity.WARNING,
    fix="Answer a Close with a Close, usually with the same code, before closing TCP.",
    good=["S: 88 02 03e8\nC: 88 82 37fa213d 3412", "S: 88 02 03e8  # the dump ends before any answer"],
    bad=["C: 82 81 37fa213d 56\nS: 88 02 03e8\nC: 82 81 11223344 70"],
)
def close_not_answered(end: End, connection: Connection) -> Iterator[Fault]:
    """A Close is answered with a Close; in this dialogue the other side never does.

    The closing side then waits for its time-out and reports 1006 instead of a clean close. A dump that ends too early
    looks the same.
    """
    half, peer = connection.half(end.side), connection.peer(end.side)
    if half.closed is not None and peer is not None and peer.closed is None:
        text = f"{label(half.closed)} is not answered with a Close by {who(peer.side)}."
        yield Fault(text, place_of(half.closed))
