"""Compares what a peer did with what a case expects. The closing is judged apart from the behaviour."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ws_mcp.probe.observed import Observed
from ws_mcp.probe.telling import tell_closing, tell_echo_skipped, tell_reaction
from ws_mcp.probe.words import Case, Expect, Kind
from ws_mcp.protocol.extensions import parse_extensions
from ws_mcp.protocol.headers import list_elements
from ws_mcp.rules.http_parts import accepts
from ws_mcp.types import Finding, Severity, Verdict


def reactions(case: Case) -> tuple[Expect, ...]:
    """Every reaction that the case knows."""
    return (*case.passed, *case.tolerated, *case.told)


def settled(case: Case, seen: Observed, echo: bool) -> bool:
    """Whether no more has to be waited for to judge the case."""
    if seen.over:
        return True
    if any(expect.kind is Kind.END for expect in case.passed):
        return False
    if seen.close is not None:
        return True
    most = max((len(expect.pongs) for expect in reactions(case)), default=0)
    return any(_reached(expect, seen, echo, most) for expect in reactions(case))


def _reached(expect: Expect, seen: Observed, echo: bool, most: int) -> bool:
    """As much came as this reaction takes, or ``most`` Pongs; whether it is the right thing, ``matches`` says."""
    if expect.kind is Kind.ECHO:
        heard = len(seen.messages) >= len(expect.messages) if echo else seen.alive
        return heard and len(seen.pongs) >= len(expect.pongs)
    if expect.kind is Kind.PONG:
        return len(seen.pongs) >= most
    return expect.kind is Kind.ALIVE and seen.alive


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdict on a behaviour, what was seen in words, and the reaction it was taken for, if it is a known one."""

    verdict: Verdict
    actual: str
    reaction: Expect | None = None


def judge(case: Case, seen: Observed, echo: bool) -> Judged:
    """Judges the behaviour; the closing comes after it."""
    actual = tell_reaction(seen, case.opening)
    for verdict, expected in (
        (Verdict.PASSED, case.passed),
        (Verdict.NON_STRICT, case.tolerated),
        (Verdict.INFORMATIONAL, case.told),
    ):
        for expect in expected:
            if matches(expect, seen, echo):
                skipped = expect.kind is Kind.ECHO and not echo
                return Judged(verdict, actual + (tell_echo_skipped() if skipped else ""), expect)
    return Judged(Verdict.FAILED, actual)


def matches(expect: Expect, seen: Observed, echo: bool = True) -> bool:
    """Whether the peer did this."""
    return _MATCHES[expect.kind](expect, seen, echo)


def _accept(expect: Expect, seen: Observed, echo: bool) -> bool:
    response = seen.response
    if response is None or not accepts(response) or any(response.values(name) for name in expect.absent):
        return False
    agreed = parse_extensions(response.values("Sec-WebSocket-Extensions"))
    deflate = next((e for e in agreed if e.name.lower() == "permessage-deflate"), None)
    if expect.deflate is not None and expect.deflate is not (deflate is not None):
        return False
    for name in expect.parameters:
        there = deflate is not None and deflate.get(name.removeprefix("-")) is not None
        if there is name.startswith("-"):
            return False
    if expect.subprotocol is None:
        return True
    named = response.values("Sec-WebSocket-Protocol")
    return (named[0] if named else "") in expect.subprotocol


def _refuse(expect: Expect, seen: Observed, echo: bool) -> bool:
    response = seen.response
    if response is None or not expect.statuses[0] <= response.status <= expect.statuses[1]:
        return False
    if expect.field is None:
        return True
    name, value = expect.field
    return value in list_elements(response.values(name))


def _drop(expect: Expect, seen: Observed, echo: bool) -> bool:
    return seen.response is None and bool(seen.end)


def _shun(expect: Expect, seen: Observed, echo: bool) -> bool:
    return not (seen.messages or seen.pongs or seen.alive)


def _echo(expect: Expect, seen: Observed, echo: bool) -> bool:
    if seen.pongs != list(expect.pongs):
        return False
    if not echo:
        return seen.alive and not seen.over and seen.close is None
    return seen.messages[: len(expect.messages)] == list(expect.messages)


def _pong(expect: Expect, seen: Observed, echo: bool) -> bool:
    return seen.pongs == list(expect.pongs)


def _alive(expect: Expect, seen: Observed, echo: bool) -> bool:
    return seen.alive and not seen.pongs and not seen.over and seen.close is None


def _fail(expect: Expect, seen: Observed, echo: bool) -> bool:
    if seen.alive:
        return False
    if seen.close is not None:
        return seen.close[0] not in expect.taboo
    return bool(seen.end)


def _close(expect: Expect, seen: Observed, echo: bool) -> bool:
    return seen.close is not None and seen.close[0] in expect.codes and not (expect.last and seen.late)


def _end(expect: Expect, seen: Observed, echo: bool) -> bool:
    return seen.end in expect.ends and (not expect.codes or (seen.close is not None and seen.close[0] in expect.codes))


_MATCHES: dict[Kind, Callable[[Expect, Observed, bool], bool]] = {
    Kind.ACCEPT: _accept,
    Kind.REFUSE: _refuse,
    Kind.DROP: _drop,
    Kind.SHUN: _shun,
    Kind.ECHO: _echo,
    Kind.PONG: _pong,
    Kind.ALIVE: _alive,
    Kind.FAIL: _fail,
    Kind.CLOSE: _close,
    Kind.END: _end,
}


def unbroken(case: Case, verdict: Verdict, told: str, findings: Callable[[], Iterable[Finding]]) -> tuple[Verdict, str]:
    """A verdict and its words; what passed has not where the peer's own bytes broke a rule in it.

    No right endpoint would go on with such a peer. Where we send what is wrong, its answer may have to be so too.
    """
    if verdict is not Verdict.PASSED or not (case.right or case.opening):
        return verdict, told
    broken = (f for f in findings() if f.severity is Severity.ERROR and f.rule not in case.ignore)
    worst = next(broken, None)
    return (verdict, told) if worst is None else (Verdict.FAILED, f"{told}; but {worst.message}")


def judge_closing(reaction: Expect | None, seen: Observed, server: bool) -> tuple[Verdict, str]:
    """The verdict on how the connection ended, and how in words.

    Args:
        reaction: what the behaviour was taken for; after a wrong one the end says nothing.
        seen: all that the peer did, the closing included.
        server: the peer is one, which closes TCP.
    """
    if reaction is None or reaction.kind in {Kind.REFUSE, Kind.DROP, Kind.SHUN}:
        return Verdict.NOT_RUN, ""
    if reaction.kind is Kind.FAIL:
        return _failed_well(reaction, seen, server), tell_closing(seen)
    return _closed_well(seen, server), tell_closing(seen)


def _failed_well(expect: Expect, seen: Observed, server: bool) -> Verdict:
    """After a fault: a Close with a fitting code should come (7.1.7), then TCP has to end."""
    if not seen.end and server:
        return Verdict.FAILED
    if seen.close is None:
        return Verdict.NON_STRICT
    return Verdict.PASSED if seen.close[0] in expect.codes else Verdict.NON_STRICT


def _closed_well(seen: Observed, server: bool) -> Verdict:
    """After Close: one has to answer it (5.5.1), and a server then closes TCP at once."""
    if not seen.closed_by_us:
        return Verdict.NOT_RUN
    if seen.close is None or (server and not seen.end):
        return Verdict.FAILED
    if seen.http is not None and seen.end != "fin":  # an orderly close of TCP is END_STREAM (RFC 8441, 5)
        return Verdict.NON_STRICT
    return Verdict.PASSED
