"""A peer that is gone without a word is found."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from ws_mcp.protocol import build
from ws_mcp.verify.lab import Lab, Server
from ws_mcp.verify.model import Broken, must
from ws_mcp.verify.peer import JSON, Peer, headers, welcomed

TITLE = "finds a dead peer by its heartbeat"
_HEARTBEAT = 0.5


async def prove(lab: Lab) -> str:
    """A connection that answers no Ping is dropped within six heartbeats; one that does stays."""
    async with lab.server(heartbeat_seconds=_HEARTBEAT) as server, welcomed(server.url, "bob") as alive:
        started = asyncio.get_running_loop().time()
        heard = await _heard(server, type(alive))
        took = asyncio.get_running_loop().time() - started
        must(alive.BEAT in heard, "the server did not ask whether it is there")
        must(took < _HEARTBEAT * 6, f"a mute peer was kept for {took:.1f} s")
        must((await alive.ask("ping"))["type"] == "pong", "a live peer was dropped")
        for _ in range(40):
            if await server.metric("ws_connections") == 1:
                break
            await asyncio.sleep(0.05)
        must(await server.metric("ws_connections") == 1, "the dead peer is still counted")
    return f"dropped after {took:.1f} s at a heartbeat of {_HEARTBEAT} s"


async def _heard(server: Server, kind: type[Peer]) -> bytes:
    """What a peer that answers nothing is sent until it is dropped."""
    reader, writer = await _mute(server, kind)
    try:
        async with asyncio.timeout(_HEARTBEAT * 12):
            return await reader.read(-1)
    except TimeoutError:
        raise Broken(f"a peer that answers no Ping was not dropped within {_HEARTBEAT * 12:g} s") from None
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def _mute(server: Server, kind: type[Peer]) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection that says hello and then nothing, not even Pongs."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    fields = {
        "Host": f"127.0.0.1:{server.port}",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": build.key(b"0123456789abcdef"),
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Protocol": JSON,
        **headers("mute"),
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    writer.write(f"GET /ws?{kind.QUERY} HTTP/1.1\r\n{lines}\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    must(b" 101 " in head, f"{head[:80]!r}")
    writer.write(build.frame("text", kind.HELLO, key=b"mask"))
    return reader, writer
