"""RFC text → sections.

Published text is paginated; ``rfc_html`` turns both HTML dialects of old RFCs into the same pages, so that one
reader serves all three forms, and their sections have the same words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ws_mcp.knowledge.official.figures import fenced
from ws_mcp.knowledge.official.text import DocumentError, Part, decode

_FOOTER = re.compile(r"\S.*\[Page \d+\]\s*")
_RUNNING_HEAD = re.compile(r"RFC \d+ .*\b(19|20)\d\d\s*")
_NUMBERED = re.compile(r"(?:Appendix )?(\d+(?:\.\d+)*|[A-Z](?:\.\d+)*)\.?\s+(\S.*)")
_TOC = re.compile(r"Table of Contents\s*", re.IGNORECASE)
_BACK = re.compile(r"(Acknowledge?ments?|Author'?s'? Address(es)?|Contributors|Index|Full Copyright Statement)\s*")
_LIST_MARKER = re.compile(r"\s*([o*+-]|\d+\.|\(?\w\))\s+")


def read_text(source: str, content: bytes) -> list[Part]:
    """The sections of ``rfcN.txt``.

    Raises:
        DocumentError: It is not the text of this RFC.
    """
    text = decode(content).replace("\r\n", "\n")
    number = source.removeprefix("rfc")
    if not re.search(rf"^Request for Comments: {number}\b", text, re.MULTILINE):
        raise DocumentError(f"it does not say 'Request for Comments: {number}' at its head")
    return read_pages(source, [_without_furniture(page) for page in text.split("\f")])


def _without_furniture(page: str) -> str:
    lines = page.split("\n")
    return "\n".join(line for line in lines if not _FOOTER.fullmatch(line) and not _RUNNING_HEAD.fullmatch(line))


def read_pages(source: str, pages: Iterable[str]) -> list[Part]:
    """The abstract and the numbered sections of an RFC given as pages of text, without heads and feet."""
    found = list(_split(_joined(pages)))
    titles = {number: title for number, title, _ in found}
    return [part(source, number, titles, fenced(lines)) for number, _, lines in found]


def part(source: str, number: str, titles: dict[str, str], text: str) -> Part:
    """A section with the titles above it; ``number`` is "5.5.1", "A.2" or "abstract"."""
    rfc = source.removeprefix("rfc")
    above = [number.rsplit(".", n)[0] for n in range(number.count("."), 0, -1)]
    path = (f"RFC {rfc}", *(f"{outer} {titles[outer]}" for outer in above if outer in titles))
    named = f"{number} {titles[number]}" if number != "abstract" else titles[number]
    return Part(f"{source}/{number}", named, path, url(source, number), text)


def url(source: str, number: str) -> str:
    """Where a reader finds the section: the RFC Editor's static page."""
    kind = {True: "section", False: "appendix"}[number[0].isdigit()]
    fragment = "" if number == "abstract" else f"#{kind}-{number}"
    return f"https://www.rfc-editor.org/rfc/{source}.html{fragment}"


def _joined(pages: Iterable[str]) -> list[str]:
    """The lines of all pages; a paragraph that a page break cuts is made whole again."""
    lines: list[str] = []
    for page in pages:
        following = page.replace("\xa0", " ").strip("\n").split("\n")
        while following and not following[0].strip():
            following.pop(0)
        while lines and not lines[-1].strip():
            lines.pop()
        if lines and following and not _continues(lines[-1], following[0]):
            lines.append("")
        lines.extend(line.rstrip() for line in following)
    return lines


def _continues(last: str, first: str) -> bool:
    """Whether ``first``, at the top of a page, goes on with the paragraph that ``last`` ends the page before with."""
    marker = _LIST_MARKER.match(last)
    indent = marker.end() if marker else len(last) - len(last.lstrip())
    same = indent == len(first) - len(first.lstrip())
    return same and indent > 0 and not _LIST_MARKER.match(first) and last.rstrip()[-1] not in ".:;!?"


def _split(lines: list[str]) -> Iterator[tuple[str, str, list[str]]]:
    """(number, title, lines) of each section: a heading is a line at the margin whose number follows the last one."""
    number, title, body = "", "", [""]
    front = True
    index = 0
    while index < len(lines):
        line = lines[index]
        heading = _heading(line, number, front, alone=not lines[index - 1] if index else True)
        index += 1
        if heading is None:
            body.append(line)
            continue
        if number:
            yield number, title, body
        number, title = heading
        front = front and number in ("", "abstract")
        body = []
        while number and index < len(lines) and lines[index].strip():  # a long title goes on below
            title += " " + lines[index].strip()
            index += 1
    if number:
        yield number, title, body


def _heading(line: str, current: str, front: bool, alone: bool) -> tuple[str, str] | None:
    """(number, title) if ``line`` starts a section, ("", …) if it starts something that is not kept, else None."""
    if not line or line[0].isspace() or not alone:
        return None
    if front and line.strip() == "Abstract":
        return "abstract", "Abstract"
    if _BACK.fullmatch(line) or (
        front and (_TOC.fullmatch(line) or line.startswith(("Status of", "Copyright Notice")))
    ):
        return "", line
    found = _NUMBERED.fullmatch(line)
    if found and _follows(current, found[1], front):
        return found[1], found[2].strip()
    return None


def _follows(current: str, number: str, front: bool) -> bool:
    """Whether ``number`` may come after ``current``: as its first child, as a next sibling on any level, or as "A"."""
    if front:
        return number == "1"
    if number == "A" or not current:
        return number == "A"
    steps = current.split(".")
    allowed = {f"{current}.1"}
    for depth in range(len(steps), 0, -1):
        last = steps[depth - 1]
        raised = str(int(last) + 1) if last.isdigit() else chr(ord(last) + 1)
        allowed.add(".".join([*steps[: depth - 1], raised]))
    return number in allowed
