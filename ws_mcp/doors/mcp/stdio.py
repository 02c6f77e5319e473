"""The second stage of the stdio server: the SDK, on what the first stage hands over."""

from __future__ import annotations

import io
import json
import logging
import os
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, Self

import anyio
from mcp.server import MCPServer
from mcp.server.stdio import stdio_server
from mcp.shared._stream_protocols import ReadStream, WriteStream
from mcp.shared.message import SessionMessage
from mcp.types import (
    INVALID_REQUEST,
    PARSE_ERROR,
    ErrorData,
    JSONRPCError,
    JSONRPCMessage,
    JSONRPCNotification,
    JSONRPCRequest,
    JSONRPCResponse,
)
from pydantic import ValidationError

from ws_mcp.doors.mcp import app
from ws_mcp.doors.mcp.settings import Settings

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_log = logging.getLogger(__name__)
_LINGER = 10.0  # seconds that requests under way get when the input has ended
_SHOWN = 80  # characters of a bad line that its error quotes


def create(settings: Settings | None = None) -> MCPServer:
    """The server, which gets its search ready while its client thinks."""
    # To stderr, a line each; before the SDK sets up its own.
    logging.basicConfig(level=logging.WARNING, format="websocket-mcp: %(message)s")
    return app.create(replace(settings or Settings(), ahead=True))


def serve(server: MCPServer, first: bytes, source: int, output: BinaryIO, answered: set[str | int]) -> None:
    """Serve until the input ends.

    ``first`` is what was read already, ``source`` the descriptor of the rest; ``answered`` are the ids of requests
    among ``first`` whose answers were sent already.
    """
    reader = io.TextIOWrapper(io.BufferedReader(_Input(first, source)), encoding="utf-8", errors="replace")
    anyio.run(_serve, server, reader, _Output(output, answered))


async def _serve(server: MCPServer, reader: io.TextIOWrapper, writer: io.TextIOWrapper) -> None:
    """What ``MCPServer.run`` does, with an answer to lines that are no messages."""
    lowlevel = server._lowlevel_server
    async with stdio_server(anyio.wrap_file(reader), anyio.wrap_file(writer)) as (read, write):
        try:
            owed = _Owed()
            answering, noting = _Answering(read, write, owed), _Noting(write, owed)
            await lowlevel.run(answering, noting, lowlevel.create_initialization_options())
        except anyio.get_cancelled_exc_class():
            # Standard output is closed: the client has gone. Leaving in order would wait for its next line.
            os._exit(1)


class _Input(io.RawIOBase):
    """Bytes that were read already, then those of a descriptor."""

    def __init__(self, first: bytes, source: int) -> None:
        self._first = memoryview(first)  # cut without a copy of what remains
        self._source = source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer)
        found = self._first[: len(view)] or os.read(self._source, len(view))
        self._first = self._first[len(found) :]
        view[: len(found)] = found
        return len(found)


class _Output(io.TextIOWrapper):
    """Lines of messages; the answer to a request that was answered before is dropped."""

    def __init__(self, output: BinaryIO, answered: set[str | int]) -> None:
        super().__init__(output, encoding="utf-8")
        self._answered = answered

    def write(self, line: str) -> int:
        if self._answered:
            identity = json.loads(line).get("id")
            if identity in self._answered:
                self._answered.discard(identity)
                return len(line)
        return super().write(line)


class _Owed:
    """The requests that have no answer yet: when the input ends, the SDK would drop those that are under way."""

    def __init__(self) -> None:
        self._waiting: set[str | int] = set()
        self._none = anyio.Event()

    def came(self, message: JSONRPCMessage) -> None:
        """Note a message from the client."""
        if isinstance(message, JSONRPCRequest):
            self._waiting.add(message.id)
        elif isinstance(message, JSONRPCNotification) and message.method == "notifications/cancelled":
            self._answered((message.params or {}).get("requestId"))

    def went(self, message: JSONRPCMessage) -> None:
        """Note a message to the client."""
        if isinstance(message, JSONRPCResponse | JSONRPCError):
            self._answered(message.id)

    async def settled(self) -> None:
        """Wait until nothing is owed, but not for ever."""
        with anyio.move_on_after(_LINGER):
            while self._waiting:
                self._none = anyio.Event()
                await self._none.wait()

    def _answered(self, identity: object) -> None:
        if isinstance(identity, str | int):
            self._waiting.discard(identity)
        if not self._waiting:
            self._none.set()


class _Noting:
    """A stream for answers that notes them."""

    def __init__(self, write: WriteStream[SessionMessage], owed: _Owed) -> None:
        self._write = write
        self._owed = owed

    async def send(self, item: SessionMessage, /) -> None:
        await self._write.send(item)
        self._owed.went(item.message)

    async def aclose(self) -> None:
        await self._write.aclose()

    async def __aenter__(self) -> Self:
        await self._write.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        return await self._write.__aexit__(kind, value, trace)


class _Answering:
    """The messages of a stream; what is none is answered with an error, so that its sender does not wait in vain.

    The SDK drops such lines in silence. JSON-RPC 2.0, 5.1: -32700 for what is no JSON, -32600 for what is no message.
    """

    def __init__(
        self, read: ReadStream[SessionMessage | Exception], write: WriteStream[SessionMessage], owed: _Owed
    ) -> None:
        self._read = read
        self._write = write
        self._owed = owed

    @property
    def last_context(self) -> object:
        """The context of the last message's sender; the SDK asks for it."""
        return getattr(self._read, "last_context", None)

    async def receive(self) -> SessionMessage | Exception:
        while True:
            try:
                item = await self._read.receive()
            except anyio.EndOfStream:
                await self._owed.settled()
                raise
            if not isinstance(item, Exception):
                self._owed.came(item.message)
                return item
            await self._answer(item)

    async def __anext__(self) -> SessionMessage | Exception:
        try:
            return await self.receive()
        except anyio.EndOfStream:
            raise StopAsyncIteration from None

    def __aiter__(self) -> Self:
        return self

    async def aclose(self) -> None:
        await self._read.aclose()

    async def __aenter__(self) -> Self:
        await self._read.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        return await self._read.__aexit__(kind, value, trace)

    async def _answer(self, error: Exception) -> None:
        refusal = refuse(error)
        if refusal:
            _log.warning("answered %s", refusal.error.message)
            await self._write.send(SessionMessage(refusal))


def refuse(error: Exception) -> JSONRPCError | None:
    """The answer to a line that is no JSON-RPC message, with the request's id if it has one; none to a blank line."""
    faults = error.errors(include_url=False, include_context=False) if isinstance(error, ValidationError) else []
    # Every kind of message lacks a field in what is none, and that fault holds the message whole.
    whole = [fault["input"] for fault in faults if fault["type"] == "missing"]
    found = whole[0] if whole else faults[0]["input"] if faults else str(error)
    if not faults or faults[0]["type"] == "json_invalid":
        try:
            found = json.loads(str(found))  # takes half a surrogate pair, which JavaScript sends and the SDK refuses
        except (ValueError, RecursionError):
            return (
                _error(PARSE_ERROR, None, f"this is not JSON in UTF-8: {_shown(found)}") if str(found).strip() else None
            )
        return _error(
            INVALID_REQUEST, _identity(found), "a \\ud… escape lacks its other half; leave that character out"
        )
    if isinstance(found, list):
        return _error(INVALID_REQUEST, None, "batches are not part of MCP; send one message a line")
    return _error(INVALID_REQUEST, _identity(found), f"this is no JSON-RPC 2.0 message: {_shown(found)}")


def _error(code: int, identity: str | int | None, text: str) -> JSONRPCError:
    kind = "Parse error" if code == PARSE_ERROR else "Invalid request"
    return JSONRPCError(jsonrpc="2.0", id=identity, error=ErrorData(code=code, message=f"{kind}: {text}"))


def _shown(found: object) -> str:
    return ascii(found if isinstance(found, str) else json.dumps(found))[:_SHOWN]


def _identity(message: object) -> str | int | None:
    """The id of what was meant as a request, if it can be sent back."""
    found = message.get("id") if isinstance(message, dict) and "method" in message else None
    if isinstance(found, str):
        return found if len(found) <= 1_000 and found.isprintable() else None
    return found if isinstance(found, int) and not isinstance(found, bool) else None
