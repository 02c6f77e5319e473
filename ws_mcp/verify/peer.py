"""Opens the connections with which a server is tried."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin, Subprotocol

from ws_mcp.verify.speech import JSON as JSON
from ws_mcp.verify.speech import Peer as Peer
from ws_mcp.verify.speech import SocketIoPeer

SECRET = "a secret for verification only, 0123456789"
_SOCKET_IO = "ws+socketio:"


def token(user: str, seconds: int = 600, secret: str = SECRET) -> str:
    """A token as templates/protocol.md describes it."""
    name = base64.urlsafe_b64encode(user.encode()).rstrip(b"=").decode()
    body = f"{name}.{int(time.time()) + seconds}"
    return f"{body}.{hmac.new(secret.encode(), body.encode(), hashlib.sha256).hexdigest()}"


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
    """A connection before its first message; a ``url`` of scheme ws+socketio wants Socket.IO on it."""
    kind: type[Peer] = Peer
    if url.startswith(_SOCKET_IO):
        kind, subprotocols = SocketIoPeer, ()
        url = f"{url.replace(_SOCKET_IO, 'ws:')}{'&' if '?' in url else '?'}{SocketIoPeer.QUERY}"
    async with connect(
        url,
        origin=Origin(origin) if origin else None,
        additional_headers=headers(user, credential),
        subprotocols=[Subprotocol(name) for name in subprotocols] or None,
        compression=None,
        proxy=None,
        close_timeout=1,
        max_size=None,
        **more,
    ) as socket:
        peer = kind(socket)
        try:
            yield peer
        finally:
            peer.forget()


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
