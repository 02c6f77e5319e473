"""RFC HTML → sections: the two dialects of old RFCs, and xml2rfc's version 3.

Old RFCs are their text with links: the RFC Editor's static page marks headings ``span.h3``, Datatracker ``<h3>``, and
both anchor them alike. Taking the links out gives the pages of the text back, so ``rfc`` reads them. From RFC 8650 on,
the HTML is the document's own structure.
"""

from __future__ import annotations

import re

from bs4 import BeautifulSoup, Tag

from ws_mcp.knowledge.official import markdown
from ws_mcp.knowledge.official.rfc import part, read_pages
from ws_mcp.knowledge.official.text import DocumentError, Part, decode, fold

_ANCHORS = "a.selflink[id^=section-], a.selflink[id^=appendix-]"
_NESTED = "section[id^=section-], section[id^=appendix-]"


def read_html(source: str, content: bytes) -> list[Part]:
    """The sections of an RFC's page, whichever of the three kinds it is.

    Raises:
        DocumentError: It is another document, or its shape is none we know.
    """
    tree = markdown.soup(decode(content))
    title = fold(tree.title.get_text()) if tree.title else ""
    number = source.removeprefix("rfc")
    if not re.search(rf"\brfc ?{number}\b", title, re.IGNORECASE):
        raise DocumentError(f"its title is {title[:80]!r}, not RFC {number}'s")
    if tree.select_one(_NESTED):
        return _structured(source, tree)
    if tree.select_one(_ANCHORS):
        return _paged(source, tree)
    raise DocumentError("it has no section anchors: the page has changed its shape")


def _paged(source: str, tree: BeautifulSoup) -> list[Part]:
    anchors = {str(anchor["id"]).partition("-")[2] for anchor in tree.select(_ANCHORS)}
    for tag in tree.select("span.grey, span.docinfo, hr"):
        tag.decompose()
    parts = read_pages(source, [page.get_text() for page in tree.find_all("pre")])
    lost = anchors - {found.id.partition("/")[2] for found in parts}
    if lost:
        raise DocumentError(f"{len(lost)} of its sections cannot be read ({', '.join(sorted(lost)[:5])})")
    return parts


def _structured(source: str, tree: BeautifulSoup) -> list[Part]:
    """Read inner sections first and take them out, since wrappers stand between a section and what it holds."""
    texts: dict[str, str] = {}
    titles: dict[str, str] = {}
    for section in reversed(tree.select(_NESTED)):
        named = _named(section)
        if named:
            number, titles[named[0]] = named
            texts[number] = markdown.to_markdown(section)
        section.extract()
    return [part(source, number, titles, texts[number]) for number in reversed(texts)]


def _named(section: Tag) -> tuple[str, str] | None:
    """(number, title) of a section that is kept, its heading taken out; back matter has no number."""
    heading = section.find(["h2", "h3", "h4", "h5", "h6"])
    if not isinstance(heading, Tag):
        return None
    heading.extract()
    if section["id"] == "section-abstract":
        return "abstract", "Abstract"
    number = heading.select_one(".section-number")
    title = heading.select_one(".section-name")
    if not number or not title:
        return None
    return fold(number.get_text()).removeprefix("Appendix ").rstrip("."), fold(title.get_text())
