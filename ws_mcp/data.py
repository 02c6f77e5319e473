"""Where the shipped data is: ``corpus/`` and ``templates/``.

In a checkout they stand beside the package; in a wheel they are under ``ws_mcp/_data/``.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def folder(name: str) -> Path:
    """The folder ``name`` ("corpus" or "templates") of the shipped data."""
    package = Path(__file__).parent
    installed = package / "_data" / name
    return installed if installed.is_dir() else package.parent / name
