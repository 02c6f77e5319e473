"""The MCP door: tools, resources and how the server runs. The one home of the SDK ``mcp``."""
