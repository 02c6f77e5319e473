"""Opens WebSockets with extended CONNECT (RFC 8441): the door to a server over HTTP/2."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass

from ws_mcp.judge_handshake import judge_handshake
from ws_mcp.probe.client import Door
from ws_mcp.probe.heads import Ask, Connect, new_key, right_connect
from ws_mcp.probe.http2.connection import Link
from ws_mcp.probe.http2.stream import Headers
from ws_mcp.probe.http2.talk import StreamTalk
from ws_mcp.probe.settings import Settings
from ws_mcp.probe.talk import Talk
from ws_mcp.probe.targets import Target, tls
from ws_mcp.probe.words import Case
from ws_mcp.types import Field, Finding, Handshake, Policy, Request, Response, Side

_RIGHT = Connect()
VERSION = "HTTP/2"


@dataclass(slots=True)
class Http2Door(Door):
    """A server under test over HTTP/2; each exchange has a connection of its own, with one stream."""

    @classmethod
    def to(cls, target: Target, settings: Settings) -> Http2Door:
        """The door to ``target``: for wss ALPN decides, for ws HTTP/2 is taken for known (RFC 9113, 3.2 and 3.3)."""
        context = tls(target, settings.insecure)
        if context is not None:
            context.set_alpn_protocols(["h2", "http/1.1"])
        return cls(target, settings, context)

    async def link(self, limit: float, window: int | None = None) -> tuple[Link | None, str]:
        """A connection with SETTINGS exchanged, and why no WebSocket can be opened on it.

        There is no connection at all where TCP or TLS fails, or TLS chooses another protocol.
        """
        raw = await Door.connect(self, limit)
        if isinstance(raw, str):
            return None, raw
        link = Link(raw.reader, raw.writer, raw.deadline, window)
        secured = raw.writer.get_extra_info("ssl_object")
        chosen = secured.selected_alpn_protocol() if isinstance(secured, ssl.SSLObject) else "h2"
        if chosen != "h2":
            link.end(f"TLS (ALPN) chose {chosen or 'nothing'}")
            return link, f"no HTTP/2: {link.over}"
        return link, await link.start()

    async def connect(self, limit: float) -> Talk | str:
        """The stream of a connection, or why there is none."""
        link, why = await self.link(limit)
        if link is None:
            return why
        if why:
            link.abort()
            return why
        return self.talk(link)

    def talk(self, link: Link) -> StreamTalk:
        """A stream of the connection, not open yet."""
        talk = StreamTalk(link, link.deadline)
        talk.greeting = self.greeting
        return talk

    async def open(self, talk: Talk, case: Case) -> tuple[Finding, ...]:
        """Extended CONNECT; the answer goes into ``talk.observed``."""
        assert isinstance(talk, StreamTalk)
        connect = case.connect or self._connect(case.ask)
        fields = {name.lower(): values for name, values in self.settings.fields(_bare(case)).items()}
        base = {**right_connect(self.target.host, self.target.resource, self.target.secure), **fields}
        if "host" in base:
            base[":authority"] = base.pop("host")
        if case.offer:
            base["sec-websocket-extensions"] = (case.offer,)
        if connect.setting is not None:
            talk.link.set(connect.setting)
        headers = connect.encode(base, new_key())
        talk.stream.open(headers)
        try:
            async with asyncio.timeout(talk.left):
                answer = await talk.stream.answer()
        except TimeoutError:
            return ()
        if answer is None:
            await talk.listen(lambda: False, talk.deadline)  # notes how it ended
            return ()
        return self._answered(talk, headers, answer)

    def _connect(self, ask: Ask | None) -> Connect:
        """The extended CONNECT that differs as a request of HTTP/1.1 does, where that is portable."""
        if ask is None:
            return _RIGHT
        fields = {name.lower(): values for name, values in ask.fields.items()}
        if ask.target is not None:
            fields[":path"] = (ask.wanted(self.target.resource),)
        return Connect(fields)

    def _answered(self, talk: Talk, asked: Headers, answer: Headers) -> tuple[Finding, ...]:
        """Reads the answer, and judges the server's part of the handshake."""
        response = talk.observed.response = Response(VERSION, _status(answer), "", _fields(answer), form="h2")
        request = Request("CONNECT", self.target.resource, VERSION, _fields(asked), form="h2")
        policy = Policy(scheme="wss" if self.target.secure else "ws")
        report = judge_handshake(Handshake(request, response), policy)
        return tuple(finding for finding in report.findings if finding.where[0].side is Side.SERVER)


def _bare(case: Case) -> bool:
    return case.ask is not None and case.ask.bare


def _fields(headers: Headers) -> tuple[Field, ...]:
    return tuple(Field(name, value) for name, value in headers)


def _status(headers: Headers) -> int:
    text = dict(headers).get(":status", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) == 3 else 0
