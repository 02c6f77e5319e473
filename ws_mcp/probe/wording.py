"""Puts a case into the words of a peer whose texts begin with a mark of its own protocol.

Engine.IO takes a text for a message only when it begins with "4"; a bare text breaks its protocol, not WebSocket's.
"""

from __future__ import annotations

from dataclasses import replace

from ws_mcp.probe.words import TEXT, Case, Expect, Octets, Send, Step


def worded(case: Case, prefix: bytes) -> Case:
    """The case with ``prefix`` before each text that goes out and each that has to come back."""
    if not prefix:
        return case
    return replace(
        case,
        steps=tuple(_step(step, prefix) for step in case.steps),
        passed=tuple(_expect(expect, prefix) for expect in case.passed),
        tolerated=tuple(_expect(expect, prefix) for expect in case.tolerated),
        told=tuple(_expect(expect, prefix) for expect in case.told),
    )


def wordable(case: Case, prefix: bytes) -> bool:
    """Whether the prefix fits: what is compressed already has no room for it."""
    return not (prefix and case.needs_deflate and any(_text(frame) for step in case.steps for frame in _frames(step)))


def _frames(step: Step) -> tuple[Send, ...]:
    if isinstance(step, Send):
        return (step,)
    return step.frames if isinstance(step, Octets) else ()


def _text(frame: Send) -> bool:
    return frame.opcode in (TEXT, "text")


def _step(step: Step, prefix: bytes) -> Step:
    if isinstance(step, Octets):
        return replace(step, frames=tuple(_send(frame, prefix) for frame in step.frames))
    return _send(step, prefix) if isinstance(step, Send) else step


def _send(frame: Send, prefix: bytes) -> Send:
    return replace(frame, payload=prefix + frame.payload) if _text(frame) else frame


def _expect(expect: Expect, prefix: bytes) -> Expect:
    told = tuple((code, prefix + content if code == TEXT else content) for code, content in expect.messages)
    return replace(expect, messages=told)
