"""What uvicorn by itself would leave without an answer or a bound."""

from __future__ import annotations

import asyncio

import pytest
from service import running

_HANDSHAKE = (
    "Host: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Protocol: wsmcp.v1.json\r\n"
)


async def answer(port: int, head: str) -> str:
    """The first line that comes back."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(head.encode())
    async with asyncio.timeout(5):
        line = await reader.readline()
    writer.close()
    return line.decode()


@pytest.mark.parametrize(
    "head",
    [
        f"GET /ws HTTP/1.0\r\n{_HANDSHAKE}Sec-WebSocket-Version: 13\r\n\r\n",
        f"GET /ws HTTP/1.1\r\n{_HANDSHAKE}Sec-WebSocket-Version: 99\r\n\r\n",
        f"GET /ws HTTP/1.1\r\n{_HANDSHAKE}Sec-WebSocket-Version: 13\r\nContent-Length: 2\r\n\r\nhi",
        f"GET /ws HTTP/1.1\r\n{_HANDSHAKE}Sec-WebSocket-Version: 13\r\nCookie: {'x' * 20_000}\r\n\r\n",
        f"POST /ws HTTP/1.1\r\n{_HANDSHAKE}Sec-WebSocket-Version: 13\r\n\r\n",
    ],
    ids=["old", "version", "body", "long", "post"],
)
def test_what_is_no_handshake_gets_an_answer(head: str) -> None:
    async def play() -> str:
        async with running() as service:
            return await answer(service.port, head)

    assert asyncio.run(play()).startswith("HTTP/1.1 4")


def test_endless_empty_fragments_end_the_connection() -> None:
    async def play() -> int | None:
        async with running() as service, service.peer() as peer:
            await peer.receive("welcome")
            first, more = b"\x01\x80mask", b"\x00\x80mask"
            peer.socket.transport.write(first + more * 100_001)
            return await peer.closed()

    assert asyncio.run(play()) == 1009
