"""Handshakes, right and broken, and what other implementations make of them."""
