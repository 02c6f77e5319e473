"""The sections at the top: one for each document we have a digest or facts of; reading one shows its contents."""

from __future__ import annotations

from collections.abc import Iterator

from ws_mcp.knowledge.official import sources
from ws_mcp.types import Section

# Roots that are not fetched: id, title, address.
_OTHERS = (
    ("whatwg", "WHATWG: WebSockets Standard", "https://websockets.spec.whatwg.org/"),
    ("guides", "Guides", ""),
)


def sections() -> Iterator[Section]:
    """The root sections: those of ``corpus/sources.toml`` in its order, then the others."""
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
    for identity, title, url in _OTHERS:
        yield Section(id=identity, title=title, source=identity, url=url)
