"""Offers of permessage-deflate to a server, right and wrong (RFC 7692, 5 and 7); the rules judge the answer."""

from __future__ import annotations

from ws_mcp.probe.heads import Ask
from ws_mcp.probe.words import ACCEPT, REFUSE, Case, Expect, Kind
from ws_mcp.types import Side

_SERVER = frozenset({Side.SERVER})
_DECLINED = Expect(Kind.ACCEPT, deflate=False)
_NAME = "permessage-deflate"

GOOD = {
    "plain": "",
    "client-bits": "; client_max_window_bits",
    "client-bits-15": "; client_max_window_bits=15",
    "client-bits-10": "; client_max_window_bits=10",
    "client-bits-8": "; client_max_window_bits=8",
    "server-bits-15": "; server_max_window_bits=15",
    "server-bits-10": "; server_max_window_bits=10",
    "server-bits-9": "; server_max_window_bits=9",
    "server-bits-8": "; server_max_window_bits=8",
    "server-no-context": "; server_no_context_takeover",
    "client-no-context": "; client_no_context_takeover",
    "all": "; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=12"
    "; client_max_window_bits=12",
    "quoted": '; server_max_window_bits="10"',
    "fallback": f"; server_max_window_bits=8, {_NAME}",
    "after-unknown": "",
}
BAD = {
    "unknown-parameter": ("; mystery=1", "7692-7-01"),
    "unknown-flag": ("; mystery", "7692-7-01"),
    "server-bits-twice": ("; server_max_window_bits=10; server_max_window_bits=11", "7692-7-03"),
    "no-context-twice": ("; server_no_context_takeover; server_no_context_takeover", "7692-7-03"),
    "server-bits-7": ("; server_max_window_bits=7", "7692-7-02"),
    "server-bits-16": ("; server_max_window_bits=16", "7692-7-02"),
    "server-bits-08": ("; server_max_window_bits=08", "7692-7-02"),
    "server-bits-word": ("; server_max_window_bits=max", "7692-7-02"),
    "server-bits-no-value": ("; server_max_window_bits", "7692-7-02"),
    "client-bits-7": ("; client_max_window_bits=7", "7692-7-02"),
    "client-bits-16": ("; client_max_window_bits=16", "7692-7-02"),
    "client-bits-08": ("; client_max_window_bits=08", "7692-7-02"),
    "server-no-context-value": ("; server_no_context_takeover=1", "7692-7-02"),
    "client-no-context-value": ("; client_no_context_takeover=true", "7692-7-02"),
}


def _ask(*values: str) -> Ask:
    return Ask(fields={"Sec-WebSocket-Extensions": values})


def _case(name: str, title: str, ids: tuple[str, ...], ask: Ask, refusable: bool = False) -> Case:
    tolerated = (REFUSE,) if refusable else ()
    passed = (_DECLINED,) if refusable else (ACCEPT,)
    why = (
        "An offer that cannot be taken is declined, and the connection opens without it; to refuse it all is tolerated."
    )
    return Case(
        f"offers/{name}",
        title,
        ids,
        passed=passed,
        tolerated=tolerated,
        ask=ask,
        sides=_SERVER,
        ignore=("window-too-small-to-compress",),
        why=why if refusable else "",
    )


def _numbers(name: str) -> tuple[str, ...]:
    """What a good offer shows: it is taken as it is, or declined; a part of it cannot be left out."""
    if "no-context" in name:
        return ("7692-5-05", "7692-7.1.1.1-04", "7692-7-04")
    return ("7692-5-05", *(("7692-7-04", "7692-7.1.2.1-07") if name.startswith("server-bits") else ()))


CASES = (
    *(
        _case(
            name,
            f"the offer {'x-unknown, ' if name == 'after-unknown' else ''}{_NAME}{parameters}",
            _numbers(name),
            _ask(f"x-unknown; a=1, {_NAME}" if name == "after-unknown" else _NAME + parameters),
        )
        for name, parameters in GOOD.items()
    ),
    _case("two-fields", "two offers in two fields", ("7692-5-03",), _ask(f"{_NAME}; server_max_window_bits=10", _NAME)),
    _case("unknown-extension", "an extension that nobody knows", ("6455-4.2.2-01",), _ask("x-unknown; a=1; b")),
    _case("name-not-lower-case", "the offer Permessage-Deflate", ("7692-5-05",), _ask("Permessage-Deflate")),
    Case(
        "offers/bad-then-good",
        "an offer that must be declined, then one that can be taken",
        ("7692-7-02",),
        passed=(ACCEPT,),
        tolerated=(REFUSE,),
        ask=_ask(f"{_NAME}; server_max_window_bits=99, {_NAME}"),
        sides=_SERVER,
    ),
    *(
        _case(name, f"the offer {_NAME}{parameters}", (number,), _ask(_NAME + parameters), refusable=True)
        for name, (parameters, number) in BAD.items()
    ),
)
