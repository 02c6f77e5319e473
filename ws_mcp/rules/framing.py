"""The first byte of a frame: RSV bits and opcode (RFC 6455, 5.2)."""

from __future__ import annotations

from collections.abc import Iterator

from ws_mcp.protocol.build import mended
from ws_mcp.protocol.connection import Connection
from ws_mcp.rules.places import fault, first_byte
from ws_mcp.rules.registry import rule
from ws_mcp.types import Fault
from ws_mcp.wire import Frame

RESERVED = (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)


@rule(
    "6455-5.2-02",
    "6455-9.1-05",
    needs=["known extensions"],
    fix="Clear RSV1, RSV2 and RSV3. If RSV1 marks compressed messages, permessage-deflate has to be in the server's "
    "answer to the handshake; name it in extensions to have it checked.",
    good=["S: 81 02 6869", "extensions: permessage-deflate\nS: c1 07 f248cdc9c90700  # compressed text"],
    bad=["S: c1 02 6869  # RSV1", "S: a1 02 6869  # RSV2", "extensions: permessage-deflate\nS: 91 02 6869  # RSV3"],
)
def reserved_bit_set(frame: Frame, connection: Connection) -> Iterator[Fault]:
    """A reserved bit is 0 unless a negotiated extension gives it a meaning.

    Only permessage-deflate does, for RSV1. A receiver cannot know what else the bit says about the payload, so it fails
    the connection with 1002. Typical cause: a peer that compresses although the handshake did not agree on it.
    """
    wrong = frame.rsv & ~(4 if connection.deflate else 0)
    if wrong:
        names = " and ".join(name for name, bit in (("RSV1", 4), ("RSV2", 2), ("RSV3", 1)) if wrong & bit)
        unknown = "" if connection.extensions.known else " (no extensions were named, and none we know explains it)"
        text = f"has {names} set, but no negotiated extension uses {'them' if ' and ' in names else 'it'}{unknown}."
        yield fault(frame, text, first_byte(frame), mended(frame, frame.side, rsv=frame.rsv & ~wrong))


@rule(
    "6455-5.2-04",
    needs=["known extensions"],
    opcodes=RESERVED,
    fix="Use an opcode that exists: 0 continuation, 1 text, 2 binary, 8 close, 9 ping, 10 pong. If the stream looks "
    "like noise from here on, the reader lost the frame boundary: look at the length of the frame before.",
    good=["S: 82 02 6869"],
    bad=["S: 83 02 6869  # opcode 3", "S: 8b 00  # opcode 11"],
)
def reserved_opcode(frame: Frame, connection: Connection) -> Iterator[Fault]:
    """Opcodes 3 to 7 and 11 to 15 have no meaning without an extension that defines them.

    A receiver fails the connection with 1002.
    """
    kind = "control" if frame.control else "data"
    text = f"uses opcode {frame.opcode:#x}, a {kind} opcode that nothing defines."
    yield fault(frame, text, first_byte(frame))
