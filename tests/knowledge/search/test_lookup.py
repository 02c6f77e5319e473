"""Keys: by which a section is known, and which a query names."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ws_mcp.knowledge.search import lookup
from ws_mcp.types import Section


def section(identity: str, title: str = "Title", keys: tuple[str, ...] = ()) -> Section:
    return Section(identity, title, identity.split("/")[0], keys=keys)


@pytest.mark.parametrize(
    ("query", "key"),
    [
        ("rfc 6455 section 7.4", "rfc6455/7.4"),
        ("RFC6455 §7.4", "rfc6455/7.4"),
        ("7.4", "rfc6455/7.4"),
        ("section 4 of rfc 8441", "rfc8441/4"),
        ("rfc 9110 appendix A.1", "rfc9110/a.1"),
        ("0x9", "0x9"),
        ("opcode 10", "0xa"),
        ("1006", "1006"),
        ("close code 3000", "3000"),
        ("http status 502", "502"),
        ("sec-websocket-key", "sec-websocket-key"),
        ("WebSocket.send()", "websocket.send"),
        ("socket.bufferedAmount", "websocket.bufferedamount"),
        ("https://developer.mozilla.org/fr/docs/Web/API/WebSocket", "mdn/web/api/websocket"),
        ("https://www.iana.org/assignments/websocket/websocket.xml#opcode", "iana/opcodes"),
    ],
)
def test_a_query_that_is_nothing_but_a_name_names_it(query: str, key: str) -> None:
    assert lookup.references(query).exact[0] == key


@pytest.mark.parametrize(
    ("query", "key"),
    [
        ("my server sends 1006 after ten minutes of silence", "1006"),
        ("is masking of section 5.3 needed over TLS connections", "rfc6455/5.3"),
        ("proxy strips Sec-WebSocket-Extensions from the answer", "sec-websocket-extensions"),
    ],
)
def test_a_name_among_other_words_is_mentioned_and_not_exact(query: str, key: str) -> None:
    found = lookup.references(query)
    assert found.mentioned == (key,)
    assert key not in found.exact


@pytest.mark.parametrize(
    "query",
    [
        "handle 1000 connections",
        "a timeout of 3000 ms",
        "limit messages to 1024 bytes",
        "10.0.0.1",
        "127.0.0.1:3000/path of my development server",
        "pi is 3.14159",
        "version 2.7.4.1",
        "between 1,000 and 2,000",
    ],
)
def test_other_numbers_name_no_code_and_no_section(query: str) -> None:
    found = lookup.references(query)
    assert not {"1000", "3000", "1024", "2000", "rfc6455/3.14", "rfc6455/10.0.0", "rfc6455/2.7.4"} & set(found.exact)
    assert not {"1000", "1024", "rfc6455/3.14", "rfc6455/10.0.0", "rfc6455/2.7.4"} & set(found.mentioned)


def test_quotes_case_and_end_marks_do_not_matter() -> None:
    assert lookup.normal("  “Going  Away”. ") == lookup.normal("`going away`") == "going away"


def test_an_api_page_is_known_by_its_members_names() -> None:
    keys = lookup.keys_of(section("mdn/Web/API/WebSocket/close", "WebSocket: close() method"))
    assert {"websocket.close", "close()", "websocket close", "websocket: close() method"} <= set(keys)
    event = lookup.keys_of(section("mdn/Web/API/WebSocket/close_event", "WebSocket: close event"))
    assert {"onclose", "websocket.onclose", "websocket close event"} <= set(event)


def test_a_part_of_a_page_is_not_known_by_its_pages_names() -> None:
    assert "websocket.close" not in lookup.keys_of(section("mdn/Web/API/WebSocket/close#parameters", "Parameters"))


def test_a_numbered_section_is_known_by_its_title_with_and_without_the_number() -> None:
    keys = lookup.keys_of(section("rfc6455/5.5.99", "5.5.99 Close"))
    assert keys == ("rfc6455/5.5.99", "5.5.99 close", "close")


def test_a_section_is_known_by_its_requirements() -> None:
    assert "6455-5.5.1-08" in lookup.keys_of(section("rfc6455/5.5.1", "5.5.1 Close"))


def test_of_those_that_share_a_key_the_closer_source_is_first() -> None:
    rows = [section("mdn/Web/API/WebSocket/x", keys=("1000",)), section("code/1000", keys=("1000",))]
    assert lookup.table(rows)["1000"] == ["code/1000", "mdn/Web/API/WebSocket/x"]


ERRORS = {
    "invalid frame header": "error/a",
    "one or more reserved bits are on": "error/b",
    "one or more reserved bits are on reserved1 1": "error/c",
    "missing or invalid sec websocket key header": "error/d",
}


@pytest.mark.parametrize(
    ("query", "identity"),
    [
        ("WebSocket connection to 'ws://h/' failed: Invalid frame header", "error/a"),
        ("One or more reserved bits are on: reserved1 = 1, reserved2 = 0", "error/c"),
        ("one or more reserved bits are on", "error/b"),
        ("more reserved bits are on", "error/c"),
        ("reserved bits", ""),
        ("Sec-WebSocket-Key header", ""),
        ("invalid header", ""),
    ],
)
def test_an_error_text_is_known_when_it_is_quoted_in_good_part(query: str, identity: str) -> None:
    assert lookup.error_text(query, ERRORS) == identity


@given(st.text(max_size=300))
def test_any_text_has_its_own_form_among_its_exact_keys(text: str) -> None:
    assert lookup.normal(text) in lookup.references(text).exact


@pytest.mark.parametrize(
    "unit", ["1.", "a.", "rfc6455 ", "9", "§ ", "https://h/", "op code ", "http status ", "'", "5.5.1-"]
)
def test_a_long_paste_takes_no_long_time(unit: str) -> None:
    start = time.perf_counter()
    lookup.references((unit * 4_000)[:4_000])
    assert time.perf_counter() - start < 0.5
