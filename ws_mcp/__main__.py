"""The command ``websocket-mcp``: the one place that knows both doors.

``serve`` goes to the MCP door before anything heavy is imported; everything else is a subcommand of the command line.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence


def main() -> None:
    """Run the command line; Ctrl-C ends it without a word, also while it starts."""
    try:
        _run()
    except KeyboardInterrupt:
        sys.exit(130)


def _run() -> None:
    if sys.argv[1:2] == ["serve"]:
        serve(sys.argv[2:])
        return
    from ws_mcp.doors.cli import app

    app.add(DOORS)
    app.run()


def serve(arguments: Sequence[str] = ()) -> None:
    """Run the MCP server: on standard input and output (what an MCP client starts), or over HTTP."""
    settings = http = None
    if arguments:
        from ws_mcp.doors.mcp import options

        settings, http = options.parse(arguments)
        if settings.folder:
            os.environ["WS_MCP_LOCAL"] = str(settings.folder)
    if settings and http:
        from ws_mcp.doors.mcp.http import serve as over_http

        over_http(settings, http)
        return
    from ws_mcp.doors.mcp.start import run

    run(settings)


def served() -> None:
    """Run the MCP server on standard input and output, or over HTTP; `serve --help` lists the options."""
    serve()


def tour() -> None:
    """Start the server as an MCP client would, and show what it answers, without network."""
    from ws_mcp.doors.mcp.tour import run

    run()


DOORS = {"serve": served, "try": tour}

if __name__ == "__main__":
    main()
