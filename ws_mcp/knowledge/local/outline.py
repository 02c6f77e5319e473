"""Cuts a text into parts: Markdown at its headings, code at its outermost definitions, anything else not at all.

Every step is linear in the length of the text, whatever it holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

MARKDOWN = (".md", ".markdown", ".mdx", ".mdown")
PASSAGE = 1_800  # characters of a passage, about
SMALL = 2_500  # characters up to which a file is one passage
_LINE = 300  # characters up to which a line can be a heading or a definition
_TITLE = 120
_MOST = 500  # parts of a file; what follows belongs to the last
_DEFINITION = re.compile(
    r"(?:(?:export|default|public|private|pub|static|async|abstract|final|open) )*"
    r"(?:def|class|function\*?|func|fn|interface|struct|impl|trait|enum|type|module|service|server|upstream) +"
    r"(?:\([^()]*\) *)?([\w.$-]+)"
)
_COMMENT = re.compile(r"<!--[^>]*-->")
_HEAD = 1_000  # characters of comments that may stand before a file's title
_PLAIN = (".txt", ".text", ".log", ".csv", ".json", ".xml", ".html", ".svg", "")


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a file: from a heading to the next. The first has no anchor and is what stands above all others."""

    anchor: str
    title: str
    level: int
    text: str


def parts(name: str, text: str) -> list[Part]:
    """The parts of the file called ``name``, in order; joined, their texts are the whole text."""
    kind = ending(name)
    starts = list(_headings(text) if kind in MARKDOWN else () if kind in _PLAIN else _definitions(text))
    title = name
    if starts and kind in MARKDOWN and not _COMMENT.sub("", text[: starts[0][0]][:_HEAD]).strip():
        title = starts.pop(0)[2]  # the heading that opens the file is its title
    anchors: dict[str, int] = {}
    cuts = [0, *(start for start, _, _ in starts), len(text)]
    found = [Part("", title, 0, text[: cuts[1]])]
    for (start, level, heading), end in zip(starts, cuts[2:], strict=True):
        found.append(Part(_anchor(heading, anchors), heading, level, text[start:end]))
    return found


def whole(found: list[Part], anchor: str) -> list[Part]:
    """The part with this anchor and those that stand below it; none where there is no such part."""
    at = next((n for n, part in enumerate(found) if part.anchor == anchor), None)
    if at is None:
        return []
    end = next((n for n in range(at + 1, len(found)) if found[n].level <= found[at].level), len(found))
    return found[at:end]


def passages(found: list[Part]) -> Iterator[tuple[Part, str]]:
    """The stretches to index, each with its part; a small file is one, so that its parts do not compete."""
    if sum(len(part.text) for part in found) <= SMALL:
        yield found[0], "".join(part.text for part in found)
        return
    for part in found:
        for piece in _pieces(part.text):
            yield part, piece


def _pieces(text: str) -> Iterator[str]:
    """Stretches of about ``PASSAGE`` characters that end with a paragraph, else a line, else anywhere."""
    start = 0
    while start < len(text):
        end = start + PASSAGE
        if end < len(text):
            cut = text.rfind("\n\n", start + PASSAGE // 2, end)
            cut = cut if cut > 0 else text.rfind("\n", start + PASSAGE // 2, end)
            end = cut + 1 if cut > 0 else end
        if piece := text[start:end].strip():
            yield piece
        start = end


def ending(name: str) -> str:
    """The ending of a file's name, ".md", in lower case; "" where it has none."""
    dot = name.rfind(".")
    return name[dot:].lower() if dot > 0 else ""


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """(offset, line) of every line that is short enough to be looked at."""
    start = 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        if end - start <= _LINE:
            yield start, text[start:end]
        start = end + 1


def _headings(text: str) -> Iterator[tuple[int, int, str]]:
    """(offset, level, title) of Markdown's ``#`` headings outside code fences."""
    fence = ""
    count = 0
    for start, line in _lines(text):
        bare = line.lstrip()
        if bare.startswith(("```", "~~~")):
            mark = bare[0] * (len(bare) - len(bare.lstrip(bare[0])))
            if not fence:
                fence = mark
            elif mark.startswith(fence):
                fence = ""
            continue
        level = len(line) - len(line.lstrip("#"))
        title = _title(line[level:].strip(" \t#"))
        if title and not fence and 1 <= level <= 6 and line[level] in " \t" and count < _MOST:
            count += 1
            yield start, level, title


def _definitions(text: str) -> Iterator[tuple[int, int, str]]:
    """(offset, level, name) of definitions that begin at the left margin."""
    count = 0
    for start, line in _lines(text):
        if line[:1].isalpha() and count < _MOST and (found := _DEFINITION.match(line)):
            count += 1
            yield start, 1, _title(found[1])


def _title(text: str) -> str:
    return " ".join(text.split())[:_TITLE]


def _anchor(title: str, taken: dict[str, int]) -> str:
    """A name for a part, made from its title; the second of the same name ends in ``_2``."""
    plain = anchor = re.sub(r"[\W_]+", "_", title.lower()).strip("_") or "part"
    while anchor in taken:
        taken[plain] += 1
        anchor = f"{plain}_{taken[plain]}"
    taken[anchor] = 1
    return anchor
