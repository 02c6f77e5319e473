"""Only loopback is probed, unless the user allows a host; names are checked as written and as resolved."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from ws_mcp.errors import InputError
from ws_mcp.probe.client import Door
from ws_mcp.probe.settings import Settings
from ws_mcp.probe.targets import NotAllowedError, is_loopback, read_url, resolve


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "no URL"),
        ("127.0.0.1:80", "scheme"),
        ("http://127.0.0.1/", "ws or wss"),
        ("ws://", "no host"),
        ("ws:///path", "no host"),
        ("ws://127.0.0.1:99999/", "port"),
        ("ws://127.0.0.1:0/", "port 0"),
        ("ws://127.0.0.1:8x/", "port"),
        ("ws://[::1/", "IPv6"),
        ("ws://a b/", "characters"),
        ("ws://127.0.0.1/#part", "fragment"),
        ("ws://user:secret@127.0.0.1/", "user name"),
        ("ws://127.0.0.1@attacker.example/", "user name"),
        ("ws://127.0.0.1/\r\nX-Injected: 1", "characters"),
        ("ws://\u00df" + "x" * 80 + "/", "IDNA"),
    ],
)
def test_an_unusable_url_is_refused_in_words(url: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_url(url)


@pytest.mark.parametrize(
    ("url", "host", "resource"),
    [
        ("ws://127.0.0.1", "127.0.0.1", "/"),
        ("ws://LOCALHOST:80/chat?x=1", "localhost", "/chat?x=1"),
        ("ws://localhost.:8080/", "localhost:8080", "/"),
        ("wss://localhost:443/", "localhost", "/"),
        ("wss://localhost:80/", "localhost:80", "/"),
        ("ws://[::1]:9001/a", "[::1]:9001", "/a"),
        ("ws://b\u00fccher.example:8/\u00fc", "xn--bcher-kva.example:8", "/%C3%BC"),
    ],
)
def test_a_url_gives_the_host_field_and_what_to_ask_for(url: str, host: str, resource: str) -> None:
    wanted = read_url(url)
    assert (wanted.host, wanted.resource) == (host, resource)


@pytest.mark.parametrize(
    "host", ["192.0.2.7", "[2001:db8::1]", "169.254.169.254", "0.0.0.0", "10.0.0.1", "[::ffff:10.0.0.1]"]
)
def test_a_literal_address_beyond_loopback_needs_leave(host: str) -> None:
    wanted = read_url(f"ws://{host}:9/")
    with pytest.raises(NotAllowedError, match="--allow-host"):
        asyncio.run(resolve(wanted))
    assert asyncio.run(resolve(wanted, (host,))).addresses


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1.2.3", "[::1]", "[::ffff:127.0.0.1]", "localhost", "2130706433", "0x7f.1"]
)
def test_every_spelling_of_loopback_is_loopback(host: str) -> None:
    assert all(is_loopback(address) for address in asyncio.run(resolve(read_url(f"ws://{host}:9/"))).addresses)


def answers(*addresses: str) -> Any:
    def lookup(host: str, port: int, *args: Any, **more: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    return lookup


def test_a_name_counts_by_what_it_resolves_to(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = read_url("ws://inside.example:9/")
    monkeypatch.setattr(socket, "getaddrinfo", answers("10.1.2.3"))
    with pytest.raises(NotAllowedError, match=r"inside\.example \(10\.1\.2\.3\)"):
        asyncio.run(resolve(wanted))
    monkeypatch.setattr(socket, "getaddrinfo", answers("127.0.0.1", "10.1.2.3"))
    with pytest.raises(NotAllowedError):
        asyncio.run(resolve(wanted))
    monkeypatch.setattr(socket, "getaddrinfo", answers("127.0.0.1"))
    assert asyncio.run(resolve(wanted)).addresses == ("127.0.0.1",)


def test_allowing_one_host_allows_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", answers("10.1.2.3"))
    assert asyncio.run(resolve(read_url("ws://inside.example/"), ("Inside.Example.",))).addresses == ("10.1.2.3",)
    with pytest.raises(NotAllowedError):
        asyncio.run(resolve(read_url("ws://other.example/"), ("inside.example",)))


def test_the_connection_goes_to_the_address_that_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> str:
        server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        monkeypatch.setattr(socket, "getaddrinfo", answers("127.0.0.1"))
        target = await resolve(read_url(f"ws://rebinding.example:{port}/"))
        monkeypatch.undo()  # from now on the name is unknown, or somebody else's
        talk = await Door.to(target, Settings()).connect(2)
        assert not isinstance(talk, str), talk
        peer: str = talk.writer.get_extra_info("peername")[0]
        talk.hang_up()
        server.close()
        return peer

    assert asyncio.run(run()) == "127.0.0.1"


def test_a_host_that_does_not_exist_is_told() -> None:
    with pytest.raises(InputError, match="no host"):
        asyncio.run(resolve(read_url("ws://nowhere.invalid/")))
