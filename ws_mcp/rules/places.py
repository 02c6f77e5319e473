"""Places for faults: which bytes of a frame or a message to point at."""

from __future__ import annotations

from ws_mcp.types import Fault, Place, Side
from ws_mcp.wire import Frame, Message

OPCODE_NAMES = {0: "continuation", 1: "text", 2: "binary", 8: "close", 9: "ping", 10: "pong"}


def name_of(opcode: int) -> str:
    """The name of an opcode, or its number."""
    return OPCODE_NAMES.get(opcode, f"opcode {opcode:#x}")


def who(side: Side | None) -> str:
    """A side as the subject of a sentence."""
    return f"the {side.value}" if side else "the sender"


def label(frame: Frame) -> str:
    """A frame as the subject of a sentence: "Frame 3 (text) of the client"."""
    return f"Frame {frame.index} ({name_of(frame.opcode)}) of {who(frame.side)}"


def place_of(frame: Frame, start: int = 0, length: int | None = None) -> Place:
    """Bytes of ``frame`` from ``start`` on, to its last one that is there unless ``length`` says how many."""
    size = frame.header + len(frame.payload) - start if length is None else length
    return Place(frame.side, frame.index, frame.offset + start, size)


def first_byte(frame: Frame) -> Place:
    """FIN, the RSV bits and the opcode."""
    return place_of(frame, 0, 1)


def mask_bytes(frame: Frame) -> Place:
    """The byte with the mask bit."""
    return place_of(frame, 1, 1)


def length_bytes(frame: Frame) -> Place:
    """The length, in whatever form it is written."""
    return place_of(frame, 1, frame.header - 1 - (4 if frame.masked else 0))


def message_place(message: Message) -> Place:
    """Where a message begins."""
    return Place(message.side, message.first.index, message.first.offset, message.first.header)


def fault(frame: Frame, text: str, place: Place | None = None, corrected: str = "") -> Fault:
    """A fault of a frame; ``text`` goes on after its label."""
    return Fault(f"{label(frame)} {text}", place or place_of(frame), corrected)
