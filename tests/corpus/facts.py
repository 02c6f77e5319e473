"""Finds figures with a unit in prose, and the parts of a line of sources that name no source."""

from __future__ import annotations

import re

_NUMBER = r"\d[\d,.]*(?:\s*(?:[–-]|to|or|and|×)\s*\d[\d,.]*)*"
_WORD = (
    r"(?:half an?|a quarter of an?|an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty"
    r"|forty|fifty|sixty|ninety|a hundred|a dozen|a few|several)"
)
_TIME = r"(?:seconds?|minutes?|hours?|days?|weeks?|months?)"
_COUNTED = r"(?:connections|clients|users|messages|handshakes|frames|cores|ticks)"
_UNIT = (
    r"(?:ns|µs|us|ms|s|secs?|mins?|min|h|hrs?|[kKMGT]i?B|B|bytes?|bits?|[kMGT]bit(?:/s)?|k|K|M|[kMG]?Hz|%|per ?cent|×"
    rf"|times|[a-zA-Z]+/s|million|billion|(?:thousand |million )?{_COUNTED}|{_TIME})"
)
_FIGURE = re.compile(rf"(?<![\w./]){_NUMBER}[\s-]?{_UNIT}(?![\w-])|\b{_WORD}[\s-]{_TIME}\b", re.I)
_FENCE = re.compile(r"^```.*?^```$", re.M | re.S)
_COLUMN = re.compile(rf"(?:^|[\s(,]){_UNIT}(?:\)|$|\s)")  # a unit in a table's head is that of the cells below

# What names a source: when it was said or seen, which version, which document, which of our sections; or that it is
# our own word.
_DATED = re.compile(
    r"\b(?:19|20)\d\d\b|\b\d+\.\d+|\b(?:RFC|rfc)\s?\d{4}|\bversions? (?:\d+|named)|\bissues? \d+|\b(?:GHSA|CVE)-"
    r"|\b[a-z0-9-]+/[\w./#-]+\w"
)
_OURS = re.compile(
    r"\bcomputed|\brecommend|\bproposals?\b|\bexperience|\bconvention|\bnot (?:run|compiled|captured|found)|\bestimate"
    r"|\bexamples?\b|\barithmetic|\b(?:was|were|is) not\b",
    re.I,
)


def figures(markdown: str) -> list[str]:
    """The figures with a unit, as they are written; code and comments are left out, columns under a unit are not."""
    text = re.sub(r"<!--.*?-->", "", _FENCE.sub("", markdown), flags=re.S)
    prose = re.sub(r"^Sources:.*", "", text, flags=re.M | re.S)
    return [" ".join(found.group().split()) for found in _FIGURE.finditer(prose)] + _tables(prose)


def _tables(text: str) -> list[str]:
    """Bare numbers of a column whose head is a unit."""
    found, heads = [], list[str]()
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if line.startswith("|") else []
        if not cells or not heads:
            heads = cells
            continue
        for head, cell in zip(heads, cells, strict=False):
            if re.fullmatch(r"[\d,.–-]*\d", cell) and _COLUMN.search(head):
                found.append(f"{cell} ({head})")
    return found


def sources(markdown: str) -> str:
    """The paragraph of sources, "" where there is none."""
    found = re.findall(r"^Sources: (.+?)(?:\n\n|\Z)", markdown.rstrip(), re.M | re.S)
    return " ".join(found[0].split()) if len(found) == 1 else ""


def undated(line: str) -> list[str]:
    """The parts of a line of sources that say neither when, nor which version, nor which document."""
    parts = re.split(r";\s|(?<=[a-z)\"])\.\s+(?=[A-Z])", line.rstrip("."))
    return [part for part in parts if not _DATED.search(part) and not _OURS.search(part)]


def unsourced(markdown: str) -> list[str]:
    """What a guide has to mend: its figures when it names no sources, else the parts of them that name none."""
    found, line = figures(markdown), sources(markdown)
    return found if found and not line else undated(line)
