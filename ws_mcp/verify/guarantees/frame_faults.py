"""Frames that RFC 6455 forbids are refused, and those it allows are taken: our probe, on the running server."""

from __future__ import annotations

from ws_mcp.probe.runner import probe_server
from ws_mcp.probe.settings import Settings
from ws_mcp.verify.lab import Lab
from ws_mcp.verify.model import must
from ws_mcp.verify.peer import JSON, headers

# Right frames that this protocol refuses for a reason of its own.
_REFUSED = {"framing/hundred-messages": "ten messages that are no envelopes end the connection"}
TITLE = "refuses faulty frames as RFC 6455 demands"


async def prove(lab: Lab) -> str:
    """No case of the probe fails."""
    bounds = {"MAX_MESSAGE_BYTES": 1 << 20, "MAX_CONNECTIONS_PER_USER": 1_000, "MAX_CONNECTIONS_PER_ADDRESS": 1_000}
    async with lab.server(0, "", rate_per_second=1e6, rate_burst=1_000_000, **bounds) as server:
        settings = Settings(headers=tuple(headers("probe").items()), subprotocols=(JSON,), echo=False, parallel=4)
        report = await probe_server(server.url, settings)
    failed = [f"{outcome.case}: {outcome.actual}" for outcome in report.failures if outcome.case not in _REFUSED]
    must(not failed, f"{len(failed)} cases failed: {'; '.join(failed[:5])}")
    must(not report.incomplete, report.incomplete)
    counts = {verdict.lower().replace("_", " "): count for verdict, count in report.counts.items() if count}
    counts.pop("failed", None)
    return ", ".join(f"{count} cases {verdict}" for verdict, count in counts.items())
