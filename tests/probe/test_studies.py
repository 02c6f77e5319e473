"""The cases that measure: time-outs, keepalive, floods; each tells a server that guards itself from an open one."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from websockets.asyncio.server import ServerConnection

from tests.probe.echo import listening
from tests.probe.server_peer import ServerPeer
from ws_mcp.probe.catalogue import all_cases
from ws_mcp.probe.client import Door, Exchange
from ws_mcp.probe.settings import Settings
from ws_mcp.probe.studies import STUDIES
from ws_mcp.probe.targets import read_url, resolve
from ws_mcp.types import Verdict

HEADERS = (("Authorization", "Bearer test"), ("Origin", "https://here.example"))


async def study(url: str, name: str, limit: float = 1.0) -> Exchange:
    door = Door.to(await resolve(read_url(url)), Settings(headers=HEADERS))
    return await STUDIES[name](door, replace(all_cases()[f"hardening/{name}"], limit=limit))


@pytest.mark.parametrize("name", ["slow-handshake", "no-handshake"])
@pytest.mark.parametrize(("patience", "verdict"), [(0.3, Verdict.PASSED), (9.0, Verdict.INFORMATIONAL)])
def test_how_long_an_unfinished_handshake_is_kept(name: str, patience: float, verdict: Verdict) -> None:
    async def run() -> Exchange:
        async def impatient(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await asyncio.sleep(patience)
            finally:
                writer.close()

        server = await asyncio.start_server(impatient, "127.0.0.1", 0)
        found = await study(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/", name)
        server.close()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        return found

    found = asyncio.run(run())
    assert found.verdict is verdict, found.actual
    assert ("0.3 s" if verdict is Verdict.PASSED else "still open after 1 s") in found.actual


@pytest.mark.parametrize(
    ("flaw", "name", "verdict", "words"),
    [
        ("", "close-time-out", Verdict.PASSED, "TCP ended after"),
        ("fails-but-stays", "close-time-out", Verdict.FAILED, "still open"),
        ("", "ping-flood", Verdict.INFORMATIONAL, "5,000 of 5,000"),
        ("guards", "ping-flood", Verdict.PASSED, "stopped"),
        ("", "fragment-flood", Verdict.INFORMATIONAL, "50,000 fragments were taken"),
        ("guards", "fragment-flood", Verdict.PASSED, "1008"),
        ("echoes-frames", "fragment-flood", Verdict.INFORMATIONAL, "sends each fragment back"),
        ("", "announced-size", Verdict.PASSED, "between 256 KiB and 1 MiB"),
        ("size", "announced-size", Verdict.INFORMATIONAL, "4 EiB"),
    ],
)
def test_a_server_that_guards_itself_is_told_from_one_that_does_not(
    flaw: str, name: str, verdict: Verdict, words: str
) -> None:
    async def run() -> Exchange:
        async with ServerPeer(*filter(None, [flaw])).listening() as peer:
            return await study(peer.url, name, 8.0 if "flood" in name else 2.0)

    found = asyncio.run(run())
    assert (found.verdict, words in found.actual) == (verdict, True), found.actual


@pytest.mark.parametrize(("interval", "verdict"), [(0.3, Verdict.PASSED), (None, Verdict.INFORMATIONAL)])
def test_whether_pings_come_by_themselves(interval: float | None, verdict: Verdict) -> None:
    async def quiet(socket: ServerConnection) -> None:
        await socket.wait_closed()

    async def run() -> Exchange:
        async with listening(quiet, ping_interval=interval) as url:
            return await study(url, "keepalive")

    found = asyncio.run(run())
    assert found.verdict is verdict, found.actual


def test_a_bomb_on_a_server_without_a_limit_is_told() -> None:
    async def run() -> Exchange:
        async with listening(max_size=None) as url:
            return await study(url, "deflate-bomb", 10.0)

    found = asyncio.run(run())
    assert (found.verdict, "64 MiB" in found.actual) == (Verdict.INFORMATIONAL, True), found.actual
