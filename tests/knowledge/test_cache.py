"""The cache folder is private, and writing into it is all or nothing."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from ws_mcp.errors import StorageError
from ws_mcp.knowledge.cache import atomic_write, cache_dir


def test_the_folder_follows_xdg_cache_home_and_is_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    made = cache_dir()
    assert made == tmp_path / "websocket-mcp"
    assert stat.S_IMODE(made.stat().st_mode) == 0o700


def test_a_folder_that_others_could_enter_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    (tmp_path / "websocket-mcp").mkdir(mode=0o755)
    assert stat.S_IMODE(cache_dir().stat().st_mode) == 0o700


def test_a_relative_xdg_cache_home_is_ignored_as_its_specification_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "here")
    assert cache_dir().is_absolute()


def test_a_file_in_the_folders_place_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    (tmp_path / "websocket-mcp").write_text("in the way")
    with pytest.raises(StorageError, match="websocket-mcp.*XDG_CACHE_HOME"):
        cache_dir()


def test_writing_replaces_the_whole_file_and_leaves_nothing_else(tmp_path: Path) -> None:
    atomic_write(tmp_path / "a", b"old" * 100)
    atomic_write(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"new"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_missing_folder_is_an_error_with_the_way_round(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="XDG_CACHE_HOME"):
        atomic_write(tmp_path / "missing" / "a", b"")


@pytest.mark.usefixtures("permissions")
def test_a_read_only_folder_is_an_error_with_the_way_round(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StorageError, match="permission is denied"):
        atomic_write(tmp_path / "a", b"")


def test_a_full_disk_keeps_the_old_file_and_leaves_no_rubbish(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource", reason="only POSIX can limit the size of a file")
    atomic_write(tmp_path / "a", b"old")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(StorageError, match="Cannot write"):
            atomic_write(tmp_path / "a", b"x" * 100_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert (tmp_path / "a").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
