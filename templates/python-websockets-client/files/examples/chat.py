"""Say what is typed, print what is said: WS_URL=... WS_TOKEN=... python examples/chat.py ROOM."""

from __future__ import annotations

import asyncio
import os
import sys

from ws_link import Client


async def main(room: str) -> None:
    """Chat until the input ends."""
    url = os.environ.get("WS_URL", "ws://127.0.0.1:8080/ws")
    async with Client(url, token=os.environ.get("WS_TOKEN", "")) as client:
        await client.join(room)
        printing = asyncio.create_task(show(client))
        while line := await asyncio.to_thread(sys.stdin.readline):
            await client.publish(room, {"text": line.rstrip("\n")})
        printing.cancel()


async def show(client: Client) -> None:
    """Print what happens."""
    async for event in client.events():
        print(event.kind, event.room, event.sender, event.data if event.kind != "connected" else "", flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "lobby"))
