"""Plays cases against a scripted server over any transport, and says which came to what they should not."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable

from tests.probe.server_peer import ServerPeer
from ws_mcp.probe.client import Exchange
from ws_mcp.probe.words import Case
from ws_mcp.types import Verdict

Flaws = tuple[tuple[str, ...], Verdict]
Exchanging = Callable[[str, list[Case]], Awaitable[dict[str, Exchange]]]


async def side_by_side(cases: list[Case], play: Callable[[Case], Awaitable[Exchange]]) -> dict[str, Exchange]:
    """What each case comes to, sixteen at a time."""
    gate = asyncio.Semaphore(16)

    async def one(case: Case) -> Exchange:
        async with gate:
            return await play(case)

    found = await asyncio.gather(*(one(case) for case in cases))
    return {case.id: exchange for case, exchange in zip(cases, found, strict=True)}


def assert_passed(make: Callable[..., ServerPeer], cases: list[Case], exchange: Exchanging) -> None:
    """A right peer passes every case and breaks no rule."""

    async def run() -> dict[str, Exchange]:
        async with make().listening() as peer:
            return await exchange(peer.url, cases)

    found = asyncio.run(run())
    wrong = {
        case: (e.verdict.value, e.actual, e.closing.value, e.closing_actual)
        for case, e in found.items()
        if e.verdict is not Verdict.PASSED or e.closing not in {Verdict.PASSED, Verdict.NOT_RUN}
    }
    assert wrong == {}
    assert [finding.rule for e in found.values() for finding in e.findings if finding.severity == "error"] == []


def assert_caught(
    make: Callable[..., ServerPeer], cases: list[Case], exchange: Exchanging, flaws_of: Callable[[str], Flaws]
) -> None:
    """A peer broken in just the way of each case gets the verdict that ``flaws_of`` says."""
    groups: dict[tuple[str, ...], list[Case]] = defaultdict(list)
    for case in cases:
        groups[flaws_of(case.id)[0]].append(case)

    async def run() -> dict[str, Exchange]:
        found: dict[str, Exchange] = {}
        for flaws, alike in groups.items():
            async with make(*flaws).listening() as peer:
                found |= await exchange(peer.url, alike)
        return found

    found = asyncio.run(run())
    wrong = {
        case: (e.verdict.value, e.actual, flaws_of(case)[0])
        for case, e in found.items()
        if e.verdict is not flaws_of(case)[1]
    }
    assert wrong == {}
