"""An MDN page → sections, from ``index.json`` (the page as data) or from the page itself.

Both hold the same HTML. Compatibility and specification tables are in neither form as words, so they are left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from bs4 import BeautifulSoup, Tag

from ws_mcp.knowledge.official import markdown
from ws_mcp.knowledge.official.text import DocumentError, Part, decode, fold

_SITE = "https://developer.mozilla.org/en-US/docs/"
_TABLES = ("specifications", "browser_compatibility")  # made by MDN's renderer, unless an author wrote the section


@dataclass(frozen=True, slots=True)
class _Block:
    """A piece of a page: the introduction has no anchor; ``inner`` tells an H3, whose H2 is the last one before it."""

    anchor: str
    title: str
    inner: bool
    text: str


def read_json(page: str, content: bytes) -> list[Part]:
    """The sections of ``index.json``; ``page`` is the id, "mdn/Web/API/WebSocket/close".

    Raises:
        DocumentError: It is not JSON, or its shape is none we know.
    """
    try:
        doc = json.loads(decode(content))["doc"]
        title, body = doc["title"], doc["body"]
        blocks = [_json_block(item["value"]) for item in body if item["type"] == "prose"]
    except ValueError as error:
        raise DocumentError("it is not JSON") from error
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DocumentError(f"the page data has changed its shape ({type(error).__name__}: {error})") from error
    _against_contents(blocks, body, doc.get("toc"))
    return _parts(page, _words(str(title)), blocks)


def _against_contents(blocks: list[_Block], body: list[dict[str, dict[str, object]]], contents: object) -> None:
    """Refuse a body that lacks most of what its own table of contents names."""
    named = (
        {str(entry.get("id")) for entry in contents if isinstance(entry, dict)} if isinstance(contents, list) else set()
    )
    there = {block.anchor for block in blocks} | {str(item["value"].get("id")) for item in body}
    if len(named - there) * 2 > len(named):
        raise DocumentError(f"it lacks {len(named - there)} of the {len(named)} sections its table of contents names")


def _json_block(value: dict[str, object]) -> _Block:
    tree = markdown.soup(str(value["content"]))
    text = markdown.to_markdown(tree)
    return _Block(str(value["id"] or ""), _words(str(value["title"] or "")), bool(value["isH3"]), text)


def _words(html: str) -> str:
    """A heading may hold ``<code>``; a title is plain words."""
    return fold(markdown.soup(html).get_text()) if "<" in html or "&" in html else fold(html)


def read_html(page: str, content: bytes) -> list[Part]:
    """The sections of the page as a browser gets it.

    Raises:
        DocumentError: Its shape is none we know.
    """
    tree = markdown.soup(decode(content))
    main = tree.select_one("main#content")
    heading = main.find("h1") if main else None
    if not main or not isinstance(heading, Tag):
        raise DocumentError("it has no main#content with a heading: the page has changed its shape")
    return _parts(page, fold(heading.get_text()), list(_html_blocks(main)))


def _html_blocks(main: Tag | BeautifulSoup) -> Iterator[_Block]:
    for section in main.select("section.content-section"):
        heading = section.find(["h2", "h3"])
        if not isinstance(heading, Tag):
            yield _Block("", "", False, markdown.to_markdown(section))
            continue
        heading.extract()
        anchor = str(heading.get("id") or section.get("aria-labelledby") or "")
        if not (anchor == "specifications" and section.find("th", string=re.compile("Specification"))):
            yield _Block(anchor, fold(heading.get_text()), heading.name == "h3", markdown.to_markdown(section))


def _parts(page: str, title: str, blocks: list[_Block]) -> list[Part]:
    if not any(block.text for block in blocks):
        raise DocumentError("it has no text where the page's sections are expected: the page has changed its shape")
    url = _SITE + page.removeprefix("mdn/")
    introduction = "\n\n".join(block.text for block in blocks if not block.anchor and block.text)
    parts = [Part(page, title, ("MDN",), url, introduction)]
    upper = ""
    for block in blocks:
        if not block.anchor or (block.anchor in _TABLES and not block.text):
            continue
        path = ("MDN", title, upper) if block.inner and upper else ("MDN", title)
        upper = upper if block.inner else block.title
        parts.append(Part(f"{page}#{block.anchor}", block.title, path, f"{url}#{block.anchor}", block.text))
    return parts
