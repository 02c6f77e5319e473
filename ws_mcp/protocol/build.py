"""The writer: any frame, right or deliberately wrong, and the key and accept pair (RFC 6455, 5.2 and 4.2.2).

What is right is the default; each wrong thing is asked for by name. Used to mend what a rule found, by tests, by
probes.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable

from ws_mcp.protocol.masking import EXAMPLE_KEY, apply_mask
from ws_mcp.types import Side
from ws_mcp.wire import Frame

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3
OPCODES = {"continuation": 0, "text": 1, "binary": 2, "close": 8, "ping": 9, "pong": 10}


def frame(
    opcode: int | str,
    payload: bytes = b"",
    *,
    fin: bool = True,
    rsv: int = 0,
    key: bytes | None = None,
    form: int | None = None,
    length: int | None = None,
    cut: int | None = None,
) -> bytes:
    """One frame.

    Args:
        opcode: 0 to 15, or one of the names in ``OPCODES``.
        payload: its bytes before masking.
        fin: the FIN bit.
        rsv: RSV1, RSV2 and RSV3 as bits 4, 2 and 1.
        key: the four bytes to mask with; None leaves the frame unmasked.
        form: how to write the length (7, 16 or 64 bits); None takes the shortest, as 5.2 demands.
        length: the length to announce, where it shall not be that of the payload.
        cut: keep only so many bytes of the frame.
    """
    announced = len(payload) if length is None else length
    form = form or (7 if announced < 126 else 16 if announced < 65536 else 64)
    code = OPCODES[opcode] if isinstance(opcode, str) else opcode
    short = {7: announced & 0x7F, 16: 126, 64: 127}[form]
    extended = {7: b"", 16: (announced & 0xFFFF).to_bytes(2, "big"), 64: announced.to_bytes(8, "big")}[form]
    head = bytes([fin << 7 | rsv << 4 | code, (key is not None) << 7 | short]) + extended
    body = payload if key is None else key + (apply_mask(payload, key) if payload else b"")
    return (head + body)[:cut]


def close_body(code: int, reason: str | bytes = "") -> bytes:
    """The body of a Close frame: two bytes of status code, then the reason (RFC 6455, 5.5.1)."""
    return code.to_bytes(2, "big") + (reason.encode() if isinstance(reason, str) else reason)


def sequence(frames: Iterable[bytes]) -> bytes:
    """Frames one after the other."""
    return b"".join(frames)


def fragments(opcode: int | str, pieces: list[bytes], *, key: bytes | None = None, rsv: int = 0) -> list[bytes]:
    """A fragmented message: the opcode and the RSV bits on the first frame, FIN on the last (RFC 6455, 5.4)."""
    last = len(pieces) - 1
    return [
        frame(0 if at else opcode, piece, fin=at == last, rsv=0 if at else rsv, key=key)
        for at, piece in enumerate(pieces)
    ]


def mended(seen: Frame, side: Side | None, *, rsv: int | None = None, payload: bytes | None = None) -> str:
    """Hex of ``seen`` as ``side`` has to send it: masked or not, shortest length; "" where it does not stand alone.

    A fragment makes sense only among its neighbours, and a payload that is not all there cannot be written again.
    """
    if side is None or not seen.whole or not seen.fin or not seen.opcode or seen.length > 1024:
        return ""
    key = (seen.key or EXAMPLE_KEY) if side is Side.CLIENT else None
    body = seen.payload if payload is None else payload
    return frame(seen.opcode, body, rsv=seen.rsv if rsv is None else rsv, key=key).hex(" ")


def accept(key: str) -> str:
    """The Sec-WebSocket-Accept value for a Sec-WebSocket-Key value (RFC 6455, 4.2.2, step 5.4)."""
    return base64.b64encode(hashlib.sha1((key + GUID).encode("latin-1"), usedforsecurity=False).digest()).decode()


def key(nonce: bytes) -> str:
    """The Sec-WebSocket-Key value for a nonce; 16 bytes are right (RFC 6455, 4.1)."""
    return base64.b64encode(nonce).decode()
