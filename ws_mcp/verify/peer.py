"""The client with which a server is tried: it speaks the envelope, and misbehaves where a guarantee asks for it."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin, Subprotocol

from ws_mcp.verify.model import Broken

SECRET = "a secret for verification only, 0123456789"
JSON = "wsmcp.v1.json"
_PATIENCE = 10.0  # seconds for an answer


def token(user: str, seconds: int = 600, secret: str = SECRET) -> str:
    """A token as templates/protocol.md describes it."""
    name = base64.urlsafe_b64encode(user.encode()).rstrip(b"=").decode()
    body = f"{name}.{int(time.time()) + seconds}"
    return f"{body}.{hmac.new(secret.encode(), body.encode(), hashlib.sha256).hexdigest()}"


class Peer:
    """An open connection."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.welcome: dict[str, Any] = {}

    async def send(self, kind: str, **more: Any) -> None:
        """Send a message."""
        await self.socket.send(json.dumps({"v": 1, "type": kind, **more}))

    async def receive(self, *kinds: str, patience: float = _PATIENCE) -> dict[str, Any]:
        """The next message of one of these types, or of any."""
        try:
            async with asyncio.timeout(patience):
                while True:
                    message: dict[str, Any] = json.loads(await self.socket.recv())
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
                    await self.socket.recv()
        except ConnectionClosed:
            return self.socket.close_code, self.socket.close_reason or ""
        except TimeoutError:
            raise Broken(f"the connection was still open after {patience:g} s") from None

    def cut(self) -> None:
        """Drop TCP without a word."""
        self.socket.transport.abort()


def headers(user: str, credential: str | None = None) -> dict[str, str]:
    """What authenticates ``user``; another ``credential``, or none with ""."""
    found = token(user) if credential is None else credential
    return {"Authorization": f"Bearer {found}"} if found else {}


@asynccontextmanager
async def connected(
    url: str,
    user: str = "alice",
    *,
    origin: str = "",
    credential: str | None = None,
    subprotocols: tuple[str, ...] = (JSON,),
    **more: Any,
) -> AsyncIterator[Peer]:
    """A connection before its first message."""
    async with connect(
        url,
        origin=Origin(origin) if origin else None,
        additional_headers=headers(user, credential),
        subprotocols=[Subprotocol(name) for name in subprotocols],
        compression=None,
        proxy=None,
        close_timeout=1,
        max_size=None,
        **more,
    ) as socket:
        yield Peer(socket)


@asynccontextmanager
async def welcomed(
    url: str, user: str = "alice", first: dict[str, Any] | None = None, **more: Any
) -> AsyncIterator[Peer]:
    """A connection after ``hello``, or after another ``first`` message; its welcome is in ``peer.welcome``."""
    async with connected(url, user, **more) as peer:
        await peer.send(**(first or {"kind": "hello"}))
        peer.welcome = (await peer.receive("welcome"))["data"]
        yield peer


async def status(url: str, user: str = "alice", **more: Any) -> tuple[int, dict[str, str], str]:
    """What a handshake is answered with: status, fields in lower case, text."""
    try:
        async with connected(url, user, **more):
            return 101, {}, ""
    except InvalidStatus as error:
        found = error.response
        fields = {name.lower(): value for name, value in found.headers.raw_items()}
        return found.status_code, fields, (found.body or b"").decode("utf-8", "replace").strip()
