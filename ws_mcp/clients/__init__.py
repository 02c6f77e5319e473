"""Installing the server into MCP clients: where each keeps its configuration, and how to change that without harm."""
