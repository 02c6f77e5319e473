"""Real MCP clients, driven offline."""
