"""The handshakes of real programs are clean: captured ones, and those that clients on this machine send right now."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator

import aiohttp
import pytest
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect
from websockets.typing import Subprotocol
from wsproto import ConnectionType, WSConnection
from wsproto.events import Request as WSRequest

from tests.rules.handshakes import KEY, head, response
from ws_mcp.judge_handshake import check_handshake
from ws_mcp.types import Severity

SAMPLE = (
    head(
        "GET /chat HTTP/1.1",
        "Host: server.example.com",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Origin: http://example.com",
        "Sec-WebSocket-Protocol: chat, superchat",
        "Sec-WebSocket-Version: 13",
    ),
    head(
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
        "Sec-WebSocket-Protocol: chat",
    ),
)
CHROMIUM = (
    head(
        "GET /chat HTTP/1.1",
        "Host: 127.0.0.1:9101",
        "Connection: Upgrade",
        "Pragma: no-cache",
        "Cache-Control: no-cache",
        "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "HeadlessChrome/156.0.0.0 Safari/537.36",
        "Upgrade: websocket",
        "Origin: http://127.0.0.1:9131",
        "Sec-WebSocket-Version: 13",
        "Accept-Encoding: gzip, deflate, br, zstd",
        "Accept-Language: en-US,en;q=0.9",
        "Sec-WebSocket-Key: kMIL4EO8AES2tIbVdahAqQ==",
        "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
    ),
    head(
        "HTTP/1.1 101 Switching Protocols",
        "Date: Mon, 23 Nov 2026 03:37:19 GMT",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Accept: ycgvCOzzYoZ/bg3g5nSfCb3DreE=",
        "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=12; client_max_window_bits=12",
        "Server: websockets",
    ),
)
FIREFOX = (
    head(
        "GET /chat HTTP/1.1",
        "Host: example.com",
        "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        "Accept: */*",
        "Accept-Language: en-US,en;q=0.5",
        "Accept-Encoding: gzip, deflate, br, zstd",
        "Sec-WebSocket-Version: 13",
        "Origin: https://example.com",
        "Sec-WebSocket-Extensions: permessage-deflate",
        f"Sec-WebSocket-Key: {KEY}",
        "Connection: keep-alive, Upgrade",
        "Sec-Fetch-Dest: empty",
        "Sec-Fetch-Mode: websocket",
        "Sec-Fetch-Site: same-origin",
        "Pragma: no-cache",
        "Cache-Control: no-cache",
        "Upgrade: websocket",
    ),
    response("Sec-WebSocket-Extensions: permessage-deflate"),
)
SAFARI = (
    head(
        "GET /chat HTTP/1.1",
        "Host: example.com",
        "Origin: https://example.com",
        "Cookie: theme=dark",
        "Pragma: no-cache",
        "Cache-Control: no-cache",
        f"Sec-WebSocket-Key: {KEY}",
        "Sec-WebSocket-Version: 13",
        "Upgrade: websocket",
        "Sec-WebSocket-Extensions: permessage-deflate",
        "Connection: Upgrade",
        "User-Agent: Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        "Version/18.5 Safari/605.1.15",
    ),
    response(),
)
NODE_WS = (
    head(
        "GET /chat HTTP/1.1",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {KEY}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
        "Sec-WebSocket-Protocol: mqtt",
        "Host: 127.0.0.1:45829",
    ),
    response("Sec-WebSocket-Protocol: mqtt"),
)
UNDICI = (
    head(
        "GET /chat HTTP/1.1",
        "host: 127.0.0.1:33275",
        "connection: upgrade",
        "upgrade: websocket",
        f"sec-websocket-key: {KEY}",
        "sec-websocket-version: 13",
        "sec-websocket-extensions: permessage-deflate; client_max_window_bits",
        "accept: */*",
        "accept-language: *",
        "sec-fetch-mode: websocket",
        "user-agent: node",
        "accept-encoding: gzip, deflate",
    ),
    response(),
)
CAPTURED = {
    "chromium": CHROMIUM,
    "firefox": FIREFOX,
    "safari": SAFARI,
    "node ws": NODE_WS,
    "undici": UNDICI,
}


def test_the_sample_of_the_rfc_is_clean_and_only_its_key_is_remarked_on() -> None:
    report = check_handshake(*SAMPLE)
    assert report.verdict == "clean"
    assert [finding.rule for finding in report.findings] == ["predictable-key"]
    assert report.next is not None
    assert report.next["action"] == "open"


@pytest.mark.parametrize("name", CAPTURED)
def test_the_handshake_of_a_real_client_is_clean(name: str) -> None:
    report = check_handshake(*CAPTURED[name])
    assert report.verdict == "clean"
    assert all(finding.severity is Severity.INFO for finding in report.findings)


@pytest.fixture
def heard() -> Iterator[tuple[int, list[bytes]]]:
    """The port of a server that keeps one request and hangs up, and what it heard."""
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(20)
    data: list[bytes] = []

    def listen() -> None:
        peer, _ = server.accept()
        server.close()  # a client that tries again is refused
        with peer:
            peer.settimeout(20)
            got = b""
            while b"\r\n\r\n" not in got and (piece := peer.recv(65536)):
                got += piece
            data.append(got)

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    yield server.getsockname()[1], data
    thread.join(20)
    server.close()


def by_websockets(port: int) -> None:
    with pytest.raises((WebSocketException, OSError, EOFError)):
        connect(f"ws://127.0.0.1:{port}/chat?room=1", subprotocols=[Subprotocol("mqtt")], open_timeout=10)


def by_aiohttp(port: int) -> None:
    async def ask() -> None:
        async with aiohttp.ClientSession() as session:
            await session.ws_connect(f"http://127.0.0.1:{port}/chat", origin="http://127.0.0.1", compress=15)

    with pytest.raises(aiohttp.ClientError):
        asyncio.run(ask())


def by_curl(port: int) -> None:
    if not shutil.which("curl"):
        pytest.skip("curl is not on this machine")
    wanted = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {KEY}"]
    options = [part for line in wanted for part in ("-H", line)]
    subprocess.run(["curl", "-s", "-m", "10", "--http1.1", *options, f"http://127.0.0.1:{port}/chat"], check=False)


@pytest.mark.parametrize("ask", [by_websockets, by_aiohttp, by_curl])
def test_what_a_client_on_this_machine_sends_is_clean(
    ask: Callable[[int], None], heard: tuple[int, list[bytes]]
) -> None:
    port, data = heard
    ask(port)
    report = check_handshake(data[0])
    assert report.verdict == "clean"
    assert report.findings == ()


def test_what_wsproto_sends_is_clean() -> None:
    text = WSConnection(ConnectionType.CLIENT).send(WSRequest(host="example.com", target="/chat"))
    assert check_handshake(text).findings == ()
