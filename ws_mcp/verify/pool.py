"""Workspaces by template, each installed once however many checks use it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ws_mcp.templates import catalogue, render
from ws_mcp.verify.lab import Lab
from ws_mcp.verify.model import Broken, NotOffered
from ws_mcp.verify.workspace import Workspace


class Pool:
    """Below one folder, a workspace for each template."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._spaces: dict[str, Workspace] = {}

    def space(self, name: str) -> Workspace:
        """The workspace of a template, perhaps still empty."""
        if name not in self._spaces:
            folder = self._folder / name
            folder.mkdir(parents=True, exist_ok=True)
            self._spaces[name] = Workspace(folder)
        return self._spaces[name]

    def installed(self, name: str, options: Mapping[str, Any]) -> Workspace:
        """The workspace with a project that can run.

        Raises:
            NotOffered: This machine lacks a program.
            Broken: It cannot be installed.
        """
        space = self.space(name)
        space.put(render.render(catalogue.get(name), options))
        if missing := space.missing():
            raise NotOffered(f"this machine has no {', '.join(missing)}, which {name} needs")
        if trouble := space.install():
            raise Broken(f"{name} cannot be installed: {trouble}")
        return space


class Clients:
    """A client under test and the servers it has to get on with."""

    def __init__(self, workspace: Workspace, pool: Pool) -> None:
        self.workspace = workspace
        self._pool = pool

    def servers(self) -> list[str]:
        """The servers of the client's family."""
        family = self.workspace.project.template.family
        return [entry.name for entry in catalogue.load() if entry.side == "server" and entry.family == family]

    async def lab(self, name: str, options: Mapping[str, Any]) -> Lab:
        """A server, installed."""
        return Lab(await asyncio.to_thread(self._pool.installed, name, options))
