"""What a report on frames says as a whole: grouping, verdict, inference, order, what comes next."""

from __future__ import annotations

import json
import zlib

import pytest

from ws_mcp.errors import InputError
from ws_mcp.judge import FrameCheck, check_frames
from ws_mcp.protocol.build import close_body, fragments, frame
from ws_mcp.protocol.deflate import negotiated
from ws_mcp.types import Policy, Report, Severity, Side

CLIENT, SERVER = Side.CLIENT, Side.SERVER
KEYS = [bytes([at * 7 % 251 + 1, at * 13 % 241, at * at % 239, at * 91 % 233]) for at in range(1, 400)]


def rules(report: Report) -> list[str]:
    return [finding.rule for finding in report.findings]


def compress(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return (packer.compress(data) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]


def test_every_fault_of_a_stream_is_found_in_one_pass() -> None:
    data = b"".join(
        [
            frame("text", b"ok", key=KEYS[0]),
            frame("text", b"not masked"),
            frame(3, b"", key=KEYS[1]),
            frame("text", b"x", rsv=2, key=KEYS[2]),
            frame("ping", b"x" * 126, key=KEYS[3]),
            frame("pong", fin=False, key=KEYS[4]),
            frame("binary", b"long way", form=64, key=KEYS[5]),
            frame("text", b"\xff", key=KEYS[6]),
            frame("continuation", b"", key=KEYS[7]),
            frame("close", close_body(1005), key=KEYS[8]),
            frame("text", b"late", key=KEYS[9]),
        ]
    )
    report = check_frames(data, CLIENT, "none")
    assert [f.rule for f in report.findings if f.severity is Severity.ERROR] == [
        "unmasked-client-frame",
        "reserved-opcode",
        "reserved-bit-set",
        "oversized-control-frame",
        "fragmented-control-frame",
        "non-minimal-length",
        "invalid-utf8-text",
        "orphan-continuation",
        "reserved-close-code",
        "data-after-close",
    ]
    assert report.counts["error"] == 10


def test_findings_group_by_rule_with_the_first_five_places_and_the_whole_count() -> None:
    report = check_frames(frame("text", b"hi") * 12, CLIENT, "none")
    (finding,) = report.findings
    assert (finding.count, len(finding.where)) == (12, 5)
    assert [place.frame for place in finding.where] == [0, 1, 2, 3, 4]
    assert report.counts == {"error": 12, "warning": 0, "info": 0}
    assert bytes.fromhex(finding.corrected) == frame("text", b"hi", key=bytes.fromhex("37fa213d"))


def test_a_report_is_json_with_the_promised_shape() -> None:
    told = json.loads(json.dumps(check_frames(frame("text", b"hi"), CLIENT, "none").to_json()))
    assert told["verdict"] == "violations" and told["ok"] is False
    assert told["findings"][0]["where"][0] == {"side": "client", "frame": 0, "offset": 0, "length": 4}
    assert {"unchecked", "incomplete", "facts", "next", "next_offset", "counts"} <= told.keys()
    (shown,) = told["facts"]["frames"]
    assert (shown["opcode"], shown["length_form"], shown["masked"], shown["text"]) == ("text", "7-bit", False, "hi")


def test_half_a_frame_is_undecided_and_says_what_is_missing() -> None:
    report = check_frames(frame("text", b"Hello", key=KEYS[0])[:8], CLIENT, "none")
    assert (report.verdict, report.findings) == ("undecided", ())
    assert report.incomplete is not None
    assert (report.incomplete["offset"], report.incomplete["have"], report.incomplete["need"]) == (0, 8, 11)


def test_the_header_of_half_a_frame_is_judged_all_the_same() -> None:
    assert rules(check_frames(b"\xc1\x7f\x00\x00\x00\x00\x00\x00\x01\x00", CLIENT, "none")) == [
        "reserved-bit-set",
        "unmasked-client-frame",
        "non-minimal-length",
    ]


def test_bad_text_in_a_frame_that_breaks_off_is_found() -> None:
    short, long = frame("text", b"\xffabc")[:4], frame("text", b"\xff" + b"a" * 70000)[:50]
    for data in (short, long, frame("text", b"a\xff", fin=False)):
        for dissected in (0, 1000):
            assert rules(check_frames(data, SERVER, "none", None, dissected)) == ["invalid-utf8-text"]


def test_reading_that_cannot_go_on_says_from_where() -> None:
    report = check_frames(frame("ping") + b"\x82\x7f" + b"\xff" * 8 + b"\x00" * 50, SERVER, "none")
    assert rules(report) == ["length-top-bit-set"]
    assert report.incomplete is not None
    assert (report.incomplete["kind"], report.incomplete["offset"]) == ("unreadable", 12)


def test_no_bytes_are_no_input() -> None:
    with pytest.raises(InputError, match="send at least one frame"):
        check_frames(b"", CLIENT)


def test_compression_is_inferred_where_nobody_named_it_and_the_report_says_so() -> None:
    report = check_frames(frame("text", compress(b"Hello Hello"), rsv=4), SERVER)
    assert report.verdict == "clean"
    assert report.facts["negotiated"]["permessage-deflate"] is not None
    assert "inflates" in report.facts["negotiated"]["inferred"]
    assert report.facts["messages"][0]["text"] == "Hello Hello"


def test_rsv1_on_data_that_does_not_inflate_is_a_reserved_bit() -> None:
    report = check_frames(frame("text", b"Hello", rsv=4), SERVER)
    assert rules(report) == ["reserved-bit-set"]
    assert "no extensions were named" in report.findings[0].message


def test_an_extension_we_do_not_know_leaves_its_rules_unchecked() -> None:
    report = check_frames(frame("text", b"Hello", rsv=2), SERVER, "x-fancy")
    assert report.verdict == "undecided"
    assert ("reserved-bit-set", "known extensions") in report.unchecked


def test_mixed_masks_of_an_unknown_sender_are_told() -> None:
    report = check_frames(frame("text", b"a", key=KEYS[0]) + frame("text", b"b"))
    assert report.verdict == "undecided"
    assert report.facts["sender"]["sides"] == []
    assert "1 of 2 frames are masked" in report.facts["sender"]["because"]


def test_a_clean_dialogue_is_clean_and_asks_for_nothing() -> None:
    report = check_frames(
        [
            (CLIENT, frame("text", b"hi", key=KEYS[0])),
            (SERVER, frame("text", b"hello") + frame("ping", b"1")),
            (CLIENT, frame("pong", b"1", key=KEYS[1]) + frame("close", close_body(1000), key=KEYS[2])),
            (SERVER, frame("close", close_body(1000))),
        ],
        extensions="none",
    )
    assert (report.verdict, report.findings, report.unchecked, report.next) == ("clean", (), (), None)


def test_order_in_a_dialogue_counts_also_when_frames_are_skimmed() -> None:
    before = (CLIENT, frame("text", b"x" * 20, key=KEYS[0]) + frame("text", b"y" * 20, key=KEYS[1]))
    for dissected in (0, 1000):
        asked = check_frames([before, (SERVER, frame("ping", b"?"))], None, "none", None, dissected)
        assert asked.findings == (), "what the client sent before the Ping is no refusal to answer it"
        assert asked.next is not None and asked.next["action"] == "answer the Ping"
        after = (CLIENT, frame("text", b"z" * 20, key=KEYS[2]))
        assert rules(check_frames([before, (SERVER, frame("ping", b"?")), after], None, "none", None, dissected)) == [
            "unanswered-ping"
        ]


def test_an_older_ping_needs_no_answer_once_a_newer_has_one() -> None:
    report = check_frames(
        [(SERVER, frame("ping", b"1") + frame("ping", b"2")), (CLIENT, frame("pong", b"2", key=KEYS[0]))],
        extensions="none",
    )
    assert report.findings == ()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (frame(3), 1002),
        (frame("text", b"\xff"), 1007),
        (frame("close", close_body(4001, "bye")), 4001),
        (frame("close", close_body(1000)) + frame("text", b"late"), 1000),
        (frame("binary", b"x" * 9), 1009),
    ],
)
def test_the_report_says_which_close_code_comes_next(data: bytes, code: int) -> None:
    report = check_frames(data, SERVER, "none", Policy(max_message=8))
    assert report.next is not None
    assert report.next["code"] == code


def test_a_whole_message_inside_another_leaves_the_first_one_open() -> None:
    first, last = fragments("text", [b"a", b"b"])
    report = check_frames(first + frame("text", b"inside") + last, SERVER, "none")
    assert rules(report) == ["interleaved-message"]
    assert [m["text"] for m in report.facts["messages"]] == ["inside", "ab"]


def test_a_message_without_end_is_told_at_the_end() -> None:
    report = check_frames(frame("text", b"a", fin=False), SERVER, "none")
    assert report.incomplete is not None and report.incomplete["kind"] == "message"


def test_keys_are_judged_across_skimmed_frames() -> None:
    data = b"".join(frame("binary", b"x" * 30, key=key) for key in [*KEYS[:50], KEYS[49], *KEYS[50:60]])
    for dissected in (0, 3, 1000):
        for size in (1, 50, 1 << 20):
            check = FrameCheck(negotiated("none"), dissected=dissected)
            for start in range(0, len(data), size):
                check.feed(data[start : start + size], CLIENT)
            (found,) = check.finish().findings
            assert (found.rule, found.where[0].frame, found.where[0].offset) == (
                "repeated-masking-key",
                50,
                50 * 36 + 2,
            )


def test_memory_stays_flat_on_a_long_stream() -> None:
    import tracemalloc

    check = FrameCheck(negotiated("none"), dissected=10)
    piece = b"".join(frame("text", b"x" * 100, key=key) for key in KEYS) + frame("binary", b"y" * 200_000, key=KEYS[0])
    check.feed(piece, CLIENT)
    tracemalloc.start()
    for _ in range(50):
        check.feed(piece, CLIENT)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert check.finish().ok
    assert most < 4 << 20


def test_a_bomb_costs_little_and_is_reported() -> None:
    import tracemalloc

    data = frame("binary", compress(bytes(60 << 20)), rsv=4)
    assert len(data) < 65536
    tracemalloc.start()
    report = check_frames(data, SERVER, "permessage-deflate")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert rules(report) == ["compression-bomb"]
    assert most < 8 << 20


@pytest.mark.parametrize(
    "frames",
    [
        "c1 07 f248cdc9c90700",  # one block
        "41 03 f248cd 80 04 c9c90700",  # in two fragments
        "c1 0b 000500faff48656c6c6f00",  # a stored block
        "c1 08 f348cdc9c9070000",  # BFINAL set
        "c1 0d f248050000 00ffffcac9c90700",  # two blocks
        "c1 07 f248cdc9c90700 c1 05 f200110000",  # the second refers to the first
    ],
)
def test_every_way_to_compress_that_the_rfc_shows_is_clean(frames: str) -> None:
    report = check_frames(bytes.fromhex(frames), SERVER, "permessage-deflate")
    assert (report.verdict, report.findings) == ("clean", ())
    assert {message["text"] for message in report.facts["messages"]} == {"Hello"}


def test_a_flood_of_final_blocks_is_read_in_time() -> None:
    data = frame("binary", b"\x03\x00" * 30_000 + b"\x00", rsv=4)
    report = check_frames(data, SERVER, "permessage-deflate")
    assert report.facts["messages"][0]["size"] == 0


def test_text_under_a_bit_that_nobody_explains_is_not_read_as_utf8() -> None:
    assert rules(check_frames(frame("text", b"\xff\xfe", rsv=4), SERVER, "none")) == ["reserved-bit-set"]


def test_an_absurd_length_says_what_it_mostly_means() -> None:
    report = check_frames(b"\x82\x7f\x00\xff\xff\xff\xff\xff\xff\xff", SERVER, "none")
    assert report.incomplete is not None
    assert "bytes before it are missing" in report.incomplete["text"]


def test_the_payload_of_a_long_frame_is_never_taken_for_frames() -> None:
    inside = frame("binary", b"x" * 20, key=KEYS[0]) * 4000
    data = frame("continuation", inside, key=bytes(4))
    closely, skimmed = (check_frames(data, CLIENT, "none", None, dissected) for dissected in (1000, 0))
    assert rules(skimmed) == rules(closely) == ["orphan-continuation", "zero-masking-key"]
    assert skimmed.incomplete is None
    assert skimmed.facts["frames_total"] == 1


@pytest.mark.parametrize("length", [5, 200, 70_000])
@pytest.mark.parametrize("dissected", [0, 1000])
def test_a_finding_on_a_key_points_at_the_key(length: int, dissected: int) -> None:
    data = frame("binary", bytes(length), key=b"\0\0\0\0")
    check = FrameCheck(negotiated("none"), dissected=dissected)
    check.feed(data + bytes(0), CLIENT)
    (found,) = [f for f in check.finish().findings if f.rule == "zero-masking-key"]
    place = found.where[0]
    assert data[place.offset : place.offset + place.length] == b"\0\0\0\0"
    assert place.offset + place.length == len(data) - length
