"""Drives picows' client against the probe.

Usage: python picows_client.py URL
"""
# mypy: ignore-errors

import asyncio
import json
import sys
import urllib.request

from picows import WSListener, WSMsgType, ws_connect


class Echo(WSListener):
    """Sends back what comes, frame by frame."""

    def on_ws_frame(self, transport, frame):  # noqa: D102
        if frame.msg_type == WSMsgType.CLOSE:
            transport.send_close(frame.get_close_code(), frame.get_close_message())
            transport.disconnect()
        elif frame.msg_type == WSMsgType.PING:
            transport.send_pong(frame.get_payload_as_bytes())
        elif frame.msg_type != WSMsgType.PONG:
            transport.send(frame.msg_type, frame.get_payload_as_bytes(), frame.fin)


async def one(url):
    """Connects and echoes."""
    try:
        async with asyncio.timeout(10):
            transport, _ = await ws_connect(Echo, url, websocket_handshake_timeout=5)
            await transport.wait_disconnected()
    except Exception as error:
        print(type(error).__name__, str(error)[:100])


def left(url):
    """How many cases no client took yet."""
    try:
        with urllib.request.urlopen(f"http:{url.partition(':')[2]}", timeout=5) as answer:
            return json.load(answer)["left"]
    except OSError:
        return 0


async def main(url):
    """Connects until no case is left."""
    while count := await asyncio.to_thread(left, url):
        await asyncio.gather(*(one(url) for _ in range(min(4, count))))


asyncio.run(main(sys.argv[1]))
