"""The Python that guides show does what they say of it; servers are in their own file."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer
from redis.asyncio import Redis
from websockets.asyncio.server import Server, ServerConnection, serve

from tests.corpus.shown import code, loaded, program, running
from ws_mcp.verify.lab import free_port


@asynccontextmanager
async def serving(handler: Any) -> AsyncIterator[tuple[Server, str]]:
    async with serve(handler, "127.0.0.1", 0, compression=None) as server:
        yield server, f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def test_the_client_comes_back_until_it_is_told_no(monkeypatch: pytest.MonkeyPatch) -> None:
    got: list[str] = []

    async def server(connection: ServerConnection) -> None:
        visits.append(connection)
        if len(visits) == 1:
            got.append(str(await connection.recv()))
            connection.transport.abort()
        else:
            await connection.close(1012 if len(visits) == 2 else 4401)

    async def play() -> None:
        outbox: asyncio.Queue[str] = asyncio.Queue()
        outbox.put_nowait("first")
        async with serving(server) as (_, url), asyncio.timeout(30):
            await loaded(code("clients/python", "python"))["run"](url, outbox)

    visits: list[ServerConnection] = []
    monkeypatch.setattr(random, "uniform", lambda least, most: least)
    asyncio.run(play())
    assert got == ["first"] and len(visits) == 3


def test_the_delays_of_the_client_are_full_jitter_under_a_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "uniform", lambda least, most: (least, most))
    delays = loaded(code("clients/python", "python"))["full_jitter"]()
    drawn = [next(delays) for _ in range(8)]
    assert drawn == [(0, most) for most in (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0)]


def test_a_game_ticks_at_its_rate_and_catches_up() -> None:
    steps: list[float] = []
    shown: list[float] = []

    def snapshots() -> None:
        shown.append(time.monotonic())
        if len(shown) == 5:
            time.sleep(0.15)  # three ticks late

    async def play() -> None:
        simulate = loaded(code("messaging/games", "python"))["simulate"]
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.02):
                await simulate(steps.append, snapshots)

    asyncio.run(play())
    assert set(steps) == {1 / 20} and 14 <= len(shown) <= 22


def test_the_load_generator_holds_its_connections_from_several_addresses(tmp_path: Path) -> None:
    async def play() -> tuple[str, set[str]]:
        sources: set[str] = set()
        everybody = asyncio.Event()

        async def server(connection: ServerConnection) -> None:
            sources.add(connection.remote_address[0])
            count.append(1)
            if len(count) == 20:
                everybody.set()
            await connection.wait_closed()

        count: list[int] = []
        (tmp_path / "hold.py").write_text(code("operations/load-testing", "python").replace("20000", "10"))
        async with serving(server) as (listening, url):
            command = (sys.executable, str(tmp_path / "hold.py"), url, "20")
            process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
            await asyncio.wait_for(everybody.wait(), 30)
            listening.close(code=1012)
            output, _ = await process.communicate()
            return output.decode(), sources

    printed, sources = asyncio.run(play())
    assert printed.splitlines() == ["closed 1012"] * 20
    assert sources == {"127.0.0.2", "127.0.0.3"}


def test_a_kafka_reader_sees_every_partition_from_now_on() -> None:
    """librdkafka's own mock of a cluster answers over real sockets."""
    producer = Producer({"test.mock.num.brokers": 1, "topic.metadata.refresh.interval.ms": 100})
    brokers = producer.list_topics(timeout=10).brokers.values()
    producer.list_topics("events", timeout=10)  # makes it
    producer.produce("events", b"before")
    producer.flush(10)
    names = loaded(code("scaling/brokers", "python"))
    one, two = (names["reader"](",".join(f"{b.host}:{b.port}" for b in brokers), "events") for _ in range(2))
    try:
        for reader in (one, two):
            reader.poll(0.5)  # takes its place at the end
        for partition in range(4):
            producer.produce("events", f"after {partition}".encode(), partition=partition)
        producer.flush(10)
        for reader in (one, two):
            assert {_value(reader) for _ in range(4)} == {f"after {partition}".encode() for partition in range(4)}
    finally:
        one.close()
        two.close()


def _value(reader: Any) -> bytes:
    for _ in range(20):
        message = reader.poll(1)
        if message and not message.error():
            return bytes(message.value())
    raise AssertionError("no message came")


def test_redis_brings_everything_to_every_node_in_order_and_tells_of_gaps(tmp_path: Path) -> None:
    bus = loaded(code("scaling/redis", "python"))["Bus"]
    port = free_port()
    command = [program("redis-server"), "--port", str(port), "--save", "", "--bind", "127.0.0.1"]
    got: list[list[tuple[str, str, str]]] = [[], []]

    async def arrived(count: int) -> None:
        async with asyncio.timeout(15):
            while min(map(len, got)) < count:
                await asyncio.sleep(0.01)

    async def play() -> None:
        nodes = [bus(Redis(port=port, decode_responses=True), lambda *m, to=to: to.append(m)) for to in got]
        with running(command, tmp_path, port):
            tasks = [asyncio.create_task(node.run()) for node in nodes]
            await asyncio.sleep(0.3)
            ids = [await nodes[n % 2].publish(f"r{n % 3}", str(n)) for n in range(500)]
            await arrived(500)
            assert got[0] == got[1] == [(f"r{n % 3}", ids[n], str(n)) for n in range(500)]
            assert await nodes[0].missed("r1", ids[490]) == [(ids[n], str(n)) for n in (493, 496, 499)]
            await nodes[0].client.xtrim(nodes[0].stream, maxlen=2, approximate=False)
            assert await nodes[0].missed("r1", ids[490]) is None
        await asyncio.sleep(0.3)  # both see that it is gone
        with running(command, tmp_path, port):
            await nodes[0].publish("r1", "again")
            await arrived(501)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for node in nodes:
                await node.client.aclose()

    asyncio.run(play())


def test_a_ticket_is_good_once_for_its_origin_and_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    tickets = loaded(code("security/authentication", "python"))["Tickets"](30.0)
    site, foreign = "https://app.example.com", "https://evil.test"
    ticket = tickets.issue("alice", site)
    assert tickets.redeem(ticket, site) == "alice"
    assert tickets.redeem(ticket, site) is None
    assert tickets.redeem(tickets.issue("alice", site), foreign) is None
    assert tickets.redeem("guessed", site) is None
    late = tickets.issue("alice", site)
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 31)
    assert tickets.redeem(late, site) is None


def test_no_message_is_handled_without_its_check() -> None:
    names = loaded(code("security/authorization", "python"))
    user = names["User"]("u17", "acme")

    async def mine(who: Any, data: dict[str, Any]) -> bool:
        return bool(data.get("owner") == who.id)

    @names["route"]("doc.read", mine)  # type: ignore[untyped-decorator]
    async def read(who: Any, data: dict[str, Any]) -> str:
        return f"{who.id} reads"

    def dispatch(message: dict[str, Any]) -> Any:
        return asyncio.run(names["dispatch"](user, message))

    asked = {"id": "1", "type": "doc.read", "data": {"owner": "u17"}}
    assert dispatch(asked) == {"re": "1", "result": "u17 reads"}
    assert dispatch({**asked, "data": {"owner": "u18"}})["error"] == {"code": "forbidden"}
    for wrong in ({**asked, "type": "doc.drop"}, {**asked, "data": None}, {}):
        assert dispatch(wrong)["error"] == {"code": "unknown_type"}


@pytest.mark.parametrize(
    "wrong",
    [
        b'{"type":"say","text":"hi"}',
        "{",
        "[" * 100_000,
        "[]",
        '{"type":"say"}',
        '{"type":"say","text":"hi","admin":true}',
        '{"type":"run","text":"hi"}',
        '{"type":"say","text":7}',
        '{"type":"say","text":""}',
        '{"type":"say","text":"' + "x" * 2_001 + '"}',
        '{"type":"say","text":"a\\u0000b"}',
    ],
)
def test_what_is_no_chat_line_is_refused(wrong: str | bytes) -> None:
    with pytest.raises(ValueError):
        loaded(code("security/injection", "python"))["parse"](wrong)


def test_a_chat_line_passes_as_it_is() -> None:
    parse = loaded(code("security/injection", "python"))["parse"]
    assert parse('{"type":"say","text":"<b>hi</b>"}') == {"type": "say", "text": "<b>hi</b>"}


def test_a_lease_ends_a_connection_unless_it_is_renewed() -> None:
    told: list[Any] = []

    async def close(code: int, reason: str) -> None:
        told.append((code, reason))

    async def warn() -> None:
        told.append("warned")

    async def play() -> None:
        lease = loaded(code("security/token-expiry", "python"))["Lease"](close, time.time() + 0.6, warn)
        await asyncio.sleep(0.05)
        lease.renew(time.time() + 1.2)
        await asyncio.sleep(0.8)
        assert told == ["warned", "warned"]  # the first expiry has passed
        stopped = type(lease)(close, time.time() + 0.1)
        stopped.stop()
        await asyncio.sleep(0.8)

    asyncio.run(play())
    assert told == ["warned", "warned", (4401, "credential expired")]


def test_the_bomb_is_as_small_as_it_can_be() -> None:
    text = code("vulnerabilities/decompression-bombs", "python")
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True, timeout=60)
    assert 256 * 1024 * 1024 / int(done.stdout) > 1_000
