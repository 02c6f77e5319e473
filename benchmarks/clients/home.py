"""A temporary home in which a client runs with our server installed, and of which nothing stays."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_TAP = Path(__file__).with_name("tap.py")
_SETTLE = 5.0  # seconds that a client's servers get to end when it has


@dataclass(frozen=True, slots=True)
class Ran:
    """How a program ended, what it said, and when it was started."""

    code: int
    out: str
    err: str
    started: float


class Home:
    """A home folder with a project in it; its programs know no other.

    Attributes:
        project: the folder in which programs run.
        log: what the tap notes.
        variables: the environment of its programs.
    """

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="client-home-")
        self.folder = Path(self._temporary.name).resolve()
        self.project = self.folder / "project"
        self.project.mkdir()
        self.log = self.folder / "tap.jsonl"
        temporary = self.folder / "tmp"
        temporary.mkdir()
        self.variables = {"HOME": str(self.folder), "TMPDIR": str(temporary), "PATH": os.environ["PATH"], **variables}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        left = self._processes()
        names = [Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ")[:200] for process in left]
        for process in left:
            os.kill(process, signal.SIGKILL)
        self._temporary.cleanup()
        assert not left, f"left behind: {names}"

    def ours(self, *words: str) -> str:
        """What our own command line says."""
        return self.run([sys.executable, "-m", "ws_mcp", *words], check=True).out

    def tap(self, file: Path) -> None:
        """Put the tap before our server's command in a client's configuration."""
        before = file.read_text("utf-8")
        words = ", ".join(map(json.dumps, (str(_TAP), str(self.log), sys.executable, "-m")))
        after = "".join(f"{words}, ".join(_cut(before, '"-m"')))
        assert after != before, "the server's command was not found"
        file.write_text(after, "utf-8")

    def run(self, command: Sequence[str | Path], timeout: float = 150.0, check: bool = False) -> Ran:
        """Run a program in the project."""
        started = time.time()
        done = subprocess.run(
            command,
            cwd=self.project,
            env=self.variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
        )
        assert not check or done.returncode == 0, done.stderr[-2_000:]
        return Ran(done.returncode, done.stdout, done.stderr, started)

    def _processes(self) -> list[int]:
        """Those that run with this home, once they had time to end; known on Linux only."""
        mark, until = f"HOME={self.folder}\0".encode(), time.monotonic() + _SETTLE
        while found := [int(path.parent.name) for path in Path("/proc").glob("[0-9]*/environ") if _has(path, mark)]:
            if time.monotonic() > until:
                break
            time.sleep(0.1)
        return found


def _cut(text: str, mark: str) -> tuple[str, str]:
    """The text before and after the first ``mark``, which goes."""
    before, found, after = text.partition(mark)
    return (before, after.lstrip(", \n")) if found else (text, "")


def _has(path: Path, mark: bytes) -> bool:
    try:
        return mark in path.read_bytes() + b"\0"
    except OSError:
        return False
