"""A report as text for people: each finding with its bytes drawn, then what is left to know, then the verdict."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from ws_mcp.report.drawing import draw
from ws_mcp.report.evidence import Evidence, Paint, plain, plural, printable, where
from ws_mcp.rules.registry import in_words
from ws_mcp.types import Finding, Report

WIDTH = 92
# How the command line takes what was missing.
_GIVE = {
    "sender": "--sender client or --sender server",
    "both directions": "put both in, with C: or S: before each line",
    "request": "put it before the answer",
    "response": "put it after the request, or give it as the second argument",
    "request line": "begin with it, such as GET /chat HTTP/1.1",
    "status line": "begin with it, such as HTTP/1.1 101 Switching Protocols",
    "line ends": "give a file that holds the bytes, or write \\r\\n",
    "client kind": "--browser if it is one",
    "scheme": "--scheme ws or --scheme wss",
}
_LABEL = 11  # columns of "Corrected  "


def render(report: Report, evidence: Evidence, paint: Paint = plain, every: bool = False) -> str:
    """The whole report; ``every`` also lists each frame that was read and each rule that could not be checked."""
    blocks = [_finding(finding, evidence, paint) for finding in report.findings]
    if every:
        blocks.append("\n".join(_frame(frame, paint) for frame in report.facts.get("frames", ())))
    blocks += [
        _mended(report),
        "\n".join((*_unchecked(report, every), *_incomplete(report))),
        "\n".join(_verdict(report, evidence, paint)),
    ]
    return "\n\n".join(block for block in blocks if block)


def _finding(finding: Finding, evidence: Evidence, paint: Paint) -> str:
    first = finding.where[0]
    severity = paint(finding.severity.value, finding.severity.value)
    lines = [f"{severity}  {paint(finding.rule, 'name')}  {paint(f'({where(first)})', 'dim')}"]
    lines += _wrapped(printable(finding.message), "  ")
    lines += [f"    {row}" for row in draw(first, evidence, paint)]
    lines += _labelled("Fix", finding.fix)
    if finding.corrected:
        lines += _corrected(_lines(finding.corrected))
    if finding.count > 1:
        lines += _labelled("Also", _others(finding))
    if finding.interop:
        lines += _labelled("Seen", finding.interop)
    read = ", ".join((*finding.sections, f"rule/{finding.rule}"))
    lines += _labelled("Read", f"{read} [{', '.join(finding.requirements)}]" if finding.requirements else read)
    return "\n".join(lines)


def _others(finding: Finding) -> str:
    places = "; ".join(where(place) for place in finding.where[1:])
    more = finding.count - len(finding.where)
    return f"{places}{f'; and {more:,} more' if more else ''}"


def _corrected(text: str) -> list[str]:
    if "\n" not in text:
        return _labelled("Corrected", text)
    return ["  Corrected", *(f"    {line}" for line in text.splitlines())]


def _mended(report: Report) -> str:
    """The heads with everything mended, where that takes more than one correction."""
    heads: Mapping[str, str] = report.facts.get("mended", {})
    if sum(bool(finding.corrected) for finding in report.findings) < 2:
        return ""
    blocks = (f"The {name}, mended:\n{textwrap.indent(_lines(head), '    ')}" for name, head in heads.items())
    return "\n\n".join(blocks)


def _lines(text: str) -> str:
    return printable(text.replace("\r\n", "\n")).strip()


def _labelled(label: str, text: str) -> list[str]:
    first, *rest = textwrap.wrap(text, WIDTH - _LABEL - 2, break_long_words=False, break_on_hyphens=False) or [""]
    return [f"  {label:<{_LABEL}}{first}", *(f"  {'':{_LABEL}}{line}" for line in rest)]


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=indent, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def _unchecked(report: Report, named: bool) -> Iterator[str]:
    """How many rules lacked what, and how to give it; ``named``: which ones."""
    wanting: dict[str, list[str]] = {}
    for rule, needs in report.unchecked:
        wanting.setdefault(needs, []).append(rule)
    if not wanting:
        return
    yield f"Not checked: {plural(len(report.unchecked), 'rule')}{'' if named else ' (--list names them)'}"
    for needs, rules in sorted(wanting.items(), key=lambda item: -len(item[1])):
        several = needs.split(", ")
        give = "; ".join(_GIVE[need] for need in several if need in _GIVE)
        start = f"  {len(rules):>3} without {in_words(needs)}{f': {give}' if give else ''}"
        yield from textwrap.wrap(start, WIDTH, subsequent_indent=" " * 6, break_on_hyphens=False)
        if named:
            yield from _wrapped(", ".join(rules), " " * 6)


def _incomplete(report: Report) -> Iterator[str]:
    """What the input lacks at its end."""
    if report.incomplete:
        for lack in (report.incomplete, *report.incomplete.get("others", ())):
            side = f"{lack['side']}: " if lack.get("side") else ""
            yield from _wrapped(f"Incomplete: {side}{printable(lack['text'])}", "")


def _verdict(report: Report, evidence: Evidence, paint: Paint) -> Iterator[str]:
    counts = report.counts
    kind = {"clean": "good", "violations": "error"}.get(report.verdict, "warning")
    found = ", ".join(
        plural(counts[level], noun)
        for level, noun in (("error", "error"), ("warning", "warning"), ("info", "remark"))
        if counts[level]
    )
    seen = _seen(report.facts, evidence)
    undecided = f" {_sentence(report.undecided)}." if report.verdict == "undecided" else ""
    verdict = paint(report.verdict, kind)
    yield from _first_wrapped(
        f"{found or 'nothing to object to'} in {seen}.{undecided}", f"{report.verdict}: ", verdict
    )
    if report.next:
        yield from _wrapped(f"Next: {printable(report.next['text'])}", "")


def _sentence(text: str) -> str:
    """``text`` as the beginning of a sentence; a rule's id stays as it is."""
    first = text.split(" ", 1)[0]
    return printable(text if "-" in first else text[:1].upper() + text[1:])


def _first_wrapped(text: str, start: str, shown: str) -> list[str]:
    """Wraps ``start + text``, then puts ``shown`` (the same with colours) for the start's word."""
    lines = _wrapped(start + text, "")
    return [lines[0].replace(start.rstrip(": "), shown, 1), *lines[1:]]


def _seen(facts: Mapping[str, Any], evidence: Evidence) -> str:
    if evidence.kind == "handshake":
        return _handshake_seen(facts)
    sides = [f"{count:,} bytes from the {side}" for side, count in facts.get("bytes", {}).items() if side != "unknown"]
    sides = sides or [plural(sum(facts.get("bytes", {}).values()), "byte")]
    kinds = ", ".join(f"{count:,} {name}" for name, count in facts.get("opcodes", {}).items())
    frames = plural(facts.get("frames_total", 0), "frame")
    messages = plural(facts.get("messages_total", 0), "message")
    listed = f" ({kinds})" if kinds else ""
    return f"{frames}{listed}, {messages}, {', '.join(sides)}; {agreed(facts.get('negotiated', {}))}"


def agreed(negotiated: Mapping[str, Any]) -> str:
    """What was negotiated, in words."""
    names = [*(["permessage-deflate"] if negotiated.get("permessage-deflate") else []), *negotiated.get("others", ())]
    names = [printable(name) for name in names]
    if negotiated.get("known"):
        return f"{', '.join(names)} negotiated" if names else "no extension negotiated"
    why = str(negotiated.get("inferred") or "none")
    return f"extensions not told, taken for {why}"


def _handshake_seen(facts: Mapping[str, Any]) -> str:
    heads = [name for name in ("request", "response") if facts.get(name)]
    return f"the {' and the '.join(heads)}" if heads else "the handshake"


def _frame(frame: Mapping[str, Any], paint: Paint) -> str:
    """One row of the list of frames."""
    start = f"{frame['index']:>5}  {(frame['side'] or '?'):<6}  @{frame['offset']:<8}"
    form = "" if frame["minimal"] else f" as {frame['length_form']}"
    shown = f"{frame['opcode']:<12} {_flags(frame):<8} {_mask(frame):<15}  {frame['length']:,}{form}"
    return f"{paint(start, 'dim')} {shown}  {_content(frame)}".rstrip()


def frame_line(frame: Mapping[str, Any]) -> str:
    """A frame in one short line."""
    parts = [f"{frame['index']}:", frame["opcode"], _flags(frame), _mask(frame), f"length {frame['length']:,}"]
    return " ".join(filter(None, (*parts, _content(frame))))


def _flags(frame: Mapping[str, Any]) -> str:
    names = ("RSV1", "RSV2", "RSV3")
    set_bits = [name for name, told in zip(names, frame["rsv"], strict=True) if told]
    return " ".join([*(["FIN"] if frame["fin"] else []), *set_bits])


def _mask(frame: Mapping[str, Any]) -> str:
    return f"masked {frame['key'].replace(' ', '')}" if frame["key"] else "unmasked"


def _content(frame: Mapping[str, Any]) -> str:
    if "close_code" in frame:
        return printable(f"{frame['close_code']} {frame['close_reason']}".rstrip())
    text = frame.get("text")
    shown = repr(text)[1:-1] if text is not None else str(frame["payload"])
    return shown if len(shown) <= 32 else shown[:31] + "…"
