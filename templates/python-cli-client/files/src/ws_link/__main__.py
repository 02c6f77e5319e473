"""The command: lines in, events out.

For a person events are lines of text; for a program, or with --json, each is a line of JSON. Exit 0 when the input has
ended and everything is acknowledged, 1 when the connection was given up, 2 for wrong arguments.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from ws_link import Client, Event, QueueFull, Stopped


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line; the environment gives what it leaves out. A token never stands on it: others could see it."""
    found = argparse.ArgumentParser(prog="ws-link", description="Publish lines, print events. WS_TOKEN is the token.")
    found.add_argument("url", nargs="?", default=os.environ.get("WS_URL", "ws://127.0.0.1:8080/ws"))
    found.add_argument("--room", default=os.environ.get("WS_ROOM", "lobby"), help="the room to join")
    found.add_argument("--state", default=os.environ.get("WS_STATE"), help="a file that keeps the place")
    found.add_argument("--json", action="store_true", help="print JSON on a terminal too")
    found.add_argument("--listen", action="store_true", help="read no input; stay until Ctrl-C")
    return found.parse_args(given)


async def run(options: argparse.Namespace) -> None:
    """Publish and print until the input ends and everything is acknowledged."""
    printing = _json if options.json or not sys.stdout.isatty() else _text
    state = Path(options.state) if options.state else None
    async with Client(options.url, token=os.environ.get("WS_TOKEN", ""), state_file=state) as client:
        showing = asyncio.create_task(_show(client, printing))
        joining = asyncio.create_task(client.join(options.room))
        await asyncio.wait([showing, joining], return_when=asyncio.FIRST_COMPLETED)
        if showing.done():
            joining.cancel()
            await showing
        printing(Event("joined", options.room, data=await joining))
        if not options.listen:
            await _publish(client, options.room, showing)
            await client.close(flush=30)
        await showing


async def _publish(client: Client, room: str, showing: asyncio.Task[None]) -> None:
    while not showing.done():
        line = await asyncio.to_thread(sys.stdin.readline)
        if not line:
            return
        while not showing.done():
            try:
                client.send(room, {"text": line.rstrip("\n")})
                break
            except QueueFull:
                await asyncio.sleep(0.1)


async def _show(client: Client, printing: Callable[[Event], None]) -> None:
    async for event in client.events():
        printing(event)


def _json(event: Event) -> None:
    line = {"kind": event.kind, "room": event.room, "seq": event.seq, "from": event.sender, "data": event.data}
    print(json.dumps(line), flush=True)


def _text(event: Event) -> None:
    match event.kind:
        case "message" if isinstance(event.data, dict) and set(event.data) == {"text"}:
            print(f"{event.sender}: {event.data['text']}")
        case "message" | "snapshot":
            print(f"{event.sender or event.room}: {json.dumps(event.data, ensure_ascii=False)}")
        case _:
            about = "" if event.data is None or event.kind == "connected" else json.dumps(event.data)
            print(f"* {event.kind} {about}".rstrip(), file=sys.stderr)


def main() -> None:
    """Run the command and leave with its exit code."""
    try:
        asyncio.run(run(arguments()))
    except Stopped as error:
        sys.exit(f"ws-link: given up: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
