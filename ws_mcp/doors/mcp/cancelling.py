"""Cancelling over HTTP in the handshake era, where no sessions are kept.

A client of that era cancels with a message of its own, which names the request by an id that the client chose: 1, 2, 3
as everybody's. So ``initialize`` hands out a name that nobody can guess, in the header that sessions have theirs in. It
is kept nowhere and asked of nobody, so every replica takes every name; a cancellation counts for the request under way
in this process that carried the same one. Where another replica has that request, the client can still close its
connection, which ends the work in every mode but ``--sessions``, where the specification says otherwise.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import anyio
import anyio.lowlevel
from mcp.types import INVALID_REQUEST
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_NAME = b"mcp-session-id"
_ACCEPTED = 202  # a notification or an answer was taken
_OK = 200
_Key = tuple[bytes, str]


@dataclass(slots=True)
class _Call:
    """One POST as it goes on: what its body says, and the scope that its handling runs in."""

    name: bytes
    method: str = ""
    key: _Key | None = None
    cancels: _Key | None = None
    fault: str = ""
    started: bool = False
    body: bytearray = field(default_factory=bytearray)
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)

    def read(self) -> None:
        """Take from the whole body what counts here; what is no JSON or no message the application refuses."""
        try:
            message: Any = json.loads(self.body)
        except (ValueError, RecursionError):
            return
        finally:
            self.body.clear()
        self.fault = _fault(message)
        if self.fault or not isinstance(message.get("method"), str):
            return
        self.method = message["method"]
        if self.name and "id" in message:
            self.key = (self.name, json.dumps(message["id"]))
        elif self.name and self.method == "notifications/cancelled":
            params = message.get("params")
            if isinstance(params, dict):
                self.cancels = (self.name, json.dumps(params.get("requestId")))


class Cancelling:
    """An ASGI application around the stateless ``app`` at ``path``."""

    def __init__(self, app: ASGIApp, path: str) -> None:
        self._app = app
        self._path = path
        self._calls: dict[_Key, _Call] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http" or scope["path"] != self._path or scope["method"] not in {"GET", "POST"}:
            await self._app(scope, receive, send)
        elif scope["method"] == "GET":
            # Streamable HTTP lets a server refuse this stream. Without sessions nothing could ever come on it, and
            # each would hold one of the connections there are.
            refusal = PlainTextResponse("There is no stream to listen to. POST messages.\n", 405, {"Allow": "POST"})
            await refusal(scope, receive, send)
        else:
            await self._post(scope, receive, send)

    async def _post(self, scope: Scope, receive: Receive, send: Send) -> None:
        call = _Call(dict(scope["headers"]).get(_NAME, b""))
        try:
            with call.scope:
                await self._app(scope, self._reading(receive, call), self._answering(send, call))
        finally:
            if call.key and self._calls.get(call.key) is call:
                del self._calls[call.key]
        if call.scope.cancelled_caught and not call.started:
            await (_refusal(call.fault) if call.fault else Response(status_code=204))(scope, receive, send)

    def _reading(self, receive: Receive, call: _Call) -> Receive:
        whole = False

        async def read() -> Message:
            nonlocal whole
            message = await receive()
            if message["type"] == "http.request" and not whole:
                call.body += message.get("body", b"")
                whole = not message.get("more_body", False)
                if whole:
                    call.read()
                    if call.fault:
                        call.scope.cancel()
                        await anyio.lowlevel.checkpoint()  # goes no further
                    elif call.key:
                        self._calls[call.key] = call
            return message

        return read

    def _answering(self, send: Send, call: _Call) -> Send:
        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                call.started = True
                if call.method == "initialize" and message["status"] == _OK:
                    name = secrets.token_hex(16).encode()
                    message = {**message, "headers": [*message["headers"], (_NAME, name)]}
                elif call.cancels and message["status"] == _ACCEPTED:  # by who may: the application has looked
                    found = self._calls.get(call.cancels)
                    if found:
                        found.scope.cancel()
            await send(message)

        return answer


def _fault(message: object) -> str:
    """What the SDK would tell in pydantic's words, or take for a notification: then nobody gets an answer."""
    if isinstance(message, list):
        return "batches are not part of MCP; send one message a request"
    if not isinstance(message, dict):
        return "a message is a JSON object, with jsonrpc, method and params"
    if message.get("jsonrpc") != "2.0":
        return 'a message has "jsonrpc": "2.0"'
    identity = message.get("id", 0)
    if "method" in message and (isinstance(identity, bool) or not isinstance(identity, str | int)):
        return "the id of a request is a text or a whole number"
    return ""


def _refusal(fault: str) -> JSONResponse:
    error = {"code": INVALID_REQUEST, "message": f"Invalid request: {fault}"}
    return JSONResponse({"jsonrpc": "2.0", "id": None, "error": error}, 400)
