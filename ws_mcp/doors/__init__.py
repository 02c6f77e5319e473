"""The two doors, MCP and the command line: thin adapters over the same functions."""
