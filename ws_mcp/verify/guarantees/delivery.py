"""What the family promises of delivery: each client against every server, through every kind of break."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

from ws_mcp.errors import InputError
from ws_mcp.verify.driver import Driver, Wire, wire
from ws_mcp.verify.lab import Lab, Server, free_port
from ws_mcp.verify.model import Broken, NotOffered, Tries, must
from ws_mcp.verify.peer import token
from ws_mcp.verify.pool import Clients
from ws_mcp.verify.workspace import Workspace

TITLE = "delivers as promised, through cut lines, killed clients, restarted and killed servers"
_MANY = 15


async def prove(clients: Clients) -> str:
    """Every server of the family, with a log in memory and in SQLite."""
    tries = Tries()
    for name in clients.servers():
        for kept in ("memory", "sqlite"):
            try:
                tries.held.append(f"{name}: {await _play(clients, name, kept)}")
            except NotOffered as reason:
                tries.left_out.append(f"{name}, {kept}: not tried, {reason}")
            except Broken as error:
                tries.broken.append(f"{name}, log in {kept}: {error}")
    return tries.evidence()


async def _play(clients: Clients, name: str, kept: str) -> str:
    try:
        lab = await clients.lab(name, {"resume": kept})
    except InputError as error:
        raise NotOffered(str(error)) from error
    async with AsyncExitStack() as stack:
        stack.callback(lab.close)
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="ws-mcp-verify-"))
        return await Play(clients.workspace, lab, kept == "sqlite", Path(folder), stack).run()


class Play:
    """One writer, one reader, one server that is broken in turn; lines are numbered from 1."""

    def __init__(self, client: Workspace, lab: Lab, lossless: bool, folder: Path, stack: AsyncExitStack) -> None:
        self._client, self._lab, self._lossless = client, lab, lossless
        self._folder, self._stack = folder, stack
        self._port, self._front, self._database = free_port(), free_port(), lab.database()
        self._said = 0
        self._before: list[int] = []  # what readers that were killed had received

    async def run(self) -> str:
        """The promises, one after the other."""
        line = await self._stack.enter_async_context(wire(self._front, self._port))
        server = await self._start()
        writer, reader = await self._drive("writer"), await self._drive("reader")
        await self._cut(line, writer, reader)
        writer = await self._killed_writer(line, writer, reader)
        reader = await self._killed_reader(writer, reader)
        server = await self._restarted(server, writer, reader)
        await self._killed(server, writer, reader)
        for driver in (writer, reader):
            must(await driver.finish() == 0, f"{driver.name} did not end with exit code 0")
        kept = "SQLite" if self._lossless else "memory"
        return f"{self._said} lines, log in {kept}"

    async def _start(self) -> Server:
        return await self._stack.enter_async_context(self._lab.server(self._port, self._database))

    async def _drive(self, name: str) -> Driver:
        environment = {
            "WS_URL": f"ws://127.0.0.1:{self._front}/ws",
            "WS_TOKEN": token(name),
            "WS_ROOM": "r",
            "WS_STATE": str(self._folder / f"{name}.json"),
        }
        driver = Driver(self._client, name, environment)
        self._stack.callback(driver.end)
        await driver.until(lambda: driver.count("joined") == 1, "joined")
        return driver

    def _say(self, writer: Driver) -> None:
        for _ in range(_MANY):
            self._said += 1
            writer.say(str(self._said))

    def _received(self, reader: Driver) -> list[int]:
        """Every line as the application got it; a reader that was killed may get its last one again."""
        now = [int(text) for text in reader.texts()]
        if self._before and now[:1] == self._before[-1:]:
            now = now[1:]
        return self._before + now

    async def _all(self, reader: Driver, when: str) -> None:
        """Every line arrives, exactly once and in order."""
        await reader.until(lambda: self._said in self._received(reader), f"line {self._said} {when}")
        got = self._received(reader)
        wrong = next((at for at, line in enumerate(got, 1) if line != at), 0)
        must(not wrong and len(got) == self._said, f"{when}: line {wrong} is not where it belongs: {got[-40:]}")

    async def _cut(self, line: Wire, writer: Driver, reader: Driver) -> None:
        for _ in range(3):
            self._say(writer)
            await asyncio.sleep(0.02)
            line.cut()
            self._say(writer)
        await self._all(reader, "after a cut line")

    async def _killed_writer(self, line: Wire, writer: Driver, reader: Driver) -> Driver:
        """What it had taken while it was offline is sent by the next process."""
        line.blocked = True
        line.cut()
        self._say(writer)
        await asyncio.sleep(1)
        writer.kill()
        line.blocked = False
        writer = await self._drive("writer")
        self._say(writer)
        await self._all(reader, "after a killed writer")
        return writer

    async def _killed_reader(self, writer: Driver, reader: Driver) -> Driver:
        reader.kill()
        self._before = self._received(reader)
        self._say(writer)
        reader = await self._drive("reader")
        await self._all(reader, "after a killed reader")
        return reader

    async def _restarted(self, server: Server, writer: Driver, reader: Driver) -> Server:
        """SIGTERM; what is said while it is away is sent afterwards."""
        gaps = reader.count("gap")
        server.terminate()
        must(await server.ended(20) == 0, "the server did not end with 0")
        self._say(writer)
        server = await self._start()
        self._say(writer)
        await self._all(reader, "after a restart")
        await self._told(reader, gaps)
        return server

    async def _killed(self, server: Server, writer: Driver, reader: Driver) -> None:
        """SIGKILL amid traffic."""
        gaps = reader.count("gap")
        self._say(writer)
        await asyncio.sleep(0.02)
        server.kill()
        await server.ended(5)
        await self._start()
        await self._told(reader, gaps)
        if self._lossless:
            self._say(writer)
            await self._all(reader, "after a killed server")
            return
        # Without a file an acknowledged line may be gone, which the gap tells; what follows is exact again.
        await writer.until(lambda: writer.count("connected") > 1, "connected")
        self._say(writer)
        await reader.until(lambda: self._said in self._received(reader), f"line {self._said} after a killed server")
        got = self._received(reader)[-_MANY:]
        must(got == list(range(self._said - _MANY + 1, self._said + 1)), f"after a killed server: {got}")

    async def _told(self, reader: Driver, gaps: int) -> None:
        if self._lossless:
            must(reader.count("gap") == gaps, "a gap was told though the log was kept")
        else:
            await reader.until(lambda: reader.count("gap") == gaps + 1, "a gap")
