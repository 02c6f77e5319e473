"""Cuts Sections into passages, the units that are indexed: a long section would otherwise lose to short ones."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from ws_mcp.knowledge.shipped import requirements
from ws_mcp.types import Section

LENGTH = 1_200  # characters of a passage, about
SMALL_PAGE = 2_500  # characters up to which a page is one hit with its parts


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of a section's text.

    ``official`` when the words are the source's own; an ``outline`` lists the parts of what has no text of its own: it
    is shown to whoever names it and found by its title alone, or it would stand before the parts that answer.
    """

    section: Section
    text: str
    official: bool = False
    outline: bool = False


def passages(sections: Iterable[Section]) -> Iterator[Passage]:
    """Every passage of every section, in order; a section without text of its own is outlined by its parts."""
    merged = list(merge_small_pages(sections))
    parts: dict[str, list[str]] = {}
    for section in merged:
        parts.setdefault(section.parent, []).append(section.title)
    for section in merged:
        if not section.summary and not section.text and section.id in parts:
            yield Passage(section, f"Its parts: {'; '.join(parts[section.id])[:LENGTH]}.", outline=True)
            continue
        ours = plain(section.summary)
        demands = requirements.by_section().get(section.id, ())
        if demands:
            ours += "\n\n" + "\n\n".join(f"{r.level} {r.statement}" for r in demands)
        for piece in split(ours) or [section.title]:
            yield Passage(section, piece)
        for piece in split(plain(section.text)):
            yield Passage(section, piece, official=True)


def merge_small_pages(sections: Iterable[Section]) -> Iterator[Section]:
    """Sections with the parts of each small page folded into the page: its parts are too short to be ranked alone."""
    everything = list(sections)
    parts: dict[str, list[Section]] = {}
    for section in everything:
        if "#" in section.id:
            parts.setdefault(section.parent, []).append(section)
    small = {s.id for s in everything if s.id in parts and is_small(s, parts[s.id])}
    for section in everything:
        if section.id in small:
            yield _folded(section, parts[section.id])
        elif section.parent not in small:
            yield section


def is_small(page: Section, parts: Sequence[Section]) -> bool:
    """Whether a page and its folded parts are one hit."""
    return sum(len(section.summary) for section in (page, *parts)) <= SMALL_PAGE


def _folded(page: Section, parts: list[Section]) -> Section:
    def joined(texts: Iterable[tuple[str, str]]) -> str:
        return "\n\n".join(f"{title}\n\n{text}" for title, text in texts if text)

    return replace(
        page,
        summary=f"{page.summary}\n\n{joined((p.title, p.summary) for p in parts)}",
        text=f"{page.text}\n\n{joined((p.title, p.text) for p in parts)}".strip(),
        words=(*page.words, *(word for p in parts for word in p.words)),
        links=tuple(dict.fromkeys((*page.links, *(link for p in parts for link in p.links)))),
    )


def plain(markdown: str) -> str:
    """Markdown without its marks, for indexing and snippets; words and numbers stay as they are.

    What stands on lines of its own is told apart by more than the line's end, which a snippet has not: cells by a dot,
    rows by a semicolon, items by a bullet, headings by a colon.
    """
    text = re.sub(r"^```.*$", "", markdown, flags=re.M)
    text = re.sub(r"!?\[([^\]\n]*)\]\([^)\n]*\)", r"\1", text)
    text = re.sub(
        r"^(?:#+ +(.*\w)|\*\*([^*\n]*\w)\*\*)[ \t]*$", lambda line: f"{line[1] or line[2]}:", text, flags=re.M
    )
    text = re.sub(r"[`*]+", "", text)
    text = re.sub(r"^\|[ |:-]+\|\n?", "", text, flags=re.M)
    text = re.sub(r"^\|(.*)\|[ \t]*$", _row, text, flags=re.M)
    text = re.sub(r"^[-+] +", "• ", text, flags=re.M)
    text = re.sub(r"^(?:#+|>|\|) +", "", text, flags=re.M)
    return re.sub(r"\n{3,}", "\n\n", re.sub(r" *\| *", " · ", text)).strip()


def _row(line: re.Match[str]) -> str:
    cells = [cell.strip() or "–" for cell in re.split(r"(?<!\\)\|", line[1])]
    return f"{' · '.join(cells)};"


def split(text: str) -> list[str]:
    """Pieces of about ``LENGTH`` characters, cut between paragraphs, else lines, else words."""
    pieces: list[str] = []
    current = ""
    for block in _blocks(text):
        if current and len(current) + len(block) > LENGTH:
            pieces.append(current)
            current = ""
        current = f"{current}\n\n{block}" if current else block
    return [*pieces, current] if current else pieces


def _blocks(text: str) -> Iterator[str]:
    for paragraph in re.split(r"\n\s*\n", text):
        if len(paragraph) <= LENGTH:
            if paragraph.strip():
                yield paragraph.strip()
            continue
        for line in paragraph.splitlines():
            yield from textwrap.wrap(line, LENGTH, break_on_hyphens=False)
