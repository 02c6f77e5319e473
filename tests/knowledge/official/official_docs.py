"""The real documents, which are other people's and so are not in this repository."""

from __future__ import annotations

from pathlib import Path

from tests.absent import real_docs


def mirror() -> Path:
    """The folder that holds them as HOST/PATH; a test that asks where there is none ends as ``absent`` says."""
    return real_docs() / "mirror"
