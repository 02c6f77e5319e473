"""What a server does about strangers, floods and sizes. Measured, not demanded: the RFC leaves limits to the server."""

from __future__ import annotations

from ws_mcp.probe.heads import Ask
from ws_mcp.probe.words import ACCEPT, DROP, REFUSE, Case, Expect, Kind
from ws_mcp.types import Side

_SERVER = frozenset({Side.SERVER})
_FORBIDDEN = Expect(Kind.REFUSE, statuses=(400, 499))
_ORIGIN = ("6455-10.2-01", "6455-10.2-02", "6455-4.2.2-06")
_LIMIT = ("6455-10.4-01", "6455-10.4-02")


def _origin(name: str, title: str, *origins: str) -> Case:
    return Case(
        f"hardening/origin-{name}",
        title,
        _ORIGIN,
        passed=(_FORBIDDEN,),
        tolerated=(DROP,),
        told=(ACCEPT,),
        ask=Ask(fields={"Origin": origins}),
        sides=_SERVER,
    )


def _study(
    name: str,
    title: str,
    ids: tuple[str, ...],
    effort: str = "default",
    limit: float | None = None,
    why: str = "",
) -> Case:
    return Case(f"hardening/{name}", title, ids, effort=effort, limit=limit, why=why, sides=_SERVER, study=name)


CASES = (
    _origin("foreign", "a page of another site opens the connection", "https://attacker.example"),
    _origin("null", "a sandboxed page opens it (Origin: null)", "null"),
    _origin("garbage", "an Origin that is none", "not an origin"),
    _origin("twice", "two Origin fields, the second foreign", "{origin}", "https://attacker.example"),
    _origin("lookalike", "an Origin whose host begins like the server's", "{origin}.attacker.example"),
    Case(
        "hardening/origin-missing",
        "no Origin, as programs connect",
        ("6455-4.2.2-05",),
        passed=(ACCEPT,),
        told=(REFUSE, DROP),
        ask=Ask(fields={"Origin": ()}),
        sides=_SERVER,
    ),
    Case(
        "hardening/anonymous",
        "a request without credentials",
        ("6455-4.2.2-03",),
        passed=(_FORBIDDEN,),
        tolerated=(DROP,),
        told=(ACCEPT,),
        ask=Ask(bare=True),
        sides=_SERVER,
    ),
    Case(
        "hardening/field-64-kib",
        "a header field of 64 KiB",
        _LIMIT[:1],
        passed=(_FORBIDDEN, Expect(Kind.REFUSE, statuses=(500, 599))),
        tolerated=(DROP,),
        told=(ACCEPT,),
        ask=Ask(extra=(f"X-Large: {'x' * 65536}",)),
        sides=_SERVER,
    ),
    Case(
        "hardening/fields-1000",
        "a thousand header fields",
        _LIMIT[:1],
        passed=(_FORBIDDEN, Expect(Kind.REFUSE, statuses=(500, 599))),
        tolerated=(DROP,),
        told=(ACCEPT,),
        ask=Ask(extra=tuple(f"X-{number}: 1" for number in range(1000))),
        sides=_SERVER,
    ),
    _study("announced-size", "frames that announce from 64 KiB to 4 EiB, with 16 bytes of payload", _LIMIT),
    _study("slow-handshake", "half an opening request, and then nothing", _LIMIT[:1], "slow", 15.0),
    _study("no-handshake", "a connection without a byte", _LIMIT[:1], "slow", 15.0),
    _study(
        "close-time-out", "a Close of the server that nobody answers", ("6455-5.5.1-12", "6455-7.1.1-03"), "slow", 15.0
    ),
    _study("keepalive", "a silent connection: whether Pings come", ("6455-5.5.2-03",), "slow", 25.0),
    _study("ping-flood", "5,000 Pings in one go", ("6455-5.5.2-02",), "stress", 10.0),
    _study("fragment-flood", "up to 50,000 fragments of one byte without an end", _LIMIT, "stress", 10.0),
    _study("message-flood", "messages of 64 KiB, up to 16 MiB, to a client that does not read", _LIMIT, "stress", 10.0),
    _study("deflate-bomb", "64 KiB that inflate to 64 MiB", _LIMIT, "stress", 10.0),
)
