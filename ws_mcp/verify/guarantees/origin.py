"""A foreign page cannot connect (RFC 6455, 10.2)."""

from __future__ import annotations

from ws_mcp.verify.lab import ORIGIN, Lab
from ws_mcp.verify.model import must
from ws_mcp.verify.peer import status

TITLE = "lets only listed Origins in"
_HOSTILE = ("https://evil.example", f"{ORIGIN}.evil.example", f"{ORIGIN}:444", "null", "http://app.example")


async def prove(lab: Lab) -> str:
    """403 for hostile ones even with a good token; a program without Origin gets in."""
    async with lab.server() as server:
        for origin in _HOSTILE:
            got, _, text = await status(server.url, origin=origin)
            must(got == 403 and text, f"{got} {text!r} for {origin}")
        for origin in (ORIGIN, ""):
            got, _, text = await status(server.url, origin=origin)
            must(got == 101, f"{got} {text!r} for {origin or 'no Origin'}")
    return f"{len(_HOSTILE)} foreign Origins refused with 403"
