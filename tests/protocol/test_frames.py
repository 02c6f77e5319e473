"""The reader takes any bytes, loses no fact and says where it cannot go on."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from ws_mcp.protocol.build import frame
from ws_mcp.protocol.frames import FrameReader, unmasked
from ws_mcp.protocol.masking import apply_mask
from ws_mcp.protocol.skimming import KEPT, PLAIN_BYTES, PLAIN_TEXT, Run
from ws_mcp.types import Side
from ws_mcp.wire import Frame, Part

KEY = bytes.fromhex("37fa213d")


def read(data: bytes, size: int = 1 << 30) -> list[Frame | Part | Run]:
    reader = FrameReader(Side.CLIENT)
    pieces = (data[start : start + size] for start in range(0, len(data), size))
    return [fact for piece in pieces for fact in reader.feed(piece)]


def only(facts: Iterable[Frame | Part | Run]) -> Frame:
    (found,) = facts
    assert isinstance(found, Frame)
    return found


def test_every_fact_of_a_header_is_kept() -> None:
    found = only(read(frame(0xB, b"Hello", fin=False, rsv=5, key=KEY, form=16)))
    assert (found.fin, found.rsv, found.opcode, found.control) == (False, 5, 0xB, True)
    assert (found.masked, found.key, found.payload) == (True, KEY, b"Hello")
    assert (found.length, found.form, found.minimal, found.header, found.whole) == (5, 16, False, 8, True)


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65535])
@pytest.mark.parametrize("key", [None, KEY])
def test_a_frame_is_the_same_at_every_way_to_cut_it(size: int, key: bytes | None) -> None:
    data = frame("binary", bytes(range(256)) * 256, key=key) if size == 65535 else frame("binary", b"x" * size, key=key)
    whole = read(data)
    cuts = range(1, len(data)) if len(data) < 200 else (1, 2, 3, 9, 13, 14, 15, len(data) - 1)
    for cut in cuts:
        reader = FrameReader(Side.CLIENT)
        facts = [*reader.feed(data[:cut]), *reader.feed(data[cut:])]
        assert [f for f in facts if isinstance(f, Frame)] == [f for f in whole if isinstance(f, Frame)]


def test_offsets_and_numbers_go_on_from_frame_to_frame() -> None:
    data = frame("text", b"hi", key=KEY) + frame("ping") + frame("binary", b"x" * 300)
    found = [f for f in read(data, 1) if isinstance(f, Frame)]
    assert [(f.index, f.offset) for f in found] == [(0, 0), (1, 8), (2, 10)]


def test_a_long_frame_comes_as_a_header_and_parts() -> None:
    payload = bytes(i * 7 % 256 for i in range(KEPT + 5000))
    first, *parts = read(frame("binary", payload, key=KEY), 10_000)
    assert isinstance(first, Frame)
    assert (first.payload, first.whole, first.length) == (b"", False, len(payload))
    joined = b"".join(unmasked(p, len(p.raw)) for p in parts if isinstance(p, Part))
    assert joined == payload
    assert [p.last for p in parts if isinstance(p, Part)][-2:] == [False, True]


def test_a_frame_that_breaks_off_is_given_as_far_as_it_goes() -> None:
    reader = FrameReader(Side.CLIENT)
    data = frame("text", b"Hello", key=KEY)
    assert list(reader.feed(data[:9])) == []
    tail = reader.tail()
    assert tail is not None
    assert (tail.payload, tail.length, tail.whole) == (b"Hel", 5, False)
    assert reader.missing() == (0, 9, 11)


def test_a_header_that_breaks_off_is_no_frame() -> None:
    reader = FrameReader(Side.CLIENT)
    assert list(reader.feed(b"\x81\xfe\x00")) == []
    assert reader.tail() is None
    assert reader.missing() == (0, 3, 8)


def test_a_length_with_its_top_bit_set_ends_the_reading() -> None:
    reader = FrameReader(Side.CLIENT)
    facts = list(reader.feed(b"\x82\x7f" + b"\xff" * 8 + b"\x81\x00"))
    found = only(facts)
    assert found.length == 2**64 - 1
    assert "top bit" in reader.stopped
    assert reader.offset == 10
    assert list(reader.feed(b"\x81\x00")) == []


def test_a_gigabyte_announced_costs_nothing() -> None:
    reader = FrameReader(Side.CLIENT)
    found = only(reader.feed(b"\x82\x7f" + (1 << 30).to_bytes(8, "big")))
    assert (found.length, found.payload) == (1 << 30, b"")
    assert reader.missing() == (0, 10, (1 << 30) + 10)


def test_both_ways_to_mask_agree_and_undo_themselves() -> None:
    from ws_mcp.protocol.masking import _mask_with_integers

    for size in (1, 2, 3, 4, 5, 1000, 4097):
        data = bytes(i * 31 % 256 for i in range(size))
        assert apply_mask(data, KEY) == _mask_with_integers(data, KEY)
        assert apply_mask(apply_mask(data, KEY), KEY) == data


def plain() -> bytes:
    table = bytearray(65536)
    for second in range(256):
        table[0x81 << 8 | second], table[0x82 << 8 | second] = PLAIN_TEXT, PLAIN_BYTES
    return bytes(table)


def test_plain_frames_are_summed_up_and_others_read_closely() -> None:
    reader = FrameReader(Side.CLIENT)
    reader.plain = plain()
    data = (
        frame("text", "é".encode() * 20, key=KEY) * 3 + frame("binary", b"x" * 70000, key=KEY) + frame("ping", b"now")
    )
    facts = list(reader.feed(data))
    (run,) = [f for f in facts if isinstance(f, Run)]
    assert (run.first, run.frames, run.texts, run.payload) == (0, 4, 3, 70120)
    assert run.offsets == [2, 48, 94, 138 + 10]  # those of the keys
    (ping,) = [f for f in facts if isinstance(f, Frame)]
    assert (ping.index, ping.offset) == (4, len(data) - 5)


def test_bad_text_stops_the_skimmer_before_a_short_frame_and_is_told_of_a_long_one() -> None:
    reader = FrameReader(Side.CLIENT)
    reader.plain = plain()
    short = frame("text", b"abc\xff" + b"d" * 20, key=KEY)
    long = frame("text", b"a" * 70000 + b"\xff" + b"b" * 9, key=KEY)
    facts = list(reader.feed(short + long + b"\x00" * 20))
    assert isinstance(facts[0], Frame) and facts[0].index == 0
    (run,) = [f for f in facts if isinstance(f, Run)]
    assert run.broken is not None and run.broken.text_error is not None
    assert (run.broken.text_error.at, run.broken.text_error.offset) == (70000, len(short) + 14 + 70000)
