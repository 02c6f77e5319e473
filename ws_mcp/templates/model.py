"""The words of the catalogue: a template, its variables, a rendered project."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

Value = str | int | bool
Command = tuple[tuple[str, ...], ...]  # programs to run one after the other, each as its arguments


@dataclass(frozen=True, slots=True)
class Variable:
    """An option of a template.

    ``type`` is "string" (``pattern`` must match whole), "integer" (``least`` to ``most``), "boolean" or "choice". Where
    the variables in ``when`` have other values than there, it cannot be chosen and is ``otherwise``.
    """

    name: str
    type: str
    default: Value
    help: str
    choices: tuple[str, ...] = ()
    pattern: str = ""
    least: int = 0
    most: int = 0
    when: Mapping[str, Value] = field(default_factory=dict)
    otherwise: Value = ""


@dataclass(frozen=True, slots=True)
class Template:
    """A folder of the catalogue; ``main`` is the file to show first, ``needs`` the programs a machine must have.

    A need may name the oldest version that will do, as in ``node>=22.18``. ``guarantees`` name modules of verify that
    hold for it, ``not_offered`` say why one does not. ``conditions`` maps paths below ``files/`` to the values without
    which they are left out.
    """

    name: str
    folder: Path
    title: str
    summary: str
    side: str
    language: str
    library: str
    version: str
    family: str
    main: str
    needs: tuple[str, ...]
    words: tuple[str, ...]
    guarantees: tuple[str, ...]
    not_offered: Mapping[str, str]
    commands: Mapping[str, Command]
    variables: tuple[Variable, ...]
    conditions: Mapping[str, Mapping[str, Value]]


@dataclass(frozen=True, slots=True)
class Project:
    """A rendered template: its files by relative POSIX path, sorted."""

    template: Template
    options: Mapping[str, Value]
    files: Mapping[str, bytes]

    def listing(self) -> list[dict[str, str | int]]:
        """Each file with its size in bytes, its lines and its SHA-256."""
        return [
            {
                "path": path,
                "bytes": len(content),
                "lines": content.count(b"\n"),
                "sha256": hashlib.sha256(content).hexdigest(),
            }
            for path, content in self.files.items()
        ]
