"""Runs the commands that the README shows and puts their real output below them."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

README = Path(__file__).parent.parent / "README.md"
SHOWN = ("search", "read", "check", "diagnose", "template list")  # their output follows from what ships alone
_BLOCK = re.compile(r"```console\n\$ websocket-mcp ([^\n]+)\n.*?```", re.S)
_LINES = 24  # of a long output


def readme() -> str:
    """The README with the output of its commands as it is now."""
    with tempfile.TemporaryDirectory() as cache:
        env = {**os.environ, "XDG_CACHE_HOME": cache, "COLUMNS": "100", "WS_MCP_OFFLINE": "1"}

        def block(found: re.Match[str]) -> str:
            command = found[1]
            if not command.startswith(SHOWN):
                return found[0]
            return f"```console\n$ websocket-mcp {command}\n{_output(command, env)}```"

        return _BLOCK.sub(block, README.read_text("utf-8"))


def _output(command: str, env: dict[str, str]) -> str:
    arguments = [sys.executable, "-m", "ws_mcp", *shlex.split(command)]
    done = subprocess.run(arguments, capture_output=True, text=True, env=env, timeout=60, check=False)
    assert done.returncode in (0, 1), done.stderr
    lines = [line.rstrip() for line in done.stdout.splitlines()]
    if len(lines) > _LINES:
        lines = [*lines[:_LINES], f"… {len(lines) - _LINES} more lines"]
    return "\n".join(lines) + "\n"
