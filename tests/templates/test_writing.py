from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from ws_mcp.errors import InputError
from ws_mcp.templates import catalogue, render, writing

PROJECT = render.render(catalogue.get("python-websockets-client"))


def test_every_file_is_written_and_listed_with_its_hash(tmp_path: Path) -> None:
    listed = writing.write(PROJECT, tmp_path / "new" / "project")
    base = tmp_path / "new" / "project"
    files = {path.relative_to(base).as_posix(): path for path in base.rglob("*") if path.is_file()}
    assert {file["path"] for file in listed} == set(files)
    for file in listed:
        assert hashlib.sha256(files[file["path"]].read_bytes()).hexdigest() == file["sha256"]


def test_nothing_is_overwritten_and_then_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine")
    with pytest.raises(InputError, match="README.md already, and nothing was written"):
        writing.write(PROJECT, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]
    writing.write(PROJECT, tmp_path, overwrite=True)
    assert (tmp_path / "README.md").read_bytes() == PROJECT.files["README.md"]


def test_a_link_does_not_lead_out(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "src").symlink_to(tmp_path / "out")
    with pytest.raises(InputError, match="through a link"):
        writing.write(PROJECT, tmp_path / "in", overwrite=True)
    assert list((tmp_path / "out").iterdir()) == []


def test_a_dangling_link_is_no_free_place(tmp_path: Path) -> None:
    (tmp_path / "README.md").symlink_to(tmp_path / "nowhere")
    with pytest.raises(InputError, match="already"):
        writing.write(PROJECT, tmp_path)
    assert not (tmp_path / "nowhere").exists()


def test_only_what_differs_is_replaced_and_permissions_stay(tmp_path: Path) -> None:
    writing.write(PROJECT, tmp_path)
    assert writing.differing(PROJECT, tmp_path) == ()
    readme, main = tmp_path / "README.md", tmp_path / PROJECT.template.main
    readme.write_text("mine")
    readme.chmod(0o755)
    main.unlink()
    main.mkdir()
    untouched = (tmp_path / "pyproject.toml").stat()
    assert set(writing.differing(PROJECT, tmp_path)) == {"README.md", PROJECT.template.main}
    main.rmdir()
    writing.write(PROJECT, tmp_path, overwrite=True)
    assert writing.differing(PROJECT, tmp_path) == ()
    assert readme.stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "pyproject.toml").stat().st_mtime_ns == untouched.st_mtime_ns
