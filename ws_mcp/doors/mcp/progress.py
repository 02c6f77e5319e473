"""Work whose progress goes to the client while it is done."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio
from mcp.server.mcpserver import Context

_WAITING = 10_000  # reports that a slow client may leave unread; no work has so many steps
_Step = TypeVar("_Step")
_Result = TypeVar("_Result")


async def watched(
    context: Context,
    work: Callable[[Callable[[_Step], None]], Awaitable[_Result]],
    told: Callable[[_Step], tuple[int, int, str]],
) -> _Result:
    """Do ``work``, which reports each step to its argument; ``told`` gives (done, total, message) of a step.

    What ``work`` raises comes out as it is, not in a group.
    """
    send, receive = anyio.create_memory_object_stream[_Step](_WAITING)

    async def tell() -> None:
        async with receive:
            async for step in receive:
                await context.report_progress(*told(step))

    error: Exception | None = None
    async with anyio.create_task_group() as group:
        group.start_soon(tell)
        with send:
            try:
                found = await work(send.send_nowait)
            except Exception as raised:  # out of the group, which would wrap it
                error = raised
    if error is not None:
        raise error
    return found
