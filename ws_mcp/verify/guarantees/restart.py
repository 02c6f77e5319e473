"""What a killed server costs."""

from __future__ import annotations

from ws_mcp.verify.lab import Lab, Server, free_port
from ws_mcp.verify.model import NotOffered, must
from ws_mcp.verify.peer import welcomed

TITLE = "after a kill: nothing lost with SQLite, a gap without"
_COUNT = 10


async def prove(lab: Lab) -> str:
    """SIGKILL, start again: positions, repeated ids and the state, or an honest gap."""
    kept = lab.option("resume", "memory")
    if kept == "none":
        raise NotOffered("built with resume=none")
    port, database = free_port(), lab.database()
    async with lab.server(port, database) as server:
        async with welcomed(server.url) as peer:
            token = peer.welcome["token"]
            await peer.ask("join", room="r")
            for n in range(1, _COUNT + 1):
                must((await peer.ask("publish", id=f"m{n}", room="r", data={"n": n}))["seq"] == n, "wrong position")
            server.kill()
            code, _ = await peer.end()
            must(code == 1006, f"a killed server said {code}")
        await server.ended(5)
    async with lab.server(port, database) as server:
        return await (_lossless if kept == "sqlite" else _gap)(lab, server, token)


async def _lossless(lab: Lab, server: Server, token: str) -> str:
    first = {"kind": "resume", "data": {"token": token, "rooms": {"r": 4}}}
    async with welcomed(server.url, first=first) as peer:
        must(peer.welcome["resumed"] is True, "not resumed")
        if lab.option("profile", "chat") == "feed":
            state = await peer.receive("snapshot", "gap")
            must(state["data"] == {"n": _COUNT}, f"{state}")
        else:
            for n in range(5, _COUNT + 1):
                message = await peer.receive("message", "gap")
                must((message["type"], message["seq"]) == ("message", n), f"{message} instead of {n}")
        again = await peer.ask("publish", id=f"m{_COUNT}", room="r", data={"n": _COUNT})
        must(again["seq"] == _COUNT, "a repeated id became a second message")
        new = await peer.ask("publish", id="new", room="r", data={"n": 0})
        must(new["seq"] == _COUNT + 1, f"the next position is {new['seq']}")
    return f"{_COUNT} messages, their order and their ids outlived SIGKILL"


async def _gap(lab: Lab, server: Server, token: str) -> str:
    first = {"kind": "resume", "data": {"token": token, "rooms": {"r": 4}}}
    async with welcomed(server.url, first=first) as peer:
        must(peer.welcome["resumed"] is False, "resumed what is gone")
        gap = await peer.receive("message", "snapshot", "gap")
        must((gap["type"], gap["seq"], gap["data"]["reason"]) == ("gap", 0, "restarted"), f"{gap} instead of a gap")
        await peer.send("publish", id="m1", room="r", data={"n": 1})
        # The member gets the message, the publisher the acknowledgement; this one is both.
        must((await peer.receive("message"))["seq"] == 1, "numbers do not begin anew")
        must((await peer.receive("ack"))["seq"] == 1, "no acknowledgement after the gap")
    return "receivers are told by a gap, what is sent again begins the new log"
