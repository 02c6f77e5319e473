from __future__ import annotations

import os
from pathlib import Path

import pytest

from ws_mcp import roots
from ws_mcp.errors import InputError


def test_paths_below_a_root_are_allowed_and_relative_ones_are_below_the_first(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    assert roots.inside("a/b", [one, two]) == one / "a" / "b"
    assert roots.inside(str(two / "c"), [one, two]) == two / "c"
    assert roots.inside(".", [one]) == one


@pytest.mark.parametrize("path", ["..", "a/../../two", "/etc", "~/x", "../one-more/x"])
def test_nothing_outside_is(tmp_path: Path, path: str) -> None:
    with pytest.raises(InputError, match="outside the allowed folders"):
        roots.inside(path, [tmp_path / "one"])


def test_a_link_counts_as_where_it_leads(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "root" / "link").symlink_to(tmp_path / "other")
    with pytest.raises(InputError, match="outside"):
        roots.inside("link/x", [tmp_path / "root"])


def test_without_roots_it_says_how_to_get_one() -> None:
    with pytest.raises(InputError, match="--root DIR"):
        roots.inside("x", [])


def test_a_nul_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="NUL"):
        roots.inside("a\0b", [tmp_path])


def test_the_environment_names_roots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(roots.VARIABLE, os.pathsep.join(("/a", "/b c")))
    assert roots.named() == (Path("/a"), Path("/b c"))
    monkeypatch.delenv(roots.VARIABLE)
    assert roots.named() == ()
