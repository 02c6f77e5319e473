"""Each case tells a server that is broken in just that way from a right one."""

from __future__ import annotations

import asyncio

import pytest

from tests.probe.flaws import FRAMES, SERVER, flaw_of
from tests.probe.playing import Flaws, assert_caught, assert_passed, side_by_side
from tests.probe.server_peer import ServerPeer
from ws_mcp.probe.catalogue import all_cases, select
from ws_mcp.probe.client import Door, Exchange
from ws_mcp.probe.result import ProbeReport
from ws_mcp.probe.runner import probe_server
from ws_mcp.probe.settings import Settings
from ws_mcp.probe.studies import STUDIES
from ws_mcp.probe.targets import read_url, resolve
from ws_mcp.probe.words import Case
from ws_mcp.types import Side, Verdict

HEADERS = (("Authorization", "Bearer test"), ("Origin", "https://here.example"))
SETTINGS = Settings(headers=HEADERS, limit=3.0)
DEFAULT = select(Settings(), Side.SERVER)
CHAPTERS = sorted({case.chapter for case in DEFAULT})


async def exchange(url: str, cases: list[Case], settings: Settings = SETTINGS) -> dict[str, Exchange]:
    door = Door.to(await resolve(read_url(url)), settings)
    return await side_by_side(cases, lambda case: STUDIES.get(case.study, Door.exchange)(door, case))


def flaws_of(case: str) -> Flaws:
    return flaw_of(case, [*SERVER, *FRAMES])


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_right_server_passes(chapter: str) -> None:
    assert_passed(ServerPeer, [case for case in DEFAULT if case.chapter == chapter], exchange)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_server_broken_in_just_that_way_does_not(chapter: str) -> None:
    assert_caught(ServerPeer, [case for case in DEFAULT if case.chapter == chapter], exchange, flaws_of)


@pytest.mark.parametrize(
    ("flaw", "case", "closing"),
    [
        ("close-stays", "framing/text", Verdict.FAILED),
        ("close-unanswered", "framing/text", Verdict.FAILED),
        ("fails-without-close", "framing/reserved-opcode-3", Verdict.NON_STRICT),
        ("fails-but-stays", "framing/reserved-opcode-3", Verdict.FAILED),
        ("", "framing/reserved-opcode-3", Verdict.PASSED),
        ("", "framing/text", Verdict.PASSED),
    ],
)
def test_the_closing_is_judged_apart_from_the_behaviour(flaw: str, case: str, closing: Verdict) -> None:
    async def run() -> Exchange:
        async with ServerPeer(*filter(None, [flaw])).listening() as peer:
            return (await exchange(peer.url, [all_cases()[case]]))[case]

    found = asyncio.run(run())
    assert (found.verdict, found.closing) == (Verdict.PASSED, closing), (found.actual, found.closing_actual)


@pytest.mark.parametrize(
    ("flaw", "rule"),
    [
        ("accept-wrong", "wrong-accept"),
        ("untold-version", "version-refused-without-list"),
        ("masks-wrong", "masked-server-frame"),
        ("sends-rsv", "reserved-bit-set"),
    ],
)
def test_what_the_server_sends_goes_through_the_rules(flaw: str, rule: str) -> None:
    async def run() -> list[str]:
        async with ServerPeer(flaw).listening() as peer:
            only = ("handshake/right", "handshake/version-8", "framing/text")
            report = await probe_server(peer.url, Settings(headers=HEADERS, only=only))
            return [seen.finding.rule for seen in report.findings]

    assert rule in asyncio.run(run())


def test_a_server_that_answers_right_in_frames_that_break_a_rule_has_not_passed() -> None:
    only = ("framing/text", "control/ping-text", "closing/code-1000", "handshake/right")

    async def run() -> ProbeReport:
        async with ServerPeer("masks-wrong").listening() as peer:
            return await probe_server(peer.url, Settings(headers=HEADERS, only=only))

    report = asyncio.run(run())
    told = {outcome.case: (outcome.verdict, outcome.closing) for outcome in report.outcomes if outcome.case in only}
    assert not report.ok
    assert told["handshake/right"] == (Verdict.PASSED, Verdict.FAILED)  # its Close is masked
    assert {told[case][0] for case in only[:3]} == {Verdict.FAILED}
    assert "but Frame 0 (text) of the server is masked" in report.outcomes[1].actual, report.outcomes[1]


def test_a_whole_probe_of_a_right_server_has_nothing_to_mend() -> None:
    async def run() -> None:
        seen: list[int] = []
        async with ServerPeer().listening() as peer:
            report = await probe_server(peer.url, SETTINGS, lambda progress: seen.append(progress.done))
        assert report.ok, report.failures
        assert report.counts["PASSED"] >= 330
        assert seen == list(range(1, len(report.outcomes) + 1))
        assert [outcome.case for outcome in report.outcomes] == [case.id for case in select(SETTINGS, Side.SERVER)]

    asyncio.run(run())


def test_without_compression_its_cases_are_not_run() -> None:
    async def run() -> None:
        async with ServerPeer(deflate=False).listening() as peer:
            report = await probe_server(peer.url, Settings(headers=HEADERS, only=("deflate/", "offers/")))
        verdicts = {outcome.case.partition("/")[0]: outcome.verdict for outcome in report.outcomes}
        assert verdicts == {"deflate": Verdict.NOT_RUN, "offers": Verdict.PASSED}

    asyncio.run(run())


@pytest.mark.parametrize(("flaw", "verdict"), [("pongs-apart", Verdict.PASSED), ("newest-pong", Verdict.NON_STRICT)])
def test_ten_pings_are_judged_when_all_pongs_had_their_time(flaw: str, verdict: Verdict) -> None:
    async def run() -> Exchange:
        async with ServerPeer(flaw).listening() as peer:
            return (await exchange(peer.url, [all_cases()["control/ping-ten"]]))["control/ping-ten"]

    found = asyncio.run(run())
    assert found.verdict is verdict, found.actual
