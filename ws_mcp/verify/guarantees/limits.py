"""Nobody takes more than their share."""

from __future__ import annotations

import asyncio

from ws_mcp.verify.lab import Lab
from ws_mcp.verify.model import must
from ws_mcp.verify.peer import status, welcomed

TITLE = "limits connections (429) and the rate of messages"
_SENT, _RATE, _BURST = 60, 50, 10


async def prove(lab: Lab) -> str:
    """One connection too many gets 429; a flood is slowed down, and keeps its order."""
    by_user = lab.option("auth", "token") == "token"
    async with lab.server(
        max_connections_per_user=2, max_connections_per_address=3, rate_per_second=_RATE, rate_burst=_BURST
    ) as server:
        async with welcomed(server.url), welcomed(server.url):
            if by_user:
                await _refused(server.url, "alice")
            async with welcomed(server.url, "bob"):
                await _refused(server.url, "carol")
        await _freed(server.url)
        async with welcomed(server.url) as peer:
            started = asyncio.get_running_loop().time()
            for n in range(_SENT):
                await peer.send("publish", id=f"m{n}", room="r", data={"n": n})
            got = [(await peer.receive("ack"))["id"] for _ in range(_SENT)]
            took = asyncio.get_running_loop().time() - started
        must(got == [f"m{n}" for n in range(_SENT)], "messages of a flood were lost or reordered")
        least = (_SENT - _BURST) / _RATE * 0.7
        must(took > least, f"{_SENT} messages at {_RATE}/s took {took:.2f} s, not even {least:.2f} s")
    return f"429 per {'user and ' if by_user else ''}address; {_SENT} messages took {took:.1f} s"


async def _refused(url: str, user: str) -> None:
    got, fields, text = await status(url, user)
    must(got == 429 and text, f"{got} {text!r} instead of 429")
    must("retry-after" in fields, "429 without Retry-After")


async def _freed(url: str) -> None:
    """Closed connections are counted out."""
    for _ in range(40):
        if (await status(url))[0] == 101:
            return
        await asyncio.sleep(0.05)
    must(False, "places of closed connections are not given back")
