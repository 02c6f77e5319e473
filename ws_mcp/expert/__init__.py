"""The WebSocket expert: who it is, how it may think and answer, as text that prompts and agent files are made of."""
