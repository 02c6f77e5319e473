"""The benchmarks that hold what is measured beside recorded matrices, and that write pages."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks import probe_interop as interop
from benchmarks.probe_servers import http2_section, with_http2
from tests.probe.echo import listening
from ws_mcp.probe.result import ProbeReport
from ws_mcp.probe.runner import probe_server

NAME = "websockets 17.4"


@pytest.fixture(scope="module")
def report() -> ProbeReport:
    async def run() -> ProbeReport:
        async with listening() as url:
            return await probe_server(url)

    return asyncio.run(run())


def outcomes(report: ProbeReport) -> Mapping[str, Mapping[str, Any]]:
    return {outcome.case: outcome.to_json() for outcome in report.outcomes}


def test_what_is_measured_agrees_with_what_was_recorded_or_is_explained(report: ProbeReport) -> None:
    found = interop.compare_servers({"websockets": outcomes(report)}, {})
    assert len(found.cells) > 50
    assert list(interop.unexplained(found, interop.explanations())) == []


def test_a_server_that_does_something_else_is_told_cell_by_cell(report: ProbeReport) -> None:
    changed = replace(report.outcomes[0], actual="no reaction, the connection stays open")
    told = dict.fromkeys(outcomes(report), changed.to_json())
    found = interop.compare_servers({"websockets": told}, {})
    assert found.differing
    (row, *_) = [line for line in interop.section(found, []) if "**not explained**" in line]
    assert "`masking/unmasked-text` | websockets | Close 1002 | no reaction |" in row
    told_too = next(iter(interop.unexplained(found, [])))
    assert told_too.endswith("(masking/unmasked-text): recorded Close 1002, measured no reaction")


def test_an_explanation_that_nothing_needs_is_told(report: ProbeReport) -> None:
    needless = interop.Explained("server_frames", ("nobody",), ("*",), "why")
    found = interop.compare_servers({"websockets": outcomes(report)}, {})
    assert "nobody" in next(interop.unneeded([found], [needless]))


def test_each_benchmark_replaces_its_own_section_of_the_page(report: ProbeReport, tmp_path: Path) -> None:
    section = http2_section({NAME: report})
    assert f"| {NAME} | {len(report.outcomes)} |" in section and f"### {NAME}" in section
    page = tmp_path / "page.md"
    page.write_text("# Servers\n\n## one\n", "utf-8")
    interop.put(page, [interop.TITLE, "", "cells"])
    first = with_http2(page.read_text("utf-8"), section)
    assert with_http2(first, section) == first
    assert [line for line in first.splitlines() if line.startswith("## ")] == [
        "## one",
        "## Over HTTP/2",
        interop.TITLE,
    ]
    page.write_text(first, "utf-8")
    interop.put(page, [interop.TITLE, "", "cells"])
    assert page.read_text("utf-8") == first
