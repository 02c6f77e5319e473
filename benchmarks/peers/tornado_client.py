"""Drives tornado's client against the probe.

Usage: python tornado_client.py URL
"""
# mypy: ignore-errors

import asyncio
import logging
import sys

from left import left
from tornado.websocket import websocket_connect


async def one(url):
    """Connects, offering compression, and echoes."""
    try:
        async with asyncio.timeout(10):
            socket = await websocket_connect(url, connect_timeout=5, compression_options={})
            while (message := await socket.read_message()) is not None:
                await socket.write_message(message, binary=isinstance(message, bytes))
    except Exception as error:
        print(type(error).__name__, str(error)[:100])


async def main(url):
    """Connects until no case is left."""
    logging.disable(logging.CRITICAL)
    while count := await asyncio.to_thread(left, url):
        await asyncio.gather(*(one(url) for _ in range(min(4, count))))


asyncio.run(main(sys.argv[1]))
