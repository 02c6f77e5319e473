"""``ws_probe_server`` and ``ws_probe_client``: live peers under test."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from typing import Annotated, Any
from weakref import WeakKeyDictionary

from mcp.server import MCPServer
from mcp.server.mcpserver import AcceptedElicitation, Context, Elicit, ElicitationResult, Resolve
from mcp.types import CallToolResult, ToolAnnotations
from pydantic import BaseModel, Field

from ws_mcp.doors.mcp import results
from ws_mcp.doors.mcp.progress import watched
from ws_mcp.errors import InputError
from ws_mcp.probe.outcomes import Progress
from ws_mcp.probe.result import ProbeReport
from ws_mcp.probe.server import ClientProbe
from ws_mcp.probe.settings import Settings
from ws_mcp.probe.shown import page
from ws_mcp.probe.targets import NotAllowedError, read_url, resolve
from ws_mcp.report.evidence import plural

MAX_ITEMS = 100
MAX_WAIT = 120.0  # seconds that one call waits for a client
SESSION = 600.0  # seconds that a listening probe is kept
KEPT = 8
_CONNECTS = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=True)
# Who connects is on this machine, so Codex need not ask before each call.
_LISTENS = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=False)

Only = Annotated[
    list[str],
    Field(description='prefixes of case ids ("handshake/", "utf8/") or requirement ids', examples=[["utf8/"]]),
]
Offset = Annotated[int, Field(description="next_offset of the call before; give report too")]
Limit = Annotated[int, Field(description=f"outcomes and findings, 1 to {MAX_ITEMS}")]
Passed = Annotated[bool, Field(description="list what passed too")]


class ProbeResult(BaseModel):
    """What a peer does with right and wrong handshakes and frames; what failed comes first."""

    ok: bool = Field(description="nothing failed and nothing was cut short")
    report: str = Field(description="give it back for the next page")
    peer: str
    side: str
    agent: str
    counts: dict[str, int] = Field(description="outcomes by verdict, complete on every page")
    outcomes: list[dict[str, Any]]
    findings: list[dict[str, Any]] = Field(description="rules that the peer's own bytes break")
    notes: list[str]
    incomplete: str
    seconds: float
    next_offset: int | None


class ClientResult(ProbeResult):
    """While a client is under test, also where it has to connect."""

    url: str = ""
    session: str = ""
    cases: int = 0
    left: int = 0


class Consent(BaseModel):
    """What the user is asked before a probe leaves this machine."""

    allow: bool = Field(description="I may test this host")


class Reports:
    """The last results, for their pages, and the probes that still listen."""

    def __init__(self) -> None:
        self.kept: OrderedDict[str, ProbeReport] = OrderedDict()
        self.listening: dict[str, ClientProbe] = {}
        self.tasks: set[asyncio.Task[None]] = set()
        self._count = 0

    def name(self) -> str:
        """A name that was not given out yet."""
        self._count += 1
        return f"probe-{self._count}"

    def keep(self, name: str, report: ProbeReport) -> None:
        """Keeps a result; the oldest goes."""
        self.kept[name] = report
        while len(self.kept) > KEPT:
            self.kept.popitem(last=False)

    def get(self, name: str) -> ProbeReport:
        """A kept result.

        Raises:
            InputError: it is not there any more.
        """
        if name not in self.kept:
            raise InputError(f"There is no report {name!r} any more; the last {KEPT} are kept. Run the probe again.")
        return self.kept[name]


# What whoever started a server lets it probe, by server: the question below is asked outside of any closure.
_granted: WeakKeyDictionary[MCPServer, tuple[str, ...]] = WeakKeyDictionary()


def register(server: MCPServer, allow_hosts: tuple[str, ...] = ()) -> None:
    """Add the tools to ``server``; ``allow_hosts`` may be probed without asking anybody."""
    _granted[server] = allow_hosts
    reports = Reports()
    _server(server, reports)
    _client(server, reports)


def _server(server: MCPServer, reports: Reports) -> None:
    @server.tool(title="Probe a WebSocket server", annotations=_CONNECTS)
    @results.explained
    async def ws_probe_server(
        context: Context,
        leave: Annotated[ElicitationResult[Consent], Resolve(_leave)],
        url: Annotated[
            str, Field(description="ws://127.0.0.1:8080/path or wss://…", examples=["ws://127.0.0.1:8080/"])
        ] = "",
        only: Only = [],  # noqa: B006
        slow: Annotated[bool, Field(description="also cases that wait up to 25 s: time-outs, keepalive")] = False,
        stress: Annotated[bool, Field(description="also floods and a bomb, to 16 MiB; can hurt the server")] = False,
        autobahn: Annotated[bool, Field(description="also Autobahn's cases; needs the extra autobahn")] = False,
        headers: Annotated[
            dict[str, str], Field(description="Authorization, Cookie, …", examples=[{"Cookie": "id=1"}])
        ] = {},  # noqa: B006
        subprotocols: Annotated[list[str], Field(description="to offer", examples=[["chat"]])] = [],  # noqa: B006
        echo: Annotated[bool | None, Field(description="whether it sends messages back; null finds out")] = None,
        insecure: Annotated[bool, Field(description="take any TLS certificate")] = False,
        http2: Annotated[bool, Field(description="open WebSockets over HTTP/2 (RFC 8441)")] = False,
        allow_hosts: Annotated[
            list[str], Field(description="hosts beyond loopback that the user may test", examples=[["ws.example"]])
        ] = [],  # noqa: B006
        passed: Passed = False,
        report: Annotated[
            str, Field(description="page through this earlier report instead of a new run", examples=["probe-1"])
        ] = "",
        offset: Offset = 0,
        limit: Limit = 20,
    ) -> Annotated[CallToolResult, ProbeResult]:
        """Test a live WebSocket server: conformance (RFC 6455, 7692), security, limits; about 340 cases in seconds.

        Sends wrong requests and frames to the URL on purpose. Loopback only, unless the user allows a host.
        """
        if not report:
            settings = Settings(
                headers=tuple(headers.items()),
                subprotocols=tuple(subprotocols),
                echo=echo,
                insecure=insecure,
                http2=http2,
                only=tuple(only),
                slow=slow,
                stress=stress,
                autobahn=autobahn,
                allowed=(*_granted[server], *_allowed(url, allow_hosts, leave)),
            )
            found = await _run(context, url, settings)
            report = reports.name()
            reports.keep(report, found)
        return results.data(_page(reports.get(report), report, offset, limit, passed))


async def _leave(
    context: Context,
    url: str = "",
    allow_hosts: list[str] = [],  # noqa: B006
    report: str = "",
) -> Consent | Elicit[Consent]:
    """Asks the user before a probe leaves this machine, if the client can; else the probe refuses and says how."""
    capabilities = context.client_capabilities
    if report or capabilities is None or capabilities.elicitation is None:
        return Consent(allow=False)
    try:
        await resolve(read_url(url), (*_granted[context.mcp_server], *allow_hosts))
    except NotAllowedError as refusal:
        question = f"May {refusal.host} be tested? The probe sends it wrong requests and frames on purpose."
        return Elicit(question, Consent)
    except InputError:
        pass  # the probe itself tells
    return Consent(allow=False)


def _allowed(url: str, allow_hosts: list[str], leave: ElicitationResult[Consent]) -> tuple[str, ...]:
    """The hosts that may be probed."""
    if not isinstance(leave, AcceptedElicitation):
        raise InputError(f"The user did not allow a probe of {read_url(url).name}.")
    return (*allow_hosts, *([read_url(url).name] if leave.data.allow else []))


async def _run(context: Context, url: str, settings: Settings) -> ProbeReport:
    from ws_mcp.probe.runner import probe_server

    async def work(progress: Callable[[Progress], None]) -> ProbeReport:
        return await probe_server(url, settings, progress)

    return await watched(context, work, lambda step: (step.done, step.total, step.outcome.case))


def _client(server: MCPServer, reports: Reports) -> None:
    @server.tool(title="Probe a WebSocket client", annotations=_LISTENS)
    @results.explained
    async def ws_probe_client(
        session: Annotated[
            str, Field(description="of the call before: wait for the client and report", examples=["probe-1"])
        ] = "",
        wait: Annotated[float, Field(description=f"seconds to wait for the client, to {MAX_WAIT:g}")] = 30.0,
        only: Only = [],  # noqa: B006
        echo: Annotated[bool, Field(description="the client sends messages back")] = True,
        port: Annotated[int, Field(description="0 takes a free one")] = 0,
        stop: Annotated[bool, Field(description="with session: stop listening, and report what there is")] = False,
        passed: Passed = False,
        report: Annotated[str, Field(description="page through this earlier report", examples=["probe-1"])] = "",
        offset: Offset = 0,
        limit: Limit = 20,
    ) -> Annotated[CallToolResult, ClientResult]:
        """Test a WebSocket client library: starts a server on loopback that gives each connection another answer.

        Call it without session first: it returns a url and a session at once. Run the client: connect, echo until
        closed, again while a plain GET of the url says {"left": more than 0}. Then call with session for the report.
        """
        if report:
            return results.data(_page(reports.get(report), report, offset, limit, passed) | _none())
        if not session:
            settings = Settings(only=tuple(only), echo=None if echo else False)
            return results.data(await _started(reports, settings, port))
        probe = reports.listening.get(session)
        if probe is None:
            kept = f"; its report is kept: report={session!r}" if session in reports.kept else ""
            raise InputError(f"No probe {session!r} listens any more{kept}. Call without session to start one.")
        whole = await probe.wait(0.0 if stop else max(0.0, min(wait, MAX_WAIT)))
        found = probe.report()
        reports.keep(session, found)
        over = whole or stop
        if over:
            reports.listening.pop(session, None)
            await probe.stop()
        told = {"url": probe.url, "session": "" if over else session, "cases": probe.total}
        shown = _page(found, session, offset, limit, passed)
        return results.data(shown | told | {"left": probe.total - probe.done})


async def _started(reports: Reports, settings: Settings, port: int) -> dict[str, Any]:
    if not 0 <= port <= 65535:
        raise InputError(f"{port} is no port: give 0 for a free one, or a number up to 65535.")
    if len(reports.listening) >= KEPT:
        names = ", ".join(reports.listening)
        raise InputError(f"{KEPT} probes listen already: {names}. End one with its session and stop=true.")
    probe = ClientProbe(settings)
    try:
        await probe.start(port=port)
    except OSError as error:
        raise InputError(f"Cannot listen on port {port}: {error}. Give port=0 for a free one.") from None
    session = reports.name()
    reports.listening[session] = probe

    async def expire() -> None:
        await asyncio.sleep(SESSION)
        reports.listening.pop(session, None)
        await probe.stop()

    task = asyncio.get_running_loop().create_task(expire())
    reports.tasks.add(task)
    task.add_done_callback(reports.tasks.discard)
    note = (
        f"Connect {plural(probe.total, 'time')} to {probe.url} and send back what comes until the connection ends; "
        f"then call ws_probe_client(session={session!r}). GET {probe.url.replace('ws', 'http', 1)} tells what is left. "
        "Example clients: websocket-mcp probe client --driver websockets, ws or browser."
    )
    empty = _page(probe.report(), "", 0, 1, False) | {"outcomes": [], "incomplete": "", "ok": False}
    told = {"url": probe.url, "session": session, "cases": probe.total, "left": probe.total}
    return empty | told | {"notes": [note], "next_offset": None}


def _none() -> dict[str, Any]:
    return {"url": "", "session": "", "cases": 0, "left": 0}


def _page(report: ProbeReport, name: str, offset: int, limit: int, passed: bool) -> dict[str, Any]:
    if not 1 <= limit <= MAX_ITEMS or offset < 0:
        raise InputError(f"offset must be 0 or more and limit from 1 to {MAX_ITEMS}, not {offset} and {limit}.")
    return page(report, name, offset, limit, passed)
