"""The real server over HTTP with the suite's fixtures on it.

Run: python -m tests.doors.conformance.serve --http OPTIONS
"""

from __future__ import annotations

import sys
from unittest.mock import patch

from mcp.server import MCPServer

from tests.doors.conformance import fixtures, stateless
from ws_mcp.doors.mcp import app, http, options
from ws_mcp.doors.mcp.settings import Settings


def main() -> None:
    """Serve as ``websocket-mcp serve --http OPTIONS`` does."""
    settings, how = options.parse(sys.argv[1:])
    assert how, "give --http"
    create = app.create

    def with_fixtures(settings: Settings, state_key: bytes) -> MCPServer:
        server = create(settings, state_key)
        fixtures.register(server)
        stateless.register(server)
        return server

    with patch.object(app, "create", with_fixtures):
        http.serve(settings, how)


if __name__ == "__main__":
    main()
