"""One fetch at a time: a lock that the kernel takes back when its holder dies, however it dies."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ws_mcp.errors import WsMcpError
from ws_mcp.knowledge.cache import storage_error

if sys.platform == "win32":
    import msvcrt

    def _take(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _take(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


class BusyError(WsMcpError):
    """Another process (or task) holds the lock."""


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the lock file ``path``; it is never deleted, since deleting it would let two holders in.

    Raises:
        BusyError: It is held.
        StorageError: It cannot be made.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise storage_error(error, path) from error
    try:
        try:
            _take(descriptor)
        except OSError as error:
            raise BusyError(
                "Another fetch of the official documents is running. Wait until it has finished; "
                "`websocket-mcp corpus status` shows what is there."
            ) from error
        yield
    finally:
        os.close(descriptor)
