"""The benchmark that holds our verdicts beside Autobahn's on the same server."""

from __future__ import annotations

import asyncio

import pytest

from benchmarks.probe_agreement import document, pairs, times
from tests.probe.echo import listening
from ws_mcp.probe.result import ProbeReport
from ws_mcp.probe.runner import probe_server
from ws_mcp.probe.settings import Settings

ONLY = ("autobahn/7.1.5", "autobahn/2.2", "autobahn/9.1.4", "closing/inside-message", "control/ping-text")


@pytest.fixture(scope="module")
def report() -> ProbeReport:
    async def run() -> ProbeReport:
        async with listening() as url:
            return await probe_server(url, Settings(only=ONLY))

    return asyncio.run(run())


def test_cases_that_ask_the_same_are_compared_by_what_autobahn_itself_says(report: ProbeReport) -> None:
    found = {pair.case: (pair.ours.case, pair.autobahn_fails, pair.agree) for pair in pairs("s", report)}
    assert found == {"2.2": ("control/ping-text", False, True), "7.1.5": ("closing/inside-message", True, False)}


def test_both_are_timed_in_one_run(report: ProbeReport) -> None:
    ours, theirs, count = times(report)
    assert count == 3
    assert theirs > 0 and ours + theirs == pytest.approx(report.seconds)


def test_a_difference_stands_with_its_reason(report: ProbeReport) -> None:
    text, unexplained = document({"websockets": report}, {"bun": "not installed"})
    assert unexplained == 0
    assert "| websockets | 2 |" in text and "| 2 | 2 | 1 | 1 |" in text
    assert "`autobahn/7.1.5` and `closing/inside-message`, websockets: Autobahn FAILED" in text
    assert "typically the one that came" in text and "- bun: not installed" in text
