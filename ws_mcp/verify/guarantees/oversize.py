"""A message that is too long is not read to its end."""

from __future__ import annotations

import contextlib

from websockets.exceptions import ConnectionClosed

from ws_mcp.verify.lab import Lab
from ws_mcp.verify.model import must
from ws_mcp.verify.peer import welcomed

TITLE = "closes with 1009 on a message over 64 KiB"


async def prove(lab: Lab) -> str:
    """64 KiB are taken, one byte more is not, nor is the sum of fragments, and others go on."""
    async with lab.server() as server, welcomed(server.url, "bob") as other:
        limit = 65536
        async with welcomed(server.url) as peer:
            must(peer.welcome["limits"]["message"] == limit, f"limits: {peer.welcome['limits']}")
            empty = len(peer.text("publish", {"id": "1", "room": "r", "data": {"t": ""}}))
            await peer.send("publish", id="1", room="r", data={"t": "x" * (limit - empty)})
            answer = await peer.receive("ack", "error")
            must(answer["type"] == "ack" or answer["data"]["code"] == "too-large", f"64 KiB: {answer}")
        for what, message in ((f"{limit + 1} bytes", "x" * (limit + 1)), ("10 × 10,000 bytes", ["x" * 10_000] * 10)):
            code = await _closed_with(server.url, message)
            must(code == 1009, f"{what}: closed with {code}")
        must((await other.ask("ping"))["type"] == "pong", "another connection suffered")
    return "65,536 bytes taken, 65,537 and 10 × 10,000 in fragments closed with 1009"


async def _closed_with(url: str, message: str | list[str]) -> int | None:
    """The code that answers ``message``; 1006 only where it came so three times.

    A server that closes with bytes unread makes TCP reset the connection, and the reset can overtake the Close.
    """
    code: int | None = 1006
    for _ in range(3):
        async with welcomed(url) as peer:
            with contextlib.suppress(ConnectionClosed):
                await peer.socket.send(message)
            code, _ = await peer.end()
        if code not in (None, 1006):
            break
    return code
