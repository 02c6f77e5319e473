"""Templates as sections, so that a search finds them and ``read`` shows what they offer."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from ws_mcp.templates import catalogue
from ws_mcp.templates.model import Template, Variable
from ws_mcp.templates.options import shown, wants
from ws_mcp.types import Section

SOURCE = "template"
_TOP = (
    "Small, complete projects that speak one protocol (`templates/protocol.md`, in every project as PROTOCOL.md), each "
    "with its own tests. `ws_generate(NAME)` or `websocket-mcp template new NAME DIR` renders one; "
    "`websocket-mcp template verify NAME` proves it on your machine."
)


def sections() -> Iterator[Section]:
    """The catalogue, then each template."""
    found = catalogue.load()
    lines = [f"- `{SOURCE}/{template.name}`: {template.title}" for template in found]
    yield Section(SOURCE, "Templates", SOURCE, summary="\n".join((_TOP, "", *lines)), words=("generate", "boilerplate"))
    for template in found:
        yield Section(
            f"{SOURCE}/{template.name}",
            template.title,
            SOURCE,
            ("Templates",),
            SOURCE,
            summary=text(template),
            words=(*template.words, template.language, template.library, template.side, "template", "example", "code"),
            keys=(template.name,),
        )


def text(template: Template) -> str:
    """What a template offers, as Markdown without its title."""
    parts = [
        template.summary,
        f"A {template.side} in {template.language} with {template.library} {template.version}: "
        f"`ws_generate({template.name!r})`, or `websocket-mcp template new {template.name} DIR --set KEY=VALUE`.",
        "## Options\n\n" + "\n".join(_option(variable) for variable in template.variables),
        "## Commands\n\n" + "\n".join(_command(name, template) for name in template.commands),
    ]
    if template.guarantees:
        parts.append("## Proven by `template verify`\n\n" + ", ".join(template.guarantees))
    if template.not_offered:
        lines = [f"- {name}: {why}" for name, why in template.not_offered.items()]
        parts.append("## Not offered\n\n" + "\n".join(lines))
    return "\n\n".join(parts)


def _option(variable: Variable) -> str:
    with_others = ", ".join(f"{name}={shown(value)}" for name, value in variable.when.items())
    only = f"; with {with_others} only" if with_others else ""
    return f"- `{variable.name}` ({wants(variable)}; default {shown(variable.default)}{only}): {variable.help}"


def _command(name: str, template: Template) -> str:
    return f"- {name}: `{' && '.join(shlex.join(step) for step in template.commands[name])}`"
