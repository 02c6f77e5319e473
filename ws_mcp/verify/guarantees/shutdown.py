"""SIGTERM is an orderly end."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from ws_mcp.verify.lab import Lab, Server
from ws_mcp.verify.model import must
from ws_mcp.verify.peer import Peer, status, welcomed

TITLE = "drains on SIGTERM: not ready, 1012 in batches, exit 0"
_CLIENTS = 30
_WAIT = 0.6
_DEADLINE = 4


async def prove(lab: Lab) -> str:
    """Thirty clients get 1012 and a moment to come back; one that does not take part is cut; exit 0 in time."""
    async with (
        lab.server(drain_wait_seconds=_WAIT, drain_batch=10, drain_seconds=_DEADLINE) as server,
        AsyncExitStack() as stack,
    ):
        peers = [await stack.enter_async_context(welcomed(server.url, f"user{n}")) for n in range(_CLIENTS)]
        stubborn = await stack.enter_async_context(welcomed(server.url, "stubborn"))
        stubborn.socket.transport.pause_reading()
        must((await server.get("/readyz"))[0] == 200, "not ready before SIGTERM")
        started = asyncio.get_running_loop().time()
        server.terminate()
        await _draining(server)
        asked = await asyncio.gather(*(_closed(peer, started) for peer in peers))
        code = await server.ended(_WAIT + _DEADLINE + 6)
        took = asyncio.get_running_loop().time() - started
        must(code == 0, f"exit {code}")
    times = sorted(asked)
    must(times[-1] - times[0] > 0.1, "all connections were closed in one moment")
    return f"{_CLIENTS} clients closed with 1012 within {times[-1] - times[0]:.1f} s, exit 0 after {took:.1f} s"


async def _draining(server: Server) -> None:
    await asyncio.sleep(_WAIT / 3)
    must((await server.get("/readyz"))[0] == 503, "still ready while draining")
    must((await server.get("/healthz"))[0] == 200, "not alive while draining")
    got, fields, _ = await status(server.url, "late")
    must(got == 503 and "retry-after" in fields, f"a new handshake got {got}, fields {sorted(fields)}")


async def _closed(peer: Peer, started: float) -> float:
    """When it was closed, in seconds since SIGTERM."""
    code, reason = await peer.end()
    must(code == 1012, f"closed with {code}")
    must("retry-after=" in reason, f"the reason is {reason!r}")
    return asyncio.get_running_loop().time() - started
