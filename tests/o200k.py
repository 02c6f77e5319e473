"""Counts tokens as o200k does, the vocabulary of current models."""

from __future__ import annotations

import warnings
from functools import cache
from typing import Any


@cache
def _encoding() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # how it opens its own data
        from bpe_openai import get_encoding  # type: ignore[import-untyped]
    return get_encoding("o200k_base")


def count(text: str) -> int:
    """How many tokens ``text`` is."""
    return len(_encoding().encode(text))
