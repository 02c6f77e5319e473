"""The code that guides show, and what it takes to run it: files, a port, a process, packages from npm."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests import npm
from tests.absent import absent
from ws_mcp.verify.lab import free_port

ROOT = Path(__file__).parent.parent.parent
GUIDES = ROOT / "corpus" / "guides"
INSTALLED = {"apache2", "bash", "caddy", "chromium", "curl", "envoy", "haproxy", "nginx", "redis-server"}  # by .ci/run
ORIGIN = "https://app.example.com"  # that the guides' servers allow
_OWN = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)  # an info string with more is a template's code


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of a guide's own."""

    guide: str
    language: str
    code: str


@cache
def blocks() -> tuple[Block, ...]:
    """Every block, in order."""
    return tuple(
        Block(file.relative_to(GUIDES).with_suffix("").as_posix(), language, code)
        for file in sorted(GUIDES.glob("*/**/*.md"))
        for language, code in _OWN.findall(file.read_text("utf-8"))
    )


def guides(language: str) -> list[str]:
    """The guides with a block of this language."""
    return list(dict.fromkeys(block.guide for block in blocks() if block.language == language))


def codes(guide: str, language: str) -> list[str]:
    """The blocks of a language in a guide."""
    return [block.code for block in blocks() if (block.guide, block.language) == (guide, language)]


def code(guide: str, language: str, number: int | None = None) -> str:
    """The only one of them, or that of this number; so a block that is added does not stay unseen."""
    found = codes(guide, language)
    if number is None and len(found) != 1:
        raise ValueError(f"{guide} has {len(found)} blocks of {language}: give the number of one")
    return found[number or 0]


def loaded(text: str) -> dict[str, Any]:
    """The names that a Python block defines."""
    names: dict[str, Any] = {"__name__": "shown"}
    exec(compile(text, "shown.py", "exec", dont_inherit=True), names)
    return names


def program(name: str) -> str:
    """Where a program is; a machine without it skips, CI does not where its gate installs the program."""
    found = shutil.which(name)
    if not found:
        if name in INSTALLED:
            absent(f"{name} is not installed")
        pytest.skip(f"{name} is not installed")
    return found


def modules(folder: Path, packages: Mapping[str, str]) -> None:
    """Make npm packages importable in ``folder``; "" for the version is one that another brought."""
    place = folder / "node_modules"
    brought = {name: npm.package(name, version) for name, version in packages.items() if version}
    for name, version in packages.items():
        link = place / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(brought[name] if version else _beside(brought, name))


def _beside(brought: Mapping[str, Path], name: str) -> Path:
    roots = {next(above for above in one.parents if above.name == "node_modules") for one in brought.values()}
    return next(root / name for root in roots if (root / name).is_dir())


def script(folder: Path, text: str, *arguments: str) -> str:
    """What a Node script prints; it must end by itself, and well."""
    (folder / "shown.mjs").write_text(text, "utf-8")
    command = [npm.node(), "shown.mjs", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@contextmanager
def running(command: list[str], folder: Path, port: int, **env: str) -> Iterator[subprocess.Popen[str]]:
    """A server that is killed at the end with all its processes, from when its port answers."""
    log = folder / f"server-{port}.log"
    with log.open("w+") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | env,
            start_new_session=True,
        )
        try:
            _await(process, port, log)
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # workers of nginx outlive their master
            process.wait(10)


def _await(process: subprocess.Popen[str], port: int, log: Path) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        assert process.poll() is None, f"it ended with {process.returncode}: {log.read_text()[-2000:]}"
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"it does not listen: {log.read_text()[-2000:]}")


@dataclass(frozen=True, slots=True)
class Promise:
    """What a guide says that its server does.

    ``limit`` is the code for 70,000 bytes, None where they pass; ``restart`` that for SIGTERM.
    """

    path: str
    echo: str = "hi"
    limit: int | None = 1009
    restart: int = 1012
    missing: int = 403  # the status for a handshake without Origin; 101 where it is let in


def keeps(process: subprocess.Popen[str], port: int, promise: Promise, origin: str = ORIGIN) -> None:
    """Foreign Origins out, the limit, an echo, and the code at SIGTERM."""
    url = f"ws://127.0.0.1:{port}{promise.path}"
    assert refused(url, "https://evil.test") == 403
    assert refused(url, None) == promise.missing
    with opened(url, origin=origin) as peer:
        peer.send("hi")
        assert peer.recv(10) == promise.echo
        peer.send("x" * 70_000)
        if promise.limit is None:
            assert peer.recv(10) == "x" * 70_000
        else:
            assert ended(peer) == promise.limit
    with opened(url, origin=origin) as peer:
        peer.send("hi")
        peer.recv(10)
        process.send_signal(signal.SIGTERM)
        assert ended(peer) == promise.restart
        assert process.wait(15) in (0, -signal.SIGTERM, 128 + signal.SIGTERM)  # the last is Java's


def opened(url: str, **how: Any) -> ClientConnection:
    """A connection from the allowed Origin."""
    return connect(url, **{"origin": ORIGIN, "proxy": None, "compression": None, "open_timeout": 10} | how)


def refused(url: str, origin: str | None) -> int:
    """The status of a handshake from this Origin."""
    try:
        with opened(url, origin=origin):
            return 101
    except InvalidStatus as error:
        return error.response.status_code


def ended(peer: ClientConnection) -> int | None:
    """The code that a connection ends with."""
    try:
        while True:
            peer.recv(15)
    except ConnectionClosed as error:
        return error.rcvd.code if error.rcvd else 1006


def moved(text: str, port: int) -> tuple[str, int]:
    """A server's code on a free port instead of the one that it shows, and that port."""
    assert str(port) in text, f"the code names no port {port}"
    free = free_port()
    return text.replace(str(port), str(free)), free
