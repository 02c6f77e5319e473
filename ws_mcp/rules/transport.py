"""TLS and what travels without it (RFC 6455, 10.5 and 10.6)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from ws_mcp.protocol.connection import Connection
from ws_mcp.rules.handshake_examples import ask, connect, policy
from ws_mcp.rules.http_parts import authority_of, classic, fault, has_field, origin_of, place
from ws_mcp.rules.registry import rule
from ws_mcp.types import Fault, Policy, Request, Severity, Side

SCHEMES = {"http": "ws", "https": "wss"}
PORTS = {443: "wss", 80: "ws"}
NAMES = ("Authorization", "Cookie", "Proxy-Authorization")


def scheme_of(request: Request, policy: Policy) -> str:
    """The scheme (ws or wss) where the policy or the request tells it, "" where nothing does.

    An https Origin tells too: browsers allow such a page no ws connection but to its own machine.
    """
    if policy.scheme:
        return policy.scheme
    known = [SCHEMES.get(value, "") for value in request.values(":scheme")]
    if classic(request) and "://" in request.target:
        known.append(SCHEMES.get(request.target.partition("://")[0].lower(), ""))
    known += [PORTS.get(authority_of(host).port or 0, "") for host in request.values("Host")]
    known += [
        "wss" for origin in request.values("Origin") if origin_of(origin).scheme == "https" and not local(request)
    ]
    return next((scheme for scheme in known if scheme), "")


def local(request: Request) -> bool:
    """Whether the host is the machine itself."""
    hosts = request.values("Host") or request.values(":authority")
    name = authority_of(hosts[0]).host.lower() if hosts else ""
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")


def secrets_of(request: Request) -> list[str]:
    """The fields that carry credentials."""
    return [name for name in NAMES if has_field(request, name)]


@rule(
    "6455-10.6-02",
    sender=Side.CLIENT,
    needs=["scheme"],
    fix="Use a wss URL; a certificate costs nothing, and proxies leave an encrypted connection alone.",
    good=[policy('{"scheme": "wss"}', ask()), policy('{"scheme": "ws"}', ask("Host: localhost:8080"))],
    bad=[policy('{"scheme": "ws"}', ask()), connect(":scheme: http")],
)
def connection_without_tls(request: Request, connection: Connection) -> Iterator[Fault]:
    """Connections to other machines go over TLS.

    Without it everyone on the way can read and change the messages, and old proxies break the upgrade.
    """
    if scheme_of(request, connection.policy) == "ws" and not local(request):
        yield Fault("The connection is not encrypted (ws).", place(request, "Host"))


@rule(
    severity=Severity.WARNING,
    sender=Side.CLIENT,
    needs=["scheme"],
    sections=["rfc6455/10.5", "rfc6455/10.6"],
    fix="Use a wss URL, and mark the cookie Secure; count the credential as known to others and replace it.",
    good=[policy('{"scheme": "wss"}', ask("Authorization: Bearer abc"))],
    bad=[policy('{"scheme": "ws"}', ask("Authorization: Bearer abc"))],
)
def credentials_without_tls(request: Request, connection: Connection) -> Iterator[Fault]:
    """A credential travels unencrypted, for everyone on the way to read and use."""
    if scheme_of(request, connection.policy) == "ws" and not local(request):
        for name in secrets_of(request):
            yield fault(request, name, f"{name} is sent over ws, without TLS.")
