"""Checks pasted frames: reads any form of bytes, takes a handshake off their front and judges it, then the frames."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ws_mcp.checking.arguments import Checked
from ws_mcp.checking.handshakes import texts_of
from ws_mcp.errors import InputError
from ws_mcp.judge import FrameCheck
from ws_mcp.judge_handshake import judge_handshake
from ws_mcp.protocol.deflate import Extensions, negotiated
from ws_mcp.protocol.handshake import split_stream
from ws_mcp.protocol.inputs import Form, Pasted, Segment, read_bytes
from ws_mcp.report.evidence import Evidence
from ws_mcp.types import Handshake, Policy, Report, Severity, Side


def check(
    source: str | bytes,
    sender: Side | None = None,
    extensions: str = "",
    policy: Policy | None = None,
    form: str = "auto",
    name: str = "",
) -> Checked:
    """Checks a paste (``str``) or a file's content (``bytes``); ``name`` is the file's.

    ``sender`` sent what the paste gives no direction for. A handshake before the frames is checked too, and its answer
    says what was negotiated, unless ``extensions`` does.

    Raises:
        InputError: there are no frames in it, or an argument cannot be read.
    """
    pasted = read_bytes(source, form)
    handshake, rest = split_stream(pasted)
    begun = handshake != Handshake()
    segments = _directed(rest, sender)
    if not segments:
        raise InputError("There is a handshake and no frame after it. Check it as a handshake, or send the frames too.")
    told = negotiated(extensions) if extensions.strip() else _answered(handshake)
    judge = FrameCheck(told, policy, handshake=handshake if begun else None)
    for segment in segments:
        judge.feed(segment.data, segment.side)
    report = judge.finish()
    facts: dict[str, Any] = {"input": _input(pasted), **report.facts}
    report = replace(report, facts=facts)
    if begun:
        report = _joined(judge_handshake(handshake, policy), report)
    literal = pasted.form is Form.BINARY and not begun
    return Checked(report, Evidence("frames", name, _directions(segments), texts_of(pasted), literal))


def agreed(handshake: Handshake) -> str:
    """The negotiated Sec-WebSocket-Extensions value, "none" where it names none, "" without an answer."""
    if handshake.response is None or handshake.response.status != 101:
        return ""
    return ", ".join(handshake.response.values("Sec-WebSocket-Extensions")) or "none"


def _answered(handshake: Handshake) -> Extensions:
    """What the answer says; not known where it makes no sense, which the rules on handshakes report."""
    try:
        return negotiated(agreed(handshake))
    except InputError:
        return Extensions(known=False)


def _directed(stream: Pasted, sender: Side | None) -> list[Segment]:
    """The segments with their sides; without any, one of unknown direction, since the judge takes no mixture."""
    segments = [Segment(segment.side or sender, segment.data) for segment in stream.segments]
    unknown = any(segment.side is None for segment in segments)
    return [Segment(None, stream.data)] if unknown else segments


def _directions(segments: list[Segment]) -> dict[Side | None, bytes]:
    joined: dict[Side | None, bytearray] = {}
    for segment in segments:
        joined.setdefault(segment.side, bytearray()).extend(segment.data)
    return {side: bytes(piece) for side, piece in joined.items()}


def _joined(handshake: Report, frames: Report) -> Report:
    """One report on both, the errors first and the handshake's before the frames'."""
    order = list(Severity)
    return Report(
        tuple(sorted((*handshake.findings, *frames.findings), key=lambda finding: order.index(finding.severity))),
        (*handshake.unchecked, *frames.unchecked),
        handshake.undecided or frames.undecided,
        frames.incomplete,
        {**frames.facts, "handshake": handshake.facts},
        frames.next if handshake.ok else handshake.next or frames.next,
    )


def _input(pasted: Pasted) -> dict[str, Any]:
    """What the paste was taken for, with every doubt."""
    return {"form": pasted.form.value, "notes": [note.text for note in pasted.notes[:20]]}
