"""The probe on real servers over HTTP/2: hypercorn, and Node's http2 with ws; by prior knowledge and over TLS."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from websockets.asyncio.server import serve

from tests import npm
from ws_mcp.probe.result import ProbeReport
from ws_mcp.probe.runner import probe_server
from ws_mcp.probe.settings import Settings
from ws_mcp.types import Verdict

Command = Callable[..., "subprocess.CompletedProcess[str]"]
HERE = Path(__file__).parent
HYPERCORN = """
import asyncio, logging, socket, sys
from hypercorn.asyncio import serve
from hypercorn.config import Config

async def echo(scope, receive, send):
    if scope["type"] != "websocket":
        return
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "bytes": message.get("bytes"), "text": message.get("text")})

listener = socket.create_server(("127.0.0.1", 0))
config = Config()
config.bind, config.errorlog = [f"fd://{listener.fileno()}"], None
if sys.argv[1:]:
    config.certfile, config.keyfile = sys.argv[1:]
print(listener.getsockname()[1], flush=True)
logging.disable(logging.CRITICAL)
asyncio.run(serve(echo, config, shutdown_trigger=asyncio.Event().wait))
"""
ITS_OWN = ("handshake/subprotocol-", "handshake/extensions-")  # what http2_echo.mjs itself does not look at


@contextmanager
def running(*command: str | Path) -> Iterator[str]:
    """A server that prints its port."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"127.0.0.1:{int(process.stdout.readline())}/"
        finally:
            process.kill()


def probe(url: str, *only: str) -> ProbeReport:
    return asyncio.run(probe_server(url, Settings(http2=True, insecure=True, only=only)))


@pytest.mark.parametrize("scheme", ["ws", "wss"])
def test_ws_on_a_stream_of_node_fails_in_no_frame_and_no_stream(scheme: str, certificate: tuple[Path, Path]) -> None:
    files = certificate if scheme == "wss" else ()
    with running(npm.node(), HERE / "http2_echo.mjs", npm.package("ws", "8.23.0"), *files) as place:
        report = probe(f"{scheme}://{place}")
    wrong = {found.case: (found.actual, found.closing_actual) for found in report.failures}
    assert {case for case in wrong if not case.startswith(ITS_OWN)} == set(), wrong
    assert report.counts["PASSED"] >= 250


@pytest.mark.parametrize("scheme", ["ws", "wss"])
def test_hypercorn_fails_what_is_known_of_it(scheme: str, certificate: tuple[Path, Path]) -> None:
    files = certificate if scheme == "wss" else ()
    with running(sys.executable, "-c", HYPERCORN, *files) as place:
        report = probe(f"{scheme}://{place}", "http2/", "framing/text")
    told = {found.case: found for found in report.outcomes}
    assert report.agent == "hypercorn-h2"
    assert {name.partition("/")[2] for name, found in told.items() if found.verdict is Verdict.FAILED} == {
        "with-key",  # it answers the key with Sec-WebSocket-Accept
        "unknown-protocol",  # and opens a WebSocket whatever :protocol says
        "fault-on-one",  # a fault ends the whole connection
        "close-then-end",  # after both Closes the stream stays open
        "end-without-close",
    }
    assert "[HEADERS stream 1: :status: 200" in told["http2/unknown-protocol"].received
    assert (told["framing/text"].verdict, told["framing/text"].closing) == (Verdict.PASSED, Verdict.FAILED)
    assert told["framing/text"].closing_actual == "Close 1000, the stream stays open"


def test_a_server_of_http_1_alone_is_told_and_not_failed(command: Command) -> None:
    async def run() -> subprocess.CompletedProcess[str]:
        async with serve(lambda socket: socket.wait_closed(), "127.0.0.1", 0) as server:
            url = f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}/"
            return await asyncio.to_thread(command, "probe", "server", url, "--http2", "--json")

    done = asyncio.run(run())
    report = json.loads(done.stdout)
    assert done.returncode == 2  # it could not be tested
    assert report["counts"]["INFORMATIONAL"] == 1 and report["counts"]["NOT_RUN"] >= 300
    assert "no HTTP/2" in report["notes"][0]


def test_the_command_line_probes_over_http_2(command: Command) -> None:
    with running(sys.executable, "-c", HYPERCORN) as place:
        passed = command("probe", "server", f"ws://{place}", "--http2", "--only", "http2/right", "-v")
        failed = command("probe", "server", f"ws://{place}", "--http2", "--only", "http2/unknown-protocol")
    assert "[HEADERS stream 1: :method: CONNECT, :protocol: websocket" in " ".join(passed.stdout.split())
    assert failed.returncode == 1 and "8441-4-06" in failed.stdout
