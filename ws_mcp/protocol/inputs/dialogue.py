"""Pastes that say who sent what: ``C:`` / ``S:`` lines, and Wireshark's YAML view of a stream."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable

from ws_mcp.errors import InputError
from ws_mcp.protocol.inputs.model import Form, Pasted, Segment, joined
from ws_mcp.types import Note, Side

_ARROW = r"[ \t]?(?:->|=>|→|to)[ \t]?"
_PREFIX = re.compile(
    r"[ \t]*(?:(?P<client>(?:client|c)(?:" + _ARROW + r"(?:server|s))?[ \t]?[:>]|>(?![>=])|↑|⬆)"
    r"|(?P<server>(?:server|s)(?:" + _ARROW + r"(?:client|c))?[ \t]?[:>]|<(?![<=]|(?:Slow)?Buffer)|↓|⬇))[ \t]*",
    re.IGNORECASE,
)
_YAML_PEER = re.compile(r"(?:[ \t-]*peer: (\d)|# Packet \d+|[ \t]*peer(\d)_\d+: !!binary \|)")


def looks_dialogue(text: str) -> bool:
    """Whether the first line with content, comments aside, begins with a direction."""
    for line in text.split("\n"):
        body = line.strip()
        if not body or body.startswith(("#", "//")):
            continue
        match = _PREFIX.match(line)
        arrow = match is not None and match.group().strip() in {"<", ">"}
        return match is not None and not (arrow and body.endswith((">", "<")) and len(body) > 1)
    return False


def read_dialogue(text: str, read: Callable[[str], Pasted]) -> Pasted:
    """Read lines with a direction; a line without one goes on with the direction above it.

    ``read`` reads what one side sent in a row, in any form but this.

    Raises:
        InputError: text stands before the first direction, or a part cannot be read; the message says from which line.
    """
    segments: list[Segment] = []
    notes: list[Note] = []
    side: Side | None = None
    run: list[str] = []
    begin, start, first = 0, 0, 1
    for number, line in enumerate(text.split("\n"), 1):
        match = _PREFIX.match(line)
        if match:
            _flush(segments, notes, side, run, begin, first, read)
            side = Side.CLIENT if match.group("client") else Side.SERVER
            run, begin, first = [line[match.end() :]], start + match.end(), number
        elif side is not None:
            run.append(line)
        elif line.strip() and not line.strip().startswith(("#", "//")):
            raise InputError(
                f"Line {number} has no direction. Begin each side's bytes with “C:” (client) or “S:” (server)."
            )
        start += len(line) + 1
    _flush(segments, notes, side, run, begin, first, read)
    return Pasted(Form.DIALOGUE, joined(segments), tuple(notes))


def _flush(
    segments: list[Segment],
    notes: list[Note],
    side: Side | None,
    run: list[str],
    begin: int,
    first: int,
    read: Callable[[str], Pasted],
) -> None:
    body = "\n".join(run)
    if side is None or not body.strip() or all(not line.strip() or line.strip()[0] == "#" for line in run):
        return
    try:
        part = read(body)
    except InputError as error:
        raise InputError(f"In what the {side} sends from line {first} on: {error}") from error
    segments += [Segment(side, segment.data) for segment in part.segments]
    notes += [Note(note.kind, note.offset + begin, note.length, note.text) for note in part.notes]


def looks_yaml(text: str) -> bool:
    """Whether this is Wireshark's YAML view of a followed stream."""
    head = text[:20000]
    return "!!binary" in head and ("packets:" in head or "peer0_" in head or "peer1_" in head)


def read_yaml(text: str) -> Pasted:
    """Read Wireshark's YAML view: ``peer: 0`` is the client, ``data: !!binary |`` holds base64.

    Raises:
        InputError: a block of data is no base64, or there is none.
    """
    segments: list[Segment] = []
    side = Side.CLIENT
    body: list[str] | None = None
    for line in [*text.split("\n"), ""]:
        peer = _YAML_PEER.match(line)
        stripped = line.strip()
        if body is not None and (not stripped or ":" in stripped or stripped.startswith(("#", "-"))):
            segments.append(Segment(side, _decode("".join(body))))
            body = None
        if peer and (peer.group(1) or peer.group(2)):
            side = Side.SERVER if (peer.group(1) or peer.group(2)) == "1" else Side.CLIENT
        if stripped.endswith("!!binary |"):
            body = []
        elif body is not None:
            body.append(stripped)
    if not segments:
        raise InputError("The YAML view holds no data. Send it whole, or the raw view of “Follow TCP stream”.")
    return Pasted(Form.FOLLOW_YAML, joined(segments))


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InputError(
            "A block of the YAML view is not base64. Send the view whole, as Wireshark shows it."
        ) from error
