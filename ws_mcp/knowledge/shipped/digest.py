"""Reads our digests (Markdown under ``corpus/``) into Sections.

The format is told in ``corpus/README.md``: headings are sections, comments directly under a heading carry ``words`` and
``links``, and ids follow from the file's place and the heading alone, so that nothing can disagree with them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ws_mcp.types import Section

_HEADING = re.compile(r"(#{1,3}) +(.*?)(?: +\{#([\w.:()-]+)\})?\s*")
_META = re.compile(r"<!-- *(words|links): *(.*?) *-->\s*")
_NUMBERED = re.compile(r"(\d+(?:\.\d+)*|[A-Z](?:\.\d+)*)\.? +(.+)")
_RFC_URL = "https://www.rfc-editor.org/rfc/rfc{number}.html#section-{section}"
_MDN = "https://developer.mozilla.org/en-US/docs/"
_WHATWG = "https://websockets.spec.whatwg.org/"


@dataclass(frozen=True, slots=True)
class Block:
    """A heading with what stands under it, up to the next heading of any level."""

    level: int
    title: str
    anchor: str
    words: tuple[str, ...]
    links: tuple[str, ...]
    body: str


def blocks(text: str) -> Iterator[Block]:
    """The headings of a Markdown text in order; ``#`` lines inside code fences are text."""
    head: re.Match[str] | None = None
    lines: list[str] = []
    fenced = False
    for line in text.splitlines():
        found = None if fenced else _HEADING.fullmatch(line)
        if found:
            if head:
                yield _block(head, lines)
            head, lines = found, []
            continue
        if line.lstrip().startswith("```"):
            fenced = not fenced
        lines.append(line)
    if head:
        yield _block(head, lines)


def _block(head: re.Match[str], lines: list[str]) -> Block:
    meta: dict[str, tuple[str, ...]] = {}
    start = 0
    for line in lines:
        found = _META.fullmatch(line)
        if found:
            meta[found[1]] = meta.get(found[1], ()) + _items(found[2])
        elif line.strip():
            break
        start += 1
    title = head[2].strip()
    anchor = head[3] or re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")
    body = "\n".join(lines[start:]).strip()
    return Block(len(head[1]), title, anchor, meta.get("words", ()), meta.get("links", ()), body)


def _items(text: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in text.split(",") if item.strip())


def sections(corpus: Path) -> Iterator[Section]:
    """Every digest below ``corpus``: the folders ``rfcN``, ``mdn``, ``whatwg`` and ``guides``."""
    for folder in sorted(p for p in corpus.iterdir() if p.is_dir()):
        if re.fullmatch(r"rfc\d+", folder.name):
            for file in sorted(folder.glob("*.md")):
                yield from rfc_sections(folder.name, file.read_text("utf-8"))
        elif folder.name != "registry":
            for file in sorted(folder.rglob("*.md")):
                page = file.relative_to(corpus).with_suffix("").as_posix()
                yield from page_sections(page, file.read_text("utf-8"))


def rfc_sections(source: str, text: str) -> Iterator[Section]:
    """The numbered sections of one chapter file; ``source`` is "rfc6455"."""
    number = source.removeprefix("rfc")
    titles: dict[str, str] = {}
    for block in blocks(text):
        found = _NUMBERED.fullmatch(block.title)
        section, title = (found[1], block.title) if found else (block.anchor, block.title)
        titles[section] = title
        above = [section.rsplit(".", n)[0] for n in range(section.count("."), 0, -1)]
        yield Section(
            id=f"{source}/{section}",
            title=title,
            source=source,
            path=(f"RFC {number}", *(titles[a] for a in above if a in titles)),
            parent=f"{source}/{above[-1]}" if above else source,
            url=rfc_url(number, section),
            summary=block.body,
            words=block.words,
            links=block.links,
        )


def rfc_url(number: str, section: str) -> str:
    """The address of a section in the RFC Editor's static page."""
    if section[0].isdigit():
        return _RFC_URL.format(number=number, section=section)
    if re.fullmatch(r"[A-Z](\.\d+)*", section):
        return f"https://www.rfc-editor.org/rfc/rfc{number}.html#appendix-{section}"
    return f"https://www.rfc-editor.org/rfc/rfc{number}.html"


def page_url(page: str) -> str:
    """Where the page of a document is published; "" for our own pages."""
    source, _, slug = page.partition("/")
    return {"mdn": f"{_MDN}{slug}", "whatwg": _WHATWG}.get(source, "")


def page_sections(page: str, text: str) -> Iterator[Section]:
    """A page (MDN, a guide, local) and its parts; ``page`` is its id, "mdn/Web/API/WebSocket/close"."""
    source = page.split("/", 1)[0]
    url = page_url(page)
    shelf = {"mdn": "MDN", "guides": "Guides", "whatwg": "WHATWG"}.get(source, source)
    path: tuple[str, ...] = (shelf,)
    upper = ""
    for block in blocks(text):
        if block.level == 1:
            identity, parent, where = page, source, path[:1]
            path = (shelf, block.title)
        else:
            identity = f"{page}#{block.anchor}"
            where = path if block.level == 2 or not upper else (*path, upper)
            parent = page
            upper = block.title if block.level == 2 else upper
        yield Section(
            id=identity,
            title=block.title,
            source=source,
            path=where,
            parent=parent,
            url=f"{url}#{block.anchor}" if url and block.level > 1 else url,
            summary=block.body,
            words=block.words,
            links=block.links,
        )
