"""The dissection: frames and messages described for people and programs, as the ``facts`` of a report.

It describes the first so many frames and the messages that begin in them, counts the rest, and says what the input
lacks at its end.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ws_mcp.protocol.connection import Connection
from ws_mcp.protocol.frames import FrameReader, unmasked
from ws_mcp.protocol.skimming import KEPT, Run
from ws_mcp.types import Side
from ws_mcp.wire import Frame, Message, Part

ABSURD = 1 << 32  # bytes; no frame is that long
SHOWN = 64  # payload bytes that a frame or message shows
NAMES = {0: "continuation", 1: "text", 2: "binary", 8: "close", 9: "ping", 10: "pong"}

Readers = Mapping[Side | None, FrameReader]


class Dissection:
    """Collects the descriptions."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._frames: list[dict[str, Any]] = []
        self._messages: list[dict[str, Any]] = []
        self._message_count = 0
        self._opcodes: dict[int, int] = {}
        self._payload = 0
        self._described: dict[Side | None, int] = {}
        self._long: dict[Side | None, dict[str, Any]] = {}

    @property
    def full(self) -> bool:
        """It describes no more frames."""
        return len(self._frames) >= self._limit

    def frame(self, frame: Frame) -> None:
        """Takes a frame."""
        self._opcodes[frame.opcode] = self._opcodes.get(frame.opcode, 0) + 1
        self._payload += len(frame.payload)
        if not self.full:
            self._frames.append(_frame(frame))
            self._described[frame.side] = frame.index
            if frame.length > KEPT:
                self._long[frame.side] = self._frames[-1]

    def part(self, part: Part) -> None:
        """Takes a piece of a long payload: shows its beginning, notes its end."""
        self._payload += len(part.raw)
        described = self._long.get(part.frame.side)
        if described is None:
            return
        if len(described["payload"]) < 3 * SHOWN - 1:
            so_far = bytes.fromhex(described["payload"])
            described["payload"] = (so_far + unmasked(part, SHOWN - len(so_far))).hex(" ")
        if part.last:
            described["complete"] = True
            del self._long[part.frame.side]

    def message(self, message: Message) -> None:
        """Takes a message."""
        self._message_count += 1
        if message.first.index <= self._described.get(message.side, -1):
            self._messages.append(_message(message))

    def skip(self, run: Run) -> None:
        """Counts frames that were skimmed; each is a message."""
        self._message_count += run.frames
        self._payload += run.payload
        for opcode, count in ((1, run.texts), (2, run.frames - run.texts)):
            if count:
                self._opcodes[opcode] = self._opcodes.get(opcode, 0) + count

    def facts(self, readers: Readers, connection: Connection) -> dict[str, Any]:
        """Everything, as JSON."""
        return {
            "sender": _sender(connection),
            "negotiated": _negotiated(connection),
            "bytes": {_side(side) or "unknown": reader.offset for side, reader in readers.items()},
            "opcodes": {NAMES.get(opcode, hex(opcode)): count for opcode, count in sorted(self._opcodes.items())},
            "payload_bytes": self._payload,
            "frames_total": sum(self._opcodes.values()),
            "messages_total": self._message_count,
            "frames": self._frames,
            "messages": self._messages,
        }

    def incomplete(self, readers: Readers, connection: Connection) -> dict[str, Any] | None:
        """What the input lacks: the rest of a frame, of a message, or all that follows a length nobody can read."""
        found = [lack for side, reader in readers.items() for lack in _lacks(side, reader, connection)]
        if not found:
            return None
        return found[0] | ({"others": found[1:]} if len(found) > 1 else {})


def _lacks(side: Side | None, reader: FrameReader, connection: Connection) -> list[dict[str, Any]]:
    where = {"side": _side(side)}
    if reader.stopped:
        text = f"Reading cannot go on after offset {reader.offset}: {reader.stopped}."
        return [where | {"kind": "unreadable", "offset": reader.offset, "text": text}]
    found: list[dict[str, Any]] = []
    if (missing := reader.missing()) is not None:
        offset, there, needed = missing
        text = f"The frame at offset {offset} breaks off: {there:,} of at least {needed:,} bytes are there."
        if needed > ABSURD:
            text += " A length like this mostly means that bytes before it are missing, or that the input is no frame."
        found.append(where | {"kind": "frame", "offset": offset, "have": there, "need": needed, "text": text})
    waiting = connection.half(side).assembler.open
    if waiting is not None:
        first = waiting.first
        text = f"The message that frame {first.index} began has no last fragment (none with FIN set)."
        found.append(where | {"kind": "message", "offset": first.offset, "frame": first.index, "text": text})
    return found


def _side(side: Side | None) -> str | None:
    return side.value if side else None


def _frame(frame: Frame) -> dict[str, Any]:
    shown = frame.payload[:SHOWN]
    described: dict[str, Any] = {
        "index": frame.index,
        "side": _side(frame.side),
        "offset": frame.offset,
        "opcode": NAMES.get(frame.opcode, hex(frame.opcode)),
        "opcode_value": frame.opcode,
        "fin": frame.fin,
        "rsv": [bool(frame.rsv & bit) for bit in (4, 2, 1)],
        "masked": frame.masked,
        "key": frame.key.hex(" ") if frame.key else None,
        "length": frame.length,
        "length_form": f"{frame.form}-bit",
        "minimal": frame.minimal,
        "header_length": frame.header,
        "complete": frame.whole,
        "payload": shown.hex(" "),
    }
    if frame.opcode == 8 and len(frame.payload) >= 2:
        described["close_code"] = int.from_bytes(frame.payload[:2], "big")
        described["close_reason"] = frame.payload[2:125].decode("utf-8", "replace")
    elif frame.opcode in {0, 1} and not frame.rsv & 4 and shown:
        described["text"] = shown.decode("utf-8", "replace")
    return described


def _message(message: Message) -> dict[str, Any]:
    inflated = message.inflated
    described: dict[str, Any] = {
        "side": _side(message.side),
        "opcode": NAMES.get(message.opcode, hex(message.opcode)),
        "first_frame": message.first.index,
        "frames": message.frames,
        "length": message.length,
        "size": message.size,
        "compressed": inflated is not None,
        "complete": message.complete,
        "payload": message.preview[:SHOWN].hex(" "),
    }
    if message.opcode == 1:
        described["text"] = message.preview.decode("utf-8", "replace")
    if inflated is not None and not (inflated.error or inflated.skipped) and message.length:
        described["ratio"] = round(inflated.size / message.length, 1)
    return described


def _sender(connection: Connection) -> dict[str, Any]:
    """Who sent it: as told, or what the masks look like, which proves nothing about masking itself."""
    half = connection.halves.get(None)
    if half is None:
        return {"sides": [side.value for side in connection.halves if side], "inferred": False}
    if half.masked not in {0, half.frames}:
        text = f"{half.masked} of {half.frames} frames are masked: both directions are mixed, or one side is broken"
        return {"sides": [], "inferred": True, "because": text}
    side = Side.CLIENT if half.masked else Side.SERVER
    text = f"{'every' if half.masked else 'no'} frame is masked, as a {side.value} has to send; say which side it was"
    return {"sides": [side.value] if half.frames else [], "inferred": True, "because": text}


def _negotiated(connection: Connection) -> dict[str, Any]:
    extensions, deflate = connection.extensions, connection.deflate
    told: dict[str, Any] = {"known": extensions.known, "permessage-deflate": None, "others": list(extensions.others)}
    if deflate is not None:
        told["permessage-deflate"] = {
            "client_max_window_bits": deflate.client_bits,
            "server_max_window_bits": deflate.server_bits,
            "client_no_context_takeover": not deflate.client_keeps,
            "server_no_context_takeover": not deflate.server_keeps,
        }
    if not extensions.known:
        told["inferred"] = extensions.inferred or "none: no frame has RSV1 set"
    return told
