"""A feed across languages: each client on another's server, with a restart in the middle."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.absent import absent
from ws_mcp.verify.driver import Driver
from ws_mcp.verify.lab import Lab, free_port
from ws_mcp.verify.model import NotOffered
from ws_mcp.verify.peer import token
from ws_mcp.verify.pool import Pool
from ws_mcp.verify.workspace import Workspace

pytestmark = [pytest.mark.xdist_group("templates"), pytest.mark.timeout(400)]
_LINES = 30


class Shown:
    """What an application that draws the feed would show, and whether it was told in order."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        driver.count("")  # reads what there is
        self.state: dict[str, Any] = {}
        self.seq = 0
        for event in driver.events:
            if event["kind"] == "gap":
                self.seq = event["seq"]
            elif event["kind"] == "snapshot":
                self.state, self.seq = event["data"], event["seq"]
            elif event["kind"] == "message":
                assert event["seq"] > self.seq, driver.events
                self.state, self.seq = {**self.state, **event["data"]}, event["seq"]


def installed(pool: Pool, name: str, options: dict[str, Any]) -> Workspace:
    try:
        return pool.installed(name, options)
    except NotOffered as reason:
        absent(str(reason))


async def play(client: Workspace, lab: Lab, folder: Path) -> Shown:
    """Lines before, during and after a restart; what the reader shows in the end."""
    port, database = free_port(), lab.database()
    async with AsyncExitStack() as stack:

        async def drive(name: str) -> Driver:
            url = f"ws://127.0.0.1:{port}/ws"
            environment = {"WS_URL": url, "WS_TOKEN": token(name), "WS_ROOM": "r", "WS_STATE": str(folder / name)}
            driver = Driver(client, name, environment)
            stack.callback(driver.end)
            await driver.until(lambda: driver.count("joined") == 1, "joined")
            return driver

        def say(first: int) -> None:
            for line in range(first, first + 10):
                writer.say(str(line))

        async with lab.server(port, database) as server:
            writer, reader = await drive("writer"), await drive("reader")
            say(1)
            await reader.until(lambda: Shown(reader).state.get("text") == "10", "line 10")
            server.terminate()
            assert await server.ended(20) == 0
        say(11)
        async with lab.server(port, database):
            say(21)
            await reader.until(lambda: Shown(reader).state.get("text") == str(_LINES), f"line {_LINES}")
            assert await writer.finish() == 0
            assert await reader.finish() == 0
        return Shown(reader)


@pytest.mark.parametrize("kept", ["memory", "sqlite"])
@pytest.mark.parametrize(
    ("client", "server"),
    [
        ("node-client", "python-websockets-server"),
        ("python-websockets-client", "node-ws-server"),
        ("node-client", "node-ws-server"),
        ("python-websockets-client", "python-fastapi-server"),
        ("socketio-client", "socketio-server"),
    ],
)
def test_a_feed_shows_the_latest_value_after_a_restart(
    pool: Pool, tmp_path: Path, client: str, server: str, kept: str
) -> None:
    lab = Lab(installed(pool, server, {"profile": "feed", "resume": kept}))
    try:
        shown = asyncio.run(play(installed(pool, client, {}), lab, tmp_path))
    finally:
        lab.close()
    assert shown.state == {"text": str(_LINES)}
    # Each line has one position: none is doubled, and with SQLite none began anew.
    assert shown.seq == (_LINES if kept == "sqlite" else _LINES - 10)
