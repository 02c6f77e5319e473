"""What the user demands beyond the protocol. A breach is an error: the demand is the user's own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ws_mcp.protocol.connection import Connection
from ws_mcp.rules.extension_lists import NAME as EXTENSIONS
from ws_mcp.rules.extension_lists import listed
from ws_mcp.rules.handshake_examples import answer, ask, both, policy
from ws_mcp.rules.http_parts import accepts, fault, has_field, joined, shown
from ws_mcp.rules.places import message_place, who
from ws_mcp.rules.registry import rule
from ws_mcp.rules.subprotocols import NAME as SUBPROTOCOL
from ws_mcp.rules.subprotocols import offered
from ws_mcp.types import Fault, Handshake, Request, Response, Severity, Side
from ws_mcp.wire import Message

ORIGINS = '{"origins": ["https://example.com", "https://*.example.org"]}'
CHAT = '{"subprotocol": "chat"}'
NONE_ALLOWED = '{"extensions": []}'


def allows(pattern: str, origin: str) -> bool:
    """Whether an origin fits an entry of the policy, in which ``*`` stands for part of a host name."""
    return re.fullmatch(re.escape(pattern).replace(r"\*", r"[A-Za-z0-9.-]+"), origin) is not None


@rule(
    severity=Severity.ERROR,
    sender=Side.CLIENT,
    sections=["rfc6455/10.2"],
    fix="Connect from a page of an allowed origin, or add this one to the policy; a server answers 403.",
    good=[policy(ORIGINS, ask("Origin: https://example.com")), policy(ORIGINS, ask("Origin: https://a.example.org"))],
    bad=[
        policy(ORIGINS, ask("Origin: https://evil.example")),
        policy(ORIGINS, ask("Origin: https://example.com.evil.example")),
        policy(ORIGINS, ask()),
    ],
)
def policy_origin(request: Request, connection: Connection) -> Iterator[Fault]:
    """The origin is not among those that the policy allows.

    Origins are compared whole; a comparison by prefix or suffix lets 'https://example.com.evil.example' in.
    """
    allowed = connection.policy.origins
    for value in (request.values("Origin") or ("",)) if allowed else ():
        if not any(allows(pattern, value) for pattern in allowed):
            seen = f"Origin is {shown(value)}" if value else "There is no Origin"
            yield fault(request, "Origin", f"{seen}; the policy allows {', '.join(allowed)}.")


@rule(
    severity=Severity.ERROR,
    sender=Side.CLIENT,
    sections=["rfc6455/1.9"],
    fix="Offer the subprotocol that the policy demands.",
    good=[policy(CHAT, ask("Sec-WebSocket-Protocol: chat"), answer("Sec-WebSocket-Protocol: chat"))],
    bad=[policy(CHAT, ask())],
)
def policy_subprotocol_not_offered(request: Request, connection: Connection) -> Iterator[Fault]:
    """The request does not offer the subprotocol that the policy demands."""
    wanted = connection.policy.subprotocol
    if wanted and wanted not in offered(request):
        seen = joined(request, SUBPROTOCOL) if has_field(request, SUBPROTOCOL) else "no subprotocol"
        yield fault(request, SUBPROTOCOL, f"The request offers {seen}; the policy demands {wanted}.")


@rule(
    severity=Severity.ERROR,
    sender=Side.SERVER,
    sections=["rfc6455/1.9"],
    fix="Choose the subprotocol that the policy demands, or refuse the connection.",
    good=[policy(CHAT, ask("Sec-WebSocket-Protocol: chat"), answer("Sec-WebSocket-Protocol: chat"))],
    bad=[policy(CHAT, ask("Sec-WebSocket-Protocol: chat"), answer())],
)
def policy_subprotocol_not_chosen(response: Response, connection: Connection) -> Iterator[Fault]:
    """The answer does not choose the subprotocol that the policy demands."""
    wanted = connection.policy.subprotocol
    if wanted and accepts(response) and response.values(SUBPROTOCOL) != (wanted,):
        seen = joined(response, SUBPROTOCOL) if has_field(response, SUBPROTOCOL) else "no subprotocol"
        yield fault(response, SUBPROTOCOL, f"The answer chooses {seen}; the policy demands {wanted}.")


@rule(
    severity=Severity.ERROR,
    sender=Side.SERVER,
    sections=["rfc6455/9"],
    fix="Decline the extension in the server's configuration, or allow it in the policy.",
    good=[policy(NONE_ALLOWED, both(ask("Sec-WebSocket-Extensions: permessage-deflate")))],
    bad=[
        policy(
            NONE_ALLOWED,
            ask("Sec-WebSocket-Extensions: permessage-deflate"),
            answer("Sec-WebSocket-Extensions: permessage-deflate"),
        )
    ],
)
def policy_extension(handshake: Handshake, connection: Connection) -> Iterator[Fault]:
    """The connection uses an extension that the policy does not allow."""
    allowed, response = connection.policy.extensions, handshake.response
    if allowed is None or response is None or not accepts(response):
        return
    for extension in listed(response):
        if extension.name not in allowed:
            text = f"The answer accepts {shown(extension.name)}; the policy allows {', '.join(allowed) or 'none'}."
            yield fault(response, EXTENSIONS, text)


@rule(
    severity=Severity.ERROR,
    sections=["rfc6455/10.4", "rfc6455/7.4.1"],
    close=1009,
    fix="Keep messages within the agreed size; what counts is the size after joining fragments and inflating.",
    good=['policy: {"max_message": 5}\nS: 82 05 6162636465'],
    bad=[
        'policy: {"max_message": 4}\nS: 02 03 616263\nS: 80 02 6465',
        'policy: {"max_message": 4}\nS: 82 05 61  # the header is enough',
        'policy: {"max_message": 4}\nextensions: permessage-deflate\nS: c1 07 f248cdc9c90700',
    ],
)
def message_over_limit(message: Message, connection: Connection) -> Iterator[Fault]:
    """A message is larger than the policy allows.

    The receiver closes with 1009, as soon as it knows: a header that announces too much is enough.
    """
    limit = connection.policy.max_message
    announced = 0 if message.inflated else message.first.length
    size = max(message.size, announced)
    if limit is not None and size > limit:
        text = f"The message that {who(message.side)} began in frame {message.first.index} has {size:,} bytes"
        yield Fault(f"{text}; the policy allows {limit:,}.", message_place(message))
