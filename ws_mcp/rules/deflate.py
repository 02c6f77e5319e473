"""Compressed messages: RSV1, and what is in the data (RFC 7692, 6 and 7.2)."""

from __future__ import annotations

from collections.abc import Iterator

from ws_mcp.protocol.build import mended
from ws_mcp.protocol.connection import Connection
from ws_mcp.rules.places import fault, first_byte, message_place, who
from ws_mcp.rules.registry import rule
from ws_mcp.types import Fault
from ws_mcp.wire import Frame, Message

RSV1 = 4
FAR_WINDOW = "S: c1 1b f248cdc9c957084f4d0ace4fce4e2d491c05a38006c00335990100"


def _begun(message: Message) -> str:
    return f"The compressed message that {who(message.side)} began in frame {message.first.index}"


@rule(
    "7692-6.1-03",
    "7692-6-01",
    opcodes=range(8, 16),
    fix="Clear RSV1 on Ping, Pong and Close; only messages are compressed.",
    good=["extensions: permessage-deflate\nS: 89 02 6869"],
    bad=["extensions: permessage-deflate\nS: c9 02 6869"],
)
def compressed_control_frame(frame: Frame, connection: Connection) -> Iterator[Fault]:
    """RSV1 stays clear on control frames: they are never compressed.

    A receiver fails the connection with 1002.
    """
    if connection.deflate and frame.rsv & RSV1:
        corrected = mended(frame, frame.side, rsv=frame.rsv & ~RSV1)
        yield fault(frame, "has RSV1 set; control frames are not compressed.", first_byte(frame), corrected)


@rule(
    "7692-6.1-04",
    "7692-6.1-01",
    opcodes=[0],
    fix="Set RSV1 on the first frame of a compressed message only, and clear it on the continuations.",
    good=["extensions: permessage-deflate\nS: 41 03 f248cd\nS: 80 04 c9c90700"],
    bad=["extensions: permessage-deflate\nS: 41 03 f248cd\nS: c0 04 c9c90700"],
)
def compressed_bit_on_continuation(frame: Frame, connection: Connection) -> Iterator[Fault]:
    """RSV1 on the first frame speaks for the whole message; on later frames it is clear.

    A receiver fails the connection with 1002. Typical cause: a sender that compresses frame by frame.
    """
    if connection.deflate and frame.rsv & RSV1:
        yield fault(frame, "has RSV1 set; only the first frame of a compressed message has.", first_byte(frame))


@rule(
    "7692-6.1-01",
    "7692-5-12",
    "7692-7.2.1-06",
    "7692-7.2.1-15",
    "7692-6.1-06",
    close=1007,
    sections=["rfc7692/7.2.1"],
    fix="Compress with raw DEFLATE (zlib with negative window bits, no zlib or gzip header), flush with "
    "Z_SYNC_FLUSH, cut the last four bytes of the message only. Leave RSV1 clear on messages that are not "
    "compressed.",
    good=["extensions: permessage-deflate\nS: c1 07 f248cdc9c90700", "extensions: permessage-deflate\nS: 81 02 6869"],
    bad=[
        "extensions: permessage-deflate\nS: c1 05 48656c6c6f  # plain text",
        "extensions: permessage-deflate\nS: c1 05 f248cdc9c9  # cut off",
        "extensions: permessage-deflate\nS: c1 00  # an empty message is c1 01 00",
    ],
)
def broken_deflate_data(message: Message, connection: Connection) -> Iterator[Fault]:
    """A message with RSV1 set holds DEFLATE data that ends at a flush; this one does not inflate.

    The receiver cannot read it, nor any later message that refers to it, and fails the connection with 1007 or 1002.
    """
    found = message.inflated
    if found is None or not (found.error or found.unaligned):
        return
    why = f"zlib says: {found.error}" if found.error else "it ends in the middle of a block"
    why = why if message.length else "it is empty, but even an empty message compresses to one byte, 00"
    guess = f" (taken for {connection.extensions.inferred})" if connection.extensions.inferred else ""
    yield Fault(f"{_begun(message)} does not inflate: {why}{guess}.", message_place(message))


@rule(
    "7692-7.2.1-05",
    fix="After flushing the compressor with Z_SYNC_FLUSH, cut 00 00 ff ff off the end of the message; the receiver "
    "puts it back.",
    good=["extensions: permessage-deflate\nS: c1 07 f248cdc9c90700"],
    bad=["extensions: permessage-deflate\nS: c1 0b f248cdc9c907000000ffff"],
)
def deflate_tail_not_cut(message: Message, connection: Connection) -> Iterator[Fault]:
    """The sender cuts the last four bytes, 00 00 ff ff, off a compressed message; here they are still there.

    The receiver appends them itself, and then its inflater stands inside a block that never ends.
    """
    if message.inflated is not None and message.inflated.tail_kept:
        text = f"{_begun(message)} still ends with 00 00 ff ff, which the sender has to cut off."
        yield Fault(text, message_place(message))


@rule(
    "7692-7.2.1-14",
    "7692-7.2.1-12",
    "7692-7.2.2-10",
    "7692-7.2.1-07",
    close=1007,
    needs=["sender"],
    fix="Give the compressor the agreed window (zlib: wbits = -N), or agree on a larger one in the handshake.",
    good=[
        "extensions: permessage-deflate; server_max_window_bits=10\n" + FAR_WINDOW,
        "extensions: permessage-deflate; client_max_window_bits=8\n" + FAR_WINDOW,
    ],
    bad=["extensions: permessage-deflate; server_max_window_bits=8\n" + FAR_WINDOW],
)
def window_exceeded(message: Message, connection: Connection) -> Iterator[Fault]:
    """A compressor refers back no further than the agreed window.

    The receiver keeps no more than that, so it cannot inflate the message. The first 256 KiB of each direction are
    checked.
    """
    if message.inflated is not None and message.inflated.too_far == "window" and connection.deflate:
        bits, _ = connection.deflate.of(message.side)
        name = f"{message.side}_max_window_bits={bits}"
        text = f"{_begun(message)} refers back further than {2**bits} bytes, against the agreed {name}."
        yield Fault(text, message_place(message))


@rule(
    "7692-7.2.1-10",
    "7692-7.2.1-08",
    close=1007,
    needs=["sender"],
    fix="Reset the compressor before each message, or do not agree on no_context_takeover for this side.",
    good=[
        "extensions: permessage-deflate\nS: c1 07 f248cdc9c90700\nS: c1 05 f200110000",
        "extensions: permessage-deflate; server_no_context_takeover\nS: c1 07 f248cdc9c90700\nS: c1 07 f248cdc9c90700",
    ],
    bad=["extensions: permessage-deflate; server_no_context_takeover\nS: c1 07 f248cdc9c90700\nS: c1 05 f200110000"],
)
def context_kept(message: Message, connection: Connection) -> Iterator[Fault]:
    """With no_context_takeover agreed, each message is compressed by itself.

    This one refers to an earlier message, which the receiver has forgotten, so it cannot inflate it.
    """
    if message.inflated is not None and message.inflated.too_far == "context":
        text = f"{_begun(message)} refers to an earlier message, against the agreed {message.side}_no_context_takeover."
        yield Fault(text, message_place(message))
