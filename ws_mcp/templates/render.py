"""Renders a template in memory: the same options give the same bytes. The only place that knows Jinja2."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

import jinja2
from jinja2.sandbox import SandboxedEnvironment

from ws_mcp.errors import InputError
from ws_mcp.templates import options
from ws_mcp.templates.model import Project, Template, Value

_SUFFIX = ".jinja"


def render(template: Template, given: Mapping[str, Any] | None = None) -> Project:
    """The project that ``template`` makes with the options ``given``.

    Raises:
        InputError: An option cannot be used, or the template itself is broken.
    """
    values = options.settle(template, given or {})
    environment = _environment(template.folder.parent)
    files = {}
    for path, source in _sources(template, values):
        target = path.removesuffix(_SUFFIX)
        files[target] = _text(environment, template, source, values) if path != target else source.read_bytes()
    return Project(template, values, dict(sorted(files.items())))


def _sources(template: Template, values: Mapping[str, Value]) -> list[tuple[str, Path]]:
    """The files that these values ask for, as paths below ``files/``."""
    base = template.folder / "files"
    found = []
    for source in sorted(base.rglob("*")):
        path = source.relative_to(base).as_posix()
        if source.is_symlink() or not source.is_file() or "__pycache__" in source.parts:
            continue
        needed = template.conditions.get(path.removesuffix(_SUFFIX), {})
        if all(values[name] == value for name, value in needed.items()):
            found.append((path, source))
    return found


def _text(environment: SandboxedEnvironment, template: Template, source: Path, values: Mapping[str, Value]) -> bytes:
    name = source.relative_to(template.folder.parent).as_posix()
    try:
        text = environment.get_template(name).render(values)
    except jinja2.TemplateError as error:
        place = f"{getattr(error, 'name', None) or name}:{getattr(error, 'lineno', None) or '?'}"
        raise InputError(f"{template.name} is broken at {place}: {error}. Report it, or mend the template.") from error
    # Parts that are left out leave their blank lines behind.
    return (re.sub(r"\n{4,}", "\n\n\n", text).strip("\n") + "\n").encode()


@cache
def _environment(root: Path) -> SandboxedEnvironment:
    # Shared parts are included by their path below the catalogue; what is undefined is an error, never an empty text.
    return SandboxedEnvironment(
        loader=jinja2.FileSystemLoader(root),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=1000,
    )


def safe_path(path: str) -> PurePosixPath:
    """``path`` as one that stays below the folder it is joined to.

    Raises:
        InputError: It is absolute, climbs, or is empty.
    """
    pure = PurePosixPath(path)
    if not pure.parts or pure.is_absolute() or ".." in pure.parts or "\\" in path or "\0" in path:
        raise InputError(f"{path[:80]!r} is not a path inside the project. Give one of the listed paths.")
    return pure
