"""Frames of HTTP/2 are cut wherever the bytes were cut, and said in words."""

from __future__ import annotations

import pytest
from hyperframe.frame import DataFrame, Frame, GoAwayFrame, PingFrame, RstStreamFrame, SettingsFrame, WindowUpdateFrame

from ws_mcp.probe.http2.frames import LARGEST, FrameCutter, UnreadableError, error_name, tell_frame

FRAMES: list[tuple[Frame, str]] = [
    (SettingsFrame(0, settings={3: 100, 8: 2, 0x7F: 7}),
     "[SETTINGS: MAX_CONCURRENT_STREAMS=100, ENABLE_CONNECT_PROTOCOL=2, 0x7f=7]"),
    (SettingsFrame(0, flags=["ACK"]), "[SETTINGS ACK]"),
    (PingFrame(0, b"12345678", flags=["ACK"]), "[PING ACK: 31 32 33 34 35 36 37 38]"),
    (DataFrame(5, b"\x81\x00", flags=["END_STREAM"]), "[DATA stream 5 END_STREAM: 81 00]"),
    (DataFrame(5, b""), "[DATA stream 5]"),
    (RstStreamFrame(7, 8), "[RST_STREAM stream 7: CANCEL]"),
    (WindowUpdateFrame(0, 10), "[WINDOW_UPDATE: +10]"),
    (GoAwayFrame(0, 3, 11, b"so\nlong"), "[GOAWAY: ENHANCE_YOUR_CALM, last stream 3, so·long]"),
]  # fmt: skip


@pytest.mark.parametrize("size", [1, 7, 9, 10_000])
def test_frames_come_out_whole_whatever_the_pieces(size: int) -> None:
    data = b"".join(frame.serialize() for frame, _ in FRAMES)
    cutter = FrameCutter()
    found = [frame for at in range(0, len(data), size) for frame in cutter.feed(data[at : at + size])]
    assert [tell_frame(frame) for frame in found] == [told for _, told in FRAMES]
    assert b"".join(frame.raw for frame in found) == data


def test_settings_are_read_with_any_value_and_twice() -> None:
    raw = b"\0\0\x0c\x04\0\0\0\0\0" + b"\0\x08\0\0\0\x01" + b"\0\x08\xff\xff\xff\xff"
    (frame,) = FrameCutter().feed(raw)
    assert list(frame.settings()) == [(8, 1), (8, 0xFFFFFFFF)]


def test_a_header_list_stands_for_its_block() -> None:
    (frame,) = FrameCutter().feed(b"\0\0\x01\x01\x05\0\0\0\x01\x88")
    assert tell_frame(frame, [(":status", "200")]) == "[HEADERS stream 1 END_STREAM: :status: 200]"


def test_a_long_payload_is_cut_with_its_size() -> None:
    (frame,) = FrameCutter().feed(DataFrame(1, b"\0" * LARGEST).serialize())
    assert tell_frame(frame).endswith("00 … (16,384 bytes)]")


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"HTTP/1.1 400 Bad Request\r\n", "HTTP/1"), (b"\0\x40\x01\0\0\0\0\0\0", "16,385 bytes")],
)
def test_what_is_no_frame_that_may_come_is_refused_at_once(data: bytes, words: str) -> None:
    with pytest.raises(UnreadableError, match=words):
        list(FrameCutter().feed(data))


def test_unknown_frames_and_codes_have_numbers() -> None:
    (frame,) = FrameCutter().feed(b"\0\0\x02\x20\0\0\0\0\0ab")
    assert tell_frame(frame) == "[frame 0x20: 61 62]"
    assert (error_name(8), error_name(0x99)) == ("CANCEL", "0x99")
