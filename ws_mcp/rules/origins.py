"""Origin, the one thing a server knows of the page behind a browser (RFC 6455, 4.1 item 8 and 10.2)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ws_mcp.protocol.connection import Connection
from ws_mcp.rules.handshake_examples import ask, connect, policy
from ws_mcp.rules.http_parts import fault, field_place, fields_of, has_field, line, origin_of, shown
from ws_mcp.rules.registry import rule
from ws_mcp.types import Fault, Request, Severity, Side

BROWSER = re.compile(r"^Mozilla/5\.0 \(.*(?:Gecko/|AppleWebKit/)")
FLAWS = {
    "not-an-origin": "it lacks 'scheme://host'",
    "path": "something follows the host and port",
    "userinfo": "there is a user before '@'",
    "upper-case": "it has upper-case letters",
    "default-port": "it names the default port",
    "empty-host": "the host is empty",
    "bad-host": "the host has characters that no host has",
}
LOCAL = "file://"  # Chromium's Origin for pages from disk: no host, and nothing else can be sent


def browser(request: Request) -> str:
    """The User-Agent, where it is one of a browser; "" else."""
    return next((agent for agent in request.values("User-Agent") if BROWSER.match(agent)), "")


@rule(
    "6455-4.1-26",
    sender=Side.CLIENT,
    needs=["client kind"],
    fix="Let the browser's WebSocket make the connection; a proxy must pass Origin on.",
    good=[policy('{"browser": true}', ask("Origin: https://example.com"))],
    bad=[policy('{"browser": true}', ask())],
)
def browser_without_origin(request: Request, connection: Connection) -> Iterator[Fault]:
    """A request from a browser has an Origin field, which tells the server whose page asks.

    Without it, a server that checks Origin must refuse, and one that does not cannot tell its own pages from others.
    """
    if connection.policy.browser and not has_field(request, "Origin"):
        yield fault(request, "Origin", "There is no Origin field, and the client is said to be a browser.")


@rule(
    severity=Severity.WARNING,
    sender=Side.CLIENT,
    sections=["rfc6455/4.1", "rfc6455/10.2"],
    fix="If this is a browser, find what removes Origin on the way; if it is not, let User-Agent say what it is.",
    good=[
        ask(
            "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Origin: https://example.com",
        )
    ],
    bad=[ask("User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")],
)
def browser_agent_without_origin(request: Request, connection: Connection) -> Iterator[Fault]:
    """User-Agent names a browser, and there is no Origin; every browser sends one.

    Either a proxy removed it, or a program gives itself out as a browser; servers that check Origin answer 403.
    """
    agent = browser(request)
    if agent and not connection.policy.browser and not has_field(request, "Origin"):
        yield fault(request, "Origin", f"There is no Origin field, and User-Agent is {shown(agent)}.")


@rule(
    "6455-4.1-28",
    sender=Side.CLIENT,
    fix="Send scheme, host and port of the page alone, in lower case, as in 'https://example.com:8443', no path.",
    good=[ask("Origin: https://example.com:8443"), ask("Origin: null"), connect("origin: https://example.com")],
    bad=[ask("Origin: example.com"), ask("Origin: https://example.com/chat"), ask("Origin: https://Example.com:443")],
)
def malformed_origin(request: Request, connection: Connection) -> Iterator[Fault]:
    """Origin is a serialised origin: scheme://host, and ':port' where it is not the default, or 'null'.

    Servers compare it as text, so 'https://example.com/' is not 'https://example.com'.
    """
    for field in fields_of(request, "Origin"):
        value = field.value.strip(" \t")
        faults = () if value == LOCAL else origin_of(value).faults
        if faults:
            flaws = ", ".join(dict.fromkeys(FLAWS.get(known, known.replace("-", " ")) for known in faults))
            text = f"Origin is {shown(value)}, which is not of the form scheme://host or scheme://host:port: {flaws}."
            yield Fault(text, field_place(request, field), _mended(value))


def _mended(value: str) -> str:
    origin = origin_of(value)
    if (
        not origin.scheme
        or not origin.host
        or not set(origin.faults) <= {"path", "upper-case", "default-port", "userinfo"}
    ):
        return ""
    port = re.search(r":(\d+)(?:[/?#]|$)", value.partition("://")[2])
    kept = f":{port[1]}" if port and "default-port" not in origin.faults else ""
    host = f"[{origin.host}]" if ":" in origin.host else origin.host
    return line("Origin", f"{origin.scheme}://{host}{kept}")


@rule(
    "6455-4.1-28",
    sender=Side.CLIENT,
    fix="Send Origin once.",
    good=[ask("Origin: https://example.com")],
    bad=[ask("Origin: https://example.com", "Origin: https://other.example")],
)
def duplicate_origin(request: Request, connection: Connection) -> Iterator[Fault]:
    """Origin stands in a request once, with one origin (RFC 6454, 7.3).

    With two, the check may look at one and the application at the other.
    """
    found = fields_of(request, "Origin")
    if len(found) > 1:
        values = list(dict.fromkeys(request.values("Origin")))
        corrected = line("Origin", values[0]) if len(values) == 1 else ""
        yield Fault(f"Origin is there {len(found)} times.", field_place(request, found[1]), corrected)
