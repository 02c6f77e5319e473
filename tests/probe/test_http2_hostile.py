"""Whatever a peer does with HTTP/2, the probe comes to a verdict in bounded time and memory."""

from __future__ import annotations

import asyncio
import os
import ssl
import time
import tracemalloc
from asyncio import StreamReader as Reader
from asyncio import StreamWriter as Writer
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from hpack import Encoder
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    GoAwayFrame,
    HeadersFrame,
    PingFrame,
    RstStreamFrame,
    SettingsFrame,
)
from websockets.asyncio.server import serve

from tests.probe.http2_peer import Http2Peer
from tests.probe.test_hostile import hostile
from ws_mcp.errors import InputError
from ws_mcp.probe.catalogue import all_cases
from ws_mcp.probe.client import Exchange
from ws_mcp.probe.http2 import studies
from ws_mcp.probe.http2.door import Http2Door
from ws_mcp.probe.result import ProbeReport
from ws_mcp.probe.runner import probe_server
from ws_mcp.probe.settings import Settings
from ws_mcp.probe.talk import MOST
from ws_mcp.probe.targets import read_url, resolve
from ws_mcp.probe.unreachable import UnreachableError
from ws_mcp.types import Verdict

CASES = ("right", "octet-by-octet", "long-message", "setting-value", "two-sockets", "small-window", "close-then-end")
HELLO = SettingsFrame(0, settings={8: 1}).serialize()


async def greeted(writer: Writer) -> None:
    writer.write(HELLO + SettingsFrame(0, flags=["ACK"]).serialize())


async def accepted(reader: Reader, writer: Writer) -> None:
    await greeted(writer)
    await asyncio.sleep(0.1)  # the request is there
    writer.write(HeadersFrame(1, Encoder().encode([(":status", "200")]), flags=["END_HEADERS"]).serialize())


async def silent(reader: Reader, writer: Writer) -> None:
    await asyncio.sleep(30)


async def drip(reader: Reader, writer: Writer) -> None:
    for byte in HELLO:
        writer.write(bytes([byte]))
        await asyncio.sleep(1)


async def garbage(reader: Reader, writer: Writer) -> None:
    writer.write(os.urandom(5000))
    await writer.drain()


async def http_1(reader: Reader, writer: Writer) -> None:
    writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    await asyncio.sleep(5)


async def huge_frame(reader: Reader, writer: Writer) -> None:
    writer.write(b"\xff\xff\xff\x04\x00\x00\x00\x00\x00")
    while True:
        writer.write(bytes(1 << 16))
        await writer.drain()


async def no_settings(reader: Reader, writer: Writer) -> None:
    writer.write(PingFrame(0, b"12345678").serialize() + HELLO)
    await asyncio.sleep(5)


async def ends_at_once(reader: Reader, writer: Writer) -> None:
    writer.close()


async def silent_after_settings(reader: Reader, writer: Writer) -> None:
    await greeted(writer)
    await asyncio.sleep(30)


async def goes_away(reader: Reader, writer: Writer) -> None:
    await greeted(writer)
    await asyncio.sleep(0.05)
    writer.write(GoAwayFrame(0, 0, 11, b"calm down").serialize())
    await asyncio.sleep(5)


async def endless_settings(reader: Reader, writer: Writer) -> None:
    await endless(writer, SettingsFrame(0, settings={8: 1}).serialize())


async def endless_pings(reader: Reader, writer: Writer) -> None:
    await greeted(writer)
    await endless(writer, PingFrame(0, b"12345678").serialize())


async def endless_continuation(reader: Reader, writer: Writer) -> None:
    await greeted(writer)
    await asyncio.sleep(0.1)
    writer.write(HeadersFrame(1, b"\x88").serialize())
    await endless(writer, ContinuationFrame(1, b"\x00\x01a\x01b" * 1000).serialize())


async def header_bomb(reader: Reader, writer: Writer) -> None:
    await greeted(writer)
    await asyncio.sleep(0.1)
    one = b"\x40\x01a" + b"\x7f\x81\x1e" + b"v" * 4000  # into the table, then 16,000 times out of it
    writer.write(HeadersFrame(1, one + b"\xbe" * 10_000, flags=["END_HEADERS"]).serialize())
    await asyncio.sleep(5)


async def data_over_the_window(reader: Reader, writer: Writer) -> None:
    await accepted(reader, writer)
    await endless(writer, DataFrame(1, b"\x82\x7e\x40\x00" + bytes(16_000)).serialize())


async def endless_empty_data(reader: Reader, writer: Writer) -> None:
    await accepted(reader, writer)
    await endless(writer, DataFrame(1, b"").serialize())


async def garbage_frames(reader: Reader, writer: Writer) -> None:
    await accepted(reader, writer)
    while True:
        kind, flags = os.urandom(2)
        writer.write(b"\0\0\x08" + bytes([kind % 12, flags]) + b"\0\0\0\x01" + os.urandom(8))
        await writer.drain()
        await asyncio.sleep(0.001)


async def garbage_websocket(reader: Reader, writer: Writer) -> None:
    await accepted(reader, writer)
    writer.write(DataFrame(1, os.urandom(4000)).serialize())
    await asyncio.sleep(5)


async def grants_nothing(reader: Reader, writer: Writer) -> None:
    writer.write(SettingsFrame(0, settings={8: 1, 4: 0}).serialize())
    await accepted(reader, writer)
    await asyncio.sleep(5)


async def ends_what_it_blocks(reader: Reader, writer: Writer) -> None:
    writer.write(SettingsFrame(0, settings={8: 1, 4: 0}).serialize())
    await accepted(reader, writer)
    writer.write(DataFrame(1, b"", flags=["END_STREAM"]).serialize())
    await asyncio.sleep(0.2)
    writer.close()


async def ends_after_one_answer(reader: Reader, writer: Writer) -> None:
    await accepted(reader, writer)
    writer.write(DataFrame(1, b"", flags=["END_STREAM"]).serialize())
    writer.close()


async def never_reads(reader: Reader, writer: Writer) -> None:
    await accepted(reader, writer)
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    await asyncio.sleep(30)


async def endless(writer: Writer, frame: bytes) -> None:
    while True:
        writer.write(frame * 100)
        await writer.drain()


BEFORE = [silent, drip, garbage, http_1, huge_frame, no_settings, ends_at_once]
AFTER = [
    silent_after_settings,
    goes_away,
    endless_settings,
    endless_pings,
    endless_continuation,
    header_bomb,
    data_over_the_window,
    endless_empty_data,
    garbage_frames,
    garbage_websocket,
    grants_nothing,
    ends_what_it_blocks,
    ends_after_one_answer,
    never_reads,
]


async def exchanges(url: str) -> dict[str, Exchange]:
    door = Http2Door.to(await resolve(read_url(url)), Settings(limit=1.0, http2=True))
    cases = [all_cases()[f"http2/{name}"] for name in CASES]
    run = [studies.STUDIES[case.study](door, case) if case.study else door.exchange(case) for case in cases]
    return dict(zip(CASES, await asyncio.gather(*run), strict=True))


@pytest.mark.parametrize("behaviour", [*BEFORE, *AFTER], ids=lambda b: b.__name__)
def test_a_hostile_server_gets_a_verdict_in_bounded_time(
    behaviour: Callable[[Reader, Writer], Awaitable[None]],
) -> None:
    async def run() -> dict[str, Exchange]:
        async with hostile(behaviour) as url:
            return await exchanges(url)

    tracemalloc.start()
    started = time.monotonic()
    found = asyncio.run(run())
    taken = time.monotonic() - started
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert taken < 15
    assert peak < 4 * MOST
    for name, exchange in found.items():
        assert exchange.actual, name
        assert exchange.seen.received_size <= MOST + 65536
    before = behaviour in BEFORE  # no connection of HTTP/2, so nothing to judge
    assert found["right"].verdict in ({Verdict.NOT_RUN} if before else set(Verdict) - {Verdict.NOT_RUN})
    assert found["long-message"].verdict is (Verdict.NOT_RUN if before else Verdict.FAILED)
    assert found["two-sockets"].verdict is Verdict.FAILED


def report_of(behaviour: Callable[[Reader, Writer], Awaitable[None]]) -> ProbeReport:
    async def run() -> ProbeReport:
        async with hostile(behaviour) as url:
            return await probe_server(url, Settings(http2=True, limit=1.0, only=("http2/", "framing/text")))

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        (http_1, "no HTTP/2: it answers with HTTP/1"),
        (no_settings, "no HTTP/2: its first frame is not SETTINGS"),
        (ends_at_once, "no HTTP/2: TCP was "),
        (silent, "no HTTP/2: no SETTINGS in time"),
        (huge_frame, "no HTTP/2: it sent a frame of 16,777,215 bytes"),
    ],
    ids=lambda b: getattr(b, "__name__", ""),
)
def test_a_server_without_http_2_is_told_once_and_is_at_no_fault(
    behaviour: Callable[[Reader, Writer], Awaitable[None]], words: str
) -> None:
    report = report_of(behaviour)
    told = {outcome.case: outcome for outcome in report.outcomes}
    first = told.pop("http2/setting-value")
    assert not report.failures and words in report.notes[0]
    assert report.incomplete == "no WebSocket opens over HTTP/2"
    assert (first.verdict, words in first.actual) == (Verdict.INFORMATIONAL, True), first.actual
    assert {outcome.verdict for outcome in told.values()} == {Verdict.NOT_RUN}
    assert all(words in outcome.actual for outcome in told.values())


@pytest.mark.parametrize(
    ("flaw", "verdict", "words"),
    [
        ("no-setting", Verdict.INFORMATIONAL, "HTTP/2 without SETTINGS_ENABLE_CONNECT_PROTOCOL"),
        ("setting-0", Verdict.INFORMATIONAL, "SETTINGS_ENABLE_CONNECT_PROTOCOL=0"),
        ("setting-2", Verdict.FAILED, "SETTINGS_ENABLE_CONNECT_PROTOCOL=2"),
    ],
)
def test_without_the_setting_no_websocket_is_asked_for(flaw: str, verdict: Verdict, words: str) -> None:
    async def run() -> ProbeReport:
        async with Http2Peer(flaw).listening() as peer:
            return await probe_server(peer.url, Settings(http2=True, only=("http2/setting", "framing/")))

    report = asyncio.run(run())
    told = {outcome.case: outcome for outcome in report.outcomes}
    first = told.pop("http2/setting-value")
    assert (first.verdict, words in first.actual) == (verdict, True), first.actual
    assert {outcome.verdict for outcome in told.values()} == {Verdict.NOT_RUN}
    assert not any("CONNECT" in outcome.sent for outcome in report.outcomes)


def test_a_setting_that_comes_late_counts() -> None:
    async def late(reader: Reader, writer: Writer) -> None:
        writer.write(SettingsFrame(0).serialize())
        await asyncio.sleep(0.1)
        writer.write(HELLO)
        await asyncio.sleep(5)

    async def run() -> str:
        async with hostile(late) as url:
            door = Http2Door.to(await resolve(read_url(url)), Settings(http2=True))
            link, why = await door.link(2.0)
            assert link is not None
            link.abort()
            return why

    assert asyncio.run(run()) == ""


def test_a_stream_that_does_not_open_is_told_with_what_to_look_at() -> None:
    async def resets(reader: Reader, writer: Writer) -> None:
        await greeted(writer)
        await asyncio.sleep(0.1)
        writer.write(RstStreamFrame(1, error_code=2).serialize())
        await asyncio.sleep(5)

    with pytest.raises(UnreachableError, match="RST_STREAM INTERNAL_ERROR.*over HTTP/2 there"):
        report_of(resets)


def test_what_does_not_listen_cannot_be_probed() -> None:
    with pytest.raises(UnreachableError, match="Is the server running"):
        asyncio.run(probe_server("ws://127.0.0.1:1/", Settings(http2=True)))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (Settings(http2=True, only=("handshake/no-upgrade",)), "about HTTP/1.1 alone"),
        (Settings(only=("http2/right",)), "Add --http2"),
        (Settings(http2=True, only=("http2/righ", "nonsense")), "No case begins with 'nonsense'"),
    ],
)
def test_a_case_of_the_other_http_is_refused_with_what_to_do(settings: Settings, words: str) -> None:
    with pytest.raises(InputError, match=words):
        asyncio.run(probe_server("ws://127.0.0.1:1/", settings))


def test_over_tls_alpn_decides(certificate: tuple[Path, Path]) -> None:
    async def run(*protocols: str) -> ProbeReport:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        if protocols:
            context.set_alpn_protocols(list(protocols))
        async with serve(lambda socket: socket.wait_closed(), "127.0.0.1", 0, ssl=context) as server:
            url = f"wss://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}/"
            return await probe_server(url, Settings(http2=True, insecure=True, only=("http2/setting-value",)))

    assert "TLS (ALPN) chose nothing" in asyncio.run(run()).outcomes[0].actual
    assert "TLS (ALPN) chose http/1.1" in asyncio.run(run("http/1.1")).outcomes[0].actual
