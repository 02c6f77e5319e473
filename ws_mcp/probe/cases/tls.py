"""What comes before the opening handshake where the URL is wss (RFC 6455, 4.1, 4.2.2 and 10.6)."""

from __future__ import annotations

from ws_mcp.probe.words import DROP, REFUSE, SHUN, Case, Send, echo
from ws_mcp.types import Side

_CLIENT, _SERVER = frozenset({Side.CLIENT}), frozenset({Side.SERVER})
_HELLO = Send("text", b"hello")
_LIMIT = 2.0  # seconds in which a client shows whether it goes on
_REFUSED = (
    ("untrusted", "a certificate of an authority that nobody knows", "6455-4.1-12", ""),
    ("expired", "a certificate that has expired", "6455-4.1-12", ""),
    ("other-name", "a certificate for another host", "6455-4.1-12", ""),
    ("old-version", "no version of TLS above 1.1", "6455-10.6-03", "RFC 8996 forbids TLS 1.0 and 1.1."),
    (
        "no-encryption",
        "no cipher that encrypts",
        "6455-10.6-03",
        "RFC 9325, 4.2.1 forbids ciphers that do not encrypt.",
    ),
)

CASES = (
    Case(
        "tls/right",
        "a right exchange inside TLS",
        ("6455-10.6-01", "6455-4.1-11", "6455-4.1-13", "6455-4.2.2-02", "6455-3-05"),
        (_HELLO,),
        (echo("hello"),),
    ),
    Case(
        "tls/server-name",
        "the right answer, where the ClientHello names the server",
        ("6455-4.1-14",),
        (_HELLO,),
        (echo("hello"),),
        why="Without SNI a server with several certificates cannot choose. An address has no name to give.",
        sides=_CLIENT,
        study="server-name",
    ),
    *(
        Case(
            f"tls/{name}",
            title,
            (number,),
            passed=(SHUN,),
            why=why,
            limit=_LIMIT,
            sides=_CLIENT,
            study=f"tls-{name}",
        )
        for name, title, number, why in _REFUSED
    ),
    Case(
        "tls/plain-request",
        "the right request, but not inside TLS",
        ("6455-4.2.2-02", "6455-4.2.2-23"),
        passed=(REFUSE, DROP),
        why="TLS fails then, and the server has to end the connection; an answer that says why may come first.",
        sides=_SERVER,
        study="plain-request",
    ),
)
