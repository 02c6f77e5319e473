"""The user's private cache folder, and the one way files get into it.

The index in it is made of pickles and fetched documents are trusted by what reads them, so nobody else may write there.
"""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

from platformdirs import user_cache_path

from ws_mcp.errors import StorageError

NAME = "websocket-mcp"
PRIVATE = 0o700


def cache_dir() -> Path:
    """Our cache folder, made private (0700) if it is not there; ``XDG_CACHE_HOME`` moves it on every platform.

    Raises:
        StorageError: It cannot be made, is not a folder, or belongs to another user.
    """
    base = os.environ.get("XDG_CACHE_HOME", "")
    path = Path(base) / NAME if Path(base).is_absolute() else user_cache_path(NAME, appauthor=False)
    return private_dir(path)


def private_dir(path: Path) -> Path:
    """Make ``path`` (and what is above it) a folder that only its owner can enter, and return it."""
    try:
        path.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        if os.name == "posix":
            _make_private(path)
    except OSError as error:
        raise storage_error(error, path) from error
    return path


def _make_private(path: Path) -> None:
    found = path.stat()
    if found.st_uid != os.geteuid():
        raise StorageError(
            f"The cache folder {path} belongs to another user, so what is in it cannot be trusted. "
            "Set XDG_CACHE_HOME to a folder of your own."
        )
    if found.st_mode & 0o077:
        path.chmod(PRIVATE)


def atomic_write(path: Path, content: bytes) -> None:
    """Replace ``path`` so that a reader, or a crash at any moment, finds the old file or the new one, whole.

    Raises:
        StorageError: The folder is missing, read-only or full; the old file is then unchanged.
    """
    temporary = ""
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except OSError as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise storage_error(error, path) from error


def storage_error(error: OSError, path: Path) -> StorageError:
    """What went wrong with ``path`` in words, and the way round."""
    reasons = {
        errno.EROFS: "the file system is read-only",
        errno.EACCES: "permission is denied",
        errno.EPERM: "permission is denied",
        errno.ENOSPC: "the disk is full",
        errno.EDQUOT: "the disk quota is used up",
        errno.ENOTDIR: "something on the way to it is a file, not a folder",
        errno.EEXIST: "there is a file of that name where a folder is needed",
    }
    reason = reasons.get(error.errno or 0, error.strerror or str(error))
    return StorageError(
        f"Cannot write {path}: {reason}. Free or unlock it, or set XDG_CACHE_HOME to a folder that can be written."
    )
