"""Plays the server: each connection of a client under test gets the next case.

The client has only to connect, send back what it gets, and connect again while cases are left; a plain GET tells how
many are.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from collections import deque
from dataclasses import dataclass, field

from ws_mcp.probe.asking import EARLY, findings_of, key_of, left_to_server, nameless, read_request
from ws_mcp.probe.catalogue import left_out, select
from ws_mcp.probe.client import Exchange
from ws_mcp.probe.heads import RIGHT_ANSWER, Answer
from ws_mcp.probe.inside import HELLO, Begun, Inside, first_bytes
from ws_mcp.probe.observed import Observed
from ws_mcp.probe.outcomes import Progressing, Report, outcome_of
from ws_mcp.probe.result import ProbeReport, group
from ws_mcp.probe.secured import FAULTS, Secured, refused, tell
from ws_mcp.probe.settings import Settings
from ws_mcp.probe.talk import Reader, Talk, Writer
from ws_mcp.probe.verdicts import judge, judge_closing, settled, unbroken
from ws_mcp.probe.words import Case
from ws_mcp.protocol.extensions import parse_extensions
from ws_mcp.protocol.headers import has_token
from ws_mcp.report.evidence import plural, printable
from ws_mcp.types import Finding, Outcome, Request, Side, Verdict

IDLE = 15.0  # seconds without a new connection after which a client is taken to be through
REDIRECTED = "/redirected"
_ASKING = "6455-4.1-02"  # a case of this demand judges the client's own request too
_RIGHT = Answer()


@dataclass
class ClientProbe:
    """A server that tests its clients. Start it, let a client connect ``total`` times, then ask for the ``report``.

    Attributes:
        url: where to connect to, once it is started.
        total: how many connections the cases take.
        secured: TLS, if the settings ask for it; a plain GET is answered without it too.
    """

    settings: Settings = field(default_factory=Settings)
    progress: Report | None = None
    url: str = ""
    secured: Secured | None = None

    def __post_init__(self) -> None:
        self.cases = select(self.settings, Side.CLIENT)
        self.total = len(self.cases)
        self.agent = ""
        self._left = deque(self.cases)
        self._keys: set[str] = set()
        self._progressing = Progressing(self.total, self.progress)
        self._found: dict[str, Outcome] = {}
        self._findings: dict[str, tuple[Finding, ...]] = {}
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._last = self._started = 0.0
        self._connecting: dict[Talk, float] = {}  # since when, until our answer
        self._answered: list[float] = []
        self._troubles: dict[str, int] = {}
        self._done = asyncio.Event()

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listens; port 0 takes a free one."""
        self._server = await asyncio.start_server(self._connected, host, port)
        address = self._server.sockets[0].getsockname()
        shown = f"[{address[0]}]" if ":" in address[0] else address[0]
        if self.secured is not None and shown in {"127.0.0.1", "[::1]"}:
            shown = "localhost"  # an address has no server name for TLS to ask for
        self.url = f"{'wss' if self.secured else 'ws'}://{shown}:{address[1]}/"
        self._last = self._started = asyncio.get_running_loop().time()

    @property
    def done(self) -> int:
        """Cases with an outcome."""
        return len(self._found)

    async def wait(self, seconds: float, idle: float = IDLE) -> bool:
        """Waits until every case has its outcome; False when the time is over or no client comes any more."""
        clock = asyncio.get_running_loop().time
        until = clock() + seconds
        while not self._done.is_set() and clock() < until:
            if self._found and clock() - self._last > idle:
                return False
            try:
                async with asyncio.timeout(min(0.25, max(0.0, until - clock()))):
                    await self._done.wait()
            except TimeoutError:
                continue
        return self._done.is_set()

    async def stop(self) -> None:
        """Stops listening and drops what is open."""
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def report(self) -> ProbeReport:
        """What was found so far."""
        missing = self.total - self.done
        return ProbeReport(
            self.agent or "client",
            "client",
            self.agent,
            tuple(self._found.get(case.id) or outcome_of(case, None, 0.0) for case in self.cases),
            group((case.id, self._findings.get(case.id, ())) for case in self.cases),
            asyncio.get_running_loop().time() - self._started,
            (*left_out(self.settings, Side.CLIENT), *(_untrusted(*told) for told in self._troubles.items())),
            f"the client left {missing} of {self.total} cases" if missing else "",
        )

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._serve(reader, writer)
        except asyncio.CancelledError:
            pass  # stop() asked for it
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        clock = asyncio.get_running_loop().time
        self._last = started = clock()
        patience = max(5.0, self.settings.limit)
        ends = await self._enter(reader, writer, patience) if self.secured else (reader, writer)
        if ends is None:
            return
        talk = Talk(*ends, Side.SERVER, started + patience)
        request = read_request(await talk.head())
        if request is None:
            return
        if request.target.startswith(REDIRECTED) or not has_token(request.fields, "Connection", "upgrade"):
            await self._tell(talk, request)
            return
        self._connecting[talk] = started
        try:
            await self._next(talk, request, started)
        finally:
            self._answer_sent(talk)

    async def _next(self, talk: Talk, request: Request, started: float) -> None:
        """Gives the connection its case."""
        clock = talk.clock
        clear = self.secured is not None and not isinstance(talk.reader, Inside)
        # A fault of TLS begins with the ClientHello, so no request inside TLS can take it.
        case = next((case for case in self._left if clear or case.study not in FAULTS), None)
        if case is None:
            await talk.write(b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
            await _linger(talk)
            return
        self._left.remove(case)
        if not self.agent:
            self.agent = printable(", ".join(request.values("User-Agent"))[:100])
        talk.deadline = clock() + (case.limit or self.settings.limit)
        if clear:
            told = "the opening request came without TLS"
            exchange = Exchange(Verdict.FAILED, told, Verdict.NOT_RUN, "", talk.observed)
        else:
            exchange = await self._run(talk, case, request)
        self._record(case, exchange, started)

    def _record(self, case: Case, exchange: Exchange, started: float) -> None:
        now = asyncio.get_running_loop().time()
        self._findings[case.id] = exchange.findings
        outcome = self._found[case.id] = outcome_of(case, exchange, now - started)
        self._last = now
        self._progressing.tell(outcome)
        if self.done == self.total:
            self._done.set()

    async def _enter(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, patience: float
    ) -> tuple[Reader, Writer] | None:
        """The connection inside TLS, or as it is where the client begins in clear; None where it is over."""
        assert self.secured is not None
        started = asyncio.get_running_loop().time()
        first = await first_bytes(reader, patience)
        begun = Begun(first, reader)
        if not first or first[0] != HELLO:
            return (begun, writer) if first else None
        if self._left and self._left[0].study in FAULTS:
            case = self._left.popleft()
            context = self.secured.fault(case.study)
            if isinstance(context, str):
                verdict, told = Verdict.NOT_RUN, context
            else:
                verdict, told = await refused(begun, writer, context, case.limit or self.settings.limit)
            self._record(case, Exchange(verdict, told, Verdict.NOT_RUN, "", Observed()), started)
            return None
        inside = Inside(begun, writer, self.secured.right)
        try:
            async with asyncio.timeout(patience):
                await inside.open()
        except (ssl.SSLError, ConnectionError, TimeoutError) as error:
            told = tell(error) if isinstance(error, ssl.SSLError) else str(error) or "it was not finished in time"
            self._troubles[told] = self._troubles.get(told, 0) + 1
            return None
        return inside, inside

    async def _tell(self, talk: Talk, request: Request) -> None:
        """Answers a plain GET with what is left, so that drivers and pages know when they are through."""
        status = "404 Not Found" if request.target.startswith(REDIRECTED) else "200 OK"
        body = json.dumps({"cases": self.total, "left": len(self._left), "done": self.done}).encode()
        head = (
            f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nAccess-Control-Allow-Origin: *\r\n"
            f"Cache-Control: no-store\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        await talk.write(head.encode() + body)
        await _linger(talk)

    async def _run(self, talk: Talk, case: Case, request: Request) -> Exchange:
        seen = talk.observed
        size = seen.received_size
        offered = {extension.name for extension in parse_extensions(request.values("Sec-WebSocket-Extensions"))}
        findings, key = findings_of(request), key_of(request)
        if case.needs_deflate and "permessage-deflate" not in offered:
            await talk.write(_RIGHT.encode(RIGHT_ANSWER, key))
            self._answer_sent(talk)
            talk.opened("", both=False)
            await talk.farewell()
            return Exchange(
                Verdict.NOT_RUN, "the client offers no permessage-deflate", Verdict.NOT_RUN, "", seen, findings
            )
        early = await self._waiting(talk, case, request, size)
        if early is not None:
            return Exchange(*early, Verdict.NOT_RUN, "", seen, findings)
        base = {**RIGHT_ANSWER, **({"Sec-WebSocket-Extensions": (case.offer,)} if case.offer else {})}
        await talk.write((case.answer or _RIGHT).encode(base, key))
        self._answer_sent(talk)
        talk.opened(case.offer, case.right)
        if case.study == "tcp-left-to-server":
            return await left_to_server(talk, findings)
        await talk.perform(case.steps)
        echo = self.settings.echo is not False
        await talk.react(lambda: settled(case, seen, echo), case.sentinel)
        judged = judge(case, seen, echo)
        asked = findings if _ASKING in case.requirements else ()
        verdict, actual = unbroken(case, judged.verdict, judged.actual, lambda: (*asked, *talk.findings()))
        if judged.reaction is not None and not seen.over:
            await talk.farewell()
        closing, how = judge_closing(judged.reaction, seen, server=False)
        if verdict is not Verdict.FAILED:
            closing, how = unbroken(case, closing, how, talk.findings)
        every = tuple(finding for finding in (*findings, *talk.findings()) if finding.rule not in case.ignore)
        return Exchange(verdict, actual, closing, how, seen, every)

    async def _waiting(self, talk: Talk, case: Case, request: Request, size: int) -> tuple[Verdict, str] | None:
        """What shows of the client while it waits for our answer, where the case is about that."""
        key = key_of(request)
        again = key in self._keys
        self._keys.add(key)
        if case.study == "key-is-new" and again:
            return Verdict.FAILED, "the key of an earlier connection"
        if case.study == "after-a-while" and await talk.heard_within(EARLY):
            return Verdict.FAILED, f"{talk.observed.received_size - size} bytes came before the answer"
        if case.study == "server-name":
            return nameless(talk.reader, request)
        if case.study == "one-at-a-time":
            await asyncio.sleep(EARLY)
            since = self._connecting[talk]
            more = sum(end > since for end in self._answered) + len(self._connecting) - 1
            if more:
                return Verdict.INFORMATIONAL, f"{more} more asked for a connection while this one waited for its answer"
        return None

    def _answer_sent(self, talk: Talk) -> None:
        if self._connecting.pop(talk, None) is not None:
            self._answered.append(talk.clock())


def _untrusted(reason: str, count: int) -> str:
    return f"TLS did not open {plural(count, 'time')} ({reason}): the client has to trust the certificate."


async def _linger(talk: Talk) -> None:
    """Ends our half and waits for the peer's, so that it reads the answer."""
    with contextlib.suppress(OSError):  # the peer may be gone already
        talk.writer.write_eof()
    await talk.listen(lambda: False, talk.clock() + 1.0)
