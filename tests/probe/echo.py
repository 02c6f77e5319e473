"""An echo server with ``websockets``, and other handlers of its kind, on a free port of loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from websockets.asyncio.server import ServerConnection, serve


async def echoing(socket: ServerConnection) -> None:
    async for message in socket:
        await socket.send(message)


@asynccontextmanager
async def listening(handler: Callable[..., object] = echoing, **options: object) -> AsyncIterator[str]:
    """The URL of such a server; ``options`` are those of ``serve``."""
    async with serve(handler, "127.0.0.1", 0, **options) as server:  # type: ignore[arg-type]
        yield f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}/"
