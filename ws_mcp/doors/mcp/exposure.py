"""What a server on the network leaves out: tools that write, read files or connect would do so on its machine."""

from __future__ import annotations

from mcp.server import MCPServer

from ws_mcp.doors.mcp.settings import Settings
from ws_mcp.errors import InputError


def restrict(server: MCPServer, settings: Settings) -> None:
    """Take out of ``server`` the tools that are not for clients elsewhere, and say so in its instructions.

    Raises:
        InputError: A tool that is to stay does not exist.
    """
    if settings.local:
        return
    tools = server._tool_manager.list_tools()
    unknown = set(settings.enabled) - {tool.name for tool in tools}
    if unknown:
        raise InputError(f"--enable {sorted(unknown)[0]}: there is no such tool.")
    gone = []
    for tool in tools:
        about = tool.annotations
        closed = about is not None and about.read_only_hint is True and about.open_world_hint is False
        if not closed and tool.name not in settings.enabled:
            server.remove_tool(tool.name)
            gone.append(tool.name)
    if gone:
        lowlevel = server._lowlevel_server
        lowlevel.instructions = f"{lowlevel.instructions}\nNot on this server, only in a local one: {', '.join(gone)}."
