"""TLS on both sides: clients that let anything pass, and servers that answer without it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
import subprocess
import sys
import warnings
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from websockets.asyncio.server import serve

from tests.probe.client_peer import ClientPeer
from tests.probe.echo import echoing
from ws_mcp.errors import InputError
from ws_mcp.probe.catalogue import all_cases, select
from ws_mcp.probe.certificates import Authority
from ws_mcp.probe.result import ProbeReport
from ws_mcp.probe.runner import probe_server
from ws_mcp.probe.secured import Secured, weaken
from ws_mcp.probe.server import ClientProbe
from ws_mcp.probe.settings import Settings
from ws_mcp.types import Side, Verdict

Command = Callable[..., "subprocess.CompletedProcess[str]"]
PASSED, FAILED = Verdict.PASSED, Verdict.FAILED
DRIVER = Path(__file__).parents[2] / "ws_mcp/probe/drivers/websockets_client.py"


class TlsPeer(ClientPeer):
    """The client of the tests, inside TLS; ``authority`` is the one that it trusts."""

    host = "localhost"

    def __init__(self, authority: bytes, *flaws: str) -> None:
        super().__init__(*flaws)
        self.authority = authority.decode()

    def context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cadata=self.authority)
        if self.flaws & {"trusts-all", "weak", "no-name"}:
            context.check_hostname = False
        if self.flaws & {"trusts-all", "weak"}:
            context.verify_mode = ssl.CERT_NONE
        if "weak" in self.flaws:
            weaken(context, "tls-old-version" if "old" in self.flaws else "tls-no-encryption")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                context.maximum_version = ssl.TLSVersion.TLSv1_2
        return context

    async def alone(self, port: int) -> None:
        context = None if "in-clear" in self.flaws else self.context()
        name = "localhost" if context and "no-name" not in self.flaws else None
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
            connected = asyncio.open_connection(
                "127.0.0.1", port, ssl=context, server_hostname=name or "" if context else None
            )
            reader, writer = await connected
            try:
                async with asyncio.timeout(5):
                    await self.converse(reader, writer, port)
            finally:
                writer.close()


def probe(*flaws: str, only: tuple[str, ...] = ("tls/",), trusted: bytes = b"", at_a_time: int = 1) -> ProbeReport:
    async def run() -> ProbeReport:
        secured = Secured(("localhost", "127.0.0.1"))
        server = ClientProbe(Settings(only=only, tls=True, limit=1.0), secured=secured)
        await server.start()
        assert server.url.startswith("wss://localhost:")
        client = TlsPeer(trusted or secured.authority, *flaws)
        port = int(server.url.rsplit(":", 1)[1].strip("/"))
        for _ in range(server.total):
            await asyncio.gather(*(client.one(port) for _ in range(at_a_time)))
        await server.wait(3, idle=0.5)
        report = server.report()
        await server.stop()
        return report

    return asyncio.run(run())


def told(report: ProbeReport) -> dict[str, Verdict]:
    return {outcome.case.removeprefix("tls/"): outcome.verdict for outcome in report.outcomes}


@pytest.mark.parametrize("at_a_time", [1, 4])
def test_a_right_client_passes_inside_tls(at_a_time: int) -> None:
    only = ("framing/text", "closing/code-1000", "masking/masked-text", "tls/", "deflate/text")
    report = probe(only=only, at_a_time=at_a_time)
    wrong = {o.case: o.actual for o in report.outcomes if o.verdict is not PASSED or o.closing is FAILED}
    assert wrong == {}
    assert not report.notes


@pytest.mark.parametrize(
    ("flaws", "failing"),
    [
        ("in-clear", {"right", "server-name", "untrusted", "expired", "other-name", "old-version", "no-encryption"}),
        ("trusts-all", {"untrusted", "expired", "other-name"}),
        ("no-name", {"server-name", "other-name"}),
        ("weak old", {"untrusted", "expired", "other-name", "old-version"}),
        ("weak", {"no-encryption"}),
    ],
)
def test_a_client_broken_in_just_that_way_does_not(flaws: str, failing: set[str]) -> None:
    report = probe(*flaws.split(), only=("tls/no-encryption",) if flaws == "weak" else ("tls/",))
    failed = {case for case, verdict in told(report).items() if verdict is FAILED}
    assert failing <= failed, {outcome.case: outcome.actual for outcome in report.outcomes}
    if flaws in {"trusts-all", "no-name"}:
        assert failed == failing


def test_a_client_that_does_not_trust_us_is_told_what_it_lacks() -> None:
    report = probe(only=("framing/text",), trusted=Authority().certificate)
    assert report.incomplete
    assert "has to trust the certificate" in report.notes[0]


def test_without_tls_its_cases_are_not_there_and_asking_for_them_says_how() -> None:
    assert not [case for case in select(Settings(), Side.CLIENT) if case.chapter == "tls"]
    with pytest.raises(InputError, match="--tls"):
        select(Settings(only=("tls/",)), Side.CLIENT)
    with pytest.raises(InputError, match="wss URL"):
        select(Settings(only=("tls/plain-request",)), Side.SERVER)


def test_the_command_line_takes_a_library_through_tls(tmp_path: Path) -> None:
    ca = tmp_path / "ca.pem"
    command = ["-m", "ws_mcp", "probe", "client", "--tls", "--port", "0", "--ca", str(ca), "--only", "tls/", "--json"]
    with subprocess.Popen(
        [sys.executable, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=DRIVER.parents[3]
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        assert str(ca) in process.stderr.readline()
        url = process.stderr.readline().split()[2].rstrip(":")
        driven = subprocess.run(
            [sys.executable, DRIVER, url], env={"SSL_CERT_FILE": str(ca)}, capture_output=True, timeout=60, check=False
        )
        found = json.loads(process.stdout.read())
    assert driven.returncode == 0
    verdicts = {outcome["case"]: outcome["verdict"] for outcome in found["outcomes"]}
    assert set(verdicts.values()) == {"PASSED"} and len(verdicts) == 7, found["outcomes"]


def test_a_certificate_that_cannot_be_used_exits_2_and_says_why(tmp_path: Path, command: Command) -> None:
    file = tmp_path / "cert.pem"
    file.write_text("no certificate", "utf-8")
    found = command("probe", "client", "--cert", str(file), "--port", "0")
    assert found.returncode == 2 and "in PEM" in found.stderr
    assert "--cert" in command("probe", "client", "--key", str(file), "--port", "0").stderr


@contextlib.asynccontextmanager
async def behind(plain: bool, holds: bool) -> AsyncIterator[str]:
    """A server inside TLS; in front of it stands one that lets clear requests pass, or keeps them."""
    context = Authority().context(("localhost", "127.0.0.1"))
    async with serve(echoing, "127.0.0.1", 0, ssl=context) as inside, serve(echoing, "127.0.0.1", 0) as outside:
        ports = [next(iter(server.sockets)).getsockname()[1] for server in (inside, outside)]

        async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
                with contextlib.suppress(ConnectionError):
                    while data := await source.read(65536):
                        sink.write(data)
                sink.close()

            first = await reader.read(65536)
            if first[:1] != b"\x16" and holds:
                await reader.read()
                writer.close()
                return
            there, back = await asyncio.open_connection("127.0.0.1", ports[1 if first[:1] != b"\x16" and plain else 0])
            back.write(first)
            await asyncio.gather(pump(reader, back), pump(there, writer))

        async with await asyncio.start_server(relay, "127.0.0.1", 0) as front:
            yield f"wss://127.0.0.1:{front.sockets[0].getsockname()[1]}/"


@pytest.mark.parametrize(
    ("plain", "holds", "verdict", "words"),
    [(False, False, PASSED, "TCP"), (True, False, FAILED, "without TLS"), (False, True, FAILED, "still open")],
)
def test_a_server_has_to_end_what_is_not_tls(plain: bool, holds: bool, verdict: Verdict, words: str) -> None:
    async def run() -> ProbeReport:
        async with behind(plain, holds) as url:
            return await probe_server(url, Settings(insecure=True, only=("tls/",), limit=1.0))

    report = asyncio.run(run())
    assert told(report) == {"right": PASSED, "plain-request": verdict}
    assert words in report.outcomes[1].actual


def test_every_case_of_tls_has_a_broken_peer_here() -> None:
    names = {case.id for case in all_cases().values() if case.chapter == "tls"}
    assert {name.removeprefix("tls/") for name in names} == {
        "right", "server-name", "untrusted", "expired", "other-name", "old-version", "no-encryption", "plain-request"
    }  # fmt: skip
