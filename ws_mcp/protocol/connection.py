"""What is known of one connection: the state that rules look at beside the fact they judge. It is bounded.

A rule sees the state as it was before its fact; the judge then calls ``note`` to move it on.
"""

from __future__ import annotations

import zlib
from collections import deque
from dataclasses import dataclass, field, replace

from ws_mcp.protocol.deflate import TAIL, Deflate, Extensions, Inflater
from ws_mcp.protocol.messages import Assembler
from ws_mcp.types import Handshake, Policy, Side
from ws_mcp.wire import Frame, Keys

CLOSE, PING, PONG = 8, 9, 10
PINGS = 64  # unanswered Pings that are remembered for each direction


@dataclass(slots=True)
class Half:
    """What one side sent so far.

    ``seen`` holds the opcodes of frames that were read closely; ``closed`` is its Close frame; ``pings`` are its
    Pings that no Pong answered, each with the number of frames that the peer had sent by then; ``pings_in_row``
    counts those since its last data frame; ``keys`` are its last two masking keys.
    """

    side: Side | None
    frames: int = 0
    closed: Frame | None = None
    pings: deque[tuple[Frame, int]] = field(default_factory=lambda: deque(maxlen=PINGS))
    pings_in_row: int = 0
    keys: tuple[int, ...] = ()
    masked: int = 0
    seen: set[int] = field(default_factory=set)
    assembler: Assembler = field(default_factory=Assembler)
    inflater: Inflater | None = None

    @property
    def quiet(self) -> bool:
        """No message is open and no Close was sent: a plain frame needs no look at the state."""
        return self.assembler.open is None and self.closed is None

    def note(self, frame: Frame, heard: int) -> None:
        """Counts a frame; ``heard`` is how many frames the peer had sent by then."""
        self.frames += 1
        self.masked += frame.masked
        self.seen.add(frame.opcode)
        if frame.opcode == CLOSE and self.closed is None:
            self.closed = frame
        if frame.opcode == PING:
            self.pings.append((frame, heard))
            self.pings_in_row += 1
        elif not frame.control:
            self.pings_in_row = 0

    def note_run(self, frames: int, masked: int) -> None:
        """Counts plain data frames."""
        self.frames += frames
        self.masked += masked
        self.pings_in_row = 0

    def note_keys(self, keys: Keys) -> None:
        """Remembers the last keys."""
        self.keys = (self.keys + keys.keys[-2:])[-2:]


class Connection:
    """One connection: both halves, what was agreed, what the user demands."""

    def __init__(
        self, extensions: Extensions, policy: Policy | None = None, handshake: Handshake | None = None
    ) -> None:
        self.extensions = extensions
        self.policy = policy or Policy()
        self.handshake = handshake
        self.halves: dict[Side | None, Half] = {}

    def half(self, side: Side | None) -> Half:
        """What ``side`` sent."""
        if side not in self.halves:
            self.halves[side] = Half(side)
        return self.halves[side]

    def peer(self, side: Side | None) -> Half | None:
        """What the other side sent, None if we have nothing of it."""
        return self.halves.get(side.peer) if side else None

    @property
    def dialogue(self) -> bool:
        """Both directions are at hand."""
        return len(self.halves) == 2

    @property
    def deflate(self) -> Deflate | None:
        """The agreed compression, None without."""
        return self.extensions.deflate

    def inflater(self, side: Side | None) -> Inflater | None:
        """The inflater of a direction, None where no compression was agreed."""
        half = self.half(side)
        if half.inflater is None and self.deflate is not None:
            half.inflater = Inflater(*self.deflate.of(side))
        return half.inflater

    def infer(self, frame: Frame) -> None:
        """Takes the extensions for what the first frame with RSV1 shows, where nobody told them."""
        if self.extensions.known or self.extensions.inferred or not frame.rsv & 4 or frame.control or not frame.opcode:
            return
        if _inflates(frame):
            why = f"permessage-deflate, because frame {frame.index} has RSV1 set and its payload inflates"
            self.extensions = replace(self.extensions, deflate=Deflate(), inferred=why)
        else:
            why = f"none, because frame {frame.index} has RSV1 set but its payload is no DEFLATE data"
            self.extensions = replace(self.extensions, inferred=why)

    def note(self, frame: Frame) -> None:
        """Moves the state past ``frame``."""
        peer = self.peer(frame.side)
        self.half(frame.side).note(frame, peer.frames if peer else 0)
        if frame.opcode == PONG and peer is not None:
            answer(peer.pings, frame)


def answer(pings: deque[tuple[Frame, int]], pong: Frame) -> None:
    """Drops the Ping that ``pong`` answers and all older ones (RFC 6455, 5.5.3: the newest answer stands for them)."""
    for place, (ping, _) in enumerate(pings):
        if ping.payload == pong.payload:
            for _ in range(place + 1):
                pings.popleft()
            return


def _inflates(frame: Frame) -> bool:
    """Whether nothing in the payload at hand speaks against compressed data."""
    ends = frame.fin and frame.whole
    try:
        zlib.decompressobj(-15).decompress(frame.payload + (TAIL if ends else b""), 65536)
    except zlib.error:
        return False
    return bool(frame.payload) or not ends
