"""The real documents, which are other people's and so are not in this repository."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def mirror() -> Path:
    """The folder that holds them as HOST/PATH; a test that asks where they are absent is skipped, and fails in CI."""
    root = os.environ.get("WS_MCP_REAL_DOCS", "")
    folder = Path(root) / "mirror"
    if root and folder.is_dir():
        return folder
    reason = f"needs the real documents: WS_MCP_REAL_DOCS is {root!r}, which has no mirror/"
    if os.environ.get("CI", "").lower() in ("1", "true"):
        pytest.fail(reason)
    pytest.skip(reason)
