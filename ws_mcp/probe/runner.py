"""Runs many cases against a server, side by side and within bounds, and puts the result together."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from ws_mcp.probe import autobahn, studies
from ws_mcp.probe.catalogue import left_out, select
from ws_mcp.probe.client import Door, Exchange
from ws_mcp.probe.observed import Observed
from ws_mcp.probe.outcomes import Progressing, Report, outcome_of
from ws_mcp.probe.result import ProbeReport, group
from ws_mcp.probe.settings import Settings
from ws_mcp.probe.targets import Target, read_url, resolve
from ws_mcp.probe.unreachable import no_connection, not_opened
from ws_mcp.probe.words import Case, Expect, Kind, Send, echo
from ws_mcp.report.evidence import plural, printable
from ws_mcp.rules.http_parts import accepts
from ws_mcp.types import Finding, Outcome, Side, Verdict

GREETING = 4  # times that we look for the echo behind messages of the peer's own
SETTING = "http2-setting-value"  # the study that says whether the others make sense
AGAIN = 4  # connections at a time when silent cases are tried again

HELLO = "probe says hello"
_FIRST = Case("peer", "", (), (Send("text", HELLO.encode()),), (echo(HELLO), Expect(Kind.ALIVE)), sentinel=True)


async def probe_server(url: str, settings: Settings | None = None, progress: Report | None = None) -> ProbeReport:
    """Runs the cases against the server at ``url``.

    Raises:
        InputError: the URL cannot be used, its host is not allowed, or no case is selected.
        UnreachableError: the server does not open a connection for a right request.
    """
    settings = settings or Settings()
    target = await resolve(read_url(url), settings.allowed)
    settings = replace(settings, tls=target.secure)
    theirs = autobahn.select(settings)
    cases = select(own, Side.SERVER) if (own := autobahn.without(settings)) else []
    started = asyncio.get_running_loop().time()
    door, unfit = await _door(target, settings)
    notes = await _first(door) if not unfit else [f"{target.url}: {unfit}. So no WebSocket was opened over HTTP/2."]
    progressing = Progressing(len(cases) + len(theirs), progress)
    run = Run(door, cases, progressing)
    run.incomplete = "no WebSocket opens over HTTP/2" if unfit else ""
    await (run.all() if not unfit else run.only(SETTING, unfit))
    left = settings.total - (asyncio.get_running_loop().time() - started)
    deep = await autobahn.run(door, theirs, left, progressing.tell)
    return ProbeReport(
        target.url,
        "server",
        run.agent or deep.agent,
        (*run.outcomes(), *deep.outcomes),
        group((case.id, run.findings.get(case.id, ())) for case in cases),
        asyncio.get_running_loop().time() - started,
        (*notes, *left_out(settings, Side.SERVER), *autobahn.left_out(settings, theirs), *deep.notes),
        "; ".join(filter(None, (run.incomplete, deep.incomplete))),
    )


async def _door(target: Target, settings: Settings) -> tuple[Door, str]:
    """The door, and why no WebSocket opens there: over HTTP/2 a server says so before it is asked (RFC 8441, 3)."""
    if not settings.http2:
        return Door.to(target, settings), ""
    from ws_mcp.probe.http2.door import Http2Door

    door = Http2Door.to(target, settings)
    link, why = await door.link(max(5.0, settings.limit))
    if link is None:
        raise no_connection(target, why)
    link.abort()
    return door, why


async def _first(door: Door) -> list[str]:
    """The right exchange: whether there is a server at all, and whether it echoes."""
    wanted = door.settings.echo
    door.echo = True
    found = await door.exchange(_FIRST, limit=max(5.0, door.settings.limit))
    seen = found.seen
    if seen.refused:
        raise no_connection(door.target, seen.refused)
    if seen.response is None or not accepts(seen.response):
        raise not_opened(door.target, seen, found.actual)
    hello = (door.settings.prefix + HELLO).encode()
    if wanted is not False:
        await _greeting(door, seen, hello)
    door.echo = door.greeting >= 0 if wanted is None else wanted
    door.greeting = max(0, door.greeting)
    if not door.echo:
        return ["The server does not echo, so the content of messages was not checked, only that they are taken."]
    if not door.greeting:
        return []
    count = plural(door.greeting, "message")
    return [f"The server sends {count} of its own when a connection opens; they were left aside."]


async def _greeting(door: Door, seen: Observed, hello: bytes) -> None:
    """Finds out how many messages come before the echo; -1 where none comes."""
    for _ in range(GREETING):
        contents = [content for _, content in seen.messages]
        if hello in contents:
            door.greeting += contents.index(hello)
            return
        if not contents:
            break
        door.greeting += len(contents)
        seen = (await door.exchange(_FIRST)).seen
    door.greeting = -1


def _studies(settings: Settings) -> dict[str, studies.Study]:
    if not settings.http2:
        return studies.STUDIES
    from ws_mcp.probe.http2.studies import STUDIES

    return {**studies.STUDIES, **STUDIES}


class Run:
    """One run: what was found by case id."""

    def __init__(self, door: Door, cases: list[Case], progressing: Progressing) -> None:
        self.door, self.cases = door, cases
        self._progressing = progressing
        self.found: dict[str, Outcome] = {}
        self.findings: dict[str, tuple[Finding, ...]] = {}
        self.incomplete = ""
        self.agent = ""
        self._refused: dict[str, str] = {}  # why there was no connection, in the order of the attempts
        self._studies = _studies(door.settings)

    async def all(self) -> None:
        """Runs every case; cases in which nothing came are tried once more, with less going on."""
        settings = self.door.settings
        quick = [case for case in self.cases if case.effort != "stress"]
        extra = sum((case.limit or 0.0) for case in self.cases if case.effort != "default")
        try:
            async with asyncio.timeout(settings.total + extra):
                await self._pool(quick, settings.parallel)
                silent = [case for case in quick if self._silent(case) or case.id in self._refused]
                await self._pool(silent, min(AGAIN, settings.parallel), again=True)
                await self._pool([case for case in self.cases if case.effort == "stress"], 1)
        except TimeoutError:
            missing = len(self.cases) - len(self.found)
            self.incomplete = f"the time ({settings.total + extra:g} s) was over with {missing} cases left"
        if self._refused:
            case, why = next(iter(self._refused.items()))
            told = (
                f"{case} was the first of {len(self._refused)} cases that got no connection ({why}), so the server "
                "stopped or turns us away"
            )
            self.incomplete = "; ".join(filter(None, (self.incomplete, told)))

    async def only(self, study: str, why: str) -> None:
        """Runs the cases of this study; for all others there is a reason not to."""
        await self._pool([case for case in self.cases if case.study == study], 1)
        for case in self.cases:
            if case.study != study:
                exchange = Exchange(Verdict.NOT_RUN, why, Verdict.NOT_RUN, "", Observed())
                outcome = self.found[case.id] = outcome_of(case, exchange, 0.0)
                self._progressing.tell(outcome)

    def outcomes(self) -> tuple[Outcome, ...]:
        """In the order of the cases; what was not reached is NOT_RUN."""
        return tuple(self.found.get(case.id) or outcome_of(case, None, 0.0) for case in self.cases)

    async def _pool(self, cases: list[Case], width: int, again: bool = False) -> None:
        gate = asyncio.Semaphore(max(1, width))

        async def one(case: Case) -> None:
            async with gate:
                await self._one(case, again)

        async with asyncio.TaskGroup() as tasks:
            for case in cases:
                tasks.create_task(one(case))

    async def _one(self, case: Case, again: bool) -> None:
        clock = asyncio.get_running_loop().time
        started = clock()
        study = self._studies.get(case.study)
        exchange = await (study(self.door, case) if study else self.door.exchange(case))
        self.findings[case.id] = exchange.findings
        if exchange.seen.response is not None and not self.agent:
            self.agent = printable(", ".join(exchange.seen.response.values("Server"))[:100])
        self._refused.pop(case.id, None)
        if exchange.seen.refused:
            self._refused[case.id] = exchange.seen.refused
        outcome = self.found[case.id] = outcome_of(case, exchange, clock() - started)
        if not again:
            self._progressing.tell(outcome)

    def _silent(self, case: Case) -> bool:
        """It failed because nothing came in time, which a busy machine does too."""
        outcome = self.found[case.id]
        late = outcome.seconds >= (case.limit or self.door.settings.limit) * 0.9
        return not case.study and case.effort == "default" and outcome.verdict is Verdict.FAILED and late
