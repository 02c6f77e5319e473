"""Writes a rendered project into a folder, and never over what is there unless asked to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ws_mcp.errors import InputError, StorageError
from ws_mcp.knowledge.cache import atomic_write
from ws_mcp.templates.model import Project
from ws_mcp.templates.render import safe_path

_SHOWN = 5


def write(project: Project, folder: Path, overwrite: bool = False) -> list[dict[str, Any]]:
    """Write every file; the list of them with size, lines and SHA-256. All is checked before anything is written.

    Raises:
        InputError: A file is there already, or a link leads out of ``folder``.
        StorageError: A file cannot be written.
    """
    base = folder.resolve()
    targets = _targets(project, base)
    there = [path for path, target in targets.items() if target.exists() or target.is_symlink()]
    if there and not overwrite:
        more = f" and {len(there) - _SHOWN} more" if len(there) > _SHOWN else ""
        raise InputError(
            f"{base} has {', '.join(there[:_SHOWN])}{more} already, and nothing was written. "
            "Take another folder, or ask for overwriting (overwrite)."
        )
    for path, target in targets.items():
        _put(target, project.files[path], new=path not in there)
    return project.listing()


def differing(project: Project, folder: Path) -> tuple[str, ...]:
    """The project's files in whose place something else stands; writing over these would lose it.

    Raises:
        InputError: A link leads out of ``folder``.
    """
    targets = _targets(project, folder.resolve())
    return tuple(path for path, target in targets.items() if _differs(target, project.files[path]))


def _targets(project: Project, base: Path) -> dict[str, Path]:
    targets = {path: base / safe_path(path) for path in project.files}
    for path, target in targets.items():
        if base not in target.resolve().parents:
            raise InputError(f"{path} would be written outside {base}, through a link. Take another folder.")
    return targets


def _differs(target: Path, content: bytes) -> bool:
    try:
        if not target.is_file():  # nothing, a folder, a pipe, a link to nothing
            return target.exists() or target.is_symlink()
        return target.stat().st_size != len(content) or target.read_bytes() != content
    except OSError:
        return True


def _put(target: Path, content: bytes, new: bool) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if not new:
            _replace(target, content)
            return
        with target.open("xb") as file:  # whoever was quicker keeps what they wrote
            file.write(content)
    except OSError as error:
        raise StorageError(f"{target} cannot be written: {error.strerror}. Take another folder.") from error


def _replace(target: Path, content: bytes) -> None:
    """Puts ``content`` in the place of a file, with that file's permissions; leaves it where it is the same."""
    if not _differs(target, content):
        return
    mode = target.stat().st_mode & 0o777 if target.is_file() else None
    atomic_write(target, content)
    if mode is not None:
        target.chmod(mode)
