"""The probe on real servers and clients, through both doors."""

from __future__ import annotations

import asyncio
import json
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection

from tests.probe.echo import listening
from ws_mcp.probe.result import ProbeReport
from ws_mcp.probe.runner import probe_server
from ws_mcp.probe.server import ClientProbe
from ws_mcp.probe.settings import Settings
from ws_mcp.testing import probe_url
from ws_mcp.types import Verdict

Command = Callable[..., "subprocess.CompletedProcess[str]"]
SERVER = """
import asyncio, logging, sys
from websockets.asyncio.server import serve
logging.disable(logging.CRITICAL)
async def echo(ws):
    async for message in ws:
        await ws.send(message)
async def main():
    async with serve(echo, "127.0.0.1", 0) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()
asyncio.run(main())
"""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield f"ws://127.0.0.1:{process.stdout.readline().strip()}/"
        process.terminate()


def run(url: str, **options: object) -> ProbeReport:
    return asyncio.run(probe_server(url, Settings(**options)))  # type: ignore[arg-type]


def test_websockets_fails_only_what_is_known_of_it(url: str) -> None:
    started = time.monotonic()
    report = run(url)
    assert time.monotonic() - started < 30
    assert {found.case for found in report.failures} == {"handshake/no-host", "handshake/version-99-told-13"}
    assert not report.incomplete
    assert {seen.finding.rule for seen in report.findings if seen.finding.severity == "error"} == {
        "version-refused-without-list"
    }
    limit = next(found for found in report.outcomes if found.case == "hardening/announced-size")
    assert "between 256 KiB and 1 MiB" in limit.actual and "max_size" in limit.explanation


def test_floods_and_a_bomb_are_survived_and_told(url: str) -> None:
    told = {found.case: found for found in run(url, stress=True, only=("hardening/",)).outcomes}
    assert told["hardening/ping-flood"].verdict is Verdict.INFORMATIONAL
    assert "1009" in told["hardening/fragment-flood"].actual
    assert told["hardening/deflate-bomb"].verdict is Verdict.PASSED
    assert "stopped reading" in told["hardening/message-flood"].actual


def test_a_server_that_does_not_echo_is_judged_as_far_as_can_be() -> None:
    async def mute(socket: ServerConnection) -> None:
        async for _ in socket:
            pass

    async def probe() -> ProbeReport:
        async with listening(mute) as url:
            return await probe_server(url, Settings(only=("framing/", "utf8/", "control/")))

    report = asyncio.run(probe())
    assert "does not echo" in report.notes[0]
    assert not report.failures
    assert report.counts["PASSED"] >= 80
    assert "no echo" in next(found.actual for found in report.outcomes if found.case == "framing/text")


def test_credentials_subprotocol_and_path_reach_the_server_and_anonymous_goes_without() -> None:
    seen: list[tuple[str, str | None, str | None]] = []

    def check(connection: object, request: object) -> None:
        headers = request.headers  # type: ignore[attr-defined]
        seen.append((request.path, headers.get("Authorization"), headers.get("Sec-WebSocket-Protocol")))  # type: ignore[attr-defined]

    async def probe() -> ProbeReport:
        async with listening(process_request=check, subprotocols=["chat"]) as url:
            only = ("handshake/right", "hardening/anonymous")
            headers = (("Authorization", "Bearer x"),)
            return await probe_server(f"{url}room?a=1", Settings(headers=headers, subprotocols=("chat",), only=only))

    report = asyncio.run(probe())
    assert ("/room?a=1", "Bearer x", "chat") in seen
    assert ("/room?a=1", None, "chat") in seen
    assert [found.verdict for found in report.outcomes] == [Verdict.PASSED, Verdict.INFORMATIONAL]


def test_wss_is_probed_and_an_unknown_certificate_refused(certificate: tuple[Path, Path]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)

    async def probe(insecure: bool) -> ProbeReport:
        async with listening(ssl=context) as url:
            return await probe_server(
                url.replace("ws:", "wss:"), Settings(insecure=insecure, only=("framing/", "closing/code-1000"))
            )

    report = asyncio.run(probe(True))
    assert not report.failures and report.counts["PASSED"] >= 25
    with pytest.raises(Exception, match="certificate"):
        asyncio.run(probe(False))


def test_a_redirect_is_told_and_not_followed() -> None:
    reached: list[bytes] = []

    async def elsewhere(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached.append(b"reached")
        writer.close()

    async def probe() -> None:
        other = await asyncio.start_server(elsewhere, "127.0.0.1", 0)
        place = f"ws://127.0.0.1:{other.sockets[0].getsockname()[1]}/"

        async def redirect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(f"HTTP/1.1 302 Found\r\nLocation: {place}\r\nContent-Length: 0\r\n\r\n".encode())
            writer.close()

        first = await asyncio.start_server(redirect, "127.0.0.1", 0)
        with pytest.raises(Exception, match="status 302; Location"):
            await probe_server(f"ws://127.0.0.1:{first.sockets[0].getsockname()[1]}/")
        other.close()
        first.close()

    asyncio.run(probe())
    assert reached == []


def test_the_driver_takes_the_library_websockets_through_every_case() -> None:
    async def probe() -> ProbeReport:
        probe = ClientProbe(Settings(only=("answers/", "framing/", "closing/code-1000", "deflate/text")))
        await probe.start()
        driver = Path(__file__).parents[2] / "ws_mcp/probe/drivers/websockets_client.py"
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(driver), probe.url, stdout=asyncio.subprocess.DEVNULL
        )
        await probe.wait(60)
        report = probe.report()
        await asyncio.wait_for(process.wait(), 20)
        await probe.stop()
        return report

    report = asyncio.run(probe())
    assert not report.incomplete
    assert not report.failures
    assert "websockets" in report.agent


def test_the_command_line_tells_by_its_exit_code(url: str, tmp_path: Path, command: Command) -> None:
    passed = command("probe", "server", url, "--only", "framing/", "--json")
    assert passed.returncode == 0
    assert json.loads(passed.stdout)["counts"]["PASSED"] == 28
    failed = command("probe", "server", url, "--only", "handshake/no-host")
    assert failed.returncode == 1 and "6455-4.2.1-03" in failed.stdout
    file = tmp_path / "known.json"
    assert command("probe", "server", url, "--only", "handshake/no-host", "--write-baseline", str(file)).returncode == 0
    accepted = command(
        "probe", "server", url, "--only", "handshake/", "--only", "framing/text", "--baseline", str(file)
    )
    assert accepted.returncode == 1 and "The baseline accepts 1 failure." in accepted.stdout
    assert command("probe", "server", url, "--only", "handshake/no-host", "--baseline", str(file)).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("ws://192.0.2.1/",), "--allow-host 192.0.2.1"),
        (("ws://127.0.0.1:1/",), "Is the server running"),
        (("http://127.0.0.1/",), "ws or wss"),
        (("ws://127.0.0.1/", "--header", "nonsense"), "Name: value"),
        (("ws://127.0.0.1/", "--only", "nonsense"), "Chapters"),
    ],
)
def test_what_cannot_be_probed_exits_2_and_says_why(arguments: tuple[str, ...], words: str, command: Command) -> None:
    found = command("probe", "server", *arguments)
    assert found.returncode == 2
    assert words in found.stderr and "Traceback" not in found.stderr


def test_a_driver_is_printed(command: Command) -> None:
    assert "WebSocket(url)" in command("probe", "client", "--driver", "browser").stdout
    assert command("probe", "client", "--driver", "none").returncode == 2


def test_the_fixture_probes_and_names_what_failed(url: str) -> None:
    assert probe_url(url, only=("framing/",)).counts["PASSED"] == 28
    with pytest.raises(AssertionError, match="handshake/no-host"):
        probe_url(url, only=("handshake/no-host",))
    assert probe_url(url, only=("handshake/no-host",), accept=("handshake/no-host",)).failures
