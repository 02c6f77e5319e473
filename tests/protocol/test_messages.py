"""Fragments become messages; text and compressed data are checked on the way, within bounds."""

from __future__ import annotations

import zlib

import pytest

from ws_mcp.errors import InputError
from ws_mcp.protocol.deflate import BOMB_SIZE, Deflate, Inflater, negotiated
from ws_mcp.protocol.utf8 import Utf8, utf8_error
from ws_mcp.types import Side
from ws_mcp.wire import Inflated


def compress(data: bytes, bits: int = 15) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -bits)
    return (packer.compress(data) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]


def inflate(inflater: Inflater, data: bytes, size: int = 1 << 30) -> tuple[bytes, Inflated]:
    inflater.start()
    out = b"".join(piece for at in range(0, len(data), size) for piece in inflater.feed(data[at : at + size]))
    out += b"".join(inflater.finish())
    return out, inflater.result


@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_messages_inflate_with_the_context_of_those_before(size: int) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    inflater = Inflater()
    for text in (b"Hello Hello Hello", b"Hello again", b"", b"x" * 100_000):
        data = (packer.compress(text) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]
        out, result = inflate(inflater, data, size)
        assert out == text
        assert result == Inflated(len(text))


def test_a_stream_that_ends_with_bfinal_and_goes_on_is_read() -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = packer.compress(b"one") + packer.flush(zlib.Z_FINISH) + compress(b"two")
    assert inflate(Inflater(), data) == (b"onetwo", Inflated(6))


def test_the_agreed_window_is_held_to_the_byte() -> None:
    for gap, too_far in ((200, ""), (240, ""), (241, "window"), (300, "window")):
        text = b"0123456789abcdef" + bytes(200 + i % 50 for i in range(gap - 1)) + b"~0123456789abcdef"
        out, result = inflate(Inflater(bits=8), compress(text))  # the sixteen characters return after gap + 16
        assert out == text
        assert result.too_far == too_far


def test_a_reference_to_an_earlier_message_is_seen_where_none_is_agreed() -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    first = (packer.compress(b"Hello") + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]
    second = (packer.compress(b"Hello") + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]
    inflater = Inflater(keeps=False)
    assert inflate(inflater, first)[1].too_far == ""
    assert inflate(inflater, second) == (b"Hello", Inflated(5, too_far="context"))


def test_broken_cut_off_and_uncut_data_are_told_apart() -> None:
    assert inflate(Inflater(), b"Hello")[1].error == "invalid stored block lengths"
    assert inflate(Inflater(), compress(b"Hello")[:-2])[1].unaligned
    assert inflate(Inflater(), compress(b"Hello") + b"\x00\x00\xff\xff")[1].tail_kept


def test_after_broken_data_later_messages_are_skipped_only_where_they_may_refer_to_it() -> None:
    keeps, forgets = Inflater(), Inflater(keeps=False)
    for inflater, skipped in ((keeps, True), (forgets, False)):
        assert inflate(inflater, b"Hello")[1].error
        assert inflate(inflater, compress(b"Hello"))[1].skipped is skipped


def test_a_bomb_is_given_up() -> None:
    data = compress(bytes(200 * 1024 * 1024))
    inflater = Inflater()
    inflater.start()
    most = max(len(piece) for piece in inflater.feed(data))
    list(inflater.finish())
    assert inflater.result.stopped
    assert inflater.result.size <= BOMB_SIZE + 65536
    assert most <= 65536


def test_what_was_negotiated_is_read_from_the_header_value() -> None:
    assert negotiated("none").deflate is None
    assert (negotiated("").known, negotiated("none").known) == (False, True)
    value = "permessage-deflate; server_no_context_takeover; client_max_window_bits=10, x-other"
    found = negotiated(value)
    assert found.deflate == Deflate(client_bits=10, server_keeps=False)
    assert found.others == ("x-other",)
    assert found.deflate.of(Side.CLIENT) == (10, True)


@pytest.mark.parametrize("value", ["permessage-deflate; server_max_window_bits=16", ";;", "a b", "x; y=", '"'])
def test_a_value_that_makes_no_sense_says_what_to_send(value: str) -> None:
    with pytest.raises(InputError, match=r"[Ss]end"):
        negotiated(value)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        (b"abc", -1),
        ("añ€😀".encode(), -1),
        (b"abc\xff", 3),
        (b"\xc3", 0),
        (b"ok\xed\xa0\x80", 2),
        (b"ok\xf4\x90\x80\x80", 2),
        (b"\xc0\x80", 0),
        ("é".encode() + b"\xe2\x82", 2),
    ],
)
def test_the_first_bad_byte_is_found_at_every_way_to_cut_the_text(text: bytes, at: int) -> None:
    assert utf8_error(text) == at
    for cut in range(len(text) + 1):
        check = Utf8()
        check.feed(text[:cut])
        check.feed(text[cut:], final=True)
        assert check.error == at
