"""Any bytes give a report, the same one at any way to cut them, whether they are skimmed or read closely."""

from __future__ import annotations

import json
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from ws_mcp.judge import FrameCheck, check_frames
from ws_mcp.protocol.build import frame
from ws_mcp.protocol.deflate import negotiated
from ws_mcp.types import Report, Side

SIDES = st.sampled_from([Side.CLIENT, Side.SERVER, None])
EXTENSIONS = st.sampled_from(
    ["", "none", "permessage-deflate", "permessage-deflate; client_max_window_bits=9; client_no_context_takeover", "x"]
)
PAYLOADS = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=60).map(str.encode),
    st.sampled_from(
        [b"\x03\xe8", b"\xf2\x48\xcd\xc9\xc9\x07\x00", b"\xc3", b"x" * 126, b"x" * 66000, b"\x81\x80abcd" * 11000]
    ),
)
FRAMES = st.builds(
    frame,
    st.sampled_from([0, 1, 1, 2, 2, 3, 8, 9, 10, 15]),
    PAYLOADS,
    fin=st.sampled_from([True, True, True, False]),
    rsv=st.sampled_from([0, 0, 0, 4, 1]),
    key=st.one_of(st.none(), st.binary(min_size=4, max_size=4)),
    form=st.sampled_from([None, None, None, 64]),
)
STREAMS = st.one_of(st.binary(min_size=1, max_size=300), st.lists(FRAMES, min_size=1, max_size=12).map(b"".join))


def judged(pieces: list[bytes], side: Side | None, extensions: str, dissected: int) -> Report:
    check = FrameCheck(negotiated(extensions), dissected=dissected)
    for piece in pieces:
        check.feed(piece, side)
    return check.finish()


@settings(max_examples=300)
@given(STREAMS, SIDES, EXTENSIONS)
def test_any_bytes_give_a_report_that_is_json(data: bytes, side: Side | None, extensions: str) -> None:
    report = check_frames(data, side, extensions)
    json.dumps(report.to_json())
    assert report == check_frames(data, side, extensions)


@settings(max_examples=300)
@given(STREAMS, SIDES, EXTENSIONS, st.lists(st.integers(0, 70000), max_size=6), st.sampled_from([0, 2, 1000]))
def test_the_way_the_bytes_were_cut_changes_nothing(
    data: bytes, side: Side | None, extensions: str, cuts: list[int], dissected: int
) -> None:
    ends = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    pieces = [data[start:end] for start, end in pairwise(ends)]
    assert judged(pieces, side, extensions, dissected) == judged([data], side, extensions, dissected)


@settings(max_examples=300)
@given(STREAMS, SIDES, EXTENSIONS)
def test_skimming_changes_no_finding(data: bytes, side: Side | None, extensions: str) -> None:
    closely, skimmed = judged([data], side, extensions, 1000), judged([data], side, extensions, 0)
    assert skimmed.findings == closely.findings
    assert skimmed.unchecked == closely.unchecked
    assert (skimmed.verdict, skimmed.incomplete, skimmed.next) == (closely.verdict, closely.incomplete, closely.next)
    for key in ("frames_total", "messages_total", "opcodes", "bytes", "payload_bytes", "sender"):
        assert skimmed.facts[key] == closely.facts[key]
