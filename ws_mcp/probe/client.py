"""Plays the client: one connection to a server under test for each exchange. Redirects are never followed."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass, field

from ws_mcp.judge_handshake import judge_handshake
from ws_mcp.probe.heads import Ask, new_key, right_request
from ws_mcp.probe.observed import Observed
from ws_mcp.probe.settings import Settings
from ws_mcp.probe.talk import Talk
from ws_mcp.probe.targets import Target, tls
from ws_mcp.probe.verdicts import judge, judge_closing, settled, unbroken
from ws_mcp.probe.wording import wordable, worded
from ws_mcp.probe.words import Case, Kind
from ws_mcp.protocol.heads import START, parse_head, split_lines
from ws_mcp.rules.http_parts import accepts
from ws_mcp.types import Finding, Handshake, Policy, Request, Response, Side, Verdict

INTERIM = 10  # answers before the final one that are read
_RIGHT = Ask()
_OWN_DOING = ("connection-refused",)  # a refusal is what most wrong requests are sent for


@dataclass(slots=True)
class Exchange:
    """What one case came to."""

    verdict: Verdict
    actual: str
    closing: Verdict
    closing_actual: str
    seen: Observed
    findings: tuple[Finding, ...] = ()


@dataclass(slots=True)
class Door:
    """A server under test and how to talk to it; ``greeting``: the messages that it sends by itself at first."""

    target: Target
    settings: Settings
    context: ssl.SSLContext | None = None
    echo: bool = True
    deflate: str = ""
    connected: str = field(default="")
    greeting: int = 0

    @classmethod
    def to(cls, target: Target, settings: Settings) -> Door:
        """The door to ``target``."""
        return cls(target, settings, tls(target, settings.insecure))

    async def connect(self, limit: float) -> Talk | str:
        """A connection, or why there is none. Only addresses that were checked are tried."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        trouble = ""
        for address in [self.connected] if self.connected else self.target.addresses:
            try:
                async with asyncio.timeout_at(started + limit):
                    reader, writer = await asyncio.open_connection(
                        address,
                        self.target.port,
                        ssl=self.context,
                        server_hostname=self.target.name if self.context else None,
                    )
            except TimeoutError:
                trouble = "no connection in time"
            except (OSError, ssl.SSLError, ValueError) as error:
                trouble = f"no connection: {str(error) or 'it ended in the handshake of TLS'}"
            else:
                self.connected = address
                talk = Talk(reader, writer, Side.CLIENT, started + limit)
                talk.greeting = self.greeting
                return talk
        return trouble

    async def open(self, talk: Talk, case: Case) -> tuple[Finding, ...]:
        """The opening handshake of a case; the answer goes into ``talk.observed``."""
        ask = case.ask or _RIGHT
        key = new_key()
        fields = {**right_request(self.target.host), **self.settings.fields(ask.bare)}
        if case.offer:
            fields["Sec-WebSocket-Extensions"] = (case.offer,)
        raw = ask.encode(self.target.resource, fields, key)
        for at in range(0, len(raw), ask.size or len(raw)):
            await talk.write(raw[at : at + (ask.size or len(raw))])
            await asyncio.sleep(0)
        head = await talk.head()
        for _ in range(INTERIM):
            if not _interim(head):
                break
            head = await talk.head()
        return _answered(talk, raw, head, self.target.secure)

    async def exchange(self, case: Case, limit: float | None = None) -> Exchange:
        """Runs one case."""
        prefix = self.settings.prefix.encode()
        if not wordable(case, prefix):
            told = f"compressed texts cannot begin with {self.settings.prefix!r}"
            return Exchange(Verdict.NOT_RUN, told, Verdict.NOT_RUN, "", Observed())
        case = worded(case, prefix)
        talk = await self.connect(limit or case.limit or self.settings.limit)
        if isinstance(talk, str):
            return Exchange(Verdict.NOT_RUN, talk, Verdict.NOT_RUN, "", Observed(refused=talk))
        try:
            return await self._run(talk, case)
        finally:
            talk.hang_up()

    async def _run(self, talk: Talk, case: Case) -> Exchange:
        seen = talk.observed
        findings = await self.open(talk, case)
        if seen.response is not None and accepts(seen.response):
            agreed = ", ".join(seen.response.values("Sec-WebSocket-Extensions"))
            if case.needs_deflate and "permessage-deflate" not in agreed:
                return Exchange(Verdict.NOT_RUN, "no permessage-deflate agreed", Verdict.NOT_RUN, "", seen, findings)
            talk.opened(agreed, case.right)
            if not case.opening:
                await talk.perform(case.steps)
                await talk.react(lambda: settled(case, seen, self.echo), case.sentinel)
        judged = judge(case, seen, self.echo)
        accepted = judged.reaction is not None and judged.reaction.kind is Kind.ACCEPT
        verdict, actual = unbroken(
            case, judged.verdict, judged.actual, (lambda: findings) if accepted else talk.findings
        )
        if seen.response is not None and accepts(seen.response) and judged.reaction is not None:
            await talk.farewell()
        closing, how = judge_closing(judged.reaction, seen, server=True)
        every = (*findings, *talk.findings())
        if verdict is not Verdict.FAILED:
            closing, how = unbroken(case, closing, how, talk.findings)
        kept = tuple(f for f in every if f.rule not in (*case.ignore, *_OWN_DOING))
        return Exchange(verdict, actual, closing, how, seen, kept)


def _interim(head: bytes) -> bool:
    """Whether an answer only announces another one: 1xx, which a client has to expect (RFC 9110, 15.2)."""
    line = head.partition(b"\n")[0].split()
    return len(line) > 1 and line[0].startswith(b"HTTP/") and line[1][:1] == b"1" and line[1] != b"101"


def _answered(talk: Talk, asked: bytes, head: bytes, secure: bool) -> tuple[Finding, ...]:
    """Reads the answer, and judges the server's part of the handshake."""
    seen = talk.observed
    text = head.decode("latin-1")
    if not text.endswith(("\r\n\r\n", "\n\n")) or not START.match(text.partition("\n")[0].rstrip("\r")):
        return ()
    response, _ = parse_head(split_lines(text))
    if not isinstance(response, Response):
        return ()
    seen.response = response
    request, _ = parse_head(split_lines(asked.decode("latin-1").lstrip("\r\n")))
    if not isinstance(request, Request):
        return ()
    report = judge_handshake(Handshake(request, response), Policy(scheme="wss" if secure else "ws"))
    return tuple(finding for finding in report.findings if finding.where[0].side is Side.SERVER)
