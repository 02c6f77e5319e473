"""Cases that take more than one exchange, or another way to listen: sizes, time-outs, floods. All are bounded."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import replace

from ws_mcp.probe.client import Door, Exchange
from ws_mcp.probe.observed import Observed
from ws_mcp.probe.talk import Talk
from ws_mcp.probe.telling import tell_closing
from ws_mcp.probe.words import Case, Send
from ws_mcp.rules.http_parts import accepts
from ws_mcp.types import Side, Verdict

LADDER = (16, 17, 18, 20, 22, 23, 24, 25, 26, 27, 28, 30, 32, 40, 62)  # powers of two that a frame announces, plus one
PATIENCE = 0.5  # seconds in which a server that looks at the announced size answers
PINGS, FRAGMENTS = 5_000, 50_000
FLOOD = 16 << 20  # bytes that are sent to a server whose answers nobody reads
BOMB = 64 << 20  # bytes that the bomb inflates to

Study = Callable[[Door, Case], Awaitable[Exchange]]


def _told(verdict: Verdict, actual: str, seen: Observed) -> Exchange:
    return Exchange(verdict, actual, Verdict.NOT_RUN, "", seen)


async def _opened(door: Door, case: Case, offer: str = "") -> Talk | Exchange:
    """An open connection, or the outcome where there is none."""
    talk = await door.connect(case.limit or door.settings.limit)
    if isinstance(talk, str):
        return _told(Verdict.NOT_RUN, talk, Observed(refused=talk))
    plain = Case(case.id, "", (), offer=offer)
    await door.open(talk, plain)
    response = talk.observed.response
    if response is None or not accepts(response):
        talk.hang_up()
        return _told(Verdict.NOT_RUN, "the connection did not open", talk.observed)
    talk.opened(", ".join(response.values("Sec-WebSocket-Extensions")), both=False)
    return talk


async def announced_size(door: Door, case: Case) -> Exchange:
    """The smallest announced size that is refused before its payload came; each size on a connection of its own."""
    rungs = await asyncio.gather(*(_announce(door, case, (1 << power) + 1) for power in LADDER))
    below = 0
    for power, (seen, trouble) in zip(LADDER, rungs, strict=True):
        if trouble:
            return _told(Verdict.NOT_RUN, trouble, seen)
        if seen.close is not None or seen.end:
            limit = f"between {_size(below)} and {_size(1 << power)}" if below else f"at most {_size(1 << power)}"
            return _told(Verdict.PASSED, f"the limit is {limit}: {tell_closing(seen)}", seen)
        below = 1 << power
    return _told(Verdict.INFORMATIONAL, f"no size is refused up to {_size(below)}", rungs[-1][0])


async def _announce(door: Door, case: Case, size: int) -> tuple[Observed, str]:
    talk = await _opened(door, case)
    if isinstance(talk, Exchange):
        return talk.seen, talk.actual
    seen = talk.observed
    try:
        await talk.perform((Send("binary", b"\0" * 16, form=64, length=size),))
        await talk.listen(lambda: seen.close is not None, talk.clock() + PATIENCE)
        if seen.close is not None:
            await talk.listen(lambda: False, talk.clock() + 0.1)
    finally:
        talk.hang_up()
    return seen, ""


def _size(count: int) -> str:
    for name in ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"):
        if count < 1024 or name == "EiB":
            return f"{count} {name}"
        count //= 1024
    raise AssertionError


async def _patience(door: Door, case: Case, first: bytes) -> Exchange:
    """How long a connection is kept that does not open."""
    talk = await door.connect(case.limit or door.settings.limit)
    if isinstance(talk, str):
        return _told(Verdict.NOT_RUN, talk, Observed(refused=talk))
    started = talk.clock()
    try:
        if first:
            await talk.write(first)
        await talk.body(1 << 16)
        waited = talk.clock() - started
    finally:
        talk.hang_up()
    if talk.observed.end:
        return _told(Verdict.PASSED, f"the server gave up after {waited:.1f} s", talk.observed)
    return _told(Verdict.INFORMATIONAL, f"the connection was still open after {waited:.0f} s", talk.observed)


async def slow_handshake(door: Door, case: Case) -> Exchange:
    """Half a request."""
    head = f"GET {door.target.resource} HTTP/1.1\r\nHost: {door.target.host}\r\nUpgrade: webso"
    return await _patience(door, case, head.encode("latin-1"))


async def no_handshake(door: Door, case: Case) -> Exchange:
    """Not a byte."""
    return await _patience(door, case, b"")


async def close_time_out(door: Door, case: Case) -> Exchange:
    """A fault makes the server send Close; then nothing is sent, and our side stays open."""
    talk = await _opened(door, case)
    if isinstance(talk, Exchange):
        return talk
    started = talk.clock()
    try:
        await talk.perform((Send(3, b"?"),))
        await talk.listen(lambda: False, talk.deadline)
    finally:
        talk.hang_up()
    seen, waited = talk.observed, talk.clock() - started
    below = "TCP" if seen.http is None else "the stream"
    if seen.end:
        return _told(Verdict.PASSED, f"{below} ended after {waited:.1f} s: {tell_closing(seen)}", seen)
    return _told(Verdict.FAILED, f"{below} was still open after {waited:.0f} s: {tell_closing(seen)}", seen)


async def keepalive(door: Door, case: Case) -> Exchange:
    """Whether the server looks after a connection on which nothing happens."""
    talk = await _opened(door, case)
    if isinstance(talk, Exchange):
        return talk
    started = talk.clock()
    try:
        await talk.listen(lambda: talk.observed.pings > 0, talk.deadline)
    finally:
        talk.hang_up()
    seen, waited = talk.observed, talk.clock() - started
    if seen.pings:
        return _told(Verdict.PASSED, f"a Ping came after {waited:.1f} s", seen)
    if seen.over:
        return _told(Verdict.INFORMATIONAL, f"no Ping; the connection ended after {waited:.1f} s", seen)
    return _told(Verdict.INFORMATIONAL, f"no Ping in {waited:.0f} s", seen)


async def ping_flood(door: Door, case: Case) -> Exchange:
    """Every Ping answered, or the flood stopped: both are fine."""

    def enough(seen: Observed) -> bool:
        return len(seen.pongs) >= PINGS

    exchange = await _flood(door, case, Send("ping", b"flood").encode(Side.CLIENT) * PINGS, enough)
    seen = exchange.seen
    if exchange.verdict is Verdict.NOT_RUN:
        return exchange
    count = len(seen.pongs)
    if seen.over or seen.close is not None:
        return _told(Verdict.PASSED, f"the flood was stopped after {count:,} Pongs: {tell_closing(seen)}", seen)
    return _told(Verdict.INFORMATIONAL, f"{count:,} of {PINGS:,} Pings were answered, the connection goes on", seen)


async def fragment_flood(door: Door, case: Case) -> Exchange:
    """A message that never ends, a byte at a time: each fragment may cost far more memory than its byte."""
    first = Send("binary", b"x", fin=False).encode(Side.CLIENT)
    flood = first + Send("continuation", b"x", fin=False).encode(Side.CLIENT) * (FRAGMENTS - 1)
    exchange = await _flood(door, case, flood, lambda seen: False)
    seen = exchange.seen
    if exchange.verdict is Verdict.NOT_RUN:
        return exchange
    if seen.end or seen.close is not None:
        return _told(Verdict.PASSED, f"the flood was stopped: {tell_closing(seen)}", seen)
    if seen.stopped:
        return _told(Verdict.INFORMATIONAL, f"the server sends each fragment back; {seen.stopped}", seen)
    return _told(Verdict.INFORMATIONAL, f"{FRAGMENTS:,} fragments were taken without an end", seen)


async def _flood(door: Door, case: Case, data: bytes, enough: Callable[[Observed], bool]) -> Exchange:
    """Sends ``data`` while listening, then listens until ``enough`` or two quiet seconds."""
    talk = await _opened(door, case)
    if isinstance(talk, Exchange):
        return talk
    seen = talk.observed
    talk.check = None  # thousands of Pongs need no rules

    def done() -> bool:
        return enough(seen) or seen.close is not None

    async def send() -> None:
        for at in range(0, len(data), 16384):
            await talk.write(data[at : at + 16384])

    try:
        sending = asyncio.create_task(send())
        while not (sending.done() or done() or seen.over) and talk.left:
            await talk.listen(done, talk.clock() + 0.2)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        await talk.listen(done, min(talk.deadline, talk.clock() + 2.0))
        if not seen.over:
            await talk.listen(lambda: False, min(talk.deadline, talk.clock() + PATIENCE))
    finally:
        talk.hang_up()
    return _told(Verdict.INFORMATIONAL, "", seen)


async def message_flood(door: Door, case: Case) -> Exchange:
    """Messages to a server whose echoes nobody reads: it should stop reading, or end the connection."""
    if not door.echo:
        return _told(Verdict.NOT_RUN, "the server does not echo, so nothing piles up", Observed())
    talk = await _opened(door, case)
    if isinstance(talk, Exchange):
        return talk
    seen = talk.observed
    talk.deadline = talk.clock() + 3.0
    talk.writer.transport.set_write_buffer_limits(65536)  # so that drain tells when the server stops reading
    try:
        message = Send("binary", b"\0" * 65536).encode(Side.CLIENT)
        while seen.sent_size < FLOOD and not seen.blocked and seen.wrote_all:
            await talk.write(message)
    finally:
        talk.hang_up()
    sent = _size(seen.sent_size)
    if seen.blocked:
        return _told(Verdict.PASSED, f"the server stopped reading after {sent}", seen)
    if not seen.wrote_all:
        return _told(Verdict.PASSED, f"the server ended the connection after {sent}", seen)
    return _told(Verdict.INFORMATIONAL, f"the server took {sent} without a client that reads", seen)


async def deflate_bomb(door: Door, case: Case) -> Exchange:
    """A small frame that grows a thousandfold: a limit on inflated bytes has to stop it."""
    talk = await _opened(door, case, offer="permessage-deflate")
    if isinstance(talk, Exchange):
        return talk
    seen = talk.observed
    try:
        if "permessage-deflate" not in seen.extensions:
            return _told(Verdict.NOT_RUN, "no permessage-deflate agreed", seen)
        await talk.perform((Send("binary", _bomb(), rsv=4),))
        await talk.listen(lambda: bool(seen.messages) or seen.close is not None, talk.deadline)
        await talk.listen(lambda: bool(seen.messages), talk.clock() + PATIENCE)
    finally:
        talk.hang_up()
    if seen.close is not None or seen.end:
        return _told(Verdict.PASSED, f"the bomb was stopped: {tell_closing(seen)}", seen)
    if seen.messages or seen.stopped:
        return _told(Verdict.INFORMATIONAL, f"the server inflated and sent back {_size(BOMB)}", seen)
    return _told(Verdict.INFORMATIONAL, f"no answer in {case.limit:g} s", seen)


def _bomb() -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = bytes(1 << 20)
    packed = b"".join(packer.compress(piece) for _ in range(BOMB >> 20))
    return (packed + packer.flush(zlib.Z_SYNC_FLUSH)).removesuffix(b"\0\0\xff\xff")


async def plain_request(door: Door, case: Case) -> Exchange:
    """The right request in clear to a port of TLS: no WebSocket may open, and the connection has to end."""
    limit = door.settings.limit
    talk = await replace(door, context=None).connect(limit)
    if isinstance(talk, str):
        return _told(Verdict.NOT_RUN, talk, Observed(refused=talk))
    try:
        await door.open(talk, case)
        seen = talk.observed
        if seen.response is not None and seen.response.status == 101:
            return _told(Verdict.FAILED, "status 101, without TLS", seen)
        await talk.listen(lambda: False, talk.deadline)
        if not seen.end:
            return _told(Verdict.FAILED, f"TCP was still open after {limit:g} s", seen)
        answer = f"status {seen.response.status}, then " if seen.response is not None else ""
        return _told(Verdict.PASSED, f"{answer}{tell_closing(seen).removeprefix('no Close, ')}", seen)
    finally:
        talk.hang_up()


STUDIES: dict[str, Study] = {
    "plain-request": plain_request,
    "announced-size": announced_size,
    "slow-handshake": slow_handshake,
    "no-handshake": no_handshake,
    "close-time-out": close_time_out,
    "keepalive": keepalive,
    "ping-flood": ping_flood,
    "fragment-flood": fragment_flood,
    "message-flood": message_flood,
    "deflate-bomb": deflate_bomb,
}
