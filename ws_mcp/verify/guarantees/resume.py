"""Whoever comes back gets what was missed."""

from __future__ import annotations

from typing import Any

from ws_mcp.verify.lab import Lab, Server
from ws_mcp.verify.model import NotOffered, must
from ws_mcp.verify.peer import Peer, welcomed

TITLE = "resumes after every kind of break, and tells what it no longer has"
_BREAKS = ("cut", "close", "away", "taken over")


async def prove(lab: Lab) -> str:
    """After a cut, a close, a page that went away and a second connection: exactly what was missed, once."""
    if lab.option("resume", "memory") == "none":
        raise NotOffered("built with resume=none")
    feed = lab.option("profile", "chat") == "feed"
    async with lab.server(log_messages=20) as server, welcomed(server.url, "alice") as source:
        count = 0
        for kind in _BREAKS:
            async with welcomed(server.url, "bob") as peer:
                position = (await peer.ask("join", room="r"))["seq"]
                must(position == count, f"join is at {position}, not at {count}")
                await _break(peer, kind)
                count = await _publish(source, count, 5)
                await _back(server, peer.welcome["token"], position, count, feed)
        before = count
        count = await _publish(source, count, 30)
        if not feed:
            await _expired(server, peer.welcome["token"], before, count)
        await _stolen(server, peer.welcome["token"], count)
    return f"after {', '.join(_BREAKS)}" + ("" if feed else "; a gap where the log had ended")


async def _break(peer: Peer, kind: str) -> None:
    if kind == "cut":
        peer.cut()
    elif kind != "taken over":
        await peer.socket.close(1001 if kind == "away" else 1000)


async def _publish(source: Peer, count: int, more: int) -> int:
    for n in range(count + 1, count + more + 1):
        answer = await source.ask("publish", id=f"m{n}", room="r", data={"n": n})
        must(answer.get("seq") == n, f"publish {n}: {answer}")
    return count + more


def _resume(token: str, position: int) -> dict[str, Any]:
    return {"kind": "resume", "data": {"token": token, "rooms": {"r": position}}}


async def _back(server: Server, token: str, position: int, count: int, feed: bool) -> None:
    async with welcomed(server.url, "bob", _resume(token, position)) as peer:
        must(peer.welcome["resumed"] is True, f"not resumed: {peer.welcome}")
        if feed:
            state = await peer.receive("snapshot")
            must((state["seq"], state["data"]) == (count, {"n": count}), f"snapshot: {state}")
            return
        for n in range(position + 1, count + 1):
            message = await peer.receive("message", "gap")
            must((message["type"], message["seq"]) == ("message", n), f"{message} instead of {n}")
        await peer.nothing("message", "gap")


async def _expired(server: Server, token: str, position: int, count: int) -> None:
    async with welcomed(server.url, "bob", _resume(token, position)) as peer:
        gap = await peer.receive("message", "gap")
        must(gap["type"] == "gap" and gap["data"]["reason"] == "expired", f"{gap} instead of a gap")
        must(gap["seq"] == count - 20, f"the gap ends at {gap['seq']}, not at {count - 20}")
        for n in range(gap["seq"] + 1, count + 1):
            must((await peer.receive("message"))["seq"] == n, f"{n} is missing after the gap")


async def _stolen(server: Server, token: str, count: int) -> None:
    """A token is of no use to anybody else, where there are users at all."""
    async with welcomed(server.url, "mallory", _resume(token, count)) as peer:
        if peer.welcome["user"] != "anonymous":
            must(peer.welcome["resumed"] is False, "another user's token was accepted")
