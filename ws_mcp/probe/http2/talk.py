"""Talks over one stream of HTTP/2 as over a TCP connection; END_STREAM and RST_STREAM are its ends (RFC 8441, 5)."""

from __future__ import annotations

from ws_mcp.probe.http2.connection import Link
from ws_mcp.probe.talk import Talk
from ws_mcp.probe.words import Data, Octets, Reset, Wait
from ws_mcp.types import Side


class StreamTalk(Talk):
    """A WebSocket that is one stream of a connection."""

    def __init__(self, link: Link, deadline: float) -> None:
        self.link, self.stream = link, link.stream()
        super().__init__(self.stream, self.stream, Side.CLIENT, deadline)
        self.observed.http = link.log

    async def _step(self, step: Octets | Wait | Data | Reset) -> None:
        if isinstance(step, Reset):
            self.stream.reset()
        elif isinstance(step, Data):
            await self._frame(step)
        else:
            await super()._step(step)

    async def _frame(self, step: Data) -> None:
        data = b"".join(frame.encode(self.side) for frame in step.frames)
        await self.put(data, lambda: self.stream.frame(data, step.padding, step.end))

    async def _read(self, until: float) -> bytes:
        data = await super()._read(until)
        seen = self.observed
        if seen.end == "reset":
            seen.end_told = self.stream.broken
            seen.end = "lost" if self.stream.lost else "reset"
        return data
