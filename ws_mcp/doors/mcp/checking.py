"""``ws_check_handshake``, ``ws_check_frames``, ``ws_build_frames`` and ``ws_diagnose``."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from mcp.server import MCPServer
from mcp.types import CallToolResult, ToolAnnotations
from pydantic import BaseModel, Field

from ws_mcp.checking import building, handshakes
from ws_mcp.checking import frames as frame_check
from ws_mcp.checking.arguments import policy_of, side_of
from ws_mcp.diagnose import diagnose
from ws_mcp.diagnose.answer import MCP, render
from ws_mcp.doors.mcp import results
from ws_mcp.doors.mcp.paging import page
from ws_mcp.errors import InputError
from ws_mcp.library import Library
from ws_mcp.report import cost
from ws_mcp.types import Side

MAX_ITEMS = 100
_NOTE = 260  # weight of a note on what was left out
_FRAME = 1_200  # of one frame's description
_READS = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
_BUILDS = ToolAnnotations(read_only_hint=True, idempotent_hint=False, open_world_hint=False)  # masking keys are fresh

PolicyArgument = Annotated[
    dict[str, Any],
    Field(
        description='beyond the RFC: {"origins": [], "subprotocol", "max_message", "extensions": [], "browser": true, '
        '"scheme": "wss"}',
        examples=[{"max_message": 65536}],
    ),
]
Offset = Annotated[int, Field(description="next_offset of the call before")]
Limit = Annotated[int, Field(description=f"findings, frames and messages, 1 to {MAX_ITEMS}")]
InputType = Annotated[
    str, Field(description="the form, where guessing fails: hex, base64, xxd, escapes, …", examples=["hex"])
]


class CheckResult(BaseModel):
    """A report: findings grouped by rule, errors first; each with its places, its fix and sections to read."""

    verdict: Literal["clean", "violations", "undecided"]
    ok: bool
    counts: dict[str, int] = Field(description="breaches by severity, complete on every page")
    findings: list[dict[str, Any]]
    unchecked: list[dict[str, Any]] = Field(
        description="rules that lacked a fact, on the first page; more: that many others need the same"
    )
    undecided: str
    incomplete: dict[str, Any] | None
    facts: dict[str, Any]
    next: dict[str, Any] | None = Field(description="what a conformant receiver does")
    next_offset: int | None


class BuildResult(BaseModel):
    """Built bytes, what is in them and what is wrong with them."""

    hex: str
    bytes: int
    verdict: str
    breaks: list[dict[str, str]] = Field(description="rules they break")
    frames: list[dict[str, Any]]
    handshake: dict[str, Any] | None = Field(description="key and accept, where asked for")
    note: str


def register(server: MCPServer, library: Library) -> None:
    """Add the tools to ``server``."""
    _checks(server)

    @server.tool(title="Build frames", annotations=_BUILDS)
    @results.explained
    def ws_build_frames(
        frames: Annotated[
            list[dict[str, Any]],
            Field(
                description='each {"opcode": "text", "payload" | "payload_hex" | "close_code", "fin", "rsv1"…"rsv3", '
                '"mask", "mask_key", "length_form": 7|16|64, "length", "cut", "deflate"}; only opcode is needed',
                examples=[[{"opcode": "text", "payload": "Hello"}]],
            ),
        ] = [],  # noqa: B006
        sequence: Annotated[
            str,
            Field(
                description="or short notation, a frame a line: 'text nofin Hel' / 'continuation lo' / "
                "'close 1000 bye'",
                examples=["text Hello"],
            ),
        ] = "",
        sender: Annotated[str, Field(description='"client" (masks) or "server"')] = "client",
        extensions: Annotated[str, Field(description="the negotiated header value")] = "none",
        key: Annotated[str, Field(description='a Sec-WebSocket-Key to answer, or "new"', examples=["new"])] = "",
    ) -> Annotated[CallToolResult, BuildResult]:
        """Write frames as hex, right or deliberately wrong, for tests and probes; says which rules they break.

        Also gives the Sec-WebSocket-Accept value for a key.
        """
        return results.data(_build(frames, sequence, sender, extensions, key))

    @server.tool(
        title="Diagnose anything",
        annotations=_READS,
        structured_output=False,
        meta={"anthropic/searchHint": "websocket error log handshake 1006 nginx debug socket drop disconnect closed"},
    )
    @results.explained
    def ws_diagnose(
        text: Annotated[
            str,
            Field(
                description="handshake, curl -v, hex or dump, proxy log, console text, stack trace, close code, URL",
                examples=["1006"],
            ),
        ],
    ) -> str:
        """Diagnose a WebSocket error or dropped connection: paste whatever you have; says what it is and what to do."""
        return render(diagnose(text, library), MCP)


def _checks(server: MCPServer) -> None:
    @server.tool(title="Check a handshake", annotations=_READS)
    @results.explained
    def ws_check_handshake(
        request: Annotated[
            str,
            Field(
                description="raw HTTP, curl -v, DevTools headers, JSON or HTTP/2 lists; may hold both",
                examples=["GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"],
            ),
        ],
        response: Annotated[
            str,
            Field(
                description="the answer, if it is not with the request", examples=["HTTP/1.1 400 Bad Request\r\n\r\n"]
            ),
        ] = "",
        policy: PolicyArgument = {},  # noqa: B006
        offset: Offset = 0,
        limit: Limit = 12,
        input_type: InputType = "auto",
    ) -> Annotated[CallToolResult, CheckResult]:
        """Find every violation in an opening handshake, with its section, its place, its fix and the mended header."""
        _check_page(offset, limit)
        report = handshakes.check(request, response, policy_of(policy), input_type).report
        return results.data(page(report.to_json(), offset, limit))

    @server.tool(title="Check frames", annotations=_READS)
    @results.explained
    def ws_check_frames(
        data: Annotated[
            str,
            Field(
                description="hex, a dump, base64, escapes…; lines with C: or S: give directions",
                examples=["81 05 48 65 6c 6c 6f"],
            ),
        ],
        sender: Annotated[
            str, Field(description='"client" or "server"; leave out if unknown', examples=["client"])
        ] = "",
        extensions: Annotated[
            str,
            Field(
                description='the negotiated Sec-WebSocket-Extensions; "none"; leave out if unknown', examples=["none"]
            ),
        ] = "",
        policy: PolicyArgument = {},  # noqa: B006
        offset: Offset = 0,
        limit: Limit = 12,
        input_type: InputType = "auto",
    ) -> Annotated[CallToolResult, CheckResult]:
        """Decode bytes as WebSocket frames and find every violation, with its section, its bytes and its fix."""
        _check_page(offset, limit)
        checked = frame_check.check(data, side_of(sender), extensions, policy_of(policy), input_type)
        return results.data(page(checked.report.to_json(), offset, limit))


def _check_page(offset: int, limit: int) -> None:
    if not (0 <= offset <= 1_000_000 and 1 <= limit <= MAX_ITEMS):
        raise InputError(
            f"offset is {offset}, limit {limit}; send an offset from 0 on and a limit from 1 to {MAX_ITEMS}."
        )


def _build(frames: list[dict[str, Any]], sequence: str, sender: str, extensions: str, key: str) -> dict[str, Any]:
    """Frames, the key's answer, or both; what is too long to show is left out, and the note says so."""
    handshake = building.accept_pair(key) if key else None
    lines = [line for line in sequence.splitlines() if line.strip()]
    if not frames and not lines and handshake:
        none = {"hex": "", "bytes": 0, "verdict": "", "breaks": [], "frames": [], "handshake": handshake, "note": ""}
        return cost.shortened(none, cost.MOST)
    built = building.frames([*frames, *lines], side_of(sender) or Side.CLIENT, extensions)
    told = building.as_json(built)
    described: list[dict[str, Any]] = told.pop("frames")
    written: str = told["hex"]
    about = {**told, "hex": "", "frames": [], "handshake": handshake, "note": ""}
    shown = cost.shortened(about, cost.MOST // 2)
    room = cost.MOST - _NOTE - cost.weight(shown)
    most = cost.fitting(written, room * 2 // 3)
    shown["hex"] = written if most == len(written) else written[: most // 3 * 3 - 1]
    shown["frames"], _ = cost.first(described, room - cost.weight(shown["hex"]), _FRAME)
    return shown | {"note": _left_out(shown, len(built.data), len(described))}


def _left_out(shown: dict[str, Any], size: int, count: int) -> str:
    """What of ``size`` bytes and ``count`` frames is not in the answer, and how to have it."""
    notes = []
    if (seen := (len(shown["hex"]) + 1) // 3) < size:
        notes.append(f"Only the first {seen:,} of {size:,} bytes are shown.")
    if len(shown["frames"]) < count:
        notes.append(f"{len(shown['frames'])} of {count} frames are described.")
    if notes:
        notes.append("Build fewer at a time, or all into a file: websocket-mcp build frames … --output FILE")
    return " ".join(notes)
