"""Advice: what breaks no rule and still is a risk; a warning or a remark, never an error."""

from __future__ import annotations

from collections.abc import Iterator

from ws_mcp.protocol.connection import PING, Connection
from ws_mcp.protocol.deflate import BOMB_RATIO
from ws_mcp.rules.places import fault, length_bytes, message_place, name_of, who
from ws_mcp.rules.registry import rule
from ws_mcp.types import Fault, Place, Severity
from ws_mcp.wire import Frame, Keys, Message

HUGE = 16 * 1024 * 1024  # bytes; above the default limit of most libraries
PINGS_IN_ROW = 50
MANY_FRAGMENTS = 1024
TINY = 128  # bytes of an average fragment
EMPTY_FRAGMENTS = 32
BOMB = 1024 * 1024


def _key_fault(keys: Keys, at: int, text: str) -> Fault:
    frame = keys.first + at
    place = Place(keys.side, frame, keys.offsets[at], 4)
    return Fault(f"Frame {frame} of {who(keys.side)} {text}", place)


@rule(
    "6455-5.3-02",
    "6455-10.3-01",
    severity=Severity.WARNING,
    fix="Take four fresh bytes from a cryptographic random source for each frame.",
    good=["C: 82 81 37fa213d 56\nC: 82 81 c0ffee11 a1"],
    bad=["C: 82 81 37fa213d 56\nC: 82 81 37fa213d 56"],
)
def repeated_masking_key(keys: Keys, connection: Connection) -> Iterator[Fault]:
    """Each frame has its own masking key; this one has the key of the frame before.

    By chance that happens once in four thousand million frames. With a constant key, a page can again choose the bytes
    on the wire, which masking is there to prevent.
    """
    before = connection.half(keys.side).keys[-1:]
    known = before + keys.keys
    if len(set(known)) == len(known):
        return
    shift = len(before)
    for at in range(1, len(known)):
        if known[at] == known[at - 1]:
            text = f"repeats the masking key {known[at]:08x} of the masked frame before it."
            yield _key_fault(keys, at - shift, text)


@rule(
    "6455-5.3-04",
    "6455-10.3-01",
    severity=Severity.WARNING,
    fix="Take four fresh bytes from a cryptographic random source for each frame; a counter is no source of keys.",
    good=["C: 82 81 37fa213d 56\nC: 82 81 c0ffee11 a1\nC: 82 81 01020304 60"],
    bad=["C: 82 81 00000001 61\nC: 82 81 00000002 61\nC: 82 81 00000003 61"],
)
def predictable_masking_key(keys: Keys, connection: Connection) -> Iterator[Fault]:
    """A masking key cannot be foreseen from the ones before; here the keys go up or down by the same step.

    Whoever can foresee the key can choose the bytes on the wire, which masking is there to prevent.
    """
    before = connection.half(keys.side).keys
    known = before + keys.keys
    for at in range(2, len(known)):
        if known[at] - known[at - 1] == known[at - 1] - known[at - 2] != 0:
            place = at - len(before)
            keys_so_far = ", ".join(f"{key:08x}" for key in known[at - 2 : at + 1])
            text = f"goes on a series of masking keys with one step: {keys_so_far}."
            yield _key_fault(keys, place, text)


@rule(
    severity=Severity.WARNING,
    sections=["rfc6455/5.3", "rfc6455/10.3"],
    fix="Take four fresh bytes from a cryptographic random source for each frame.",
    good=["C: 82 81 37fa213d 56"],
    bad=["C: 82 81 00000000 61"],
)
def zero_masking_key(keys: Keys, connection: Connection) -> Iterator[Fault]:
    """A masking key of four zero bytes masks nothing.

    Test tools use it to keep dumps readable; a client that meets untrusted content must not.
    """
    if 0 in keys.keys:
        for at, key in enumerate(keys.keys):
            if not key:
                yield _key_fault(keys, at, "has the masking key 00000000, which leaves the payload as it is.")


@rule(
    severity=Severity.INFO,
    sections=["rfc6455/10.4"],
    fix="Split large data into messages that the receiver's limit allows, or raise that limit on purpose.",
    good=["S: 82 02 6869"],
    bad=["S: 82 7f 0000000001000001"],
)
def huge_announced_length(frame: Frame, connection: Connection) -> Iterator[Fault]:
    """A frame announces more than most receivers take.

    Receivers with a limit answer 1009 as soon as they see the header; those without one may set memory aside for it.
    """
    if HUGE < frame.length < 1 << 63:
        text = f"announces {frame.length:,} bytes of payload; many receivers stop at {HUGE:,} or far below."
        yield fault(frame, text, length_bytes(frame))


@rule(
    opcodes=[PING],
    severity=Severity.WARNING,
    sections=["rfc6455/5.5.2", "rfc6455/10.4"],
    fix="Send a Ping every 20 to 60 seconds, and only when the connection is idle; wait for the Pong before the next.",
    good=["S: 89 00 * 10"],
    bad=["S: 89 00 * 60"],
)
def ping_flood(frame: Frame, connection: Connection) -> Iterator[Fault]:
    """Many Pings in a row without data between them.

    Each one costs the peer a Pong; some servers end a connection after about sixty.
    """
    if connection.half(frame.side).pings_in_row + 1 == PINGS_IN_ROW:
        yield fault(frame, f"is Ping number {PINGS_IN_ROW} in a row without a data frame between.")


@rule(
    severity=Severity.WARNING,
    sections=["rfc6455/5.4", "rfc6455/10.4"],
    fix="Send fragments of a few kilobytes or more; receivers limit how many they take (4,096 or 16,384, for example).",
    good=["S: 02 01 61\nS: 00 01 61 * 100\nS: 80 01 61"],
    bad=["S: 02 01 61\nS: 00 01 61 * 1100\nS: 80 01 61", "S: 02 01 61\nS: 00 01 61 * 1100  # it never ends"],
)
def tiny_fragment_flood(message: Message, connection: Connection) -> Iterator[Fault]:
    """One message in very many very small fragments.

    Each fragment costs the receiver far more memory than its payload; this is a known way to exhaust it.
    """
    filled = message.frames - message.empty
    if filled >= MANY_FRAGMENTS and message.length < TINY * filled:
        start = f"The {name_of(message.opcode)} message that {who(message.side)} began in frame {message.first.index}"
        text = f"{start} has {message.frames} fragments for {message.length} bytes."
        yield Fault(text, message_place(message))


@rule(
    severity=Severity.WARNING,
    sections=["rfc6455/5.4", "rfc6455/10.4"],
    fix="Send no empty fragments, except an empty last one where the end of the data is not known before.",
    good=["S: 02 01 61\nS: 00 00\nS: 80 00"],
    bad=["S: 02 01 61\nS: 00 00 * 40\nS: 80 01 61"],
)
def empty_fragment_flood(message: Message, connection: Connection) -> Iterator[Fault]:
    """One message with many empty fragments.

    They are legal and carry nothing; a limit on the size of a message does not stop them.
    """
    if message.empty >= EMPTY_FRAGMENTS:
        start = f"The {name_of(message.opcode)} message that {who(message.side)} began in frame {message.first.index}"
        yield Fault(f"{start} has {message.empty} empty fragments.", message_place(message))


BOMB_START = "extensions: permessage-deflate\nS: c2 7e 0801 ecc131010000 00c2a0f54f6d0c1fa0"


@rule(
    severity=Severity.WARNING,
    sections=["rfc7692/8", "rfc6455/10.4"],
    fix="Bound the size of a message after inflating, not only on the wire, and inflate in pieces up to that bound.",
    good=["extensions: permessage-deflate\nS: c1 07 f248cdc9c90700"],
    bad=[BOMB_START + "\nS: 00 * 2032\nS: be06"],
)
def compression_bomb(message: Message, connection: Connection) -> Iterator[Fault]:
    """A small message inflates to a very large one.

    Real data rarely shrinks a hundredfold; a receiver that inflates without a bound runs out of memory.
    """
    found = message.inflated
    if found is None or not (found.stopped or (found.size >= BOMB and found.size >= BOMB_RATIO * message.length)):
        return
    more = "more than " if found.stopped else ""
    start = f"The message that {who(message.side)} began in frame {message.first.index}"
    text = f"{start} has {message.length:,} bytes and inflates to {more}{found.size:,}."
    yield Fault(text, message_place(message))
