"""Where no WebSocket opens, the probe says what to try next."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from pathlib import Path

import pytest

from tests.probe.test_hostile import hostile
from ws_mcp.errors import InputError
from ws_mcp.probe.runner import probe_server
from ws_mcp.probe.settings import Settings
from ws_mcp.probe.targets import read_url
from ws_mcp.probe.unreachable import UnreachableError


@pytest.mark.parametrize(
    ("status", "hint"),
    [
        ("302 Found", "Redirects are not followed"),
        ("401 Unauthorized", "Give what authenticates"),
        ("403 Forbidden", "--header 'Origin: …'"),
        ("404 Not Found", "Give the path too"),
        ("429 Too Many Requests", "--parallel 1"),
        ("505 HTTP Version Not Supported", "a proxy before it pass Upgrade"),
        ("400 Bad Request", "--subprotocol"),
    ],
)
def test_a_refusal_is_told_with_what_to_try(status: str, hint: str) -> None:
    async def refuses(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()

    async def run() -> None:
        async with hostile(refuses) as url:
            with pytest.raises(UnreachableError) as raised:
                await probe_server(url)
            assert hint in str(raised.value)

    asyncio.run(run())


def test_a_certificate_that_nobody_knows_is_told_with_both_ways_out(certificate: tuple[Path, Path]) -> None:
    async def run() -> str:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0, ssl=context)
        with pytest.raises(UnreachableError) as raised:
            await probe_server(f"wss://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
        server.close()
        return str(raised.value)

    told = asyncio.run(run())
    assert "--insecure" in told and "SSL_CERT_FILE" in told


def test_a_port_in_clear_and_a_port_of_tls_are_told_apart() -> None:
    async def drops(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)

    async def run() -> None:
        async with hostile(drops) as url:
            with pytest.raises(UnreachableError, match=f"If it speaks TLS: wss{url[2:]}"):
                await probe_server(url)
            with pytest.raises(UnreachableError, match=f"no connection: .+. Does the port speak TLS. If not: {url}"):
                await probe_server(f"wss{url[2:]}")

    asyncio.run(run())


def test_a_tls_handshake_that_stalls_is_bounded() -> None:
    async def stalls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError):
            await reader.readexactly(1 << 20)

    async def run() -> None:
        async with hostile(stalls) as url, asyncio.timeout(10):
            with pytest.raises(UnreachableError, match="no connection in time"):
                await probe_server(f"wss{url[2:]}", Settings(limit=0.5))

    asyncio.run(run())


@pytest.mark.parametrize(
    ("url", "instead"),
    [
        ("http://127.0.0.1:8080/chat", "Give ws://127.0.0.1:8080/chat"),
        ("https://localhost/", "Give wss://localhost/"),
        ("127.0.0.1:9101", "Give ws://127.0.0.1:9101/"),
        ("localhost:9101/chat", "Give ws://localhost:9101/chat"),
        ("[::1]:9101", "Give ws://[::1]:9101/"),
        ("ws+unix:///run/ws.sock", "A Unix socket cannot be probed"),
        ("/run/ws.sock", "A Unix socket cannot be probed"),
        ("ftp://x/", "Give a URL like ws://127.0.0.1:8080/chat"),
    ],
)
def test_a_url_of_another_kind_is_answered_with_the_one_to_give(url: str, instead: str) -> None:
    with pytest.raises(InputError) as raised:
        read_url(url)
    assert instead in str(raised.value)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"headers": (("X", "a\r\nHost: b"),)}, "characters that no header can carry"),
        ({"headers": (("X", "€"),)}, "characters that no header can carry"),
        ({"headers": (("X Y", "a"),)}, "no name of a header"),
        ({"subprotocols": ("a, b",)}, "Repeat for several"),
    ],
)
def test_what_no_head_can_carry_is_refused(options: dict[str, tuple[object, ...]], told: str) -> None:
    with pytest.raises(InputError, match=told):
        Settings(**options)  # type: ignore[arg-type]  # by name
