"""An echo server with tornado.

Usage: python tornado_echo.py PORT
"""
# mypy: ignore-errors

import asyncio
import logging
import sys

from tornado.web import Application
from tornado.websocket import WebSocketHandler


class Echo(WebSocketHandler):
    """Sends back what comes, compressed where the client offers it."""

    def get_compression_options(self):  # noqa: D102
        return {}

    async def on_message(self, message):  # noqa: D102
        await self.write_message(message, binary=isinstance(message, bytes))


async def main():
    logging.disable(logging.CRITICAL)
    Application([("/", Echo)]).listen(int(sys.argv[1]), "127.0.0.1")
    await asyncio.Event().wait()


asyncio.run(main())
