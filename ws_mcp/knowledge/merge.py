"""Joins our digests with the official words, where those were fetched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ws_mcp.knowledge.official.text import OfficialSection
from ws_mcp.types import Section


def merge(ours: Iterable[Section], official: Iterable[OfficialSection]) -> Iterator[Section]:
    """Every section once: ours with its official text beside it, and those that only the official document has.

    A fetched document sets the order of its sections; ours that it does not have follow it.
    """
    left = {section.id: section for section in ours}
    texts: dict[str, list[OfficialSection]] = {}
    for text in official:
        texts.setdefault(_source(text.id), []).append(text)
    for source in dict.fromkeys([*(s.source for s in left.values()), *texts]):
        if root := left.pop(source, None):
            yield root
        for text in texts.get(source, ()):
            yield _joined(left.pop(text.id, None), text)
        for identity in [i for i, section in left.items() if section.source == source]:
            yield left.pop(identity)


def _joined(ours: Section | None, text: OfficialSection) -> Section:
    credit = f"{text.attribution}. {text.licence}. Converted to text; fetched {text.fetched}."
    if ours is None:
        ours = Section(text.id, text.title, _source(text.id), text.path, _parent(text.id))
    return replace(ours, text=text.text, url=text.url, credit=credit)


def _source(identity: str) -> str:
    return identity.split("/", 1)[0]


def _parent(identity: str) -> str:
    """The id above: the page of a part, the chapter of a numbered section, else the document."""
    if "#" in identity:
        return identity.rsplit("#", 1)[0]
    source, _, section = identity.partition("/")
    numbered = source.startswith("rfc") and "." in section
    return f"{source}/{section.rsplit('.', 1)[0]}" if numbered else source
