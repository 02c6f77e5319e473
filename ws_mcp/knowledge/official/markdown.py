"""HTML of a document → Markdown: words unchanged, code fenced, tables and notes kept, furniture dropped.

MDN's pages and xml2rfc's (version 3) are both made of the same few elements, so one converter reads both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString, PageElement, PreformattedString

from ws_mcp.knowledge.official.text import DocumentError

FURNITURE = (
    "script, style, template, noscript, svg, .pilcrow, .iref, .toplink, .ears, .example-header, "
    ".baseline-indicator, .article-footer, dd.break, mdn-compat-table-lazy"
)
_MOST_TAGS, _DEEPEST = 100_000, 100  # RFC 9110's page has 29,806, and no document goes deeper than 19
_NOTE = ("notecard", "callout", "note", "warning")
_BLOCKS = frozenset(
    "address article aside blockquote body caption dd details div dl dt fieldset figcaption figure footer form "
    "h1 h2 h3 h4 h5 h6 header hr html li main nav ol p pre section summary table ul".split()
)


def soup(html: str) -> BeautifulSoup:
    """Parse a page or a fragment, and drop what is not the document's own words.

    Raises:
        DocumentError: It has more tags, or deeper ones, than any document, and would take too long.
    """
    if html.count("<") > _MOST_TAGS:
        raise DocumentError("it has more tags than any document we know")
    tree = BeautifulSoup(html, "lxml")
    if _deeper_than(tree, _DEEPEST):
        raise DocumentError("its tags are nested deeper than in any document we know")
    for tag in tree.select(FURNITURE):
        tag.decompose()
    return tree


def _deeper_than(tree: Tag, limit: int) -> bool:
    level: list[Tag] = [tree]
    for _ in range(limit):
        level = [child for tag in level for child in tag.children if isinstance(child, Tag)]
        if not level:
            return False
    return True


def to_markdown(node: Tag) -> str:
    """The Markdown of what ``node`` holds, ``node``'s own tag left out."""
    return "\n\n".join(_children(node))


def inline(node: PageElement) -> str:
    """The words of ``node`` on one line, with code, strong and emphasised words marked."""
    return re.sub(r"\s+", " ", _inline(node)).strip()


def _children(node: Tag) -> list[str]:
    """The blocks in ``node``; loose words between blocks make a paragraph of their own."""
    blocks: list[str] = []
    loose: list[str] = []

    def flush() -> None:
        words = re.sub(r"\s+", " ", "".join(loose)).strip()
        loose.clear()
        if words:
            blocks.append(words)

    for child in node.children:
        if isinstance(child, Tag) and (child.name in _BLOCKS or child.find(list(_BLOCKS))):
            flush()
            blocks.extend(block for block in _block(child) if block)
        else:
            loose.append(_inline(child))
    flush()
    return blocks


def _block(tag: Tag) -> list[str]:
    render = _RENDER.get(tag.name)
    if render:
        return list(render(tag))
    if tag.name == "aside" or (tag.name == "div" and any(name in _NOTE for name in _classes(tag))):
        return [_prefixed(to_markdown(tag), "> ", "> ")]
    return _children(tag)


def _classes(tag: Tag) -> list[str]:
    found = tag.get("class")
    return [found] if isinstance(found, str) else list(found or [])


def _prefixed(text: str, first: str, rest: str) -> str:
    lines = text.splitlines() or [""]
    marked = [first + lines[0], *(rest + line for line in lines[1:])]
    return "\n".join(line.rstrip() for line in marked)


def _code(tag: Tag) -> Iterator[str]:
    text = tag.get_text().strip("\n").rstrip()
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", text)), default=0))
    yield f"{fence}{_language(_classes(tag))}\n{text}\n{fence}"


def _language(classes: list[str]) -> str:
    """MDN writes ``brush: js``, xml2rfc ``lang-http-message``."""
    for name, following in pairwise([*classes, ""]):
        if name == "brush:":
            return following
        if name.startswith("lang-"):
            return name.removeprefix("lang-")
    return ""


def _items(tag: Tag) -> Iterator[str]:
    items = tag.find_all("li", recursive=False)
    lines = []
    for number, item in enumerate(items, int(str(tag.get("start") or 1))):
        marker = f"{number}. " if tag.name == "ol" else "- "
        lines.append(_prefixed(to_markdown(item), marker, " " * len(marker)))
    yield "\n".join(lines)


def _definitions(tag: Tag) -> Iterator[str]:
    lines = []
    for item in tag.find_all(["dt", "dd"]):
        if item.find_parent("dl") is not tag:
            continue
        text = to_markdown(item)
        if text:
            lines.append(_prefixed(text, "- ", "  ") if item.name == "dt" else _prefixed(text, "  ", "  "))
    yield "\n".join(lines)


def _table(tag: Tag) -> Iterator[str]:
    caption = tag.find("caption")
    if caption:
        yield inline(caption)
    rows = [row for row in tag.find_all("tr") if row.find_parent("table") is tag]
    cells = [[_cell(cell) for cell in row.find_all(["th", "td"], recursive=False)] for row in rows]
    width = max((len(row) for row in cells), default=0)
    if not width:
        return
    if rows[0].find("td", recursive=False):
        cells.insert(0, [])  # a Markdown table cannot go without a head
    grid = [row + [""] * (width - len(row)) for row in cells]
    lines = [f"| {' | '.join(row)} |" for row in grid]
    lines.insert(1, "|" + " --- |" * width)
    yield "\n".join(lines)


def _cell(tag: Tag) -> str:
    return inline(tag).replace("|", "\\|")


def _heading(tag: Tag) -> Iterator[str]:
    yield f"{'#' * int(tag.name[1])} {inline(tag)}"


def _quote(tag: Tag) -> Iterator[str]:
    yield _prefixed(to_markdown(tag), "> ", "> ")


_RENDER: dict[str, Callable[[Tag], Iterator[str]]] = {
    "pre": _code,
    "ul": _items,
    "ol": _items,
    "dl": _definitions,
    "table": _table,
    "blockquote": _quote,
    "hr": lambda tag: iter(()),
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), _heading),
}
_MARKS = {"code": "`", "strong": "**", "b": "**", "em": "*", "i": "*", "dfn": "*", "var": "*"}


def _inline(node: PageElement) -> str:
    if isinstance(node, NavigableString):
        furniture = isinstance(node, PreformattedString)  # comments, declarations
        return "" if furniture else str(node).replace("\xa0", " ")
    if not isinstance(node, Tag):
        return ""
    if node.name == "br":
        return " "
    if node.name == "img":
        return str(node.get("alt") or "")
    words = node.get_text().replace("\xa0", " ") if node.name == "code" else "".join(map(_inline, node.children))
    if node.name in _BLOCKS:
        return f" {words} "
    return _marked(words, _MARKS.get(node.name, ""))


def _marked(words: str, mark: str) -> str:
    """``words`` between marks that touch them, as Markdown wants: spaces stay outside."""
    if not mark or not words.strip():
        return words
    if mark == "`" and "`" in words:
        return f"`` {words.strip()} ``"
    before = words[: len(words) - len(words.lstrip())]
    after = words[len(words.rstrip()) :]
    return f"{before}{mark}{words.strip()}{mark}{after}"
