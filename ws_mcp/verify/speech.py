"""What goes over a connection with which a server is tried: envelopes as they are, or in the packets of Socket.IO."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Any, ClassVar

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from ws_mcp.verify.model import Broken

JSON = "wsmcp.v1.json"
_PATIENCE = 10.0  # seconds for an answer
_AHEAD = 16  # messages that Socket.IO's peer reads before it is asked for them


class Peer:
    """An open connection. ``QUERY`` goes into the URL, ``HELLO`` is the first message, ``BEAT`` how a server asks."""

    QUERY: ClassVar[str] = ""
    HELLO: ClassVar[bytes] = b'{"v":1,"type":"hello"}'
    BEAT: ClassVar[bytes] = b"\x89"  # a Ping frame

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.welcome: dict[str, Any] = {}

    async def send(self, kind: str, **more: Any) -> None:
        """Send a message."""
        await self.socket.send(self.text(kind, more))

    async def receive(self, *kinds: str, patience: float = _PATIENCE) -> dict[str, Any]:
        """The next message of one of these types, or of any."""
        try:
            async with asyncio.timeout(patience):
                while True:
                    message = await self._next()
                    if not kinds or message["type"] in kinds:
                        return message
        except TimeoutError:
            raise Broken(f"no {' or '.join(kinds) or 'message'} within {patience:g} s") from None

    async def nothing(self, *kinds: str, patience: float = 0.3) -> None:
        """Nothing of these types comes for a while."""
        found: dict[str, Any] = {}
        with suppress(Broken):
            found = await self.receive(*kinds, patience=patience)
        if found:
            raise Broken(f"{found['type']} came where nothing should: {str(found)[:200]}")

    async def ask(self, kind: str, **more: Any) -> dict[str, Any]:
        """Send a message and wait for the answer to its id."""
        await self.send(kind, id=more.pop("id", kind), **more)
        return await self.receive("ack", "error", "pong")

    async def end(self, patience: float = _PATIENCE) -> tuple[int | None, str]:
        """Read to the end; the close's code and reason, 1006 where there was none."""
        try:
            async with asyncio.timeout(patience):
                while True:
                    await self._next()
        except ConnectionClosed:
            return self._last()
        except TimeoutError:
            raise Broken(f"the connection was still open after {patience:g} s") from None

    def cut(self) -> None:
        """Drop TCP without a word."""
        self.socket.transport.abort()

    def forget(self) -> None:
        """It is not used any more."""

    def text(self, kind: str, more: dict[str, Any]) -> str:
        """What goes over the wire for a message."""
        return json.dumps({"v": 1, "type": kind, **more}, separators=(",", ":"))

    async def noise(self, word: str) -> None:
        """Send what is no message of the protocol."""
        await self.socket.send(f"{word} is no envelope")

    async def _next(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(await self.socket.recv())
        return message

    def _last(self) -> tuple[int | None, str]:
        return self.socket.close_code, self.socket.close_reason or ""


class SocketIoPeer(Peer):
    """The same over Socket.IO 4: the first message goes with CONNECT, the reason of an end comes as an event.

    It answers heartbeats by itself, and stops reading when too much waits to be received.
    """

    QUERY = "EIO=4&transport=websocket"
    HELLO = b"40"
    BEAT = b"\x81\x012"  # a text frame with Engine.IO's ping

    def __init__(self, socket: ClientConnection) -> None:
        super().__init__(socket)
        self._messages: asyncio.Queue[dict[str, Any] | ConnectionClosed] = asyncio.Queue(_AHEAD)
        self._closing: tuple[int, str] | None = None
        self._reading = asyncio.create_task(self._read())

    def forget(self) -> None:
        """Stop reading."""
        self._reading.cancel()

    def text(self, kind: str, more: dict[str, Any]) -> str:
        """An event packet, or CONNECT."""
        if kind in ("hello", "resume"):
            return "40" + (json.dumps({"resume": more["data"]}) if kind == "resume" else "")
        return "42" + json.dumps([kind, more], separators=(",", ":"))

    async def noise(self, word: str) -> None:
        """Send an event that there is not."""
        await self.send(word, text=word)

    async def _read(self) -> None:
        try:
            while True:
                packet = str(await self.socket.recv())
                if packet == "2":
                    await self.socket.send("3")
                elif packet.startswith("42"):
                    kind, body = json.loads(packet[2:])
                    if kind == "closing":
                        self._closing = body["code"], body["reason"]
                    else:
                        await self._messages.put({**body, "type": kind})
        except ConnectionClosed as error:
            await self._messages.put(error)

    async def _next(self) -> dict[str, Any]:
        message = await self._messages.get()
        if isinstance(message, ConnectionClosed):
            self._messages.put_nowait(message)  # for whoever asks again
            raise message
        return message

    def _last(self) -> tuple[int | None, str]:
        return self._closing or super()._last()
