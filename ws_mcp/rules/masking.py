"""Masking (RFC 6455, 5.1 and 5.3)."""

from __future__ import annotations

from collections.abc import Iterator

from ws_mcp.protocol.build import mended
from ws_mcp.protocol.connection import Connection
from ws_mcp.rules.places import fault, place_of
from ws_mcp.rules.registry import rule
from ws_mcp.types import Fault, Side
from ws_mcp.wire import Frame


@rule(
    "6455-5.1-01",
    "6455-5.3-01",
    "6455-5.5.1-06",
    "6455-6.1-07",
    sender=Side.CLIENT,
    fix="Mask every frame the client sends: set the mask bit, put four fresh random bytes after the length and XOR "
    "the payload with them. Libraries do this by themselves; look for a proxy or a tool that writes raw frames.",
    good=["C: 81 85 37fa213d 7f9f4d5158  # text, masked"],
    bad=["C: 81 05 48656c6c6f  # text, not masked", "C: 88 02 03e8  # close, not masked"],
)
def unmasked_client_frame(frame: Frame, connection: Connection) -> Iterator[Fault]:
    """A client must mask every frame it sends, control frames too, and also over TLS.

    Masking keeps a page from choosing the bytes that cross old proxies, which could otherwise be fooled into caching
    them as an HTTP response. A server that gets an unmasked frame closes the connection with 1002.
    """
    if not frame.masked:
        corrected = mended(frame, Side.CLIENT)
        yield fault(frame, "has its mask bit clear; a client masks every frame.", corrected=corrected)


@rule(
    "6455-5.1-04",
    sender=Side.SERVER,
    fix="Send frames from the server unmasked: clear the mask bit, leave out the four key bytes, send the payload "
    "as it is.",
    good=["S: 81 05 48656c6c6f  # text, not masked"],
    bad=["S: 81 85 37fa213d 7f9f4d5158  # text, masked"],
)
def masked_server_frame(frame: Frame, connection: Connection) -> Iterator[Fault]:
    """A server must not mask the frames it sends.

    Clients rely on it to tell the directions apart; browsers close the connection with 1002.
    """
    if frame.key is not None:
        key = place_of(frame, frame.header - 4, 4)
        text = f"is masked, with the key {frame.key.hex(' ')}; a server never masks."
        yield fault(frame, text, key, mended(frame, Side.SERVER))
