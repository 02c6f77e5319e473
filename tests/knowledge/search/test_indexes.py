"""An index is kept for each state of the content, and every trouble with the folder ends in an answer."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from ws_mcp.knowledge.search import indexes
from ws_mcp.types import Section

SECTIONS = [Section("rfc6455/5.3", "5.3 Masking", "rfc6455", summary="A client masks its frames.")]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "websocket-mcp" / "indexes"


class Offered:
    """Sections that count how often they are asked for: once for each build."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> list[Section]:
        self.times += 1
        return SECTIONS


def answers(state: str, offered: Offered) -> str:
    index, note = indexes.open_index(state, offered)
    assert [found.id for found in index.search("masking", frozenset()).found] == ["rfc6455/5.3"]
    return note


def test_an_index_is_built_once_and_then_opened(home: Path) -> None:
    offered = Offered()
    assert answers("one", offered) == answers("one", offered) == ""
    assert offered.times == 1
    assert [folder.name for folder in home.iterdir()] == ["one"]


def test_another_state_of_the_content_has_an_index_of_its_own(home: Path) -> None:
    offered = Offered()
    answers("one", offered)
    answers("two", offered)
    assert offered.times == 2
    assert sorted(folder.name for folder in home.iterdir()) == ["one", "two"]


def test_a_damaged_index_is_built_again(home: Path) -> None:
    offered = Offered()
    answers("one", offered)
    for file in (home / "one").glob("*.seg"):
        file.write_bytes(b"junk")
    assert answers("one", offered) == ""
    assert answers("one", offered) == ""
    assert offered.times == 2


def test_an_empty_folder_in_an_indexs_place_is_replaced(home: Path) -> None:
    (home / "one").mkdir(parents=True)
    assert answers("one", Offered()) == ""


def test_a_file_in_the_caches_place_leaves_a_search_from_memory_and_a_note(home: Path) -> None:
    home.parent.write_text("in the way")
    note = answers("one", Offered())
    assert str(home.parent) in note
    assert "XDG_CACHE_HOME" in note
    assert "from memory" in note


def test_a_file_in_an_indexs_place_leaves_a_search_from_memory_and_a_note(home: Path) -> None:
    home.mkdir(parents=True)
    (home / "one").write_text("in the way")
    assert "from memory" in answers("one", Offered())


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a folder in which nobody can write")
def test_a_cache_that_cannot_be_made_leaves_a_search_from_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/self/nowhere")
    assert "from memory" in answers("one", Offered())


@pytest.mark.usefixtures("permissions")
def test_an_index_in_a_cache_that_became_read_only_still_serves(home: Path) -> None:
    offered = Offered()
    answers("one", offered)
    (home / "one").chmod(0o500)
    home.chmod(0o500)
    assert answers("one", offered) == ""
    assert offered.times == 1


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can give a folder away")
def test_a_cache_of_somebody_else_is_never_opened(home: Path) -> None:
    answers("one", Offered())
    os.chown(home.parent, 12345, 12345)
    offered = Offered()
    note = answers("one", offered)
    assert offered.times == 1
    assert "belongs to another user" in note


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_indexes_of_somebody_else_is_never_opened(home: Path) -> None:
    answers("one", Offered())
    os.chown(home, 12345, 12345)
    assert "belongs to another user" in answers("one", Offered())


def test_what_was_not_used_for_a_week_and_what_a_killed_build_left_goes(home: Path) -> None:
    for name, days in (("old", 8), ("recent", 3), (".index-killed", 1)):
        (home / name).mkdir(parents=True)
        os.utime(home / name, (time.time() - days * 86_400,) * 2)
    (home / ".index-running").mkdir()
    answers("new", Offered())
    assert sorted(folder.name for folder in home.iterdir()) == [".index-running", "new", "recent"]


def test_opening_an_index_counts_as_use(home: Path) -> None:
    answers("one", Offered())
    os.utime(home / "one", (0, 0))
    answers("one", Offered())
    assert time.time() - (home / "one").stat().st_mtime < 60


def test_a_fingerprint_changes_with_each_byte_name_and_fact(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("a")
    two.write_text("b")
    first = indexes.fingerprint([one, two], "1.0")
    assert first == indexes.fingerprint([two, one], "1.0")
    others = {
        indexes.fingerprint([one], "1.0"),
        indexes.fingerprint([one, two], "1.1"),
        indexes.fingerprint([one, two]),
    }
    two.write_text("c")
    others.add(indexes.fingerprint([one, two], "1.0"))
    assert len(others | {first}) == 5
