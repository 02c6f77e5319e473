"""WebSocket knowledge and tooling for MCP clients and the command line."""

__version__ = "0.1.0"
