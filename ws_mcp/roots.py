"""Which folders may be written: those that whoever started us named, and those that the client announces.

Nothing outside them is touched, whatever a path looks like: symbolic links are followed before it is judged.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from ws_mcp.errors import InputError

VARIABLE = "WS_MCP_ROOTS"  # folders, separated as in PATH; an alternative to ``serve --root DIR``


def named() -> tuple[Path, ...]:
    """The folders that the environment names."""
    return tuple(Path(text) for text in os.environ.get(VARIABLE, "").split(os.pathsep) if text)


def inside(path: str, roots: Iterable[Path]) -> Path:
    """``path`` with its links followed, below one of ``roots``; a relative one is below the first.

    Raises:
        InputError: There are no roots, or it is outside all of them.
    """
    allowed = [root.expanduser().resolve() for root in roots]
    if not allowed:
        raise InputError(
            "No folder may be written: the client announces no roots. Start the server with --root DIR, "
            f"set {VARIABLE}, or leave write_to out and write the files yourself."
        )
    if "\0" in path:
        raise InputError("A path has no NUL in it. Give a folder below one of the allowed roots.")
    wanted = Path(path).expanduser()
    found = (wanted if wanted.is_absolute() else allowed[0] / wanted).resolve()
    if not any(found == root or root in found.parents for root in allowed):
        shown = ", ".join(str(root) for root in allowed[:5])
        raise InputError(f"{str(wanted)[:200]} is outside the allowed folders. Give one below: {shown}.")
    return found
