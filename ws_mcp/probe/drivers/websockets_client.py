"""Drives the Python library websockets against ``websocket-mcp probe client``.

Usage: python websockets_client.py ws://127.0.0.1:9001/
"""

from __future__ import annotations

import asyncio
import json
import sys
import urllib.request

from websockets.asyncio.client import connect

AT_A_TIME = 4


def left(url: str) -> int:
    """How many cases no client took yet; 0 once the probe is gone."""
    try:
        with urllib.request.urlopen(f"http:{url.partition(':')[2]}", timeout=5) as answer:
            return int(json.load(answer)["left"])
    except OSError:
        return 0


async def one(url: str) -> None:
    """Connects, and sends back what comes until the connection ends, however that may be."""
    try:
        async with asyncio.timeout(10), connect(url, open_timeout=5, close_timeout=1, proxy=None) as socket:
            async for message in socket:
                await socket.send(message)
    except Exception as error:
        print(f"{type(error).__name__}: {error}"[:100])


async def main(url: str) -> None:
    """Connects until no case is left."""
    while count := await asyncio.to_thread(left, url):
        await asyncio.gather(*(one(url) for _ in range(min(AT_A_TIME, count))))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "ws://127.0.0.1:9001/"))
