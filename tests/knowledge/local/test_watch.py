"""Changes are noticed where the system tells them, and looked for where it does not."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ws_mcp.knowledge.local import watch


class Watching:
    """Counts what ``changes`` yields, in a thread; whether it ended by itself is told too."""

    def __init__(self, *folders: Path) -> None:
        self.seen = 0
        self.stop = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(folders,))
        self._thread.start()

    def _run(self, folders: tuple[Path, ...]) -> None:
        for _ in watch.changes(folders, self.stop):
            self.seen += 1

    def seen_more_than(self, count: int, seconds: float = 2.0) -> bool:
        end = time.monotonic() + seconds
        while self.seen <= count and time.monotonic() < end:
            time.sleep(0.02)
        return self.seen > count

    def ended(self, seconds: float = 3.0) -> bool:
        self._thread.join(seconds)
        return not self._thread.is_alive()


@pytest.fixture
def watching(tmp_path: Path) -> Iterator[Watching]:
    made = Watching(tmp_path)
    assert made.seen_more_than(0)  # what changed before the first notice could come
    yield made
    made.stop.set()
    assert made.ended()


def test_a_change_at_any_depth_is_noticed(tmp_path: Path, watching: Watching) -> None:
    before = watching.seen
    (tmp_path / "a" / "b").mkdir(parents=True)
    assert watching.seen_more_than(before)
    time.sleep(0.5)
    before = watching.seen
    (tmp_path / "a" / "b" / "c.md").write_text("x")
    assert watching.seen_more_than(before)


def test_quiet_is_quiet(watching: Watching) -> None:
    before = watching.seen
    time.sleep(2.5)
    assert watching.seen == before


def test_quiet_is_looked_at_now_and_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "ANYWAY", 1.0)
    made = Watching(tmp_path)
    assert made.seen_more_than(2, 6)
    made.stop.set()
    assert made.ended()


def test_it_ends_when_a_folder_comes_goes_or_is_another_one(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    made = Watching(folder)
    assert made.seen_more_than(0)
    folder.mkdir()
    assert made.ended()
    made = Watching(folder)
    assert made.seen_more_than(0)
    folder.rename(tmp_path / "away")
    folder.mkdir()
    assert made.ended()


@pytest.mark.parametrize("how", ["missing", "refusing"])
def test_without_notices_it_looks_every_second(tmp_path: Path, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import watchfiles

    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(28, "inotify watch limit reached")

    if how == "missing":
        monkeypatch.setitem(sys.modules, "watchfiles", None)
    else:
        monkeypatch.setattr(watchfiles, "watch", refuse)
    made = Watching(tmp_path)
    assert made.seen_more_than(1, 4)
    made.stop.set()
    assert made.ended()
