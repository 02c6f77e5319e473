"""Cases that take a whole connection and not one stream: the setting, several WebSockets, windows, another host."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial

from ws_mcp.probe.client import Door, Exchange
from ws_mcp.probe.heads import Connect
from ws_mcp.probe.http2.connection import Link
from ws_mcp.probe.http2.door import Http2Door
from ws_mcp.probe.http2.talk import StreamTalk
from ws_mcp.probe.observed import Observed
from ws_mcp.probe.studies import Study
from ws_mcp.probe.talk import QUIET
from ws_mcp.probe.targets import is_loopback
from ws_mcp.probe.telling import tell_closing, tell_reaction
from ws_mcp.probe.words import Case, Reset, Send
from ws_mcp.protocol.build import close_body
from ws_mcp.rules.http_parts import accepts
from ws_mcp.types import Finding, Verdict

WINDOW = 10  # bytes that are granted at a time
STALL = 0.1  # seconds after which more is granted to a sender that does not use up its window
_PLAIN = Case("http2", "", ())

Told = tuple[Verdict, str]


class Untold(Exception):  # noqa: N818 - not an error, the end of a study
    """The study cannot go on: its verdict, and why."""

    def __init__(self, verdict: Verdict, actual: str) -> None:
        super().__init__(actual)
        self.told: Told = (verdict, actual)


class Session:
    """A connection on which a study opens WebSockets, with what the rules find in them."""

    def __init__(self, door: Http2Door, link: Link) -> None:
        self.door, self.link = door, link
        self._found: list[Finding] = []
        self._talks: list[StreamTalk] = []

    async def ask(self, connect: Connect | None = None) -> StreamTalk:
        """A stream on which a WebSocket was asked for."""
        talk = self.door.talk(self.link)
        self._talks.append(talk)
        self._found += await self.door.open(talk, replace(_PLAIN, connect=connect))
        return talk

    async def open(self) -> StreamTalk:
        """A WebSocket.

        Raises:
            Untold: none opens, or the server allows no other stream beside those that are open.
        """
        if self.link.most < 1:
            raise Untold(Verdict.NOT_RUN, "SETTINGS_MAX_CONCURRENT_STREAMS of the server allows no more streams")
        talk = await self.ask()
        response = talk.observed.response
        if response is None or not accepts(response):
            which = f"WebSocket {len(self._talks)} on the connection"
            raise Untold(Verdict.FAILED, f"{which} did not open: {tell_reaction(talk.observed, opening=True)}")
        talk.opened(", ".join(response.values("Sec-WebSocket-Extensions")), both=True)
        return talk

    def text(self, words: str) -> bytes:
        """The content of a message that the server takes."""
        return (self.door.settings.prefix + words).encode()

    async def lives(self, talk: StreamTalk, words: str) -> bool:
        """Whether a message comes back or, where there is no echo, a Pong."""
        seen, content = talk.observed, self.text(words)
        seen.alive = False
        await talk.perform((Send("text", content),))
        if not self.door.echo:
            await talk.ask()
        await talk.listen(lambda: self._heard(seen, content), talk.deadline)
        return self._heard(seen, content)

    def _heard(self, seen: Observed, content: bytes) -> bool:
        return any(found == content for _, found in seen.messages) if self.door.echo else seen.alive

    def findings(self) -> tuple[Finding, ...]:
        """What the rules find in all that the server sent."""
        return (*self._found, *(finding for talk in self._talks for finding in talk.findings()))


def _goes_on(alive: bool, talk: StreamTalk) -> str:
    return "the other goes on" if alive else f"the other does not go on: {tell_reaction(talk.observed, False)}"


async def _kept(session: Session) -> Told:
    """SETTINGS that come after a message and a quiet while."""
    talk = await session.open()
    await session.lives(talk, "kept?")
    await talk.listen(lambda: False, min(talk.deadline, talk.clock() + QUIET))
    values = session.link.values
    told = f"SETTINGS_ENABLE_CONNECT_PROTOCOL came as {', '.join(map(str, values))}"
    return (Verdict.FAILED if 0 in values[values.index(1) :] else Verdict.PASSED), told


async def _elsewhere(session: Session) -> Told:
    """:authority names a listener of ours, so that a tunnel to it shows."""
    if not all(map(is_loopback, session.door.target.addresses)):
        return Verdict.NOT_RUN, "the server is not on this machine, so a tunnel could not reach us"
    reached: list[bytes] = []

    async def tunnel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached.append(b"")
        writer.close()

    listener = await asyncio.start_server(tunnel, "127.0.0.1", 0)
    try:
        there = f"127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        talk = await session.ask(Connect({":authority": (there,)}))
        seen = talk.observed
        if seen.response is None or not accepts(seen.response):
            told, fine = tell_reaction(seen, opening=True), seen.response is not None or bool(seen.end)
        else:
            talk.opened("", both=True)
            fine = await session.lives(talk, "who is there?")
            told = "a WebSocket opened all the same" if fine else "the stream opened, but no WebSocket answers on it"
    finally:
        listener.close()
    if reached:
        return Verdict.FAILED, "the server connected to the host in :authority"
    return (Verdict.PASSED if fine else Verdict.FAILED), told


async def _two(session: Session) -> Told:
    """Fragments on one stream, a whole message on the other between them."""
    first, second = await session.open(), await session.open()
    words = session.text("one two")
    await first.perform((Send("text", words[:-3], fin=False),))
    alive = await session.lives(second, "whole")
    await first.perform((Send("continuation", words[-3:]),))
    if not session.door.echo:
        await first.ask()
    seen = first.observed
    await first.listen(lambda: bool(seen.messages) or seen.alive, first.deadline)
    fine = [content for _, content in seen.messages] == [words] if session.door.echo else seen.alive
    told = [f"WebSocket {at + 1}: {tell_reaction(t.observed, False)}" for at, t in enumerate((first, second))]
    alone = not session.door.echo or len(second.observed.messages) == 1
    return (Verdict.PASSED if fine and alive and alone else Verdict.FAILED), "; ".join(told)


async def _fault(session: Session) -> Told:
    """A fault ends its WebSocket, and no other."""
    first, second = await session.open(), await session.open()
    seen = first.observed
    await first.perform((Send(3, b"?"),))
    await first.listen(lambda: seen.close is not None, first.deadline - QUIET)
    if seen.close is None and not seen.end:
        return Verdict.FAILED, "the reserved opcode was taken"
    alive = await session.lives(second, "unharmed")
    return (Verdict.PASSED if alive else Verdict.FAILED), f"{tell_closing(seen)}; {_goes_on(alive, second)}"


async def _close(session: Session) -> Told:
    """The closing handshake ends its WebSocket, and no other."""
    first, second = await session.open(), await session.open()
    await first.perform((Send("close", close_body(1000)),))
    await first.listen(lambda: False, min(first.deadline - 2 * QUIET, first.clock() + 1.0))
    alive = await session.lives(second, "still here")
    told = f"{tell_closing(first.observed)}; {_goes_on(alive, second)}"
    if alive:
        third = await session.open()
        alive = await session.lives(third, "and again")
        told += f"; a third {'opens' if alive else 'opens, but does not answer'}"
    return (Verdict.PASSED if alive and first.observed.close is not None else Verdict.FAILED), told


async def _reset(session: Session) -> Told:
    """RST_STREAM ends its WebSocket, and no other."""
    first, second = await session.open(), await session.open()
    await session.lives(first, "before")
    await first.perform((Reset(),))
    alive = await session.lives(second, "after")
    return (Verdict.PASSED if alive else Verdict.FAILED), _goes_on(alive, second)


async def _window(session: Session) -> Told:
    """Grants a few bytes at a time; more than granted, HTTP/2 itself calls an error (RFC 9113, 6.9.1)."""
    if not session.door.echo:
        return Verdict.NOT_RUN, "the server does not echo, so it has nothing to send"
    talk = await session.open()
    seen, content = talk.observed, session.text("twenty-six letters and more")
    talk.stream.holding = True
    await talk.perform((Send("text", content),))
    granted = WINDOW
    while talk.left and not seen.over and content not in (found for _, found in seen.messages):
        await talk.listen(partial(_used, seen, granted), min(talk.deadline, talk.clock() + STALL))
        if not seen.over:
            granted += WINDOW
            session.link.grant(talk.stream.id, WINDOW)
    if content in (found for _, found in seen.messages):
        return Verdict.PASSED, f"the message came in windows of {WINDOW} bytes"
    return Verdict.FAILED, f"{session.link.over or tell_reaction(seen, False)}; {granted} bytes were granted"


def _used(seen: Observed, granted: int) -> bool:
    return seen.received_size >= granted


async def setting_value(door: Door, case: Case) -> Exchange:
    """Whether WebSockets can be opened over HTTP/2 at all. That they cannot is no fault."""
    assert isinstance(door, Http2Door)
    link, why = await door.link(case.limit or door.settings.limit)
    if link is None:
        return Exchange(Verdict.FAILED, why, Verdict.NOT_RUN, "", Observed(refused=why))
    link.abort()
    odd = [value for value in link.values if value > 1]
    if odd:
        verdict, told = Verdict.FAILED, f"SETTINGS_ENABLE_CONNECT_PROTOCOL={odd[0]}"
    else:
        verdict = Verdict.INFORMATIONAL if why else Verdict.PASSED
        told = why or "SETTINGS_ENABLE_CONNECT_PROTOCOL=1"
    return Exchange(verdict, told, Verdict.NOT_RUN, "", Observed(http=link.log))


def _of(work: Callable[[Session], Awaitable[Told]], window: int | None = None) -> Study:
    """The study that does ``work`` on a connection of its own."""

    async def study(door: Door, case: Case) -> Exchange:
        assert isinstance(door, Http2Door)
        link, why = await door.link(case.limit or door.settings.limit, window)
        if link is None:
            return Exchange(Verdict.FAILED, why, Verdict.NOT_RUN, "", Observed(refused=why))
        session = Session(door, link)
        try:
            verdict, actual = (Verdict.FAILED, why) if why else await work(session)
        except Untold as end:
            verdict, actual = end.told
        finally:
            link.abort()
        return Exchange(verdict, actual, Verdict.NOT_RUN, "", Observed(http=link.log), session.findings())

    return study


STUDIES: dict[str, Study] = {
    "http2-setting-value": setting_value,
    "http2-setting-kept": _of(_kept),
    "http2-authority-elsewhere": _of(_elsewhere),
    "http2-two-sockets": _of(_two),
    "http2-fault-on-one": _of(_fault),
    "http2-close-on-one": _of(_close),
    "http2-reset-one": _of(_reset),
    "http2-small-window": _of(_window, WINDOW),
}
