"""The documents that follow from the probe: its cases, and which live requirements they show."""

from __future__ import annotations

from ws_mcp.probe.catalogue import all_cases
from ws_mcp.probe.coverage import REASONS, binding, live, shown_by
from ws_mcp.probe.explaining import limits
from ws_mcp.probe.telling import tell_expected
from ws_mcp.types import Side

_NAMED = 6  # cases that a requirement's row names


def cases() -> str:
    """Every case: what is sent, to whom, and what may come back."""
    found = all_cases()
    default = [case for case in found.values() if case.effort == "default" and case.runs_inside(tls=False)]
    inside = {side: sum(side in c.sides for c in found.values() if not c.runs_inside(tls=False)) for side in Side}
    servers = [case for case in default if Side.SERVER in case.sides]
    clients = sum(Side.CLIENT in case.sides for case in default)
    count = {http2: sum(case.runs_over(http2) for case in servers) for http2 in (False, True)}
    lines = [
        "# The cases of the probe\n",
        f"`probe server` runs {count[False]} of them by default, `probe server --http2` {count[True]}, `probe client` "
        f"{clients}. `slow` cases wait long, `stress` cases can hurt; both have to be asked for. After the semicolon "
        "stands what is tolerated (NON_STRICT). The end of the connection is judged apart. Over HTTP/2 (RFC 8441) the "
        "cases of `http2` are run, and all others that say nothing about the syntax of HTTP/1.1; 101 is a 2xx status "
        "there, the end of TCP END_STREAM. "
        f"Inside TLS the cases of `tls` are added, {inside[Side.SERVER]} for a server and {inside[Side.CLIENT]} for a "
        "client.\n",
    ]
    chapter = ""
    for case in found.values():
        if case.chapter != chapter:
            chapter = case.chapter
            lines += [f"\n## {chapter}\n", "| case | what is sent | to | what may come back | requirements |",
                      "|---|---|---|---|---|"]  # fmt: skip
        to = " and ".join(sorted(case.sides)) + (f" ({case.effort})" if case.effort != "default" else "")
        expected = tell_expected(case) or "measured"
        row = (f"`{case.id}`", case.title, to, expected, ", ".join(case.requirements))
        lines.append("| " + " | ".join(text.replace("|", "\\|") for text in row) + " |")
    lines += ["\n## What decides the limits\n"]
    for name, limit in limits().items():
        lines.append(f"**`{name}`** {limit['why']}\n")
        lines += [f"- {library}: {setting}" for library, setting in limit["settings"].items()]
        measured = "; ".join(f"{library}: {told}" for library, told in limit.get("measured", {}).items())
        lines.append(f"\nMeasured defaults: {measured}.\n" if measured else "")
    return "\n".join(lines)


def coverage() -> str:
    """Each live requirement with its cases, or why it has none."""
    shown = shown_by()
    every = [requirement for requirement in live() if binding(requirement)]
    covered = [requirement for requirement in every if requirement.id in shown]
    permits = [requirement for requirement in live() if not binding(requirement)]
    lines = [
        "# Live requirements and the cases that show them\n",
        f"{len(covered)} of the {len(every)} binding requirements that only a live exchange shows have cases; the "
        f"others say why not. {len(permits)} more only permit something and need no case.\n",
        f"That makes {len(every) + len(permits)} live requirements. A first reading of the RFCs counted 147, of which "
        "130 bind; a second one, section by section, found 16 more, of which 14 bind.\n",
        "| requirement | level | who | what it demands | cases |",
        "|---|---|---|---|---|",
    ]
    for found in every:
        named = shown.get(found.id, ())
        more = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
        told = ", ".join(f"`{case}`" for case in named[:_NAMED]) + more if named else f"*none: {REASONS[found.id]}*"
        lines.append(f"| {found.id} | {found.level} | {found.who} | {found.statement.replace('|', '/')} | {told} |")
    return "\n".join(lines)
