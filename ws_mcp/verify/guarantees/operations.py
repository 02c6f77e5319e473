"""What whoever runs it needs."""

from __future__ import annotations

import json

from ws_mcp.verify.lab import Lab
from ws_mcp.verify.model import must
from ws_mcp.verify.peer import token, welcomed

TITLE = "serves health and metrics, and logs JSON without payloads or tokens"
_METRICS = (
    "ws_connections", "ws_connections_total", "ws_refused_total", "ws_messages_in_total", "ws_messages_out_total",
    "ws_duplicates_total", "ws_dropped_total", "ws_slow_consumers_total", "ws_resumed_total", "ws_gaps_total",
    "ws_rate_limited_total",
)  # fmt: skip


async def prove(lab: Lab) -> str:
    """Pages answer, counters count, and no word of what was sent is in the log."""
    credential = token("alice")
    ticket = token("alice", 30)
    async with lab.server() as server:
        must((await server.get("/healthz"))[0] == 200, "no /healthz")
        for name in _METRICS:
            await server.metric(name)
        async with (
            welcomed(server.url, credential=credential) as peer,
            welcomed(f"{server.url}?ticket={ticket}", credential=""),
        ):
            await peer.ask("publish", id="1", room="r", data={"text": "PAYLOAD-WORD"})
            await peer.ask("publish", id="1", room="r", data={"text": "PAYLOAD-WORD"})
            await peer.noise("PAYLOAD-WORD")
            await peer.receive("error")
            must(await server.metric("ws_connections") == 2, "ws_connections does not count")
            must(await server.metric("ws_duplicates_total") == 1, "ws_duplicates_total does not count")
        server.terminate()
        await server.ended(10)
        lines = server.running.new_lines()
    must(lines, "nothing was logged")
    for line in lines:
        must(isinstance(json.loads(line), dict), f"not JSON: {line[:80]}")
    text = "\n".join(lines)
    for word in ("PAYLOAD-WORD", credential, ticket, "Bearer"):
        must(word not in text, "a payload or a token is in the log")
    return f"{len(_METRICS)} metrics, {len(lines)} lines of JSON"
