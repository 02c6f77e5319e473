"""Writes a section out as Markdown for reading: what it says, what it demands, where it comes from, what is next."""

from __future__ import annotations

from collections.abc import Sequence

from ws_mcp.knowledge.official import sources
from ws_mcp.knowledge.search import passages
from ws_mcp.knowledge.shipped import requirements, support
from ws_mcp.types import Section


def render(section: Section, below: Sequence[Section], neighbours: Sequence[Section], deep: bool) -> str:
    """The page of ``section``; with ``deep`` the sections ``below`` it are written out, else listed.

    ``neighbours`` are the sections before and after it.
    """
    blocks = [f"# {section.title}", _where(section), *_content(section)]
    if deep:
        blocks += [_child(child) for child in below]
    elif below:
        blocks.append(_contents(below))
    if section.links:
        blocks.append("See also: " + ", ".join(f"`{link}`" for link in section.links))
    if neighbours:
        blocks.append("Next to it: " + ", ".join(f"`{n.id}` {n.title}" for n in neighbours))
    blocks.append(_origin([section, *below] if deep else [section]))
    return "\n\n".join(block for block in blocks if block)


def is_small(section: Section, parts: Sequence[Section]) -> bool:
    """Whether search shows this page as one hit with its parts: then a reader gets what the excerpt was taken from."""
    return bool(parts) and all("#" in part.id for part in parts) and passages.is_small(section, parts)


def _where(section: Section) -> str:
    return " · ".join(part for part in (f"`{section.id}`", " › ".join(section.path), section.url) if part)


def _content(section: Section) -> list[str]:
    demands = requirements.by_section().get(section.id, ())
    return [
        section.summary,
        support.line(section.id) if section.source == "mdn" else "",
        f"Demands:\n\n{requirements.render(demands)}" if demands else "",
        f"Official text:\n\n{_quoted(section.text)}" if section.text else "",
    ]


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())


def _child(section: Section) -> str:
    return "\n\n".join(block for block in (f"## {section.title}", f"`{section.id}`", *_content(section)) if block)


def _contents(below: Sequence[Section]) -> str:
    top = min(len(section.path) for section in below)
    lines = (f"{'  ' * (len(s.path) - top)}- {s.title}: `{s.id}`" for s in below)
    return "## Sections\n\n" + "\n".join(lines)


def _origin(shown: Sequence[Section]) -> str:
    """Whose words these are: the credit of the official text, else the step that brings it."""
    credits = dict.fromkeys(section.credit for section in shown if section.text)
    if credits:
        return "Official text: " + " ".join(credits)
    if _fetchable(shown[0]):
        return "Our digest, not the official words; `websocket-mcp corpus fetch` brings those."
    return "Our digest, not the official words." if shown[0].source in ("mdn", "whatwg") else ""


def _fetchable(section: Section) -> bool:
    """Whether a fetch would bring the official words of this section."""
    document = section.id.partition("#")[0] if section.source == "mdn" else section.source
    return any(document == one.id for source in sources.load() for one in source.documents if source.kind != "iana")
