"""A body is collected under a bound, however it is cut and compressed, and judged by what it is."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ws_mcp.knowledge.official.download import Body, check_content, check_type
from ws_mcp.knowledge.official.sources import Form
from ws_mcp.knowledge.official.text import DocumentError


def collected(encoding: str, size: int, pieces: list[bytes]) -> bytes:
    body = Body(encoding, size)
    for piece in pieces:
        body.add(piece)
    return body.content()


def cut(data: bytes, width: int) -> list[bytes]:
    return [data[at : at + width] for at in range(0, len(data), width)]


@given(st.binary(max_size=3000), st.integers(1, 500), st.booleans())
def test_the_content_does_not_depend_on_how_it_is_cut_or_compressed(data: bytes, width: int, packed: bool) -> None:
    sent = gzip.compress(data) if packed else data
    assert collected("gzip" if packed else "", 3000, cut(sent, width)) == data


@given(st.integers(1, 200_000), st.integers(1, 5000))
def test_nothing_larger_than_the_bound_is_collected(length: int, width: int) -> None:
    packed = gzip.compress(bytes(length))
    if length <= 1000:
        assert len(collected("gzip", 1000, cut(packed, width))) == length
    else:
        with pytest.raises(DocumentError, match="larger than 1,000 bytes"):
            collected("gzip", 1000, cut(packed, width))


def test_a_compressed_body_that_ends_early_or_goes_on_is_refused() -> None:
    packed = gzip.compress(b"tea" * 100)
    with pytest.raises(DocumentError, match="ends too early"):
        collected("gzip", 1000, [packed[:-1]])
    with pytest.raises(DocumentError, match="follows the end"):
        collected("gzip", 1000, [packed + b"more"])
    with pytest.raises(DocumentError, match="follows the end"):
        collected("gzip", 1000, [packed, b"more"])


@pytest.mark.parametrize("encoding", ["br", "deflate", "zstd", "gzip, gzip"])
def test_encodings_that_were_not_asked_for_are_refused(encoding: str) -> None:
    with pytest.raises(DocumentError, match="not asked for"):
        Body(encoding, 10)


@pytest.mark.parametrize("declared", ["text/plain", "Text/Plain; charset=utf-8", "", "application/octet-stream"])
def test_the_right_type_or_none_is_accepted(declared: str) -> None:
    check_type(Form.RFC_TEXT, declared, b"words")


def test_html_where_text_is_expected_is_told_by_its_title() -> None:
    page = b"\xef\xbb\xbf\n<!DOCTYPE HTML><html><title>\n Page moved </title>"
    for declared in ("text/html", "text/plain", ""):
        with pytest.raises(DocumentError, match="HTML page came instead of it \\('Page moved'\\)"):
            check_type(Form.RFC_TEXT, declared, page)
            check_content(Form.RFC_TEXT, page)


def test_a_page_about_challenges_is_not_taken_for_one() -> None:
    page = b"<!doctype html><html><title>RFC 1: Challenges</title><body>Just a moment, access denied</body></html>\n"
    check_content(Form.RFC_HTML, page)
    with pytest.raises(DocumentError, match="challenge"):
        check_content(Form.RFC_HTML, page.replace(b"RFC 1: Challenges", b"Attention Required! | Cloudflare"))


def test_a_page_without_its_end_is_truncated() -> None:
    with pytest.raises(DocumentError, match="truncated"):
        check_content(Form.RFC_HTML, b"<!doctype html><html><title>RFC 1</title><body>Some of i")


def test_text_where_a_page_is_expected_is_refused() -> None:
    with pytest.raises(DocumentError, match="not an HTML page"):
        check_content(Form.MDN_HTML, b"words")
