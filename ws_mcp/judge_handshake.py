"""Checks a handshake: heads in, a Report out. It ties the reader to the judge, as ``FrameCheck`` does for frames."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ws_mcp.judge import Judge
from ws_mcp.protocol.connection import Connection
from ws_mcp.protocol.deflate import Extensions
from ws_mcp.protocol.handshake import read_handshake
from ws_mcp.rules.handshake_facts import facts_of
from ws_mcp.rules.handshake_next import next_steps
from ws_mcp.rules.http_parts import Head, classic, heads, name_of
from ws_mcp.rules.mending import mend, text_of
from ws_mcp.rules.registry import NEEDS, OUTSIDE, Rule, all_rules, rules_for
from ws_mcp.types import Finding, Handshake, Policy, Report, Request, Response, Severity, Side

MESSAGE = 1000  # characters
LONGEST = 64 * 1024  # characters of a correction
ROUNDS = 3  # passes over the findings that mending a whole head may take


def check_handshake(request: str | bytes, response: str | bytes = "", policy: Policy | None = None) -> Report:
    """Checks a pasted handshake; either text may hold both sides, in any form that ``read_handshake`` knows.

    Raises:
        InputError: no request and no answer can be read from it.
    """
    return judge_handshake(read_handshake(request, response), policy)


def judge_handshake(handshake: Handshake, policy: Policy | None = None) -> Report:
    """Checks a handshake that was read; a side that is missing puts its rules on the ``unchecked`` list."""
    judge = _judged(handshake, policy or Policy())
    findings = tuple(_passing(finding, handshake, policy or Policy()) for finding in judge.findings())
    unchecked = judge.unchecked | _absent(handshake)
    facts = facts_of(handshake, policy or Policy())
    mended = _mended(handshake, findings, policy or Policy())
    return Report(
        findings,
        tuple(sorted(unchecked.items())),
        _undecided(unchecked),
        _incomplete(handshake),
        facts | ({"mended": mended} if mended else {}),
        next_steps(handshake, findings),
    )


def _judged(handshake: Handshake, policy: Policy) -> Judge:
    judge = Judge(Connection(Extensions(known=False), policy, handshake))
    if handshake.request is not None:
        judge.feed(handshake.request, Side.CLIENT)
    if handshake.response is not None:
        judge.feed(handshake.response, Side.SERVER)
    judge.feed(handshake, Side.SERVER)
    return judge


def _absent(handshake: Handshake) -> dict[str, str]:
    """The rules on a head that was not given."""
    kinds: list[tuple[type, str]] = [(Request, "request"), (Response, "response")]
    lacking = [(kind, need) for kind, need in kinds if getattr(handshake, need) is None]
    return {rule.id: need for kind, need in lacking for rule in rules_for(kind)}


def _undecided(unchecked: dict[str, str]) -> str:
    """Why it is open, "" where every error-level rule on what was given could run.

    An answer alone is undecided, since its Accept cannot be checked; a request alone is not.
    """
    for rule, needs in sorted(unchecked.items()):
        missing = set(needs.split(", "))
        if _judges_heads(all_rules()[rule]) and not missing & OUTSIDE:
            return f"{rule} could not be checked: it needs {NEEDS[min(missing)]}"
    return ""


def _judges_heads(rule: Rule) -> bool:
    return rule.severity is Severity.ERROR and rule.judges in {Request, Response, Handshake}


def _incomplete(handshake: Handshake) -> dict[str, Any] | None:
    """The head whose end is missing; pasting often loses the empty line."""
    for head in heads(handshake):
        for note in head.notes:
            if note.kind == "missing-end" and classic(head):
                text = f"No empty line ends the {name_of(head)}; if it was sent so, the peer still waits for one."
                return {"side": _side(head).value, "kind": "head", "offset": note.offset, "text": text}
    return None


def _side(head: Head) -> Side:
    return Side.CLIENT if isinstance(head, Request) else Side.SERVER


def _with(handshake: Handshake, side: Side | None, corrected: str) -> Handshake:
    """The handshake with a correction put into the head of ``side``."""
    request, response = handshake.request, handshake.response
    if side is Side.CLIENT and request is not None:
        mended = mend(request, corrected)
        return replace(handshake, request=mended) if isinstance(mended, Request) else handshake
    if side is Side.SERVER and response is not None:
        answer = mend(response, corrected)
        return replace(handshake, response=answer) if isinstance(answer, Response) else handshake
    return handshake


def _passing(finding: Finding, handshake: Handshake, policy: Policy) -> Finding:
    """The finding, its correction left out where the rule still objects to the mended head."""
    if not finding.corrected or len(finding.corrected) > LONGEST:
        return replace(finding, corrected="", message=finding.message[:MESSAGE])
    side = finding.where[0].side
    mended = _with(handshake, side, finding.corrected)
    kept = "" if _objects(finding.rule, mended, side, policy) else finding.corrected
    return replace(finding, corrected=kept, message=finding.message[:MESSAGE])


def _objects(name: str, handshake: Handshake, side: Side | None, policy: Policy) -> bool:
    """Whether this one rule finds a fault in the head of ``side``."""
    rule, connection = all_rules()[name], Connection(Extensions(known=False), policy, handshake)
    facts = {Request: handshake.request, Response: handshake.response, Handshake: handshake}
    return any(fault.place.side is side for fault in rule.check(facts[rule.judges], connection))


def _mended(handshake: Handshake, findings: tuple[Finding, ...], policy: Policy) -> dict[str, str]:
    """Each head with all that can be mended mended, where no error is left then; without errors, nothing."""
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    if not errors or not all(finding.corrected for finding in errors):
        return {}
    for _ in range(ROUNDS):
        for finding in errors:
            handshake = _with(handshake, finding.where[0].side, finding.corrected)
        again = _judged(handshake, policy).findings()
        errors = [finding for finding in again if finding.severity is Severity.ERROR]
        if not errors:
            return {"request" if isinstance(head, Request) else "response": text_of(head) for head in heads(handshake)}
        if not all(finding.corrected for finding in errors):
            break
    return {}
