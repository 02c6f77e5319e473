"""Identity and subprotocol are decided before 101."""

from __future__ import annotations

from ws_mcp.verify.lab import Lab
from ws_mcp.verify.model import must
from ws_mcp.verify.peer import JSON, connected, status, token

TITLE = "refuses a handshake before 101, with status and reason"


async def prove(lab: Lab) -> str:
    """404, 400 and, where it authenticates, 401; what is right is let in."""
    cases: list[tuple[int, str, dict[str, object]]] = []
    if lab.family != "socketio":
        cases.append((400, "", {"subprotocols": ("soap",)}))
    if lab.option("auth", "token") == "token":
        cases += [
            (401, "", {"credential": ""}),
            (401, "", {"credential": "nonsense"}),
            (401, "", {"credential": token("alice", secret="another secret, as long as the right one")}),
            (401, "", {"credential": token("alice", -5)}),
            (401, f"?ticket={token('alice', 3600)}", {"credential": ""}),
            (101, f"?ticket={token('alice', 30)}", {"credential": ""}),
        ]
    async with lab.server() as server:
        for wanted, query, how in cases:
            got, fields, text = await status(server.url + query, **how)  # type: ignore[arg-type]
            must(got == wanted, f"{got} instead of {wanted} for {how}")
            must(got == 101 or text, f"{got} carries no reason")
            must(got != 401 or "www-authenticate" in fields, "401 without WWW-Authenticate")
        got, _, _ = await status(server.url.removesuffix("/ws") + "/other")
        must(got == 404, f"{got} instead of 404 for another path")
        async with connected(server.url, subprotocols=("unknown", JSON)) as peer:
            spoken = None if lab.family == "socketio" else JSON
            must(peer.socket.subprotocol == spoken, f"subprotocol {peer.socket.subprotocol}")
    return f"{len(cases) + 2} handshakes"
