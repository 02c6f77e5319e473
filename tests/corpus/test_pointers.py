"""Implementation pointers lead to files and names that the packages hold, in the version the row names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

import pytest

from tests import npm
from tests.corpus.shown import GUIDES

PYTHON = {"websockets", "wsproto", "aiohttp", "tornado", "uvicorn"}
NPM = {"ws", "undici", "engine.io", "socket.io", "socket.io-adapter"}
SOURCES = {".py", ".pyi", ".pyx", ".c", ".js", ".ts"}
_ROW = re.compile(r"^\| (?:[\w-]+/)?([\w.-]+) (\d[\d.]*)[^|]* \|(.*)\|$", re.M)


@dataclass(frozen=True, slots=True)
class Pointer:
    """What one row of a guide says of one package."""

    guide: str
    package: str
    version: str
    names: tuple[str, ...]


def _pointers() -> list[Pointer]:
    found = []
    for guide in sorted((GUIDES / "implementations").glob("*.md")):
        for package, version, cells in _ROW.findall(guide.read_text("utf-8")):
            if package in PYTHON | NPM:
                found.append(Pointer(guide.stem, package, version, tuple(re.findall(r"`([^`]+)`", cells))))
    return found


@cache
def _files(package: str, version: str) -> dict[str, str]:
    """The package's sources by their paths; the test is skipped where that version cannot be had."""
    if package in NPM:
        root = npm.package(package, version)
        paths = [path for path in root.rglob("*") if path.suffix in SOURCES]
    else:
        try:
            installed = metadata.distribution(package)
        except metadata.PackageNotFoundError:
            pytest.skip(f"{package} is not installed")
        if not f"{installed.version}.".startswith(f"{version}."):
            pytest.skip(f"{package} is installed as {installed.version}, the guide is about {version}")
        paths = [Path(str(file.locate())) for file in installed.files or () if Path(file).suffix in SOURCES]
    return {path.as_posix(): path.read_text("utf-8", "replace") for path in paths if path.is_file()}


@pytest.mark.parametrize("pointer", _pointers(), ids=lambda pointer: f"{pointer.guide}-{pointer.package}")
def test_a_pointer_leads_to_what_it_names(pointer: Pointer) -> None:
    files = _files(pointer.package, pointer.version)
    assert files, pointer
    lost = [name for name in pointer.names if not _held(name, files)]
    assert not lost, f"{pointer.guide}: {pointer.package} {pointer.version} has no {lost}"


def _held(name: str, files: dict[str, str]) -> bool:
    if Path(name).suffix in SOURCES:
        return any(path.endswith("/" + name.removeprefix("src/")) for path in files)
    words = re.findall(r"[A-Za-z_]\w*", name.split("(")[0])
    return all(any(re.search(rf"(?<!\w){word}(?!\w)", text) for text in files.values()) for word in words)


def test_each_mechanism_points_into_packages_of_both_languages() -> None:
    languages = {(p.guide, p.package in NPM) for p in _pointers()}
    guides = {p.stem for p in (GUIDES / "implementations").glob("*.md")}
    assert {guide for guide, is_npm in languages if is_npm} == guides
    assert {guide for guide, is_npm in languages if not is_npm} == guides - {"resume"}  # nobody's in Python
