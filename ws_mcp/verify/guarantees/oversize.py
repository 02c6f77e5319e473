"""A message that is too long is not read to its end."""

from __future__ import annotations

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
            await peer.socket.send("x" * (limit + 1))
            code, _ = await peer.end()
            must(code == 1009, f"{limit + 1} bytes: closed with {code}")
        async with welcomed(server.url) as peer:
            await peer.socket.send(["x" * 10_000] * 10)
            code, _ = await peer.end()
            must(code == 1009, f"ten fragments of 10,000 bytes: closed with {code}")
        must((await other.ask("ping"))["type"] == "pong", "another connection suffered")
    return "65,536 bytes taken, 65,537 and 10 × 10,000 in fragments closed with 1009"
