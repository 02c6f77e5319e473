"""Starts a rendered server and tells where it is."""

from __future__ import annotations

import asyncio
import signal
import socket
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from ws_mcp.engines import Running
from ws_mcp.templates.model import Value
from ws_mcp.verify.model import Broken
from ws_mcp.verify.peer import SECRET
from ws_mcp.verify.workspace import Workspace

ORIGIN = "https://app.example"
_START = 20.0  # seconds until a server must be ready


class Server:
    """A running server process."""

    def __init__(self, running: Running, port: int, scheme: str = "ws") -> None:
        self.running = running
        self.port = port
        self.url = f"{scheme}://127.0.0.1:{port}/ws"

    async def get(self, path: str) -> tuple[int, str]:
        """Status and body of a page; status 0 where nobody answers."""
        try:
            async with asyncio.timeout(5):
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
                head, _, body = (await reader.read(-1)).partition(b"\r\n\r\n")
                writer.close()
        except (OSError, TimeoutError):
            return 0, ""
        words = head.split(b" ", 2)
        return (int(words[1]) if len(words) > 2 else 0), body.decode("utf-8", "replace")

    async def ready(self) -> None:
        """Wait until it serves."""
        for _ in range(int(_START / 0.05)):
            if not self.running.alive:
                break
            if (await self.get("/readyz"))[0] == 200:
                return
            await asyncio.sleep(0.05)
        raise Broken(f"the server was not ready within {_START:g} s: {self.running.output()[-500:]}")

    async def metric(self, name: str) -> int:
        """The sum of a metric over its labels."""
        page = (await self.get("/metrics"))[1]
        lines = [line for line in page.splitlines() if line.split("{")[0].split(" ")[0] == name]
        if not lines:
            raise Broken(f"/metrics has no {name}")
        return sum(int(float(line.rsplit(" ", 1)[1])) for line in lines)

    def terminate(self) -> None:
        """SIGTERM."""
        self.running.signal(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL, without a chance to say goodbye."""
        self.running.signal(signal.SIGKILL)

    async def ended(self, seconds: float) -> int:
        """The exit code.

        Raises:
            Broken: It still runs.
        """
        code = await asyncio.to_thread(self.running.wait, seconds)
        if code is None:
            raise Broken(f"the server still ran after {seconds:g} s")
        return code


class Lab:
    """Servers of one installed template."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.options: dict[str, Value] = dict(workspace.project.options)
        self.family = workspace.project.template.family
        self._data = tempfile.TemporaryDirectory(prefix="ws-mcp-verify-")
        self._files = 0

    def close(self) -> None:
        """Forget what the servers wrote."""
        self._data.cleanup()

    def option(self, name: str, default: Value = "") -> Value:
        """An option's value; the default where the template has no such option."""
        return self.options.get(name, default)

    def database(self) -> str:
        """A new file for a log."""
        self._files += 1
        return str(Path(self._data.name) / f"log-{self._files}.sqlite3")

    @asynccontextmanager
    async def server(self, port: int = 0, database: str = "", **environment: object) -> AsyncIterator[Server]:
        """A server that is ready; settings are the environment of templates/protocol.md, in lower case."""
        port = port or free_port()
        settings = {
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "AUTH_SECRET": SECRET,
            "ALLOWED_ORIGINS": ORIGIN,
            "DATABASE": database or self.database(),
            "DRAIN_WAIT_SECONDS": "0.2",
            **{name.upper(): str(value) for name, value in environment.items()},
        }
        running = await asyncio.to_thread(self._workspace.start, settings)
        try:
            server = Server(running, port, "ws+socketio" if self.family == "socketio" else "ws")
            await server.ready()
            yield server
        finally:
            await asyncio.to_thread(running.__exit__, None, None, None)


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
