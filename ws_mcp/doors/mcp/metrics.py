"""What the HTTP server counts, in Prometheus' text format 0.0.4.

The format is two comment lines and a line a value; writing it here keeps a dependency from everybody who only uses
stdio. A test reads it back with Prometheus' own parser. Label values come from fixed sets, so a client cannot make
the page grow.
"""

from __future__ import annotations

import os
import threading
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from mcp.server import MCPServer
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp.types import CallToolResult

from ws_mcp import __version__

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)  # seconds
_VERBS = frozenset({"GET", "POST", "DELETE", "OPTIONS", "HEAD", "PUT"})
_OTHER = "other"
Labels = tuple[tuple[str, str], ...]


class Metrics:
    """The counters of one process. Safe to share between threads."""

    def __init__(self, routes: Iterable[str]) -> None:
        self._lock = threading.Lock()
        self._routes = frozenset(routes)
        self._requests: Counter[Labels] = Counter()
        self._calls: Counter[Labels] = Counter()
        self._slots: dict[str, list[int]] = {}
        self._seconds: Counter[str] = Counter()
        self._open = 0
        self._started = time.time()

    def begin(self) -> None:
        """A request has come."""
        with self._lock:
            self._open += 1

    def end(self, verb: str, route: str, status: int, seconds: float) -> None:
        """It was answered with ``status``, 499 for a client that had gone."""
        route = route if route in self._routes else _OTHER
        labels = (
            ("method", verb if verb in _VERBS else _OTHER),
            ("route", route),
            ("status", str(status)),
        )
        with self._lock:
            self._open -= 1
            self._requests[labels] += 1
            self._slots.setdefault(route, [0] * (len(_BOUNDS) + 1))[bisect_left(_BOUNDS, seconds)] += 1
            self._seconds[route] += seconds  # type: ignore[assignment]  # a Counter of seconds

    def call(self, method: str, target: str, outcome: str) -> None:
        """An MCP message was handled."""
        with self._lock:
            self._calls[(("method", method), ("target", target), ("outcome", outcome))] += 1

    def text(self) -> str:
        """The page."""
        with self._lock:
            lines = [*self._counted(), *self._timed(), *_process(self._started)]
        return "\n".join(lines) + "\n"

    def _counted(self) -> Iterator[str]:
        yield from _family("websocket_mcp_http_requests_total", "counter", "HTTP requests answered.")
        yield from _lines("websocket_mcp_http_requests_total", self._requests)
        yield from _family("websocket_mcp_http_requests_in_progress", "gauge", "HTTP requests not answered yet.")
        yield f"websocket_mcp_http_requests_in_progress {self._open}"
        yield from _family("websocket_mcp_messages_total", "counter", "MCP messages handled, by tool or prompt.")
        yield from _lines("websocket_mcp_messages_total", self._calls)

    def _timed(self) -> Iterator[str]:
        name = "websocket_mcp_http_request_seconds"
        yield from _family(name, "histogram", "Seconds from an HTTP request to the end of its answer.")
        for route, slots in self._slots.items():
            count = 0
            for bound, slot in zip((*map(str, _BOUNDS), "+Inf"), slots, strict=True):
                count += slot
                yield f'{name}_bucket{{route="{route}",le="{bound}"}} {count}'
            yield f'{name}_sum{{route="{route}"}} {self._seconds[route]:.6f}'
            yield f'{name}_count{{route="{route}"}} {count}'


def _family(name: str, kind: str, about: str) -> tuple[str, str]:
    return f"# HELP {name} {about}", f"# TYPE {name} {kind}"


def _lines(name: str, values: Counter[Labels]) -> Iterator[str]:
    for labels, value in values.items():
        shown = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels)
        yield f"{name}{{{shown}}} {value}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _process(started: float) -> Iterator[str]:
    """The process, under the names that Prometheus' own clients use."""
    yield from _family("websocket_mcp_build_info", "gauge", "The version that runs.")
    yield f'websocket_mcp_build_info{{version="{__version__}"}} 1'
    yield from _family("process_start_time_seconds", "gauge", "When this process began to serve.")
    yield f"process_start_time_seconds {started:.3f}"
    times = os.times()
    yield from _family("process_cpu_seconds_total", "counter", "CPU time of this process.")
    yield f"process_cpu_seconds_total {times.user + times.system:.2f}"
    resident = resident_bytes()
    if resident is not None:
        yield from _family("process_resident_memory_bytes", "gauge", "Memory of this process.")
        yield f"process_resident_memory_bytes {resident}"


def resident_bytes(process: str = "self") -> int | None:
    """Memory that a process holds, None where the system does not say it in /proc."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")


def count_messages(server: MCPServer, metrics: Metrics) -> None:
    """Count every message that ``server`` handles, and how it ended."""

    async def count(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        known = server._lowlevel_server.get_request_handler(ctx.method) is not None
        method = ctx.method if known or ctx.method in {"initialize", "server/discover"} else _OTHER
        target = _target(server, ctx.method, dict(ctx.params or {}))
        try:
            result = await call_next(ctx)
        except MCPError as error:
            metrics.call(method, target, f"error {error.error.code}")
            raise
        except BaseException:
            metrics.call(method, target, "aborted")
            raise
        failed = isinstance(result, CallToolResult) and result.is_error
        failed = failed or (isinstance(result, dict) and result.get("isError") is True)
        metrics.call(method, target, "tool error" if failed else "ok")
        return result

    server.middleware.insert(0, count)


def _target(server: MCPServer, method: str, params: dict[str, Any]) -> str:
    """The tool or prompt, "other" for one that does not exist."""
    name = params.get("name")
    if method == "tools/call":
        found: object = server._tool_manager.get_tool(str(name))
    elif method == "prompts/get":
        found = server._prompt_manager.get_prompt(str(name))
    else:
        return ""
    return str(name) if found is not None else _OTHER
