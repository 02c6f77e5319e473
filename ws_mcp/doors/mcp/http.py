"""The server over streamable HTTP: one process that holds nothing between requests, so that any number can run.

MCP at /mcp, /healthz for orchestrators, /metrics for Prometheus; OpenTelemetry spans come from the SDK.
"""

from __future__ import annotations

import errno
import logging
import os
import signal
import socket
import sys
from dataclasses import replace
from types import FrameType
from typing import Any

import uvicorn
from mcp.server import MCPServer
from mcp.server.auth.middleware.bearer_auth import RequireAuthMiddleware
from mcp.server.transport_security import TransportSecuritySettings
from sse_starlette.sse import AppStatus
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from ws_mcp.doors.mcp import app, auth
from ws_mcp.doors.mcp.cancelling import Cancelling
from ws_mcp.doors.mcp.connection import Connection
from ws_mcp.doors.mcp.gate import Gate, Limits
from ws_mcp.doors.mcp.metrics import CONTENT_TYPE, Metrics, count_messages
from ws_mcp.doors.mcp.options import Http
from ws_mcp.doors.mcp.settings import Settings

PATH, HEALTH, METRICS = "/mcp", "/healthz", "/metrics"
STATE_KEY = "WS_MCP_STATE_KEY"  # the environment variable with a secret that replicas share
MAX_BODY = 1 << 20  # bytes of a request
MAX_OPEN = 1_000  # connections; more are answered 503
STUCK = 60  # seconds that a client may refuse to take in what waits for it
IDLE = (
    75  # seconds that an idle connection stays: longer than proxies keep theirs (nginx: 60), or they ask a closed one
)
GRACE = 20  # seconds that running requests get when the server is told to stop
_ASKED = (  # request fields of both eras that a page may set
    "Accept",
    "Authorization",
    "Content-Type",
    "Last-Event-ID",
    "MCP-Protocol-Version",
    "Mcp-Method",
    "Mcp-Name",
    "Mcp-Session-Id",
)
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def serve(settings: Settings, http: Http) -> None:
    """Serve until SIGTERM or Ctrl-C; then running requests are answered and the process ends with 0.

    Raises:
        SystemExit: The address cannot be bound (exit 2).
    """
    logging.basicConfig(level=logging.WARNING, format="websocket-mcp: %(message)s")
    logging.getLogger("mcp.server.streamable_http").addFilter(_is_ours)
    server = app.create(replace(settings, ahead=True), _state_key(http))
    listening = _bind(http)
    gate = application(server, http)
    config = uvicorn.Config(
        readable(gate, http.origins),
        http=Connection,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MAX_OPEN,
        timeout_keep_alive=IDLE,
        timeout_graceful_shutdown=GRACE,
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _ignore)  # uvicorn stops in order, then raises the signal again
    address, port = listening.getsockname()[:2]
    shown = f"[{address}]" if ":" in address else address
    print(f"websocket-mcp serves MCP at http://{shown}:{port}{PATH}", flush=True)
    AppStatus.enable_automatic_graceful_drain = False  # it would cut the streams of answers that are on their way
    _Server(config, gate).run(sockets=[listening])


class _Server(uvicorn.Server):
    """Ends the streams that have no end before it waits for the rest."""

    def __init__(self, config: uvicorn.Config, gate: Gate) -> None:
        super().__init__(config)
        self._gate = gate

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._gate.drain()
        await super().shutdown(sockets)


def application(server: MCPServer, http: Http, limits: Limits = Limits()) -> Gate:  # noqa: B008
    """``server`` as an ASGI application with everything before and beside it."""
    metrics = Metrics((PATH, HEALTH, METRICS))
    count_messages(server, metrics)
    hosts, origins = _allowed(http)
    checked = auth.settings(http.oauth) if http.oauth else None
    inner = server._lowlevel_server.streamable_http_app(
        streamable_http_path=PATH,
        stateless_http=not http.sessions,
        max_request_body_size=MAX_BODY,
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),  # the gate does it
        auth=checked,
        token_verifier=auth.JwtVerifier(http.oauth) if http.oauth else None,
        custom_starlette_routes=_beside(metrics, list(checked.required_scopes or ()) if checked else None),
    )
    return Gate(inner if http.sessions else Cancelling(inner, PATH), metrics, hosts, origins, http.token, limits)


def readable(gate: Gate, origins: tuple[str, ...]) -> ASGIApp:
    """``gate`` as pages of ``origins`` can use it: a browser asks first, without a token, and hides what is not shown.

    Those of this machine that pass on loopback are not among them: any page there could call tools then.
    """
    if not origins:
        return gate
    return CORSMiddleware(
        gate,
        allow_origins=origins,
        allow_methods=["GET", "POST", "DELETE"],
        allow_headers=_ASKED,
        expose_headers=["Mcp-Session-Id", "WWW-Authenticate"],
    )


def _beside(metrics: Metrics, scopes: list[str] | None) -> list[Route]:
    """/healthz and /metrics; the latter asks for the same tokens as MCP does."""

    async def healthy(request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def page(request: Request) -> Response:
        return Response(metrics.text(), media_type=CONTENT_TYPE)

    shown = Route(METRICS, page, methods=["GET"])
    if scopes is not None:
        shown = Route(METRICS, RequireAuthMiddleware(shown.app, scopes))
    return [Route(HEALTH, healthy, methods=["GET"]), shown]


def _allowed(http: Http) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(host names, origins) that may appear in requests; those of this machine only where nobody else can connect."""
    if not http.loopback:
        return http.hosts, http.origins
    names = tuple(dict.fromkeys((*_LOOPBACK, f"[{http.host.strip('[]')}]" if ":" in http.host else http.host)))
    local = tuple(f"{scheme}://{name}" for scheme in ("http", "https") for name in names)
    return (*names, *http.hosts), (*local, *(f"{origin}:*" for origin in local), *http.origins)


def _state_key(http: Http) -> bytes:
    """The key of what clients carry from one replica to another; empty where this process is the only one."""
    secret = os.environ.get(STATE_KEY) or http.token
    return auth.state_key(secret) if secret else b""


def _bind(http: Http) -> socket.socket:
    family = socket.AF_INET6 if ":" in http.host else socket.AF_INET
    try:
        found = socket.create_server((http.host.strip("[]"), http.port), family=family, backlog=2_048)
    except OSError as error:
        busy = "it is in use; give another --port, or 0 for a free one"
        why = busy if error.errno == errno.EADDRINUSE else error.strerror
        print(f"websocket-mcp: cannot listen on {http.host} port {http.port}: {why}", file=sys.stderr)
        raise SystemExit(2) from None
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # ends connections whose client takes nothing in, which close() cannot
        found.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, STUCK * 1_000)
    return found


def _is_ours(record: logging.LogRecord) -> bool:
    """Whether a record is about this server: of each client that went in mid-request the SDK shows a stack trace."""
    return not (record.exc_info and isinstance(record.exc_info[1], ClientDisconnect))


def _ignore(number: int, frame: FrameType | None) -> Any:
    """Do nothing: the end that the signal asks for was reached in order."""
