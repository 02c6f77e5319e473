"""Rooms: everybody in one order, once."""

from __future__ import annotations

from ws_mcp.verify.lab import Lab
from ws_mcp.verify.model import must
from ws_mcp.verify.peer import Peer, welcomed

TITLE = "delivers to every member of a room, once and in order"
_COUNT = 50


async def prove(lab: Lab) -> str:
    """Two publishers, three readers, one order; a repeated id is one message; who left gets nothing."""
    feed = lab.option("profile", "chat") == "feed"
    async with (
        lab.server() as server,
        welcomed(server.url, "alice") as alice,
        welcomed(server.url, "bob") as bob,
        welcomed(server.url, "carol") as carol,
    ):
        for peer in (alice, bob, carol):
            answer = await peer.ask("join", room="r")
            must(answer["type"] == "ack", f"join was answered with {answer}")
            if feed:
                must((await peer.receive("snapshot"))["data"] == {}, "a new room is not empty")
        if lab.option("presence", False):
            await _presence(lab, alice, answer)
        for n in range(_COUNT):
            for name, peer in (("a", alice), ("b", bob)):
                await peer.send("publish", id=f"{name}{n}", room="r", data={f"{name}{n}": n})
        orders = [await _read(peer, feed) for peer in (alice, bob, carol)]
        must(orders[0] == orders[1] == orders[2], "members saw different orders")
        again = await alice.ask("publish", id="a0", room="r", data={"a0": 0})
        must(again["seq"] <= 2 * _COUNT, "a repeated id became a second message")
        await carol.nothing("message")
        await carol.ask("leave", room="r")
        await alice.ask("publish", id="after", room="r", data={"after": 1})
        await carol.nothing("message")
    return f"{2 * _COUNT} messages to 3 members in one order"


async def _read(peer: Peer, feed: bool) -> list[str]:
    """The keys in the order they came; only a feed may put several into one message and leave positions out."""
    found: list[str] = []
    position = 0
    while len(found) < 2 * _COUNT:
        message = await peer.receive("message")
        found += message["data"]
        must(
            message["seq"] > position if feed else message["seq"] == position + 1, f"{message['seq']} after {position}"
        )
        position = message["seq"]
    return found


async def _presence(lab: Lab, alice: Peer, last: dict[str, object]) -> None:
    if lab.option("auth", "token") == "none":
        must(last["data"] == {"members": ["anonymous"]}, f"members: {last.get('data')}")
        return
    must(last["data"] == {"members": ["alice", "bob", "carol"]}, f"members: {last.get('data')}")
    for name in ("bob", "carol"):
        told = (await alice.receive("presence"))["data"]
        must(told == {"joined": [name], "left": []}, f"presence: {told}")
