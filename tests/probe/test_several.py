"""Saved results of several peers, side by side."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.probe.server_peer import ServerPeer
from ws_mcp.errors import InputError
from ws_mcp.probe.forms import html, matrix
from ws_mcp.probe.result import ProbeReport
from ws_mcp.probe.runner import probe_server
from ws_mcp.probe.saved import read
from ws_mcp.probe.settings import Settings
from ws_mcp.verify.browser import chromium, pages
from ws_mcp.verify.model import NotOffered

Command = Callable[..., "subprocess.CompletedProcess[str]"]
ONLY = ("framing/text", "framing/binary", "handshake/no-host")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of a right server and of one that takes a request without Host."""
    folder = tmp_path_factory.mktemp("results")

    async def probe(name: str, *flaws: str) -> None:
        async with ServerPeer(*flaws).listening() as peer:
            settings = Settings(headers=(("Authorization", "Bearer test"),), only=ONLY)
            report = await probe_server(peer.url, settings)
        (folder / f"{name}.json").write_text(json.dumps(report.to_json()), "utf-8")

    asyncio.run(probe("right"))
    asyncio.run(probe("lax <1>", "host", "sends-rsv"))
    return folder


def reports(folder: Path) -> tuple[list[ProbeReport], list[str]]:
    files = [folder / "right.json", folder / "lax <1>.json"]
    return [read(file) for file in files], [file.stem for file in files]


def test_what_was_saved_is_read_back_whole(folder: Path) -> None:
    for file in folder.glob("*.json"):
        told = json.loads(file.read_text("utf-8"))
        again = read(file).to_json()
        for finding in (*told["findings"], *again["findings"]):
            finding["where"] = []
        assert again == told
    assert read(folder / "lax <1>.json").findings


def test_the_text_shows_where_the_peers_differ(folder: Path) -> None:
    shown = matrix.render(*reports(folder))
    assert "A  right  3 passed" in shown and "B  lax <1>  " in shown
    assert [line for line in shown.splitlines() if line.startswith("handshake/no-host")][0].split()[1:] == ["+", "F"]
    assert "framing/binary" in matrix.render(*reports(folder), verbose=True)


def test_the_command_writes_the_page(folder: Path, tmp_path: Path, command: Command) -> None:
    page = tmp_path / "page.html"
    found = command("probe", "report", str(folder / "right.json"), str(folder / "lax <1>.json"), "--html", str(page))
    assert found.returncode == 0, found.stderr
    assert "handshake/no-host" in found.stdout
    assert page.read_text("utf-8") == html.render(*reports(folder))


@pytest.mark.parametrize("content", ["", "[]", '{"outcomes": []}', '{"accepted": {}}', "{"])
def test_what_is_no_result_exits_2_and_says_what_to_give(content: str, tmp_path: Path, command: Command) -> None:
    file = tmp_path / "other.json"
    file.write_text(content, "utf-8")
    with pytest.raises(InputError, match="no result of a probe"):
        read(file)
    if not content:
        found = command("probe", "report", str(file), str(tmp_path / "none.json"))
        assert found.returncode == 2 and "--json" in found.stderr
    with pytest.raises(InputError, match="cannot be read"):
        read(tmp_path / "none.json")


def test_in_a_browser_each_cell_opens_what_was_expected_what_came_and_the_bytes_both_ways(folder: Path) -> None:
    (folder / "page.html").write_text(html.render(*reports(folder)), "utf-8")

    async def look() -> None:
        with pages(folder) as origin:
            async with chromium() as browser, browser.page(f"{origin}/page.html") as page:
                await page.until("document.querySelectorAll('thead th').length", 3)
                heads = await page.value("[...document.querySelectorAll('thead th')].map(e => e.innerText)")
                assert heads[1].startswith("right\n") and heads[2].startswith("lax <1>\n")
                row = "[...document.querySelectorAll('tbody tr')].find(e => e.cells[0].innerText == 'no-host').cells[2]"
                assert await page.value(f"{row}.innerText") == "FAILED"
                await page.value(f"{row}.querySelector('summary').click()")
                told = await page.value(f"{row}.innerText")
                for words in ("a status from 400 to 599", "status 101", "bytes to the peer", "47 45 54", "48 54 54 50"):
                    assert words in told, (words, told)
                wide = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
                assert await page.value(wide)

    try:
        asyncio.run(look())
    except NotOffered as missing:
        pytest.skip(str(missing))
