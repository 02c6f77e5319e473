"""Tells when folders may have changed: the one home of watchfiles.

The system's own notices come first. Where they cannot be had (no such package, no free inotify watch, some network
drives) the caller looks by itself once a second; and now and then it does in any case, since notices can be lost.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

LOOK = 1.0  # seconds between looks where there are no notices
ANYWAY = 30.0  # seconds after which to look although there was none
_SETTLE = 200  # milliseconds of quiet that end a burst of changes
_STEP = 50  # milliseconds between questions to the system


def changes(folders: tuple[Path, ...], stop: threading.Event) -> Iterator[None]:
    """Yield whenever it is worth looking at ``folders``; end when they are others than at the start, or at ``stop``."""
    there = _identities(folders)
    notices = _notices(tuple(folder for folder in folders if folder.is_dir()), stop)
    quiet = ANYWAY  # so that what changed before the first notice could come is seen at the first quiet second
    while not stop.is_set() and _identities(folders) == there:
        noticed = next(notices, None)
        if noticed is None:  # no notices here
            stop.wait(LOOK)
        quiet = quiet + LOOK if noticed is False else 0.0
        if noticed is not False or quiet >= ANYWAY:
            quiet = 0.0
            yield


def _notices(folders: tuple[Path, ...], stop: threading.Event) -> Iterator[bool]:
    """True for changes, False for a second without; ends at once where the system gives no notices."""
    try:
        from watchfiles import watch

        found = watch(
            *folders,
            watch_filter=None,
            debounce=_SETTLE,
            step=_STEP,
            stop_event=stop,
            rust_timeout=int(LOOK * 1000),
            yield_on_timeout=True,
            raise_interrupt=False,
        )
        if folders:
            for changed in found:
                yield bool(changed)
    except Exception:  # as many kinds as there are systems; looking works everywhere
        return


def _identities(folders: tuple[Path, ...]) -> list[tuple[int, int] | None]:
    """Which folders are there: one that was removed and made again is another one."""
    return [_identity(folder) for folder in folders]


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        found = folder.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
