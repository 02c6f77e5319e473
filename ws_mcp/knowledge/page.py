"""Writes a section out as Markdown for reading: what it says, what it demands, where it comes from, what is next."""

from __future__ import annotations

from collections.abc import Sequence

from ws_mcp.knowledge import requirements
from ws_mcp.types import Section, Source

_OURS = {"mdn", "whatwg"}  # sources besides the RFCs whose sections are digests of somebody's document


def render(
    section: Section, children: Sequence[Section], neighbours: Sequence[Section], source: Source | None, deep: bool
) -> str:
    """The page of ``section``; with ``deep`` its children are written out, else listed.

    ``neighbours`` are the sections before and after it; ``source`` says under which terms official text is quoted.
    """
    blocks = [f"# {section.title}", _where(section), *_content(section)]
    if deep:
        blocks += [_child(child) for child in children]
    elif children:
        top = min(len(child.path) for child in children)
        lines = (f"{'  ' * (len(c.path) - top)}- {c.title}: `{c.id}`" for c in children)
        blocks.append("## Sections\n\n" + "\n".join(lines))
    if section.links:
        blocks.append("See also: " + ", ".join(f"`{link}`" for link in section.links))
    if neighbours:
        blocks.append("Next to it: " + ", ".join(f"`{n.id}` {n.title}" for n in neighbours))
    blocks.append(_attribution(section, source))
    return "\n\n".join(block for block in blocks if block)


def _where(section: Section) -> str:
    return " · ".join(part for part in (f"`{section.id}`", " › ".join(section.path), section.url) if part)


def _content(section: Section) -> list[str]:
    demands = requirements.by_section().get(section.id, ())
    return [
        section.summary,
        f"Demands:\n\n{requirements.render(demands)}" if demands else "",
        f"Official text:\n\n{_quoted(section.text)}" if section.text else "",
    ]


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())


def _child(section: Section) -> str:
    return "\n\n".join(block for block in (f"## {section.title}", f"`{section.id}`", *_content(section)) if block)


def _attribution(section: Section, source: Source | None) -> str:
    if section.text and source:
        return f"Text: {source.attribution}, {source.licence}, {section.url} (converted to text)."
    if section.source.startswith("rfc") or section.source in _OURS:
        return "Our digest, not the official words; `websocket-mcp corpus fetch` brings those."
    return ""
