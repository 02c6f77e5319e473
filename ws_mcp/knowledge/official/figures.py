"""Finds what must keep its columns in RFC text (diagrams, grammar, messages, code) and fences it.

The text form marks nothing, so this is judged by looks: whatever is drawn, and what is indented further than its
paragraph without being a list or running prose.
"""

from __future__ import annotations

import re
from itertools import groupby

_DRAWN = re.compile(r"\+[-=+]{2,}|[-=]{2,}\+|-{3,}>|<-{3,}|^\s*\|[ \d]|\S {2,}\|$|={5,}", re.MULTILINE)
_GRAMMAR = re.compile(r"^\s*[A-Za-z][\w-]* +=/? +\S", re.MULTILINE)
_LISTED = re.compile(r"\s*([o*+-]|\d+\.|\(?\w\)|\[[^\]]+\]|%x\S+|\d+(-\d+)?) +\S")
_ASIDE = re.compile(r"^ *\|( {2}|$)", re.MULTILINE)  # how xml2rfc draws a note in text
_MARGIN = 3  # columns, RFC 7322 §3.1's indentation of text
_PROSE_WIDTH = 50


def fenced(lines: list[str]) -> str:
    """``lines`` of a section as Markdown: paragraphs moved to the margin, neighbouring figures in one fence."""
    paragraphs = ["\n".join(group) for blank, group in groupby(lines, key=lambda line: not line.strip()) if not blank]
    blocks = []
    paragraphs = [_aside(paragraph) for paragraph in paragraphs]
    for figure, group in groupby(paragraphs, key=is_figure):
        if figure:
            blocks.append("```\n" + _outdented("\n\n".join(group)) + "\n```")
        else:
            blocks.extend(_outdented(paragraph) for paragraph in group)
    return "\n\n".join(blocks)


def _aside(paragraph: str) -> str:
    """A note drawn with bars as a quotation; anything else unchanged."""
    lines = paragraph.split("\n")
    return _ASIDE.sub("> ", paragraph) if all(map(_ASIDE.match, lines)) and "+-" not in paragraph else paragraph


def _outdented(text: str) -> str:
    lines = text.split("\n")
    margin = min((len(line) - len(line.lstrip()) for line in lines if line), default=0)
    return "\n".join(line[min(margin, _MARGIN) :] for line in lines)


def is_figure(paragraph: str) -> bool:
    """Whether ``paragraph`` (lines as published) would lose its meaning when its lines are run together."""
    if paragraph.startswith("> "):
        return False
    if _DRAWN.search(paragraph):
        return True
    lines = paragraph.split("\n")
    indent = min(len(line) - len(line.lstrip()) for line in lines)
    if indent < _MARGIN:
        return len(lines) > 1 or not paragraph.rstrip().endswith(".")
    if _GRAMMAR.search(paragraph) and not paragraph.rstrip().endswith((".", ":")):
        return True
    return indent > _MARGIN + 1 and not _LISTED.match(paragraph) and not _is_prose(lines)


def _is_prose(lines: list[str]) -> bool:
    text = lines[-1].rstrip()
    ends = text.endswith((".", ":", ";", ",", ".)", '."'))
    filled = len(lines) > 1 and all(len(line) > _PROSE_WIDTH for line in lines[:-1])
    words = sum(len(line.split()) for line in lines)
    return (ends and words > 3) or (filled and words / len(lines) > 6)
