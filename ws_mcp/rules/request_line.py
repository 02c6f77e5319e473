"""The request line of an opening request: method, version, target (RFC 6455, 4.1 items 1 to 3, and 3)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ws_mcp.protocol.connection import Connection
from ws_mcp.protocol.headers import parse_target
from ws_mcp.protocol.urls import DEFAULT_PORTS, Url
from ws_mcp.rules.handshake_examples import ask, connect
from ws_mcp.rules.http_parts import LONGEST, authority_of, classic, place, shown, start_place
from ws_mcp.rules.registry import rule
from ws_mcp.types import Fault, Place, Request, Side

_VERSION = re.compile(r"HTTP/(\d)\.(\d)")
_NOT_URI = re.compile(r"[^!#$%&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~]")
_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
FORM = "Send the resource name as the target: the path from '/' on, and '?' and the query if there is one"


def target_of(request: Request) -> str:
    """The request target; over HTTP/2 and HTTP/3 it is :path."""
    return request.target if classic(request) else next(iter(request.values(":path")), "")[:LONGEST]


def _place(request: Request) -> Place:
    return start_place(request) if classic(request) else place(request, ":path")


def _corrected(request: Request, target: str) -> str:
    if classic(request):
        return f"{request.method} {target} {request.version}"
    return f":path: {target}"


@rule(
    "6455-4.1-17",
    sender=Side.CLIENT,
    needs=["request line"],
    fix="Send the request with the method GET.",
    good=[ask()],
    bad=[ask(start="POST /chat HTTP/1.1"), ask(start="get /chat HTTP/1.1")],
)
def request_method_not_get(request: Request, connection: Connection) -> Iterator[Fault]:
    """The opening request is a GET; methods are case-sensitive.

    A server refuses any other method, most with 405. Usual causes: a REST client, a form, or a proxy that rewrote it.
    """
    if classic(request) and request.method != "GET":
        text = f"The method is {shown(request.method)}; an opening request is a GET."
        yield Fault(text, start_place(request), f"GET {request.target} {request.version}")


@rule(
    "6455-4.1-18",
    sender=Side.CLIENT,
    needs=["request line"],
    fix="Send HTTP/1.1. Behind nginx, set proxy_http_version 1.1: it speaks HTTP/1.0 to its upstream otherwise.",
    good=[ask()],
    bad=[ask(start="GET /chat HTTP/1.0"), ask(start="GET /chat HTTP/0.9")],
)
def request_http_version_too_low(request: Request, connection: Connection) -> Iterator[Fault]:
    """The version of the request is HTTP/1.1 or higher; HTTP/1.0 has no Upgrade.

    Usual cause: an old reverse proxy, or a monitoring tool.
    """
    found = _VERSION.fullmatch(request.version)
    if classic(request) and found and (int(found[1]), int(found[2])) < (1, 1):
        text = f"The version is {shown(request.version)}; an opening request needs HTTP/1.1."
        yield Fault(text, start_place(request), f"{request.method} {request.target} HTTP/1.1")


@rule(
    "6455-4.1-19",
    "6455-3-04",
    "8441-5-12",
    sender=Side.CLIENT,
    needs=["request line"],
    fix=f"{FORM}; only through a proxy an absolute http or https URI is right too.",
    good=[ask(start="GET /chat?room=1 HTTP/1.1"), ask(start="GET https://example.com/chat HTTP/1.1")],
    bad=[
        ask(start="GET chat HTTP/1.1"),
        ask(start="GET * HTTP/1.1"),
        ask(start="GET ws://example.com/chat HTTP/1.1"),
        connect(":path: chat"),
    ],
)
def malformed_request_target(request: Request, connection: Connection) -> Iterator[Fault]:
    """The request target is the resource name of the ws or wss URL, or an absolute http or https URI.

    A path that lacks its first slash, or a ws:// URL as the target, makes servers and proxies answer 400.
    """
    raw = target_of(request)
    target = parse_target(raw)
    if target.form == "origin" or (not raw and not classic(request)):
        return
    if target.form == "absolute" and target.url and target.url.scheme in {"http", "https"} and classic(request):
        return
    corrected = target.url.resource if target.url else f"/{raw}" if target.form == "invalid" else ""
    what = {"absolute": "no http or https URI", "invalid": "no path"}.get(target.form, f"of the {target.form} form")
    text = f"The request target {shown(raw)} is {what}; it must be a path that starts with '/'."
    yield Fault(text, _place(request), _corrected(request, corrected) if corrected else "")


@rule(
    "6455-4.1-19",
    sender=Side.CLIENT,
    needs=["request line"],
    fix="Make Host name the host and port of the absolute target, or send the path alone as the target.",
    good=[ask(start="GET https://example.com:443/chat HTTP/1.1")],
    bad=[ask(start="GET http://other.example/chat HTTP/1.1")],
)
def target_and_host_disagree(request: Request, connection: Connection) -> Iterator[Fault]:
    """An absolute request target names the same host and port as the URL that Host stands for.

    Where they differ, a proxy and the server behind it can serve two different sites for one request.
    """
    url, hosts = parse_target(request.target).url, request.values("Host")
    if not classic(request) or url is None or len(hosts) != 1 or not url.authority.host:
        return
    host = authority_of(hosts[0])
    if not host.faults and _address(url) != (host.host.lower(), host.port or DEFAULT_PORTS.get(url.scheme)):
        text = f"The target names {shown(url.raw)}, Host says {shown(hosts[0])}; they must agree."
        yield Fault(text, place(request, "Host"), f"{request.method} {url.resource} {request.version}")


def _address(url: Url) -> tuple[str, int | None]:
    return url.authority.host.lower(), url.port


@rule(
    "6455-3-02",
    "6455-3-03",
    sender=Side.CLIENT,
    needs=["request line"],
    fix="Leave the fragment out of the URL; where '#' belongs to the path or the query, write %23.",
    good=[ask(start="GET /chat?tag=%23news HTTP/1.1")],
    bad=[ask(start="GET /chat#news HTTP/1.1"), connect(":path: /chat#news")],
)
def fragment_in_target(request: Request, connection: Connection) -> Iterator[Fault]:
    """A WebSocket URL has no fragment, and a '#' that is meant is written %23.

    The WebSocket constructor of browsers drops it or throws a SyntaxError; servers answer 400 or look for a path that
    does not exist.
    """
    raw = target_of(request)
    if "#" in raw:
        text = f"The request target {shown(raw)} has a fragment, '#{raw.partition('#')[2][:40]}'."
        yield Fault(text, _place(request))


@rule(
    "6455-11.1.1-02",
    "6455-11.1.2-02",
    sender=Side.CLIENT,
    needs=["request line"],
    fix="Encode the character as UTF-8 and write each byte as %XX; encodeURIComponent and urllib.parse.quote do it.",
    good=[ask(start="GET /caf%C3%A9?q=a%20b HTTP/1.1")],
    bad=[
        ask(start="GET /chat?filter=a|b HTTP/1.1"),
        ask(start="GET /caf\xe9 HTTP/1.1"),
        ask(start="GET /100% HTTP/1.1"),
    ],
)
def unencoded_character_in_target(request: Request, connection: Connection) -> Iterator[Fault]:
    """Characters that a URI does not allow are percent-encoded in the request target.

    Lenient servers take them as they are; others answer 400, and two of them may read two different paths.
    """
    raw = target_of(request)
    odd = sorted(set(_NOT_URI.findall(raw)) - ({"%", *" \t"} if classic(request) else {"%"}))
    lone = _LONE_PERCENT.search(raw)
    if not odd and lone is None:
        return
    seen = ", ".join(map(repr, odd)) or "a '%' that no two hexadecimal digits follow"
    mended = _LONE_PERCENT.sub("%25", raw) if lone else raw
    mended = _NOT_URI.sub(lambda match: "".join(f"%{byte:02X}" for byte in _bytes(match[0])), mended)
    text = f"The request target {shown(raw)} has {seen}, which a URI does not allow as it is."
    yield Fault(text, _place(request), _corrected(request, mended))


def _bytes(character: str) -> bytes:
    """The bytes that were sent: heads are read as Latin-1."""
    return character.encode("latin-1") if ord(character) < 256 else character.encode("utf-8", "replace")
