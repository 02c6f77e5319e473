"""The way of kosoku to the server under test: straight, or through a relay of ours where it could not go itself.

kosoku 0.1.0 knows no TLS and no IPv6, sends no fields of the user's, and looks names up itself. The relay listens on
loopback, opens each connection as the probe does (checked addresses, TLS), and puts the fields into the request.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ws_mcp.probe.client import Door

HEAD = 65536  # bytes of a head
CHUNK = 65536
CONNECT = 10.0  # seconds for a connection to the server
END = b"\r\n\r\n"


@asynccontextmanager
async def way(door: Door) -> AsyncIterator[str]:
    """The URL for kosoku."""
    target, settings = door.target, door.settings
    address = target.addresses[0]
    plain = not (target.secure or settings.headers or settings.subprotocols or ":" in address)
    if plain and target.name in {address, "localhost"}:
        yield f"ws://{address}:{target.port}{target.resource}"
        return
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        try:
            await _relay(door, reader, writer)
        except asyncio.CancelledError:
            pass  # the run is over; asyncio would log it
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(connected, "127.0.0.1", 0, limit=HEAD)
    try:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}{target.resource}"
    finally:
        server.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _relay(door: Door, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One connection, until both ends are done."""
    try:
        asked = await reader.readuntil(END)
        there, back = await _connect(door)
        try:
            back.write(request(asked, door))
            writer.write(answer(await there.readuntil(END)))
            await asyncio.gather(_pump(reader, back), _pump(there, writer))
        finally:
            back.transport.abort()
    except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        return  # kosoku sees the connection end


async def _connect(door: Door) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection to the address that was checked."""
    target, context = door.target, door.context
    name = target.name if context else None
    async with asyncio.timeout(CONNECT):
        return await asyncio.open_connection(
            target.addresses[0], target.port, ssl=context, server_hostname=name, limit=HEAD
        )


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    """Bytes one way; the end too, so that each side sees how the other one ends."""
    try:
        while data := await source.read(CHUNK):
            sink.write(data)
            await sink.drain()
        if sink.can_write_eof():
            sink.write_eof()
        else:
            sink.close()
    except OSError:
        sink.transport.abort()


def request(head: bytes, door: Door) -> bytes:
    """The request of kosoku with the target's Host and the user's fields."""
    lines = [line for line in head.removesuffix(END).split(b"\r\n") if not line.lower().startswith(b"host:")]
    fields = [f"Host: {door.target.host}"]
    fields += [f"{name}: {value}" for name, values in door.settings.fields().items() for value in values]
    return b"\r\n".join([lines[0], *(field.encode("latin-1") for field in fields), *lines[1:]]) + END


def answer(head: bytes) -> bytes:
    """The server's answer without the subprotocol, which kosoku did not ask for."""
    lines = head.removesuffix(END).split(b"\r\n")
    return b"\r\n".join(line for line in lines if not line.lower().startswith(b"sec-websocket-protocol:")) + END
