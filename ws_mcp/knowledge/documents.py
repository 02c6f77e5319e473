"""The sections at the top: one for each document we have a digest or facts of; reading one shows its contents."""

from __future__ import annotations

from collections.abc import Iterator

from ws_mcp.knowledge import sources
from ws_mcp.types import Section


def sections() -> Iterator[Section]:
    """The root sections, in the order of ``corpus/sources.toml``."""
    for source in sources.load():
        rfc = source.kind == "rfc"
        number = source.id.removeprefix("rfc")
        yield Section(
            id=source.id,
            title=f"RFC {number}: {source.title}" if rfc else source.title,
            source=source.id,
            url=source.url,
            keys=(f"rfc {number}",) if rfc else (),
        )
