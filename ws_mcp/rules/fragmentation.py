"""Messages in several frames (RFC 6455, 5.4)."""

from __future__ import annotations

from collections.abc import Iterator

from ws_mcp.protocol.connection import CLOSE, Connection
from ws_mcp.rules.places import fault, first_byte
from ws_mcp.rules.registry import rule
from ws_mcp.types import Fault, Severity
from ws_mcp.wire import Frame


@rule(
    "6455-5.4-03",
    "6455-5.4-01",
    "6455-5.4-02",
    opcodes=[0],
    needs=["known extensions"],
    fix="Start each message with opcode 1 (text) or 2 (binary); use opcode 0 only for what follows a frame whose "
    "FIN bit is clear. If this dump begins in the middle of a message, start it at the message's first frame.",
    good=["S: 01 02 6869\nS: 80 01 21"],
    bad=["S: 80 02 6869", "S: 01 01 61\nS: 80 01 62\nS: 80 01 63  # the message has ended before"],
)
def orphan_continuation(frame: Frame, connection: Connection) -> Iterator[Fault]:
    """A continuation frame goes on with a message; here none is in progress.

    The receiver cannot know the type of the data and fails the connection with 1002. Typical causes: FIN set too early,
    or a sender that uses opcode 0 for every frame.
    """
    if connection.half(frame.side).assembler.open is None:
        yield fault(frame, "continues a message, but no message of this side is in progress.", first_byte(frame))


@rule(
    "6455-5.4-07",
    "6455-5.4-15",
    "6455-6.1-05",
    "6455-5.4-02",
    opcodes=range(1, 8),
    needs=["known extensions"],
    fix="Send the rest of the first message with opcode 0 and FIN set on its last frame before starting another; "
    "only control frames may come between. With several writers, let one at a time send a whole message.",
    good=["S: 01 02 6869\nS: 89 00  # control frames may come between\nS: 80 01 21"],
    bad=["S: 01 02 6869\nS: 81 01 21\nS: 80 01 2e", "S: 01 02 6869\nS: 01 01 21\nS: 80 01 2e"],
)
def interleaved_message(frame: Frame, connection: Connection) -> Iterator[Fault]:
    """A new message begins before the fragmented one in progress has ended.

    Fragments carry no message number, so messages of one side cannot be mixed; the receiver fails the connection with
    1002. Typical causes: two threads writing at once, or the opcode repeated on later fragments.
    """
    waiting = connection.half(frame.side).assembler.open
    if waiting is not None:
        text = f"begins a message while the one that frame {waiting.first.index} began still waits for its end."
        yield fault(frame, text, first_byte(frame))


@rule(
    "6455-6.1-06",
    opcodes=[CLOSE],
    severity=Severity.WARNING,
    sections=["rfc6455/5.5.1"],
    fix="Finish the message with a frame that has opcode 0 and FIN set, then send Close; or give the message up "
    "only when the connection fails.",
    good=["S: 01 02 6869\nS: 80 01 21\nS: 88 02 03e8"],
    bad=["S: 01 02 6869\nS: 88 02 03e8"],
)
def close_inside_message(frame: Frame, connection: Connection) -> Iterator[Fault]:
    """Close comes before the last fragment of a message, which therefore never ends.

    No data may follow Close, so the message is lost. Most receivers just close; some answer 1002.
    """
    waiting = connection.half(frame.side).assembler.open
    if waiting is not None:
        yield fault(frame, f"is sent while the message that frame {waiting.first.index} began has no end yet.")
