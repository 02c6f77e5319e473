"""A folder in which a rendered project is installed and its commands are run."""

from __future__ import annotations

import os
from pathlib import Path

from ws_mcp import engines
from ws_mcp.errors import InputError
from ws_mcp.templates.model import Project
from ws_mcp.templates.render import safe_path

# What decides whether an installation is still good; the rest is code.
_DEPENDENCIES = ("pyproject.toml", "package.json", "package-lock.json", "go.mod", "Cargo.toml")
_SECONDS = {"install": 300.0, "test": 120.0, "lint": 60.0, "types": 180.0}


class Workspace:
    """One folder; ``put`` may be called again with other options, and the installation stays while it is good."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._installed: dict[str, bytes] | None = None
        self._written: set[str] = set()
        self._project: Project | None = None

    @property
    def project(self) -> Project:
        """What is in the folder."""
        if self._project is None:
            raise InputError("the workspace is empty; put a project into it first")
        return self._project

    def put(self, project: Project) -> None:
        """Write a project over the one before."""
        for path in self._written - set(project.files):
            (self.folder / path).unlink(missing_ok=True)
        for path, content in project.files.items():
            file = self.folder / safe_path(path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        self._written = set(project.files)
        self._project = project

    def missing(self) -> list[str]:
        """Programs that this machine lacks, or has too old."""
        return [need for need in self.project.template.needs if not engines.has(need)]

    def install(self) -> str:
        """Install what the project depends on; "" or what went wrong. Packages come from the usual caches."""
        wanted = {path: content for path, content in self.project.files.items() if path in _DEPENDENCIES}
        if wanted == self._installed:
            return ""
        trouble = self.step("install")
        self._installed = None if trouble else wanted
        return trouble

    def step(self, name: str) -> str:
        """Run one of the template's commands; "" or the end of what it said."""
        environment = _clean()
        if name == "install":  # what an installer that is ended leaves behind goes with the rest
            environment["TMPDIR"] = str(self.folder.parent / ".installing")
            Path(environment["TMPDIR"]).mkdir(exist_ok=True)
        for command in self.project.template.commands.get(name, ()):
            ran = engines.run(command, self.folder, _SECONDS[name], environment)
            if not ran.ok:
                why = "did not end in time" if ran.code is None else f"exit {ran.code}"
                return f"{' '.join(command)}: {why}\n{ran.output}"
        return ""

    def start(self, environment: dict[str, str], lines: bool = False) -> engines.Running:
        """Start the project's program."""
        (command,) = self.project.template.commands["run"]
        return engines.Running(command, self.folder, {**_clean(), **environment}, lines=lines)


def _clean() -> dict[str, str]:
    """An environment in which the caller's own virtual environment and Python settings do not show through."""
    plain = {name: "" for name in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PYTEST_ADDOPTS") if name in os.environ}
    return {**plain, "PYTHONDONTWRITEBYTECODE": "1"}
