"""``websocket-mcp serve --http`` as a process on a free port."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
SERVE = ("ws_mcp", "serve")


class HttpServer:
    """A running server; ``url`` is its MCP endpoint."""

    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
        self.process = process
        self.url = url
        self.root = url.removesuffix("/mcp")
        self.port = int(self.root.rpartition(":")[2])

    def resident(self) -> int:
        """Bytes of memory that the process holds."""
        return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def stop(self, seconds: float = 30) -> tuple[int, str]:
        """(exit code, standard error) after SIGTERM."""
        self.process.terminate()
        code = self.process.wait(seconds)
        assert self.process.stderr
        return code, self.process.stderr.read()


@contextmanager
def serving(
    *options: str, program: Sequence[str] = SERVE, env: Mapping[str, str] | None = None, seconds: float = 40
) -> Iterator[HttpServer]:
    """A server that says where it listens and answers /healthz."""
    process = subprocess.Popen(
        [sys.executable, "-m", *program, "--http", "--port", "0", *options],
        cwd=ROOT,
        env=os.environ | dict(env or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout and process.stderr
        line = process.stdout.readline()
        assert " at http://" in line, process.stderr.read()
        server = HttpServer(process, line.split(" at ")[1].strip())
        _alive(server, seconds)
        yield server
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdout, process.stderr):
            if pipe:
                pipe.close()


def _alive(server: HttpServer, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/healthz", timeout=5) as answer:
                assert answer.read() == b"ok\n"
                return
        except urllib.error.URLError:
            time.sleep(0.05)
    raise AssertionError("the server does not answer")
