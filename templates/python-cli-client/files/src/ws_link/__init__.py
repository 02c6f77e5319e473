"""A WebSocket client that stays connected: see README.md."""

from ws_link.backoff import Backoff
from ws_link.client import Client, Event, QueueFull, Refused, Stopped

__all__ = ["Backoff", "Client", "Event", "QueueFull", "Refused", "Stopped"]
