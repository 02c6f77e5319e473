"""Drives websocket-client against the probe.

Usage: python websocket_client_client.py URL
"""
# mypy: ignore-errors

import sys

import websocket
from left import left


def one(url):
    """Connects and echoes; the library raises at a fault and leaves TCP to the application, which ends it here."""
    socket = websocket.WebSocket()
    try:
        socket.connect(url, timeout=5)
        while True:
            opcode, data = socket.recv_data()
            if opcode == websocket.ABNF.OPCODE_CLOSE:
                break
            socket.send(data, opcode)
        socket.close()
    except Exception as error:
        print(type(error).__name__, str(error)[:100])
    finally:
        socket.shutdown()


while left(sys.argv[1]):
    one(sys.argv[1])
