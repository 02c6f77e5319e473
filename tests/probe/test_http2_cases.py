"""Over HTTP/2 too, each case tells a server that is broken in just that way from a right one."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest

from tests.probe.flaws import FRAMES, HTTP2, SERVER, flaw_of
from tests.probe.http2_peer import Http2Peer
from tests.probe.playing import Flaws, assert_caught, assert_passed, side_by_side
from ws_mcp.probe.catalogue import all_cases, select
from ws_mcp.probe.client import Exchange
from ws_mcp.probe.http2 import studies as of_http2
from ws_mcp.probe.http2.door import Http2Door
from ws_mcp.probe.runner import probe_server
from ws_mcp.probe.settings import Settings
from ws_mcp.probe.studies import STUDIES
from ws_mcp.probe.targets import read_url, resolve
from ws_mcp.probe.words import Case
from ws_mcp.types import Side, Verdict

HEADERS = (("Authorization", "Bearer test"), ("Origin", "https://here.example"))
SETTINGS = Settings(headers=HEADERS, http2=True, limit=3.0)
DEFAULT = select(SETTINGS, Side.SERVER)
CHAPTERS = sorted({case.chapter for case in DEFAULT})


async def exchange(url: str, cases: list[Case], settings: Settings = SETTINGS) -> dict[str, Exchange]:
    door = Http2Door.to(await resolve(read_url(url)), settings)
    every = {**STUDIES, **of_http2.STUDIES}
    return await side_by_side(cases, lambda case: every.get(case.study, Http2Door.exchange)(door, case))


def flaws_of(case: str) -> Flaws:
    return flaw_of(case, [*HTTP2, *SERVER, *FRAMES])


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_right_server_passes(chapter: str) -> None:
    assert_passed(Http2Peer, [case for case in DEFAULT if case.chapter == chapter], exchange)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_server_broken_in_just_that_way_does_not(chapter: str) -> None:
    assert_caught(Http2Peer, [case for case in DEFAULT if case.chapter == chapter], exchange, flaws_of)


@pytest.mark.parametrize(
    ("flaw", "case", "verdict", "words"),
    [
        ("all-or-nothing", "small-window", Verdict.PASSED, "windows of 10"),
        ("ends-by-reset", "close-then-end", Verdict.NON_STRICT, "RST_STREAM CANCEL"),
        ("ends-by-reset", "end-without-close", Verdict.NON_STRICT, "RST_STREAM CANCEL"),
        ("close-unanswered", "close-then-end", Verdict.FAILED, "END_STREAM"),
        ("resets", "method-get", Verdict.PASSED, "RST_STREAM PROTOCOL_ERROR without an answer"),
        ("resets", "unknown-protocol", Verdict.NON_STRICT, "RST_STREAM PROTOCOL_ERROR"),
        ("demands-no-key", "with-key", Verdict.INFORMATIONAL, "status 400"),
        ("status-101", "right", Verdict.FAILED, "status 101"),
        ("setting-0", "setting-value", Verdict.INFORMATIONAL, "ENABLE_CONNECT_PROTOCOL=0"),
        ("no-setting", "setting-value", Verdict.INFORMATIONAL, "without SETTINGS_ENABLE_CONNECT_PROTOCOL"),
        ("refuses-right", "two-sockets", Verdict.FAILED, "WebSocket 1 on the connection did not open: status 400"),
        ("fails-without-close", "fault-on-one", Verdict.PASSED, "no Close, END_STREAM; the other goes on"),
    ],
)
def test_what_comes_near_the_right_thing_is_told_from_it(flaw: str, case: str, verdict: Verdict, words: str) -> None:
    async def run() -> Exchange:
        async with Http2Peer(flaw).listening() as peer:
            return (await exchange(peer.url, [all_cases()[f"http2/{case}"]]))[f"http2/{case}"]

    found = asyncio.run(run())
    assert (found.verdict, words in found.actual) == (verdict, True), found.actual


@pytest.mark.parametrize(
    ("flaw", "closing", "words"),
    [
        ("", Verdict.PASSED, "Close 1000, END_STREAM"),
        ("ends-by-reset", Verdict.NON_STRICT, "RST_STREAM CANCEL"),
        ("close-ends-all", Verdict.FAILED, "no Close, TCP was closed"),
        ("close-stays", Verdict.FAILED, "the stream stays open"),
    ],
)
def test_an_orderly_end_is_end_stream(flaw: str, closing: Verdict, words: str) -> None:
    async def run() -> Exchange:
        async with Http2Peer(*filter(None, [flaw])).listening() as peer:
            return (await exchange(peer.url, [all_cases()["framing/text"]]))["framing/text"]

    found = asyncio.run(run())
    assert (found.verdict, found.closing) == (Verdict.PASSED, closing), (found.actual, found.closing_actual)
    assert words in found.closing_actual


def test_a_whole_probe_of_a_right_server_has_nothing_to_mend() -> None:
    async def run() -> None:
        seen: list[int] = []
        async with Http2Peer().listening() as peer:
            report = await probe_server(peer.url, SETTINGS, lambda progress: seen.append(progress.done))
        assert report.ok, report.failures
        assert report.counts["PASSED"] >= 310
        assert seen == list(range(1, len(report.outcomes) + 1))
        told = {outcome.case: outcome for outcome in report.outcomes}
        assert "http2/right" in told and "handshake/no-upgrade" not in told and "framing/text" in told
        sent, received = told["http2/right"].sent, told["http2/right"].received
        assert "[HEADERS stream 1: :method: CONNECT, :protocol: websocket, :scheme: http, :path: /" in sent
        assert "ENABLE_CONNECT_PROTOCOL=1" in received and "[HEADERS stream 1: :status: 200" in received
        assert "[DATA stream 1 END_STREAM]" in received
        assert told["handshake/version-8"].expected.startswith("a status from 400")
        assert told["hardening/origin-missing"].expected.startswith("2xx")

    asyncio.run(run())


def test_a_server_that_does_not_echo_is_judged_as_far_as_can_be() -> None:
    async def run() -> dict[str, Verdict]:
        async with Http2Peer().listening() as peer:
            settings = Settings(headers=HEADERS, http2=True, echo=False, only=("http2/",))
            report = await probe_server(peer.url, settings)
        return {outcome.case: outcome.verdict for outcome in report.outcomes}

    verdicts = asyncio.run(run())
    assert verdicts.pop("http2/small-window") is Verdict.NOT_RUN
    assert [case for case, verdict in verdicts.items() if verdict is not Verdict.PASSED] == []


def test_h2_is_imported_only_where_http_2_is_asked_for() -> None:
    told = "import sys; import ws_mcp.probe.runner, ws_mcp.doors.cli.probe; print('h2' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
