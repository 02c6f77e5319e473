"""Peers whose texts begin with a mark of their own protocol, and peers that speak first."""

from __future__ import annotations

import asyncio

from websockets.asyncio.server import ServerConnection, serve

from ws_mcp.probe.catalogue import all_cases
from ws_mcp.probe.result import ProbeReport
from ws_mcp.probe.runner import probe_server
from ws_mcp.probe.settings import Settings
from ws_mcp.probe.wording import wordable, worded
from ws_mcp.types import Verdict


async def engine(socket: ServerConnection) -> None:
    """As Engine.IO does: speaks first, and takes no text that does not begin with 4."""
    await socket.send('0{"sid":"x"}')
    async for message in socket:
        if isinstance(message, str) and not message.startswith("4"):
            await socket.close(1002)
            return
        await socket.send(message)


def probe(prefix: str, *only: str) -> ProbeReport:
    async def run() -> ProbeReport:
        async with serve(engine, "127.0.0.1", 0, compression=None) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            return await probe_server(f"ws://127.0.0.1:{port}/?a=1", Settings(prefix=prefix, only=only))

    return asyncio.run(run())


def test_with_its_mark_a_peer_is_judged_by_what_it_sends_back() -> None:
    report = probe("4", "framing/", "fragmentation/", "utf8/", "lengths/", "handshake/query")
    assert not report.failures
    assert "sends 1 message of its own" in report.notes[0]
    told = {outcome.case: outcome.actual for outcome in report.outcomes}
    assert "“4hello” came back" in told["framing/text"]


def test_without_its_mark_the_same_peer_does_not_echo() -> None:
    report = probe("", "framing/text", "framing/binary")
    assert "does not echo" in report.notes[0]
    assert [outcome.verdict for outcome in report.outcomes] == [Verdict.FAILED, Verdict.PASSED]


def test_a_case_is_put_into_words_whole_or_not_at_all() -> None:
    cases = all_cases()
    assert worded(cases["framing/text"], b"") is cases["framing/text"]
    assert worded(cases["framing/binary"], b"4") == cases["framing/binary"]
    pieces = worded(cases["framing/octet-by-octet"], b"4")
    assert pieces.passed[0].messages == ((1, "4grüße".encode()),)
    assert not wordable(cases["deflate/text"], b"4") and wordable(cases["deflate/text"], b"")
    assert wordable(cases["deflate/binary"], b"4")
