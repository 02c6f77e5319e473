"""What goes wrong because of what we were given.

A broken protocol is a ``Finding``; input that cannot be used is one of these. Every message says what to send instead
and stays under 1,000 characters, so that it can be shown as it is, by either door.
"""

from __future__ import annotations


class WsMcpError(Exception):
    """Base of every error whose text is meant for the user."""


class InputError(WsMcpError):
    """What was given cannot be used; the message says what to send instead."""


class NotFoundError(InputError):
    """There is no such id; ``nearest`` holds ids that look like it, best first."""

    def __init__(self, message: str, nearest: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.nearest = nearest


class StorageError(WsMcpError):
    """A folder of ours cannot be read or written; the message names it and the way round."""
