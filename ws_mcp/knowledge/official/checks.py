"""What we remember of asking: when each document was last checked, what to ask with, and why it failed.

It stands apart from the manifest, because it changes with every check and losing it costs nothing but a download.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ws_mcp.knowledge.cache import atomic_write, private_dir
from ws_mcp.knowledge.official.download import Validators

FOLDER = "official"
_FILE = "checks.json"


@dataclass(frozen=True, slots=True)
class Check:
    """The last time a document was asked for. ``failed`` is the reason why no good copy came, "" if one did."""

    checked: str
    validators: Validators = Validators()
    failed: str = ""


def home(cache_dir: Path) -> Path:
    """The folder of the fetched documents; it may not exist."""
    return cache_dir / FOLDER


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object of ours, empty if it is missing or damaged: everything in it can be fetched again."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def load(cache_dir: Path) -> dict[str, Check]:
    """The checks by document id; damaged ones are forgotten."""
    checks = {}
    for name, found in read_json(home(cache_dir) / _FILE).items():
        try:
            checks[name] = Check(found["checked"], Validators(**found["validators"]), found["failed"])
        except (TypeError, KeyError):
            continue
    return checks


def save(cache_dir: Path, checks: dict[str, Check]) -> None:
    """Remember ``checks``.

    Raises:
        StorageError: The cache cannot be written.
    """
    lines = {name: dataclasses.asdict(checks[name]) for name in sorted(checks)}
    atomic_write(private_dir(home(cache_dir)) / _FILE, json.dumps(lines, indent=1).encode())
