"""The user's own folder ``mcp/websocket``: read with bounds, searched apart from what ships, followed as it changes."""
