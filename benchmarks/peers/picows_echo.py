"""An echo server with picows.

Usage: python picows_echo.py PORT
"""
# mypy: ignore-errors

import asyncio
import sys

from picows import WSListener, WSMsgType, ws_create_server


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


async def main():
    listening = await ws_create_server(lambda request: Echo(), "127.0.0.1", int(sys.argv[1]))
    await listening.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
