"""Drives aiohttp's client against the probe.

Usage: python aiohttp_client.py URL
"""

import asyncio
import sys

import aiohttp
from left import left  # type: ignore[import-not-found]  # beside this script


async def one(session: aiohttp.ClientSession, url: str) -> None:
    """Connects and echoes."""
    try:
        async with asyncio.timeout(10), session.ws_connect(url, compress=15) as socket:
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    await socket.send_str(message.data)
                elif message.type is aiohttp.WSMsgType.BINARY:
                    await socket.send_bytes(message.data)
    except Exception as error:
        print(type(error).__name__, str(error)[:100])


async def main(url: str) -> None:
    """Connects until no case is left."""
    async with aiohttp.ClientSession() as session:
        while count := await asyncio.to_thread(left, url):
            await asyncio.gather(*(one(session, url) for _ in range(min(4, count))))


asyncio.run(main(sys.argv[1]))
