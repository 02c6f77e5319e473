"""Changes one table in TOML text and leaves the rest alone: comments, order, line ends.

A table is added at the end, where it disturbs nothing; tomlkit, which puts new tables where later keys would become
theirs, only changes and removes. Whoever calls reads the result back: an edit is an offer.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from typing import Any

import tomlkit

from ws_mcp.errors import InputError


def loads(text: str) -> dict[str, Any]:
    """The value of TOML text.

    Raises:
        InputError: It is not TOML; the message says where.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"it is not TOML: {error}") from error


def put(text: str, path: Sequence[str], values: dict[str, Any]) -> Iterator[str]:
    """Texts with ``values`` in the table at ``path``, best first; the first that reads back as meant is to be taken."""
    table = tomlkit.table()
    table.update(values)
    body = tomlkit.dumps(table)
    yield f"{text}{_gap(text)}[{'.'.join(path)}]\n{body}"
    try:
        yield _changed(text, path, values)
    except Exception as error:  # tomlkit fails in many ways
        raise InputError("it is written in a way that cannot be changed safely") from error


def remove(text: str, path: Sequence[str]) -> str:
    """The text without the table at ``path``, which is there."""
    document = tomlkit.parse(text)
    table: Any = document
    for key in path[:-1]:
        table = table[key]
    del table[path[-1]]
    return tomlkit.dumps(document)


def _changed(text: str, path: Sequence[str], values: dict[str, Any]) -> str:
    document = tomlkit.parse(text)
    table: Any = document
    for key in path:
        if key not in table:
            table[key] = tomlkit.inline_table()
        table = table[key]
    for key, value in values.items():
        if table.get(key) != value:
            table[key] = value
    return tomlkit.dumps(document)


def _gap(text: str) -> str:
    """What goes between a text and a table behind it: a blank line."""
    if not text.strip():
        return ""
    return "" if text.endswith("\n\n") else "\n" if text.endswith("\n") else "\n\n"
