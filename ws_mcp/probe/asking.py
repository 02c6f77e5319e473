"""What a client shows while it opens and ends a connection: its request, and who waits for whom."""

from __future__ import annotations

from ws_mcp.judge_handshake import judge_handshake
from ws_mcp.probe.client import Exchange
from ws_mcp.probe.inside import Inside
from ws_mcp.probe.talk import Reader, Talk
from ws_mcp.probe.words import Send
from ws_mcp.protocol.build import close_body
from ws_mcp.protocol.heads import START, parse_head, split_lines
from ws_mcp.types import Finding, Handshake, Request, Side, Verdict

EARLY = 0.4  # seconds in which a client shows whether it waits


def nameless(reader: Reader, request: Request) -> tuple[Verdict, str] | None:
    """A client that named no server in its ClientHello, though it could."""
    if not isinstance(reader, Inside) or reader.asked:
        return None
    host = ", ".join(request.values("Host"))
    name = host.rpartition(":")[0] or host
    if name.startswith("[") or name.replace(".", "").isdigit():
        return Verdict.INFORMATIONAL, f"no server name: the client connects to the address {name}"
    return Verdict.FAILED, f"no server name in the ClientHello, {host} in Host"


async def left_to_server(talk: Talk, findings: tuple[Finding, ...]) -> Exchange:
    """After both Closes TCP stays open for a while: whether the client waits for the server to end it."""
    seen = talk.observed
    await talk.perform((Send("close", close_body(1000)),))
    await talk.listen(lambda: seen.close is not None, talk.deadline)
    await talk.listen(lambda: False, talk.clock() + EARLY)
    if seen.close is None:
        return Exchange(Verdict.FAILED, "no Close answers", Verdict.NOT_RUN, "", seen, findings)
    verdict = Verdict.NON_STRICT if seen.end else Verdict.PASSED
    told = "the client closed TCP itself" if seen.end else "the client waits for the server to close TCP"
    return Exchange(verdict, told, Verdict.NOT_RUN, "", seen, findings)


def read_request(head: bytes) -> Request | None:
    """The request in a head, None where there is none."""
    text = head.decode("latin-1")
    if not START.match(text.partition("\n")[0].rstrip("\r")) or not text.endswith(("\r\n\r\n", "\n\n")):
        return None
    found, _ = parse_head(split_lines(text))
    return found if isinstance(found, Request) else None


def key_of(request: Request) -> str:
    """Its key, "" without one."""
    values = request.values("Sec-WebSocket-Key")
    return values[0] if values else ""


def findings_of(request: Request) -> tuple[Finding, ...]:
    """What the request itself breaks."""
    return tuple(f for f in judge_handshake(Handshake(request)).findings if f.where[0].side is Side.CLIENT)
