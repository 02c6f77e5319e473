"""Each answer and frame tells a client that is broken in just that way from a right one."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from collections import defaultdict

import pytest

from tests.probe.client_peer import ClientPeer
from tests.probe.flaws import CLIENT, FRAMES, flaw_of
from ws_mcp.probe.catalogue import all_cases
from ws_mcp.probe.result import ProbeReport
from ws_mcp.probe.server import ClientProbe
from ws_mcp.probe.settings import Settings
from ws_mcp.probe.words import Case
from ws_mcp.types import Side, Verdict

CASES = [case for case in all_cases().values() if Side.CLIENT in case.sides and case.runs_inside(tls=False)]
ALONE = "one-at-a-time"
CHAPTERS = list(dict.fromkeys(case.chapter for case in CASES))


async def probe(client: ClientPeer, only: list[Case], at_a_time: int = 8) -> ProbeReport:
    probe = ClientProbe(Settings(only=tuple(case.id for case in only), limit=3.0))
    probe.cases = only
    probe.total = len(only)
    probe._left.clear()
    probe._left.extend(only)
    await probe.start()
    port = int(probe.url.rsplit(":", 1)[1].strip("/"))
    if "same-key" in client.flaws:
        probe._keys.add("AQIDBAUGBwgJCgsMDQ4PEA==")
    gate = asyncio.Semaphore(at_a_time)

    async def one() -> None:
        async with gate:
            await client.one(port)

    await asyncio.gather(*(one() for _ in only))
    await probe.wait(10)
    report = probe.report()
    await probe.stop()
    return report


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_right_client_passes(chapter: str) -> None:
    cases = [case for case in CASES if case.chapter == chapter and case.study != ALONE]
    report = asyncio.run(probe(ClientPeer(), cases))
    wrong = {o.case: (o.verdict.value, o.actual, o.closing.value, o.closing_actual)
             for o in report.outcomes if o.verdict is not Verdict.PASSED or o.closing is Verdict.FAILED}  # fmt: skip
    assert wrong == {}
    assert [seen.finding.rule for seen in report.findings if seen.finding.severity == "error"] == []
    assert report.ok


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_client_broken_in_just_that_way_does_not(chapter: str) -> None:
    groups: dict[tuple[str, ...], list[Case]] = defaultdict(list)
    for case in CASES:
        if case.chapter == chapter:
            groups[flaw_of(case.id, [*CLIENT, *FRAMES])[0]].append(case)

    async def run() -> dict[str, tuple[Verdict, str]]:
        found: dict[str, tuple[Verdict, str]] = {}
        for flaws, cases in groups.items():
            report = await probe(ClientPeer(*flaws), cases)
            found |= {outcome.case: (outcome.verdict, outcome.actual) for outcome in report.outcomes}
        return found

    found = asyncio.run(run())
    wanted = {case: flaw_of(case, [*CLIENT, *FRAMES]) for case in found}
    wrong = {case: (told, wanted[case]) for case, told in found.items() if told[0] is not wanted[case][1]}
    assert wrong == {}


def test_a_client_that_takes_what_is_masked_as_it_stands_does_not_pass() -> None:
    cases = [case for case in CASES if case.id.startswith("masking/masked-")]
    report = asyncio.run(probe(ClientPeer("mask", "no-unmasking"), cases))
    assert {outcome.case: outcome.verdict for outcome in report.outcomes} == {case.id: Verdict.FAILED for case in cases}


def test_a_client_that_lets_its_other_connections_wait_passes() -> None:
    report = asyncio.run(probe(ClientPeer(), [case for case in CASES if case.study == ALONE]))
    assert [outcome.verdict for outcome in report.outcomes] == [Verdict.PASSED]


def test_a_client_that_offers_no_compression_leaves_its_cases_not_run() -> None:
    cases = [case for case in CASES if case.chapter == "deflate"][:3]
    report = asyncio.run(probe(ClientPeer(deflate=False), cases))
    assert {outcome.verdict for outcome in report.outcomes} == {Verdict.NOT_RUN}


def test_what_the_client_sends_goes_through_the_rules() -> None:
    cases = [all_cases()["framing/text"]]
    report = asyncio.run(probe(ClientPeer("masks-wrong"), cases))
    assert "unmasked-client-frame" in [seen.finding.rule for seen in report.findings]
    assert [outcome.verdict for outcome in report.outcomes] == [Verdict.FAILED]  # no server would read on


def test_a_client_whose_request_breaks_a_rule_fails_the_case_about_it() -> None:
    cases = [all_cases()[case] for case in ("answers/right", "framing/text")]
    report = asyncio.run(probe(ClientPeer("no-version"), cases, at_a_time=1))
    told = {outcome.case: outcome for outcome in report.outcomes}
    assert told["answers/right"].verdict is Verdict.FAILED
    assert "Sec-WebSocket-Version" in told["answers/right"].actual
    assert told["framing/text"].verdict is Verdict.PASSED


def test_a_plain_get_tells_what_is_left_and_takes_no_case() -> None:
    async def run() -> None:
        server = ClientProbe(Settings(only=("framing/text",)))
        await server.start()
        address = server.url.replace("ws", "http", 1)
        for _ in range(2):
            answer = await asyncio.to_thread(lambda: urllib.request.urlopen(address, timeout=5).read())
            assert json.loads(answer) == {"cases": 1, "left": 1, "done": 0}
        await server.stop()

    asyncio.run(run())


def test_cases_that_no_client_came_for_leave_the_report_incomplete() -> None:
    async def run() -> ProbeReport:
        server = ClientProbe(Settings(only=("framing/text", "framing/binary")))
        await server.start()
        await ClientPeer().one(int(server.url.rsplit(":", 1)[1].strip("/")))
        assert not await server.wait(3, idle=0.3)
        report = server.report()
        await server.stop()
        return report

    report = asyncio.run(run())
    assert report.incomplete == "the client left 1 of 2 cases"
    assert not report.ok
    assert [outcome.verdict for outcome in report.outcomes] == [Verdict.PASSED, Verdict.NOT_RUN]
