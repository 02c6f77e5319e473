"""Drives tornado's client against the probe.

Usage: python tornado_client.py URL
"""
# mypy: ignore-errors

import asyncio
import json
import logging
import sys

from tornado.httpclient import AsyncHTTPClient
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
    while True:
        answer = await AsyncHTTPClient().fetch(f"http:{url.partition(':')[2]}")
        left = json.loads(answer.body)["left"]
        if not left:
            return
        await asyncio.gather(*(one(url) for _ in range(min(4, left))))


asyncio.run(main(sys.argv[1]))
