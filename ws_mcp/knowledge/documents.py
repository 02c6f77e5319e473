"""The sections at the top: one for each document we have a digest or facts of; reading one shows its contents."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator

from ws_mcp import data
from ws_mcp.types import Section


def sections() -> Iterator[Section]:
    """The root sections, in the order of ``corpus/sources.toml``."""
    table = tomllib.loads((data.folder("corpus") / "sources.toml").read_text("utf-8"))
    for source in table["source"]:
        number = source["id"].removeprefix("rfc")
        title = f"RFC {number}: {source['title']}" if source["kind"] == "rfc" else source["title"]
        yield Section(
            id=source["id"],
            title=title,
            source=source["id"],
            url=source.get("html") or source.get("base") or source["url"],
            keys=(f"rfc {number}",) if source["kind"] == "rfc" else (),
        )
