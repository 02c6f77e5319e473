"""The command ``websocket-mcp``: the one place that knows both doors.

``serve`` goes to the MCP door before anything heavy is imported; everything else is a subcommand of the command line.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line."""
    if sys.argv[1:] == ["serve"]:
        serve()
        return
    from ws_mcp.doors.cli import app

    app.add(DOORS)
    app.run()


def serve() -> None:
    """Run the MCP server on standard input and output (what an MCP client starts)."""
    from ws_mcp.doors.mcp.start import run

    run()


def tour() -> None:
    """Start the server as an MCP client would, and show what it answers, without network."""
    from ws_mcp.doors.mcp.tour import run

    run()


DOORS = {"serve": serve, "try": tour}

if __name__ == "__main__":
    main()
