"""``websocket-mcp serve`` as a process on pipes."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ws_mcp import __version__

ROOT = Path(__file__).parent.parent.parent
Message = dict[str, Any]


class Server:
    """``websocket-mcp serve`` with its pipes; reading never waits for ever."""

    def __init__(self, env: Mapping[str, str] | None = None, folder: Path = ROOT) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ws_mcp", "serve"],
            cwd=folder,
            env=os.environ | dict(env or {}),
            bufsize=0,
            stdin=-1,
            stdout=-1,
            stderr=-1,
        )
        assert self.process.stdin
        assert self.process.stdout
        self.stdin, self.stdout = self.process.stdin, self.process.stdout
        self._buffer = b""

    def send(self, message: Message | bytes) -> None:
        line = message if isinstance(message, bytes) else json.dumps(message).encode() + b"\n"
        self.stdin.write(line)

    def receive(self, seconds: float = 20) -> Message:
        """The next message; anything else on standard output fails here."""
        end = time.monotonic() + seconds
        while b"\n" not in self._buffer:
            assert select.select([self.stdout], [], [], max(0, end - time.monotonic()))[0], "no answer"
            chunk = os.read(self.stdout.fileno(), 1 << 16)
            assert chunk, "standard output was closed"
            self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\n")
        found = json.loads(line)
        assert found["jsonrpc"] == "2.0"
        return dict(found)

    def ask(self, identity: int, method: str, params: Message | None = None) -> Message:
        self.send({"jsonrpc": "2.0", "id": identity, "method": method, "params": params or {}})
        found = self.receive()
        assert found["id"] == identity
        return found

    def begin(self) -> None:
        client = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "0"}}
        answer = self.ask(0, "initialize", client)
        assert answer["result"]["serverInfo"] == {
            **answer["result"]["serverInfo"],
            "name": "websocket",
            "version": __version__,
        }
        self.send({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def ready(self) -> None:
        """The handshake, and one answer that takes the whole server."""
        self.begin()
        assert self.ask(1, "ping")["result"] == {}

    def end(self, seconds: float = 10) -> tuple[int, bytes, str]:
        """(exit code, what was left on standard output, standard error) once the process is gone."""
        code = self.process.wait(seconds)
        assert self.process.stderr
        rest = b"" if self.stdout.closed else self._buffer + self.stdout.read()
        return code, rest, self.process.stderr.read().decode()


@contextmanager
def piped(env: Mapping[str, str] | None = None, folder: Path = ROOT) -> Iterator[Server]:
    """A server that is gone, with its pipes, in the end."""
    found = Server(env, folder)
    try:
        yield found
    finally:
        found.process.kill()
        found.process.wait()
        for pipe in (found.process.stdin, found.process.stdout, found.process.stderr):
            if pipe and not pipe.closed:
                pipe.close()
