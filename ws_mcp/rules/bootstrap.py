"""WebSocket over HTTP/2 and HTTP/3: extended CONNECT and its pseudo-header fields (RFC 8441, 4 and 5; RFC 9220, 3)."""

from __future__ import annotations

from collections.abc import Iterator

from ws_mcp.protocol.connection import Connection
from ws_mcp.rules.handshake_examples import both, connect
from ws_mcp.rules.http_parts import classic, fault, field_place, fields_of, has_field, heads, joined, name_of, shown
from ws_mcp.rules.registry import rule
from ws_mcp.types import Fault, Handshake, Request, Response, Severity, Side

NAMES = {"h2": "HTTP/2", "h3": "HTTP/3"}
SCHEMES = {"ws": "http", "wss": "https"}
OK = "response:\n:status: 200"


@rule(
    "8441-5-01",
    "9220-3-01",
    sender=Side.CLIENT,
    fix="Send ':method: CONNECT' together with ':protocol: websocket'.",
    good=[connect()],
    bad=[connect(":method: GET"), connect(drop=":method")],
)
def bootstrap_method_not_connect(request: Request, connection: Connection) -> Iterator[Fault]:
    """Over HTTP/2 and HTTP/3 the opening request is an extended CONNECT; there is no Upgrade.

    A GET is answered as a GET.
    """
    if not classic(request) and request.values(":method") != ("CONNECT",):
        there = has_field(request, ":method")
        seen = f":method is {joined(request, ':method')}" if there else "There is no :method"
        yield fault(request, ":method", f"{seen}; it must be CONNECT.", ":method: CONNECT")


@rule(
    "8441-5-02",
    "8441-5-01",
    "8441-4-02",
    "9220-3-01",
    sender=Side.CLIENT,
    fix="Send ':protocol: websocket', once.",
    good=[connect()],
    bad=[connect(drop=":protocol"), connect(":protocol: webtransport")],
)
def bootstrap_protocol_not_websocket(request: Request, connection: Connection) -> Iterator[Fault]:
    """The pseudo-header field :protocol says 'websocket', once; without it this is a request for a TCP tunnel."""
    if not classic(request) and request.values(":protocol") != ("websocket",):
        there = has_field(request, ":protocol")
        seen = f":protocol is {joined(request, ':protocol')}" if there else "There is no :protocol"
        yield fault(request, ":protocol", f"{seen}; it must be 'websocket', once.", ":protocol: websocket")


@rule(
    "8441-4-03",
    "9220-3-01",
    sender=Side.CLIENT,
    fix="Send :scheme and :path beside :protocol; an ordinary CONNECT has neither, the extended one has both.",
    good=[connect()],
    bad=[connect(drop=":scheme"), connect(drop=":path"), connect(":path:")],
)
def bootstrap_without_scheme_or_path(request: Request, connection: Connection) -> Iterator[Fault]:
    """A request with :protocol has :scheme and :path too; a peer takes it for malformed otherwise."""
    for name in () if classic(request) else (":scheme", ":path"):
        if not any(request.values(name)):
            yield fault(request, name, f"There is no {name}, or it is empty.")


@rule(
    "8441-5-03",
    "9220-3-01",
    sender=Side.CLIENT,
    fix="Send ':scheme: https' for a wss URL and ':scheme: http' for a ws URL.",
    good=[connect(), connect(":scheme: http", ":authority: localhost")],
    bad=[connect(":scheme: wss"), 'policy: {"scheme": "wss"}\n' + connect(":scheme: http")],
)
def bootstrap_wrong_scheme(request: Request, connection: Connection) -> Iterator[Fault]:
    """:scheme names HTTP's scheme, not WebSocket's: https for wss, http for ws."""
    due = SCHEMES.get(connection.policy.scheme, "")
    for field in () if classic(request) else fields_of(request, ":scheme"):
        value = field.value.strip(" \t")
        if value and value not in ({due} if due else set(SCHEMES.values())):
            other = due or SCHEMES.get(value.lower(), "")
            text = f":scheme is {shown(value)}; it must be {other or 'https or http'}."
            yield Fault(text, field_place(request, field), f":scheme: {other}" if other else "")


@rule(
    "8441-5-04",
    "9220-3-01",
    sender=Side.CLIENT,
    fix="Leave Connection and Upgrade out; :protocol does their work.",
    good=[connect()],
    bad=[connect("upgrade: websocket"), connect("connection: Upgrade")],
)
def bootstrap_with_upgrade_fields(request: Request, connection: Connection) -> Iterator[Fault]:
    """HTTP/2 and HTTP/3 have no Connection and no Upgrade; a request with them is malformed."""
    for name in () if classic(request) else ("Connection", "Upgrade"):
        for field in fields_of(request, name):
            text = f"The request has {field.name.lower()}: {shown(field.value.strip())}"
            yield Fault(f"{text}, which {NAMES[request.form]} forbids.", field_place(request, field))


@rule(
    "8441-5-05",
    "8441-5-12",
    "9220-3-01",
    sender=Side.CLIENT,
    fix="Send the host and port of the URL in :authority.",
    good=[connect(":authority: example.com:8443")],
    bad=[connect(drop=":authority"), connect("host: example.com", drop=":authority")],
)
def bootstrap_without_authority(request: Request, connection: Connection) -> Iterator[Fault]:
    """:authority carries what Host carries in HTTP/1.1."""
    if not classic(request) and not any(request.values(":authority")):
        hosts = request.values("Host")
        seen = f", only host: {shown(hosts[0])}" if hosts else ""
        corrected = f":authority: {hosts[0]}" if len(hosts) == 1 else ""
        yield fault(request, ":authority", f"There is no :authority{seen}.", corrected)


@rule(
    "8441-5-06",
    "9220-3-01",
    severity=Severity.WARNING,
    fix="Leave Sec-WebSocket-Key and Sec-WebSocket-Accept out over HTTP/2 and HTTP/3.",
    good=[both(connect(), OK)],
    bad=[
        connect("sec-websocket-key: x3JJHMbDL1EzLkh9GBhXDw=="),
        both(connect(), f"{OK}\nsec-websocket-accept: HSmrc0sMlYUkAGmm5OPpG2HaGWk="),
    ],
)
def bootstrap_with_key(handshake: Handshake, connection: Connection) -> Iterator[Fault]:
    """Key and Accept play no part in extended CONNECT; whoever waits for the answer to a key waits for ever."""
    for head in heads(handshake):
        for name in () if classic(head) else ("Sec-WebSocket-Key", "Sec-WebSocket-Accept"):
            if has_field(head, name):
                yield fault(
                    head, name, f"The {name_of(head)} has {name.lower()}, which has no meaning over HTTP/2 and HTTP/3."
                )


@rule(
    "8441-5-07",
    "9220-3-01",
    fix="Write the field names in lower case.",
    good=[both(connect("origin: https://example.com"), OK)],
    bad=[connect("Origin: https://example.com"), both(connect(), f"{OK}\nServer: x")],
)
def bootstrap_name_not_lower_case(handshake: Handshake, connection: Connection) -> Iterator[Fault]:
    """Field names are in lower case in HTTP/2 and HTTP/3; a message with others is malformed."""
    for head in heads(handshake):
        for field in head.fields if not classic(head) else ():
            if field.name != field.name.lower():
                text = f"In the {name_of(head)}, the name {shown(field.name)} has upper-case letters."
                yield Fault(text, field_place(head, field), f"{field.name.lower()}: {field.value.strip()}")


@rule(
    "8441-5-08",
    "9220-3-01",
    sender=Side.SERVER,
    needs=["status line"],
    fix="Answer ':status: 200' to accept.",
    good=[both(connect(), OK)],
    bad=[both(connect(), "response:\n:status: 101")],
)
def bootstrap_status_not_2xx(response: Response, connection: Connection) -> Iterator[Fault]:
    """Over HTTP/2 and HTTP/3 a 2xx status accepts; 101 does not exist there."""
    if not classic(response) and response.status == 101:
        yield fault(response, ":status", f":status is 101, which {NAMES[response.form]} does not have.", ":status: 200")
