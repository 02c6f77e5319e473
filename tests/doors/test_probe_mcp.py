"""The probing tools as an MCP client meets them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

import pytest
from mcp import Client
from mcp.client.context import ClientRequestContext
from mcp.types import ElicitRequestParams, ElicitResult
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import WebSocketException

from tests.doors.answers import refusal, told
from ws_mcp.doors.mcp.app import create

pytestmark = pytest.mark.anyio


async def echoing(socket: ServerConnection) -> None:
    async for message in socket:
        await socket.send(message)


@asynccontextmanager
async def listening() -> AsyncIterator[str]:
    async with serve(echoing, "127.0.0.1", 0) as server:
        yield f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}/"


async def test_a_server_is_probed_with_progress_and_its_failures_come_first() -> None:
    seen: list[float] = []

    async def watch(progress: float, total: float | None, message: str | None) -> None:
        seen.append(progress)

    async with listening() as url, Client(create()) as client:
        only = ["handshake/", "framing/"]
        found = told(await client.call_tool("ws_probe_server", {"url": url, "only": only}, progress_callback=watch))
        assert [outcome["case"] for outcome in found["outcomes"][:2]] == [
            "handshake/no-host",
            "handshake/version-99-told-13",
        ]
        assert {"case", "verdict", "expected", "actual", "requirements"} <= set(found["outcomes"][0])
        assert found["findings"][0]["rule"] == "version-refused-without-list"
        assert found["counts"]["PASSED"] >= 80
        assert len(seen) > 100 and seen == sorted(seen)


async def test_a_report_is_paged_without_another_run() -> None:
    async with listening() as url, Client(create()) as client:
        first = told(
            await client.call_tool("ws_probe_server", {"url": url, "only": ["framing/"], "passed": True, "limit": 10})
        )
        assert (len(first["outcomes"]), first["next_offset"]) == (10, 10)
        more = {"report": first["report"], "offset": 10, "passed": True, "limit": 100}
    async with Client(create()) as other:
        assert "no report" in refusal(await other.call_tool("ws_probe_server", more))
    async with listening() as url, Client(create()) as client:
        first = told(
            await client.call_tool("ws_probe_server", {"url": url, "only": ["framing/"], "passed": True, "limit": 10})
        )
        rest = told(await client.call_tool("ws_probe_server", more | {"report": first["report"]}))
    cases = [outcome["case"] for outcome in first["outcomes"] + rest["outcomes"]]
    assert len(set(cases)) == len(cases) >= 20


async def test_a_host_beyond_this_machine_is_refused_with_the_way_to_allow_it() -> None:
    async with Client(create()) as client:
        text = refusal(await client.call_tool("ws_probe_server", {"url": "ws://192.0.2.1/"}))
    assert "allow_hosts=['192.0.2.1']" in text


@pytest.mark.parametrize("era", ["auto", "legacy"])
@pytest.mark.parametrize(
    ("action", "words"), [("decline", "did not allow"), ("accept", "no connection")], ids=["declined", "allowed"]
)
async def test_a_client_that_can_is_asked_before_a_probe_leaves_the_machine(
    era: Literal["auto", "legacy"], action: Literal["decline", "accept"], words: str
) -> None:
    asked: list[str] = []

    async def ask(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        asked.append(params.message)
        return ElicitResult(action=action, content={"allow": True} if action == "accept" else None)

    async with Client(create(), mode=era, elicitation_callback=ask) as client:
        text = refusal(await client.call_tool("ws_probe_server", {"url": "ws://192.0.2.1:9/"}))
    assert words in text
    assert asked and "192.0.2.1" in asked[0]


@pytest.mark.parametrize("url", ["", "http://127.0.0.1/", "ws://127.0.0.1:1/"])
async def test_what_cannot_be_probed_is_told(url: str) -> None:
    async with Client(create()) as client:
        assert "ws://" in refusal(await client.call_tool("ws_probe_server", {"url": url}))


async def test_a_cancelled_probe_leaves_no_connection() -> None:
    open_now: set[asyncio.StreamWriter] = set()
    opened = 0

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal opened
        opened += 1
        open_now.add(writer)
        try:
            await reader.read(1 << 20)
            await reader.read()
        except ConnectionError:
            pass
        finally:
            open_now.discard(writer)
            writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    async with Client(create()) as client:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await client.call_tool("ws_probe_server", {"url": url})
        assert opened
        async with asyncio.timeout(3):
            while open_now:
                await asyncio.sleep(0.05)
    server.close()


async def test_a_client_is_probed_in_two_calls() -> None:
    async with Client(create()) as client:
        started = told(
            await client.call_tool("ws_probe_client", {"only": ["framing/text", "framing/reserved-opcode-3"]})
        )
        assert started["left"] == started["cases"] == 2
        for _ in range(2):
            try:
                async with connect(started["url"]) as socket:
                    async for message in socket:
                        await socket.send(message)
            except WebSocketException:  # what the cases do to it
                pass
        found = told(
            await client.call_tool("ws_probe_client", {"session": started["session"], "wait": 5, "passed": True})
        )
        assert found["ok"] and found["left"] == 0
        assert {outcome["verdict"] for outcome in found["outcomes"]} == {"PASSED"}
        again = refusal(await client.call_tool("ws_probe_client", {"session": started["session"]}))
        assert "Call without session" in again


async def test_an_unfinished_client_leaves_the_session_open_until_it_is_stopped() -> None:
    async with Client(create()) as client:
        started = told(await client.call_tool("ws_probe_client", {"only": ["framing/text"]}))
        found = told(await client.call_tool("ws_probe_client", {"session": started["session"], "wait": 0.1}))
        assert not found["ok"] and found["left"] == 1 and found["session"] == started["session"]
        stopped = told(await client.call_tool("ws_probe_client", {"session": started["session"], "stop": True}))
        assert (stopped["session"], stopped["left"]) == ("", 1)


async def test_no_more_than_a_few_probes_listen_at_a_time() -> None:
    async with Client(create()) as client:
        names = [told(await client.call_tool("ws_probe_client", {"only": ["utf8/"]}))["session"] for _ in range(8)]
        text = refusal(await client.call_tool("ws_probe_client", {"only": ["utf8/"]}))
        assert names[0] in text and "stop=true" in text
        for name in names:
            told(await client.call_tool("ws_probe_client", {"session": name, "stop": True}))
        again = refusal(await client.call_tool("ws_probe_client", {"session": names[-1]}))
    assert f"report='{names[-1]}'" in again
