"""Drives websocket-client against the probe.

Usage: python websocket_client_client.py URL
"""
# mypy: ignore-errors

import json
import sys
import urllib.request

import websocket


def one(url):
    """Connects and echoes."""
    try:
        socket = websocket.create_connection(url, timeout=5)
        while True:
            opcode, data = socket.recv_data()
            if opcode == websocket.ABNF.OPCODE_CLOSE:
                break
            socket.send(data, opcode)
        socket.close()
    except Exception as error:
        print(type(error).__name__, str(error)[:100])


def left(url):
    """How many cases no client took yet."""
    try:
        with urllib.request.urlopen(f"http:{url.partition(':')[2]}", timeout=5) as answer:
            return json.load(answer)["left"]
    except OSError:
        return 0


while left(sys.argv[1]):
    one(sys.argv[1])
