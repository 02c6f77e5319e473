"""The judge: facts and rules → findings. A stream, with a bounded state for each connection (level 2).

``Judge.feed(fact)`` runs the rules for that type of fact and moves on; what it keeps is, for each rule, a count, the
first places and the first message. ``FrameCheck`` ties it to the readers: bytes of either side in, a Report out.

Which rules can run is worked out once for each kind of fact: those that bind the other side do not apply; those that
need something nobody told go on the ``unchecked`` list. Once the dissection is full, frames that no rule could say
anything about are skimmed: ``plain_headers`` asks the rules themselves, once, which headers those are.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from ws_mcp.errors import InputError
from ws_mcp.protocol.connection import Connection, Half
from ws_mcp.protocol.deflate import Extensions, negotiated
from ws_mcp.protocol.dissect import Dissection
from ws_mcp.protocol.frames import FrameReader, key_numbers, unmasked
from ws_mcp.protocol.skimming import KEPT, LONG, PLAIN_BYTES, PLAIN_TEXT, Run
from ws_mcp.rules.handshake_needs import told
from ws_mcp.rules.interop import interop_of
from ws_mcp.rules.next_step import next_step
from ws_mcp.rules.registry import NEEDS, OUTSIDE, Rule, rules_for
from ws_mcp.types import Fault, Finding, Handshake, Place, Policy, Report, Request, Response, Severity, Side
from ws_mcp.wire import End, Frame, Keys, Message, Part

PLACES = 5  # places that a finding names; the count goes on
DISSECTED = 1000  # frames and messages that the facts describe

JudgedFact = Frame | Message | Keys | End | Handshake | Request | Response
Segment = tuple[Side, bytes]


class Entry:
    """What was found with one rule."""

    def __init__(self, rule: Rule, fault: Fault) -> None:
        self.rule = rule
        self.first = fault
        self.count = 0
        self.where: list[Place] = []

    def add(self, fault: Fault) -> None:
        """Counts one more breach."""
        self.count += 1
        if len(self.where) < PLACES:
            self.where.append(fault.place)

    def finding(self, corrected: str) -> Finding:
        """The entry as a report shows it."""
        rule = self.rule
        return Finding(
            rule.id,
            rule.severity,
            rule.sections,
            rule.requirements,
            self.first.message,
            rule.fix,
            self.count,
            tuple(self.where),
            corrected,
            interop_of(rule.id),
        )


def _rank(entry: Entry) -> tuple[int, int, int, str]:
    severity, place = list(Severity).index(entry.rule.severity), entry.first.place
    return (severity, -1, 0, "") if place.frame is None else (severity, place.frame, place.offset, entry.rule.id)


class Judge:
    """Judges the facts of one connection.

    Attributes:
        connection: what is known so far; whoever feeds facts moves it on.
        entries: what was found, by rule id, in the order of the first breach.
        unchecked: what could not run, by rule id, with what it needs.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.entries: dict[str, Entry] = {}
        self.unchecked: dict[str, str] = {}
        self.blocked = ""
        self._ready: dict[tuple[type, Side | None, int], tuple[Rule, ...]] = {}

    def feed(self, fact: JudgedFact, side: Side | None = None, opcode: int = -1) -> None:
        """Runs the rules for this fact; ``side`` sent it, ``opcode`` is that of a frame."""
        for rule in self.ready(type(fact), side, opcode):
            for fault in rule.check(fact, self.connection):
                self._note(rule, fault)

    def ready(self, fact: type, side: Side | None, opcode: int = -1) -> tuple[Rule, ...]:
        """The rules that can run on such a fact; the others that apply to it are noted as unchecked."""
        key = (fact, side, opcode)
        ready = self._ready.get(key)
        if ready is None:
            ready = self._ready[key] = self._runnable(*key)
        return ready

    def learn(self) -> None:
        """Works out anew which rules can run, because more is known of the connection."""
        self._ready.clear()

    def findings(self) -> tuple[Finding, ...]:
        """All findings, errors first, then by their first place; those without a frame as they came."""
        found = sorted(self.entries.values(), key=_rank)
        return tuple(entry.finding(self._corrected(entry)) for entry in found)

    def _note(self, rule: Rule, fault: Fault) -> None:
        entry = self.entries.get(rule.id)
        if entry is None:
            entry = self.entries[rule.id] = Entry(rule, fault)
        entry.add(fault)

    def _runnable(self, fact: type, side: Side | None, opcode: int) -> tuple[Rule, ...]:
        ready = []
        for rule in rules_for(fact):
            if rule.opcodes is not None and opcode >= 0 and opcode not in rule.opcodes:
                continue
            if rule.sender is not None and side is not None and side is not rule.sender:
                continue
            missing = [need for need in rule.needs if not self._knows(need, side)]
            if missing:
                self.unchecked[rule.id] = ", ".join(missing)
                if rule.severity is Severity.ERROR and not OUTSIDE.issuperset(missing):
                    self.blocked = self.blocked or f"{rule.id} could not be checked: it needs {NEEDS[missing[0]]}"
            else:
                self.unchecked.pop(rule.id, None)
                ready.append(rule)
        return tuple(ready)

    def _knows(self, need: str, side: Side | None) -> bool:
        connection = self.connection
        if need == "sender":
            return side is not None
        if need == "known extensions":
            return not connection.extensions.others
        return connection.dialogue if need == "both directions" else told(need, connection)

    def _corrected(self, entry: Entry) -> str:
        """The mended frame or header; a frame only if it passes by itself."""
        mended, place = entry.first.corrected, entry.first.place
        if not mended or place.frame is None:
            return mended
        again = FrameCheck(self.connection.extensions)  # the user's policy is a matter of content, not of this frame
        again.feed(bytes.fromhex(mended), place.side)
        again.end()
        return "" if any(e.rule.severity is Severity.ERROR for e in again.judge.entries.values()) else mended


class FrameCheck:
    """Checks the frames of one connection as they come: ``feed`` bytes of either side, then ``finish``.

    Args:
        extensions: what was negotiated.
        policy: what the user demands beyond the protocol.
        dissected: how many frames and messages the facts describe; after those, plain frames are skimmed.
        handshake: the opening handshake, where it is known.
    """

    def __init__(
        self,
        extensions: Extensions,
        policy: Policy | None = None,
        dissected: int = DISSECTED,
        handshake: Handshake | None = None,
    ) -> None:
        self.connection = Connection(extensions, policy, handshake)
        self.judge = Judge(self.connection)
        self.dissection = Dissection(dissected)
        self.readers: dict[Side | None, FrameReader] = {}
        self.whole = 0
        self._tables: dict[Side | None, bytes] = {}
        self._current: tuple[FrameReader, Half] | None = None

    def feed(self, data: bytes, side: Side | None) -> None:
        """Takes the next bytes that ``side`` sent."""
        if self._current is None or side is not self._current[0].side:
            self._current = self._turn(side)
        reader, half = self._current
        for fact in reader.feed(data):
            if isinstance(fact, Run):
                self._run(fact, half)
                continue
            if isinstance(fact, Part):
                self._part(fact, half)
            else:
                self._frame(fact, half)
            reader.plain = self._plain(half)

    def end(self) -> None:
        """Judges what can only be said at the end; nothing may be fed after it."""
        self._catch_up()
        for side, reader in self.readers.items():
            half = self.connection.half(side)
            if (tail := reader.tail()) is not None:
                self._frame(tail, half)
            for message in half.assembler.unfinished():
                self._message(message)
            if (broken := reader.broken()) is not None:
                self._message(broken)
        for side, reader in self.readers.items():
            half = self.connection.half(side)
            end = End(side, half.frames, reader.offset)
            for opcode in sorted(half.seen):
                self.judge.feed(end, side, opcode)

    def finish(self) -> Report:
        """Ends the input and reports."""
        self.end()
        findings = self.judge.findings()
        undecided = self.judge.blocked if self.whole else "there is not one whole frame in the input"
        return Report(
            findings,
            tuple(sorted(self.judge.unchecked.items())),
            undecided,
            self.dissection.incomplete(self.readers, self.connection),
            self.dissection.facts(self.readers, self.connection),
            next_step(self.judge.entries.values(), self.connection),
        )

    def _turn(self, side: Side | None) -> tuple[FrameReader, Half]:
        """The reader and the state of the side that sends now."""
        self._catch_up()  # what the other side had sent by now counts, for Pings and Closes
        half = self.connection.half(side)
        if side not in self.readers:
            self.readers[side] = FrameReader(side)
            self.judge.learn()
        reader = self.readers[side]
        reader.plain = self._plain(half)
        return reader, half

    def _catch_up(self) -> None:
        for side, reader in self.readers.items():
            if (run := reader.skimmed()) is not None:
                self._run(run, self.connection.half(side))

    def _plain(self, half: Half) -> bytes | None:
        if not (half.quiet and self.dissection.full):
            return None
        table = self._tables.get(half.side)
        if table is None:
            extensions, policy = self.connection.extensions, self.connection.policy
            table = self._tables[half.side] = plain_headers(half.side, extensions, policy)
        return table

    def _run(self, run: Run, half: Half) -> None:
        self.whole += run.frames
        for opcode, count in ((1, run.texts), (2, run.frames - run.texts)):
            if count:
                self.judge.ready(Frame, run.side, opcode)
        self.judge.ready(Message, run.side)
        if run.keys:
            self._keys(Keys(run.side, run.first, tuple(run.offsets), key_numbers(run.keys)), half)
        if run.broken is not None:
            self.judge.feed(run.broken, run.side)
        half.note_run(run.frames, len(run.keys))
        self.dissection.skip(run)

    def _frame(self, frame: Frame, half: Half) -> None:
        self.whole += frame.whole
        if frame.rsv:
            before = self.connection.extensions
            self.connection.infer(frame)
            if self.connection.extensions is not before:
                self._tables.clear()
        self.judge.feed(frame, frame.side, frame.opcode)
        if frame.key is not None:
            self._keys(
                Keys(frame.side, frame.index, (frame.offset + frame.header - 4,), key_numbers([frame.key])), half
            )
        self.connection.note(frame)
        self.dissection.frame(frame)
        if frame.control:
            return
        assembler = half.assembler
        assembler.begin(frame, self.connection.inflater(frame.side))
        if frame.payload:
            assembler.add(frame.payload, frame, 0)
        if frame.whole:
            self._ended(frame, half)

    def _part(self, part: Part, half: Half) -> None:
        self.dissection.part(part)
        self.whole += part.last
        if not part.frame.control:
            wanted = half.assembler.wanted(len(part.raw))
            if wanted:
                half.assembler.add(unmasked(part, wanted), part.frame, part.start)
            half.assembler.skip(len(part.raw) - wanted)
            if part.last:
                self._ended(part.frame, half)

    def _ended(self, frame: Frame, half: Half) -> None:
        message = half.assembler.end(frame)
        if message is not None:
            self._message(message)

    def _message(self, message: Message) -> None:
        self.judge.feed(message, message.side)
        self.dissection.message(message)

    def _keys(self, keys: Keys, half: Half) -> None:
        self.judge.feed(keys, keys.side)
        half.note_keys(keys)


@cache
def plain_headers(side: Side | None, extensions: Extensions, policy: Policy) -> bytes:
    """For each first two bytes of a frame, whether it can be skimmed when the connection is quiet.

    The rules decide: a whole text or binary message is plain if, with nothing else going on, no rule has anything to
    say about its frame or about the message. What is left of it, its key and whether text is UTF-8, the reader looks
    at.
    """
    table = bytearray(65536)
    for first, kind in ((0x81, PLAIN_TEXT), (0x82, PLAIN_BYTES)):
        for second in range(128 if side is None else 0, 256):  # masked ones only: then each frame of a Run has a key
            short = second & 0x7F
            lengths = {126: (126, KEPT), 127: (KEPT + 1, LONG)}.get(short, (short,))
            if all(_silent(first, second, n, side, extensions, policy) for n in lengths):
                table[first << 8 | second] = kind
    return bytes(table)


def _silent(first: int, second: int, length: int, side: Side | None, extensions: Extensions, policy: Policy) -> bool:
    judge = Judge(Connection(extensions, policy))
    form = 64 if length > KEPT else 16 if length >= 126 else 7
    masked = bool(second & 0x80)
    key = b"\x01\x02\x03\x04" if masked else None
    frame = Frame(0, side, 0, True, 0, first & 15, key, length, form, form // 8 + 2 + 4 * masked)
    judge.feed(frame, side, frame.opcode)
    judge.feed(Message(side, frame.opcode, frame, 1, int(not length), length, b"", True), side)
    return not judge.entries


def check_frames(
    data: bytes | Iterable[Segment],
    sender: Side | None = None,
    extensions: str = "",
    policy: Policy | None = None,
    dissected: int = DISSECTED,
) -> Report:
    """Checks frames that were captured: bytes of one direction, or pieces of both in the order they were seen.

    Args:
        data: bytes that ``sender`` sent, or (side, bytes) pairs.
        sender: the side that sent ``data``; None where it is not known.
        extensions: the negotiated Sec-WebSocket-Extensions value; "none" for none, "" where it is not known.
        policy: what the user demands beyond the protocol.
        dissected: how many frames and messages the facts describe.

    Raises:
        InputError: there are no bytes, or ``extensions`` cannot be read.
    """
    segments: list[tuple[Side | None, bytes]] = [(sender, data)] if isinstance(data, bytes) else list(data)
    if not any(piece for _, piece in segments):
        raise InputError("there are no bytes to check: send at least one frame, for example '81 05 48 65 6c 6c 6f'.")
    check = FrameCheck(negotiated(extensions), policy, dissected)
    for side, _ in segments:
        check.connection.half(side)  # so that the first frame already knows that there are two directions
    for side, piece in segments:
        check.feed(piece, side)
    return check.finish()
