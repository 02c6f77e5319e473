"""The words of a case: what is sent, step by step, and what may come back.

A case is data. The same frames serve a server and a client under test: ``Send`` masks as the side that we play has to,
and is wrong only in what it is asked for by name.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import StrEnum

from ws_mcp.probe.heads import Answer, Ask, Connect
from ws_mcp.protocol import build
from ws_mcp.types import Side

TEXT, BINARY = 1, 2
HTTP2, TLS = "http2", "tls"  # chapters
_OF_HTTP_1 = frozenset({"slow-handshake", "no-handshake", "plain-request"})  # studies that write its bytes themselves
BOTH = frozenset(Side)


@dataclass(frozen=True, slots=True)
class Send:
    """One frame, as ``build.frame`` takes it. ``wrong_mask`` leaves a client's frame unmasked and masks a server's."""

    opcode: int | str
    payload: bytes = b""
    fin: bool = True
    rsv: int = 0
    form: int | None = None
    length: int | None = None
    cut: int | None = None
    wrong_mask: bool = False
    key: bytes | None = None

    def encode(self, side: Side) -> bytes:
        """Its bytes when ``side`` sends it; the key of a masked frame is new each time (RFC 6455, 5.3)."""
        masked = (side is Side.CLIENT) is not self.wrong_mask
        key = (self.key or os.urandom(4)) if masked else None
        return build.frame(
            self.opcode,
            self.payload,
            fin=self.fin,
            rsv=self.rsv,
            key=key,
            form=self.form,
            length=self.length,
            cut=self.cut,
        )


@dataclass(frozen=True, slots=True)
class Octets:
    """Frames that go out in pieces of ``size`` bytes, each in a segment of its own."""

    frames: tuple[Send, ...]
    size: int = 1


@dataclass(frozen=True, slots=True)
class Wait:
    """A pause, or until so many messages came back, whichever is sooner."""

    seconds: float
    messages: int = 0


@dataclass(frozen=True, slots=True)
class Data:
    """One DATA frame of HTTP/2 with these frames, if any; ``padding`` is None for an unpadded one (RFC 9113, 6.1)."""

    frames: tuple[Send, ...] = ()
    padding: int | None = None
    end: bool = False


@dataclass(frozen=True, slots=True)
class Reset:
    """RST_STREAM with CANCEL: over HTTP/2, a reset of the connection (RFC 8441, 5)."""


Step = Send | Octets | Wait | Data | Reset


class Kind(StrEnum):
    """What a peer can do: accept, refuse or drop a request, shun an answer; the others are about frames."""

    ACCEPT = "accept"
    REFUSE = "refuse"
    DROP = "drop"
    SHUN = "shun"
    ECHO = "echo"
    PONG = "pong"
    ALIVE = "alive"
    FAIL = "fail"
    CLOSE = "close"
    END = "end"


@dataclass(frozen=True, slots=True)
class Expect:
    """One reaction that counts.

    Attributes:
        kind: what the peer does.
        messages: ECHO: the messages that come back, as (opcode, content).
        pongs: PONG: the bodies of the Pongs, in order; ECHO: those that come beside the messages.
        codes: FAIL: the status codes that fit; CLOSE: those that may answer ours, None for an empty Close.
        taboo: FAIL: codes that tell that the peer took it for right.
        last: CLOSE: nothing may come after the Close.
        statuses: REFUSE: the range of HTTP statuses, first and last.
        field: REFUSE: a field that the answer must have, ("sec-websocket-version", "13").
        deflate: ACCEPT: True where permessage-deflate must be agreed, False where it must not.
        parameters: ACCEPT: what the agreed extension must have; a name with "-" before it must be absent.
        subprotocol: ACCEPT: the subprotocols that may be named; "" is none.
        absent: ACCEPT: fields that the answer must not have.
        ends: END: how the connection ends, as ``Observed.end`` says it.
    """

    kind: Kind
    messages: tuple[tuple[int, bytes], ...] = ()
    pongs: tuple[bytes, ...] = ()
    codes: tuple[int | None, ...] = ()
    taboo: tuple[int | None, ...] = ()
    last: bool = False
    statuses: tuple[int, int] = (400, 599)
    field: tuple[str, str] | None = None
    deflate: bool | None = None
    parameters: tuple[str, ...] = ()
    subprotocol: tuple[str, ...] | None = None
    absent: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()


def echo(*messages: str | bytes) -> Expect:
    """These messages come back: text for str, binary for bytes."""
    coded = tuple((TEXT, m.encode()) if isinstance(m, str) else (BINARY, m) for m in messages)
    return Expect(Kind.ECHO, messages=coded)


def pong(*bodies: bytes) -> Expect:
    """These Pongs come, in this order."""
    return Expect(Kind.PONG, pongs=bodies)


def fail(*codes: int, taboo: tuple[int | None, ...] = ()) -> Expect:
    """The peer fails the connection, best with one of these codes."""
    return Expect(Kind.FAIL, codes=codes, taboo=taboo)


def close(*codes: int | None, last: bool = False) -> Expect:
    """The peer answers our Close with one of these codes; ``last``: and sends nothing after it."""
    return Expect(Kind.CLOSE, codes=codes, last=last)


ALIVE = Expect(Kind.ALIVE)
ACCEPT = Expect(Kind.ACCEPT)
REFUSE = Expect(Kind.REFUSE)
DROP = Expect(Kind.DROP)
SHUN = Expect(Kind.SHUN)


@dataclass(frozen=True, slots=True)
class Case:
    """One case.

    Attributes:
        id: a name, with its chapter before it: "framing/reserved-opcode-3".
        title: what is sent, as a person would say it.
        requirements: ids of what the RFCs demand, the deciding one first.
        steps: what we send once the connection is open.
        passed: reactions that are right.
        tolerated: reactions that are NON_STRICT.
        told: reactions that are INFORMATIONAL. Every other reaction is FAILED.
        why: what helps to read the outcome.
        ask: the opening request, where it is not the right one; it is for servers.
        connect: the same over HTTP/2; cases of the chapter "http2" are for it alone.
        answer: the answer to the client's request, where it is not the right one; it is for clients.
        offer: the Sec-WebSocket-Extensions that we offer or, to a client, accept.
        needs_deflate: without permessage-deflate agreed there is nothing to judge.
        effort: "default", or "slow" (waits long) or "stress" (can hurt the peer), which have to be asked for.
        limit: seconds that it may take; None for the limit of the run.
        sentinel: whether a Ping may follow to ask if the peer is still there; not inside a frame.
        sides: which side can be tested so.
        ignore: rules that our own doing makes the peer break, such as to send a code back.
        study: what takes more than one exchange, by name: a function of ``studies.py`` (http2 has its own), or for
            clients a step of ``server.py``.
        wanted: what a study takes for right, in words; "" where it only measures.
    """

    id: str
    title: str
    requirements: tuple[str, ...]
    steps: tuple[Step, ...] = ()
    passed: tuple[Expect, ...] = ()
    tolerated: tuple[Expect, ...] = ()
    told: tuple[Expect, ...] = ()
    why: str = ""
    ask: Ask | None = None
    connect: Connect | None = None
    answer: Answer | None = None
    offer: str = ""
    needs_deflate: bool = False
    effort: str = "default"
    limit: float | None = None
    sentinel: bool = True
    sides: frozenset[Side] = BOTH
    ignore: tuple[str, ...] = ()
    study: str = ""
    wanted: str = ""

    @property
    def chapter(self) -> str:
        """The part of the id before the stroke."""
        return self.id.partition("/")[0]

    @property
    def opening(self) -> bool:
        """Whether the opening handshake itself is judged."""
        return any(e.kind in {Kind.ACCEPT, Kind.REFUSE, Kind.DROP} for e in (*self.passed, *self.told))

    def runs_inside(self, tls: bool) -> bool:
        """Whether it can be run: the cases of the chapter "tls" are for TLS alone."""
        return tls or self.chapter != TLS

    def runs_over(self, http2: bool) -> bool:
        """Whether it says something about HTTP/2, or about HTTP/1.1: frames and fields are the same on both."""
        if self.chapter == HTTP2:
            return http2
        return not http2 or (self.study not in _OF_HTTP_1 and (self.ask is None or self.ask.portable))

    @property
    def right(self) -> bool:
        """Whether what we send is right, so that the whole dialogue can be checked."""
        fine = {Kind.ECHO, Kind.PONG, Kind.ALIVE, Kind.CLOSE}
        return bool(self.passed) and all(expect.kind in fine for expect in (*self.passed, *self.tolerated))
