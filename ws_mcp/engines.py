"""The one place that runs other programs: bounded in time and output, and with no process left behind.

Each program leads a process group of its own, and the whole group is ended, whatever it started.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from ws_mcp.errors import InputError

_TAIL = 4_000  # characters of output that are kept to be shown
_GRACE = 2.0  # seconds between asking a group to end and ending it


@dataclass(frozen=True, slots=True)
class Ran:
    """What became of a program; ``code`` is None where it had to be ended at its time limit."""

    command: tuple[str, ...]
    code: int | None
    output: str
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether it ended by itself, without complaint."""
        return self.code == 0


def find(program: str) -> str | None:
    """Where ``program`` is; ``python3`` is the interpreter that runs us, which is new enough."""
    return sys.executable if program == "python3" else shutil.which(program)


def has(need: str) -> bool:
    """Whether this machine has a program, as in ``npm``, and in a version that is new enough, as in ``node>=22.18``."""
    program, _, least = need.partition(">=")
    found = find(program)
    if found is None or not least:
        return found is not None
    ran = run([found, "--version"], Path.cwd(), 10)
    version = re.search(r"\d+(?:\.\d+)*", ran.output)
    return version is not None and _numbers(version[0]) >= _numbers(least)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def run(command: Sequence[str], folder: Path, seconds: float, environment: Mapping[str, str] | None = None) -> Ran:
    """Run a program to its end in ``folder``, for ``seconds`` at most.

    Raises:
        InputError: There is no such program.
    """
    started = time.monotonic()
    with Running(command, folder, environment) as running:
        code = running.wait(seconds)
        return Ran(tuple(command), code, running.output(), time.monotonic() - started)


_alive: set[Running] = set()  # programs that were started and not ended


def end_all() -> None:
    """End every program that runs. Whoever waits for one, in any thread, sees it end: this process wants to."""
    for running in list(_alive):
        running.end()


class Running:
    """A program that runs until the ``with`` block is left.

    ``lines`` keeps standard input open for ``write``; output and errors go to one file, of which ``output`` gives the
    end and ``new_lines`` what was added since it was asked last.
    """

    def __init__(
        self,
        command: Sequence[str],
        folder: Path,
        environment: Mapping[str, str] | None = None,
        *,
        lines: bool = False,
    ) -> None:
        self._log = tempfile.TemporaryFile()
        self._read = 0
        program = find(command[0]) or str(folder / command[0])
        try:
            self._process = subprocess.Popen(
                [program, *command[1:]],
                cwd=folder,
                env={**os.environ, **(environment or {})},
                stdin=subprocess.PIPE if lines else subprocess.DEVNULL,
                stdout=self._log,
                stderr=subprocess.DEVNULL if lines else subprocess.STDOUT,
                start_new_session=True,
            )
            _alive.add(self)
        except OSError as error:
            self._log.close()
            raise InputError(f"{command[0]} cannot be run: {error.strerror}. Install it, or leave this out.") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()
        self._log.close()

    @property
    def alive(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def wait(self, seconds: float) -> int | None:
        """The exit code; None if it does not end in time."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def signal(self, number: int) -> None:
        """Send a signal to the program alone."""
        self._process.send_signal(number)

    def end(self) -> None:
        """End the program and all it started."""
        _alive.discard(self)
        for number, patience in ((signal.SIGTERM, _GRACE), (signal.SIGKILL, 10.0)):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)
            if self.wait(patience) is not None and not self._group_lives():
                break
        if self._process.stdin:
            with contextlib.suppress(OSError):
                self._process.stdin.close()

    def _group_lives(self) -> bool:
        try:
            os.killpg(self._process.pid, 0)
        except (ProcessLookupError, PermissionError):
            return False
        return True

    def write(self, line: str) -> None:
        """Send a line to its standard input."""
        stream = self._input()
        stream.write(line.encode() + b"\n")
        stream.flush()

    def finish(self) -> None:
        """Close its standard input."""
        self._input().close()

    def _input(self) -> IO[bytes]:
        if self._process.stdin is None:
            raise ValueError("started without lines=True")
        return self._process.stdin

    def output(self) -> str:
        """The end of what it wrote."""
        return self._from(max(0, os.fstat(self._log.fileno()).st_size - _TAIL))[1]

    def new_lines(self) -> list[str]:
        """Whole lines that were written since this was asked last."""
        text = self._from(self._read)[0]
        whole = text[: text.rfind(b"\n") + 1]
        self._read += len(whole)
        return whole.decode("utf-8", "replace").splitlines()

    def _from(self, place: int) -> tuple[bytes, str]:
        # The program writes through its own copy of the same open file, so ours must not move its place.
        size = os.fstat(self._log.fileno()).st_size
        data = os.pread(self._log.fileno(), size - place, place)
        return data, data.decode("utf-8", "replace")

    def memory(self) -> int:
        """Resident bytes of the program now (Linux; 0 elsewhere)."""
        try:
            pages = Path(f"/proc/{self._process.pid}/statm").read_text().split()[1]
        except (OSError, IndexError):
            return 0
        return int(pages) * os.sysconf("SC_PAGE_SIZE")
