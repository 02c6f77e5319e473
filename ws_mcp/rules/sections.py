"""Rules as sections, ``rule/NAME``: why, how to mend it, what it enforces, and its examples taken apart."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from ws_mcp.knowledge.shipped.requirements import all_requirements
from ws_mcp.protocol.frames import FrameReader
from ws_mcp.rules.examples import Example
from ws_mcp.rules.interop import interop_of
from ws_mcp.rules.places import name_of
from ws_mcp.rules.registry import NEEDS, Rule, all_rules
from ws_mcp.types import Handshake, Request, Response, Section, Severity, Side
from ws_mcp.wire import Frame

SOURCE = "rule"
_FRAMES = 6  # of an example that are taken apart
_LONGEST, _LINES = 160, 20  # of an example
_ALL = 100  # libraries
_BAD, _GOOD = 3, 2  # examples that a section shows
_HEADS = (Handshake, Request, Response)
_ALIKE = {Severity.ERROR: "breaks a MUST", Severity.WARNING: "breaks a SHOULD", Severity.INFO: "advice"}


def sections() -> Iterator[Section]:
    """The list of all rules, then one section for each."""
    yield Section(
        id="rules",
        title="Rules that checks apply",
        source=SOURCE,
        summary="What a sender must, should or had better send. A finding names its rule; read it as `rule/NAME`.",
        words=("rule", "violation", "finding", "check", "lint", "conformance"),
        keys=("rules", "all rules", "list of rules"),
    )
    for rule in all_rules().values():
        yield _section(rule)


def files() -> list[Path]:
    """What the sections are made from, for whoever has to notice a change."""
    return sorted(Path(__file__).parent.glob("*.py"))


def _section(rule: Rule) -> Section:
    code = (f"code/{rule.close}",) if rule.close and any(example.segments for example in rule.bad) else ()
    return Section(
        id=f"rule/{rule.id}",
        title=f"Rule {rule.id}",
        source=SOURCE,
        path=("Rules",),
        parent="rules",
        summary="\n\n".join(_blocks(rule)),
        words=(rule.id.replace("-", " "), "violation", rule.severity.value),
        keys=(rule.id, rule.id.replace("-", " ")),
        links=(*rule.sections, *code),
    )


def _blocks(rule: Rule) -> Iterator[str]:
    side = f"binds the {rule.sender.value}" if rule.sender else "binds both sides"
    told = {"sender"} if rule.judges in _HEADS else set()  # a head says itself who sends it
    needs = "; ".join(NEEDS[need] for need in rule.needs if need not in told)
    keyword = _ALIKE[rule.severity] if rule.requirements else "advice"
    yield f"**{rule.severity.value}** ({keyword}) · {side}{f' · needs {needs}' if needs else ''}"
    yield rule.why
    yield f"**Fix.** {rule.fix}"
    if rule.requirements:
        yield "Enforces:\n\n" + "\n".join(_demand(name) for name in rule.requirements)
    if seen := interop_of(rule.id, _ALL):
        yield seen
    yield from _examples(rule)


def _demand(name: str) -> str:
    found = all_requirements()[name]
    return f"- **{found.level}** {found.statement} [{name}, {found.section}]"


def _examples(rule: Rule) -> Iterator[str]:
    """Bad and good ones; of handshakes after the first only the lines in which they differ from it."""
    first = rule.bad[0] if rule.bad else None
    for label, examples in (("Breaks it", rule.bad[:_BAD]), ("Passes", rule.good[:_GOOD])):
        shown = [drawn(one) if one is first or one.segments else _differing(one, first) for one in examples]
        if shown:
            yield f"{label}:"
            yield "\n\n".join(f"```text\n{_short(text)}\n```" for text in dict.fromkeys(shown))


def _short(text: str) -> str:
    """The text without the bulk that some examples are about."""
    lines = [
        line if len(line) <= _LONGEST else f"{line[:_LONGEST]}… ({len(line):,} characters)"
        for line in text.splitlines()
    ]
    return "\n".join(lines if len(lines) <= _LINES else [*lines[:_LINES], f"… ({len(lines)} lines)"])


def _differing(example: Example, first: Example | None) -> str:
    known = first.text.splitlines() if first else []
    lines = example.text.splitlines()
    added = [line for line in lines if line not in known]
    left_out = [f"(without) {line}" for line in known if line not in lines]
    return "\n".join(["… as above, with", *added, *left_out])


def drawn(example: Example) -> str:
    """An example as it is written, its frames taken apart below."""
    frames: list[str] = []
    readers = {side: FrameReader(side) for side, _ in example.segments}
    for side, data in example.segments:
        frames += [f"{_letter(side)} {_frame(fact)}" for fact in readers[side].feed(data) if isinstance(fact, Frame)]
    for side, reader in readers.items():
        if (tail := reader.tail()) is not None:
            frames.append(f"{_letter(side)} {_frame(tail)} (breaks off)")
    runs = [(line, len(list(same))) for line, same in groupby(frames)]
    lines = [f"   {line}{f' (× {count})' if count > 1 else ''}" for line, count in runs]
    return "\n".join([example.text, *lines[:_FRAMES], *(["   …"] if len(lines) > _FRAMES else [])])


def _letter(side: Side) -> str:
    return side.value[0].upper()


def _frame(frame: Frame) -> str:
    flags = [name for name, bit in (("RSV1", 4), ("RSV2", 2), ("RSV3", 1)) if frame.rsv & bit]
    parts = [name_of(frame.opcode), *(["FIN"] if frame.fin else []), *flags]
    parts.append(f"mask {frame.key.hex()}" if frame.key else "no mask")
    form = "" if frame.minimal else f" written in {frame.form} bits"
    return f"{' '.join(parts)}, length {frame.length}{form}{_content(frame)}"


def _content(frame: Frame) -> str:
    shown = frame.payload[:24]
    if frame.opcode == 8 and len(shown) >= 2:
        reason = frame.payload[2:26].decode("utf-8", "replace")
        return f", code {int.from_bytes(shown[:2], 'big')}{f' {reason!r}' if reason else ''}"
    if frame.opcode == 1 and not frame.rsv and shown.isascii():
        return f", {shown.decode()!r}"
    return f", {shown.hex(' ')}" if shown else ""
