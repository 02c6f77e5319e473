"""Packs the server as an MCP bundle, for clients that install one by a click: ``python -m tools.bundle OUT.mcpb``.

A bundle is a ZIP of the sources with a manifest. Its dependencies hold compiled code for one system, so they are not in
it: uv brings them when the server first starts.
"""

from __future__ import annotations

import argparse
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
from mcp import Client
from mcp.types import Tool

from ws_mcp import __version__
from ws_mcp.doors.mcp.app import create

ROOT = Path(__file__).parent.parent
FOLDERS = ("ws_mcp", "corpus", "templates")
FILES = ("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md")
_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # so that the same sources make the same bytes
_LEFT_OUT = frozenset({"__pycache__", "node_modules", ".mypy_cache", ".ruff_cache", ".pytest_cache"})


def manifest() -> dict[str, Any]:
    """The bundle's manifest; its tools are the live server's."""

    async def fetch() -> list[Tool]:
        async with Client(create()) as client:
            return (await client.list_tools()).tools

    tools = [{"name": tool.name, "description": (tool.description or "").split("\n")[0]} for tool in anyio.run(fetch)]
    return {
        "manifest_version": "0.3",
        "name": "websocket-mcp",
        "display_name": "WebSocket MCP",
        "version": __version__,
        "description": "WebSocket knowledge and tools: search the specifications, check frames and handshakes, probe.",
        "author": {"name": "The websocket-mcp authors"},
        "license": "MIT",
        "keywords": ["websocket", "rfc6455", "real-time"],
        "server": {
            "type": "python",
            "entry_point": "ws_mcp/__main__.py",
            "mcp_config": {
                "command": "uv",
                "args": [
                    "run",
                    "--quiet",
                    "--no-dev",
                    "--directory",
                    "${__dirname}",
                    "websocket-mcp",
                    "serve",
                    "--root",
                    "${user_config.folder}",
                ],
                "env": {},
            },
        },
        "user_config": {
            "folder": {
                "type": "directory",
                "title": "Folder for projects",
                "description": "Generated projects are written below it; nothing outside it is read or written.",
                "required": True,
            }
        },
        "tools": tools,
        "prompts_generated": True,
        "compatibility": {"platforms": ["darwin", "linux", "win32"], "runtimes": {"python": ">=3.11"}},
    }


def files() -> Iterator[tuple[str, bytes]]:
    """(path in the bundle, content), the manifest first."""
    yield "manifest.json", json.dumps(manifest(), indent=2).encode() + b"\n"
    for name in FILES:
        yield name, (ROOT / name).read_bytes()
    for folder in FOLDERS:
        for file in sorted((ROOT / folder).rglob("*")):
            path = file.relative_to(ROOT)
            if file.is_file() and not _LEFT_OUT & set(path.parts):
                yield path.as_posix(), file.read_bytes()


def pack(place: Path) -> None:
    """Write the bundle."""
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, content in files():
            bundle.writestr(zipfile.ZipInfo(name, _LONG_AGO), content, zipfile.ZIP_DEFLATED)


def main() -> None:
    """Write the bundle where the argument says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    pack(parser.parse_args().out)


if __name__ == "__main__":
    main()
