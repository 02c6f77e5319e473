"""What a machine lacks: a test says so and skips, and fails where `.ci/run` has set CI and should have installed it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NoReturn

import pytest


def absent(reason: str) -> NoReturn:
    """End the test for this reason."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def real_docs() -> Path:
    """The folder of real upstream documents (``mirror/`` and ``docs/``), which nobody may ship."""
    given = os.environ.get("WS_MCP_REAL_DOCS", "")
    if not given:
        pytest.skip("WS_MCP_REAL_DOCS names no folder of real upstream documents")
    if not (Path(given) / "mirror").is_dir():
        absent(f"WS_MCP_REAL_DOCS is {given!r}, which has no mirror/ of real upstream documents")
    return Path(given)
