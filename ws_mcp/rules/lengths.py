"""The length of a frame and how it is written (RFC 6455, 5.2)."""

from __future__ import annotations

from collections.abc import Iterator

from ws_mcp.protocol.build import mended
from ws_mcp.protocol.connection import Connection
from ws_mcp.rules.places import fault, length_bytes
from ws_mcp.rules.registry import rule
from ws_mcp.types import Fault
from ws_mcp.wire import Frame


@rule(
    "6455-5.2-08",
    "6455-5.2-06",
    fix="Write the length in its shortest form: up to 125 in the 7 bits, 126 to 65535 in two more bytes, larger "
    "ones in eight.",
    good=["S: 82 02 6869", "S: 82 7e 007e " + "61" * 126],
    bad=["S: 82 7e 0002 6869  # 16 bits for 2", "S: 82 7f 0000000000000002 6869  # 64 bits for 2"],
)
def non_minimal_length(frame: Frame, connection: Connection) -> Iterator[Fault]:
    """A length is written in the shortest of its three forms.

    Most receivers take a longer form, Chromium and wsproto do not: they fail the connection with 1002. Two ways to
    write one frame also let filters and receivers disagree about where it ends.
    """
    if not frame.minimal:
        shortest = 7 if frame.length < 126 else 16
        text = f"writes the length {frame.length:,} in {frame.form} bits; its shortest form has {shortest} bits."
        yield fault(frame, text, length_bytes(frame), mended(frame, frame.side))


@rule(
    "6455-5.2-07",
    fix="Keep the length below 2^63: clear the top bit of the first of the eight length bytes. A length like this "
    "mostly comes from a signed number, from the wrong byte order, or from reading payload as a header.",
    good=["S: 82 02 6869"],
    bad=["S: 82 7f 8000000000000002"],
)
def length_top_bit_set(frame: Frame, connection: Connection) -> Iterator[Fault]:
    """The top bit of a 64-bit length is 0.

    No one can tell where such a frame ends, so reading stops there. It has crashed or hung receivers that took the
    length for a signed number.
    """
    if frame.length >> 63:
        text = f"has the 64-bit length {frame.length:#x}, whose top bit is set; nothing after it can be read."
        yield fault(frame, text, length_bytes(frame))
