"""Control frames, Ping and Pong (RFC 6455, 5.5 to 5.5.3)."""

from __future__ import annotations

from collections.abc import Iterator

from ws_mcp.protocol.connection import PING, PONG, Connection
from ws_mcp.rules.places import fault, first_byte, label, length_bytes, place_of, who
from ws_mcp.rules.registry import rule
from ws_mcp.types import Fault, Severity
from ws_mcp.wire import End, Frame

CONTROL = range(8, 16)
LONGEST = 125  # bytes of payload (RFC 6455, 5.5)


@rule(
    "6455-5.5-02",
    "6455-5.4-05",
    opcodes=CONTROL,
    fix="Set FIN on every control frame: its payload has at most 125 bytes and fits in one frame.",
    good=["S: 89 02 6869"],
    bad=["S: 09 02 6869"],
)
def fragmented_control_frame(frame: Frame, connection: Connection) -> Iterator[Fault]:
    """A control frame is never fragmented: its FIN bit is set.

    Control frames come between the fragments of messages, so they cannot have fragments of their own. A receiver fails
    the connection with 1002.
    """
    if not frame.fin:
        yield fault(frame, "has its FIN bit clear; a control frame is one frame.", first_byte(frame))


@rule(
    "6455-5.5-01",
    opcodes=CONTROL,
    fix="Keep the payload of Ping, Pong and Close at 125 bytes or less; a close reason has 123. Send what is longer "
    "as a message.",
    good=["S: 89 7d " + "61" * 125],
    bad=["S: 89 7e 007e " + "61" * 126],
)
def oversized_control_frame(frame: Frame, connection: Connection) -> Iterator[Fault]:
    """A control frame carries at most 125 bytes.

    Receivers keep a fixed buffer for it and fail the connection with 1002.
    """
    if frame.length > LONGEST:
        text = f"announces {frame.length} bytes of payload; a control frame has at most {LONGEST}."
        yield fault(frame, text, length_bytes(frame))


@rule(
    "6455-5.5.3-01",
    opcodes=[PONG],
    needs=["both directions"],
    severity=Severity.WARNING,
    fix="Answer a Ping with a Pong whose payload is byte for byte that of the Ping (of the newest one, if several "
    "wait).",
    good=["S: 89 02 6869\nC: 8a 82 37fa213d 5f93"],
    bad=["S: 89 02 6869\nC: 8a 82 37fa213d 5f94\nC: 8a 82 11223344 794b"],
)
def pong_without_matching_ping(frame: Frame, connection: Connection) -> Iterator[Fault]:
    """A Pong that answers a Ping repeats its payload; this one repeats none of the Pings that wait.

    It may be an unsolicited Pong, which is allowed; where it was meant as the answer, the peer will take the connection
    for dead.
    """
    peer = connection.peer(frame.side)
    if peer is None or not peer.pings or any(ping.payload == frame.payload for ping, _ in peer.pings):
        return
    waiting = peer.pings[-1][0]
    text = (
        f"carries {frame.payload[:16].hex(' ') or 'nothing'}, but the Ping that waits (frame {waiting.index}) carries "
        f"{waiting.payload[:16].hex(' ') or 'nothing'}."
    )
    yield fault(frame, text)


@rule(
    "6455-5.5.2-02",
    opcodes=[PING],
    needs=["both directions"],
    severity=Severity.WARNING,
    fix="Answer every Ping with a Pong as soon as possible, also while a long message is on its way out; libraries "
    "do it when their receive loop runs, so keep that loop free.",
    good=["S: 89 02 6869\nC: 8a 82 37fa213d 5f93", "S: 89 02 6869  # the dump ends before any answer"],
    bad=["S: 89 02 6869\nC: 82 81 37fa213d 56\nC: 82 81 11223344 70"],
)
def unanswered_ping(end: End, connection: Connection) -> Iterator[Fault]:
    """A Ping is answered with a Pong unless a Close came first; here the peer went on and never answered.

    A peer that waits for the Pong closes the connection after its time-out.
    """
    half, peer = connection.half(end.side), connection.peer(end.side)
    if peer is None or peer.closed is not None:
        return
    for ping, heard in half.pings:
        if peer.frames > heard:
            later = f"although {who(peer.side)} sent {peer.frames - heard} frames after it"
            yield Fault(f"{label(ping)} has no Pong, {later}.", place_of(ping))
