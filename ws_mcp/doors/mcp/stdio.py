"""Runs the server on standard input and output, as MCP clients start it."""

from __future__ import annotations

import signal

from ws_mcp.doors.mcp import app


def run() -> None:
    """Serve until standard input ends. Ctrl-C ends at once: the SDK would wait for the next line."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    app.create().run()
