"""Clients to put under test, as examples for your own: connect, echo, connect again while cases are left."""
