"""A WebSocket service: see README.md."""
