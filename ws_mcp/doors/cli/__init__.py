"""The command line: the same functions as the MCP tools, for people and for CI."""
