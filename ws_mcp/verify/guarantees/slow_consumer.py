"""A reader that does not read costs its bound, and holds up nobody."""

from __future__ import annotations

import asyncio

from ws_mcp.verify.lab import Lab
from ws_mcp.verify.model import must
from ws_mcp.verify.peer import Peer, welcomed

TITLE = "survives a slow consumer with flat memory"
_COUNT = 2_000
_PAD = "x" * 60_000
# Node collects so late that its garbage would look like a leak; other languages do not read this.
_BOUNDS: dict[str, object] = {
    "rate_per_second": 1e6,
    "rate_burst": 1_000_000,
    "log_messages": 50,
    "queue_messages": 64,
    "node_options": "--max-heap-size=64",
}
_MOST = 48 << 20  # bytes the server may grow by while 120 MB pass; what is not bounded grows with what passes


async def prove(lab: Lab) -> str:
    """A fast reader gets everything while a slow one reads nothing; then the slow one learns what it lost."""
    feed = lab.option("profile", "chat") == "feed"
    async with (
        lab.server(0, "", **_BOUNDS) as server,
        welcomed(server.url, "alice") as source,
        welcomed(server.url, "bob") as fast,
        welcomed(server.url, "carol", max_queue=1) as slow,
    ):
        for peer in (fast, slow):
            await peer.ask("join", room="r")
        await _publish(source, fast, 50)
        before = server.running.memory()
        await _publish(source, fast, _COUNT)
        grown = server.running.memory() - before
        must(not before or grown < _MOST, f"memory grew by {grown >> 20} MiB while {_COUNT} messages passed")
        if feed:
            told = await _latest(slow)
        elif lab.option("queue_policy", "close") == "close":
            code, reason = await slow.end(15)
            # The close frame stands behind what the slow reader left unread; cutting it off may leave 1006.
            must(code in (1013, 1006), f"the slow reader was closed with {code}")
            must(await server.metric("ws_slow_consumers_total") == 1, "no slow consumer was counted")
            told = f"closed with {code} {reason}".strip()
        else:
            told = await _gaps(slow)
            must(await server.metric("ws_dropped_total"), "nothing dropped was counted")
    return f"{_COUNT} × 60 kB passed, memory {grown / (1 << 20):+.1f} MiB, slow reader {told}"


async def _publish(source: Peer, fast: Peer, count: int) -> None:
    async def read() -> None:
        got = 0
        while got < count:
            message = await fast.receive("message")
            got = message["data"]["left"]

    reading = asyncio.create_task(read())
    for n in range(count):
        answer = await source.ask("publish", id=f"{count}-{n}", room="r", data={"left": n + 1, "pad": _PAD})
        must(answer["type"] == "ack", f"publish: {answer}")
    async with asyncio.timeout(20):
        await reading


async def _latest(slow: Peer) -> str:
    got = 0
    while True:
        message = await slow.receive("message")
        got += 1
        if message["data"].get("left") == _COUNT:
            break
    must(got < _COUNT, "nothing was conflated")
    return f"got the latest value after {got} messages"


async def _gaps(slow: Peer) -> str:
    position = lost = 0
    while position < _COUNT + 50:
        message = await slow.receive("message", "gap")
        if message["type"] == "gap":
            lost += message["data"]["count"]
            must(message["seq"] == position + message["data"]["count"], f"gap {message} at {position}")
        else:
            must(message["seq"] == position + 1, f"{message['seq']} after {position} without a gap")
        position = message["seq"]
    must(lost, "nothing was dropped")
    return f"was told of {lost} dropped messages by gaps"
