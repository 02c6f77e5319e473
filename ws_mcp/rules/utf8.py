"""Text is UTF-8 (RFC 6455, 5.6 and 8.1; RFC 7692, 6.2)."""

from __future__ import annotations

from collections.abc import Iterator

from ws_mcp.protocol.connection import Connection
from ws_mcp.rules.places import message_place, who
from ws_mcp.rules.registry import rule
from ws_mcp.types import Fault, Place
from ws_mcp.wire import Message


@rule(
    "6455-5.6-01",
    "7692-6.2-03",
    close=1007,
    sections=["rfc6455/8.1"],
    fix="Encode text as UTF-8, or send the data with the binary opcode. A character may be split between fragments, "
    "but not between messages.",
    good=["S: 81 02 c3a9", "S: 01 01 c3\nS: 80 01 a9  # a character in two fragments"],
    bad=[
        "S: 81 02 c328",
        "S: 81 03 eda080  # a surrogate",
        "S: 81 01 c3  # cut off",
        "S: 01 02 6869\nS: 80 01 ff",
        "extensions: permessage-deflate\nS: c1 03 fa0f00 # inflates to ff",
    ],
)
def invalid_utf8_text(message: Message, connection: Connection) -> Iterator[Fault]:
    """A text message, all its fragments joined and inflated, is well-formed UTF-8.

    A receiver fails the connection with 1007. Typical causes: binary data or Latin-1 sent as text, a string cut at a
    byte, a lone surrogate from a 16-bit string.
    """
    error = message.text_error
    if error is None:
        return
    place = message_place(message)
    if message.inflated is None:
        place = Place(message.side, error.frame, error.offset, len(error.seen))
    start = f"The text message that {who(message.side)} began in frame {message.first.index}"
    inflated = " after inflating" if message.inflated else ""
    text = f"{start} is not UTF-8 from its byte {error.at} on{inflated}: {error.seen.hex(' ')}."
    yield Fault(text, place)
