"""Runs the program of a client template and reads what it tells, and stands between it and a server to cut the line."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from ws_mcp.engines import Running
from ws_mcp.verify.model import Broken
from ws_mcp.verify.workspace import Workspace

_PATIENCE = 40.0  # seconds; a client may wait long before it comes back


class Driver:
    """A client process; ``events`` are what it printed."""

    def __init__(self, workspace: Workspace, name: str, environment: dict[str, str]) -> None:
        self.name = name
        self.events: list[dict[str, Any]] = []
        self._running: Running = workspace.start(environment, lines=True)

    def say(self, text: str) -> None:
        """Publish a line."""
        try:
            self._running.write(text)
        except OSError:
            raise Broken(f"{self.name} has ended: {self._running.output()[-300:]}") from None

    def texts(self) -> list[str]:
        """The lines that were received, as they came."""
        self._pump()
        return [event["data"]["text"] for event in self.events if event["kind"] == "message"]

    def count(self, kind: str) -> int:
        """How many events of a kind were told."""
        self._pump()
        return sum(event["kind"] == kind for event in self.events)

    async def until(self, holds: Callable[[], bool], what: str, patience: float = _PATIENCE) -> None:
        """Wait until it holds.

        Raises:
            Broken: It does not, in time.
        """
        for _ in range(int(patience / 0.05)):
            if holds():
                return
            await asyncio.sleep(0.05)
        last = self.events[-3:]
        raise Broken(f"{self.name}: {what} did not come within {patience:g} s; last events: {last}")

    def kill(self) -> None:
        """SIGKILL, without a chance to save anything."""
        self._running.signal(signal.SIGKILL)
        self._running.wait(5)
        self._pump()

    async def finish(self) -> int:
        """End its input; its exit code."""
        with suppress(OSError):
            self._running.finish()
        code = await asyncio.to_thread(self._running.wait, _PATIENCE)
        if code is None:
            raise Broken(f"{self.name} did not end after its input had ended")
        self._pump()
        return code

    def end(self) -> None:
        """End it, whatever it does."""
        self._running.__exit__(None, None, None)

    def _pump(self) -> None:
        for line in self._running.new_lines():
            with suppress(ValueError):
                self.events.append(json.loads(line))


class Wire:
    """A TCP line to a server that can be cut."""

    def __init__(self, port: int, target: int) -> None:
        self.port = port
        self._target = target
        self.blocked = False  # whether new connections are reset
        self._writers: set[asyncio.StreamWriter] = set()

    def cut(self) -> None:
        """Reset every connection that goes through."""
        for writer in list(self._writers):
            writer.transport.abort()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection."""
        if self.blocked:
            writer.transport.abort()
            return
        try:
            other_reader, other_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        ours = {writer, other_writer}
        self._writers |= ours
        await asyncio.gather(_copy(reader, other_writer), _copy(other_reader, writer))
        self._writers -= ours


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    with suppress(OSError):
        writer.close()


@asynccontextmanager
async def wire(port: int, target: int) -> AsyncIterator[Wire]:
    """A line from ``port`` to the server at ``target``."""
    found = Wire(port, target)
    server = await asyncio.start_server(found.carry, "127.0.0.1", port)
    try:
        yield found
    finally:
        found.cut()
        server.close()
