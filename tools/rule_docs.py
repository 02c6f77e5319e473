"""The pages about rules: what each one says, and which requirement is covered by what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby

from ws_mcp.knowledge.shipped.requirements import all_requirements
from ws_mcp.rules.coverage import REASONS, enforced_by
from ws_mcp.rules.registry import Rule, all_rules
from ws_mcp.types import Handshake, Request, Requirement, Response

_BINDING = ("MUST", "SHALL", "REQUIRED", "SHOULD", "RECOMMENDED")


def rules() -> str:
    """A table of all rules, those on handshakes before those on frames."""
    heads = (Handshake, Request, Response)
    found = list(all_rules().values())
    lines = ["# Rules", "", "What checks look for. Read one with its examples: `websocket-mcp read rule/NAME`.", ""]
    for title, kept in (
        ("Handshakes", [rule for rule in found if rule.judges in heads]),
        ("Frames", [rule for rule in found if rule.judges not in heads]),
    ):
        counts = Counter(rule.severity.value for rule in kept)
        told = ", ".join(f"{count} {level}" for level, count in counts.most_common())
        lines += [f"## {title}", "", f"{len(kept)} rules: {told}.", "", "| rule | severity | binds | what | sections |"]
        lines += ["|---|---|---|---|---|", *(_row(rule) for rule in kept), ""]
    return "\n".join(lines)


def _row(rule: Rule) -> str:
    side = rule.sender.value if rule.sender else "both"
    title = _cell(rule.title)
    return f"| {rule.id} | {rule.severity.value} | {side} | {title} | {', '.join(rule.sections)} |"


def coverage() -> str:
    """Every requirement that can be checked: the rules that enforce it, or why none does."""
    wanted = [found for found in all_requirements().values() if _kinds(found)]
    lines = ["# Coverage", "", *_summary(wanted), ""]
    for document, found in groupby(wanted, lambda one: one.section.partition("/")[0]):
        lines += [
            f"## {document.upper().replace('RFC', 'RFC ')}",
            "",
            "| requirement | level | binds | seen in | covered by |",
        ]
        lines += ["|---|---|---|---|---|", *(_requirement(one) for one in found), ""]
    return "\n".join(lines)


def _kinds(found: Requirement) -> set[str]:
    return set(found.checkable.split("+")) - {"none"}


def _summary(wanted: list[Requirement]) -> Iterator[str]:
    """How many requirements have a rule, a reason or wait for a case."""
    yield "What enforces a demand: a rule (on what is sent) or a case (on how a peer reacts); or why nothing does."
    binding = [one for one in wanted if one.level.upper().split()[0] in _BINDING]
    yield ""
    yield f"{len(wanted)} requirements can be checked; {len(binding)} of them bind (MUST, SHOULD)."
    yield ""
    yield "| seen in | bind | with a rule | with a reason why not | open |"
    yield "|---|---|---|---|---|"
    covered = enforced_by()
    for kind in ("handshake", "frames"):
        kept = [one for one in binding if kind in _kinds(one)]
        ruled = sum(one.id in covered for one in kept)
        reasoned = sum(one.id in REASONS for one in kept)
        yield f"| {kind} | {len(kept)} | {ruled} | {reasoned} | {len(kept) - ruled - reasoned} |"
    live = sum(_kinds(one) == {"live"} for one in binding)
    yield ""
    yield f"{live} binding requirements show only on a live connection; their cases come with the probe."


def _requirement(one: Requirement) -> str:
    return f"| {one.id} | {one.level} | {one.who} | {one.checkable} | {_cell(', '.join(_covered(one)))} |"


def _covered(one: Requirement) -> Iterable[str]:
    if one.id in enforced_by():
        return enforced_by()[one.id]
    if one.id in REASONS:
        return (REASONS[one.id],)
    if _kinds(one) == {"live"}:
        return ("case: later",)
    return ("open",) if one.level.upper().split()[0] in _BINDING else ("does not bind",)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
