"""Publish each line of the input, print each event as a line of JSON: a chat in a terminal, or a pipe between programs.

WS_URL, WS_TOKEN and WS_ROOM say where; WS_STATE names a file in which the place outlives this process.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

from ws_link import Client, Event, QueueFull, Stopped


async def main() -> None:
    """Run until the input ends and everything is acknowledged."""
    state = os.environ.get("WS_STATE")
    room = os.environ.get("WS_ROOM", "lobby")
    async with Client(
        os.environ.get("WS_URL", "ws://127.0.0.1:8080/ws"),
        token=os.environ.get("WS_TOKEN", ""),
        state_file=Path(state) if state else None,
    ) as client:
        showing = asyncio.create_task(show(client))
        members = await client.join(room)
        report(Event("joined", room, data=members))
        while line := await asyncio.to_thread(sys.stdin.readline):
            await publish(client, room, line.rstrip("\n"))
        await client.close(flush=30)
        await showing


async def publish(client: Client, room: str, text: str) -> None:
    """Queue a message, as soon as there is room for it."""
    while True:
        try:
            client.send(room, {"text": text})
        except QueueFull:
            await asyncio.sleep(0.1)
        else:
            return


async def show(client: Client) -> None:
    """Print what happens."""
    async for event in client.events():
        report(event)


def report(event: Event) -> None:
    """Print an event."""
    line = {"kind": event.kind, "room": event.room, "seq": event.seq, "from": event.sender, "data": event.data}
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except Stopped as error:
        sys.exit(f"given up: {error}")
