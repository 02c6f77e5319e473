"""Drives picows' client against the probe.

Usage: python picows_client.py URL
"""
# mypy: ignore-errors

import asyncio
import sys

from left import left
from picows import ws_connect
from picows_echo import Echo


async def one(url):
    """Connects and echoes."""
    try:
        async with asyncio.timeout(10):
            transport, _ = await ws_connect(Echo, url, websocket_handshake_timeout=5)
            await transport.wait_disconnected()
    except Exception as error:
        print(type(error).__name__, str(error)[:100])


async def main(url):
    """Connects until no case is left."""
    while count := await asyncio.to_thread(left, url):
        await asyncio.gather(*(one(url) for _ in range(min(4, count))))


asyncio.run(main(sys.argv[1]))
