"""The fact tables hold what their readers count on: complete rows, keys that lead to one section, links that arrive."""

from collections import Counter
from pathlib import Path

import pytest

from ws_mcp import data
from ws_mcp.knowledge.search import lookup
from ws_mcp.knowledge.shipped import digest, registry

RECORDS = {  # IANA's own counts
    "iana/extensions": 2,
    "iana/subprotocols": 69,
    "iana/versions": 14,
    "iana/close-codes": 24,
    "iana/opcodes": 8,
    "iana/framing-header-bits": 1,
}
TABLES = {table["id"]: table for table in registry.tables()}
ERRORS = {
    lookup.words_only(key): section.id
    for section in registry.sections()
    if section.source == "error"
    for key in section.keys
}


@pytest.mark.parametrize(("identity", "count"), RECORDS.items())
def test_an_iana_table_has_every_record_and_marks_what_is_not_one(identity: str, count: int) -> None:
    assert sum(row.get("registered", True) for row in TABLES[identity]["entry"]) == count


@pytest.mark.parametrize("identity", TABLES)
def test_every_row_has_a_value_for_every_column(identity: str) -> None:
    table = TABLES[identity]
    for row in table["entry"]:
        assert set(table["columns"]) <= set(row), row


@pytest.mark.parametrize("identity", TABLES)
def test_a_row_of_its_own_says_something_and_leads_on(identity: str) -> None:
    for row in TABLES[identity]["entry"]:
        if "id" in row:
            assert row["title"] and row["keys"] and row["summary"].strip() and row["links"], row["id"]


def test_a_key_is_lower_case_and_leads_to_one_section() -> None:
    keys = [key for section in registry.sections() for key in section.keys]
    assert [key for key in keys if key != key.lower()] == []
    assert [key for key, count in Counter(keys).items() if count > 1] == []


def test_every_close_code_of_the_protocol_is_found_by_its_number() -> None:
    keys = {key: section.id for section in registry.sections() for key in section.keys}
    for code in range(1000, 1016):
        assert keys[str(code)] == f"code/{code}"


def test_links_arrive() -> None:
    sections = [*registry.sections(), *digest.sections(Path(data.folder("corpus")))]
    known = {section.id for section in sections}
    assert {link for section in registry.sections() for link in section.links} - known == set()


@pytest.mark.parametrize(
    ("line", "identity"),
    [
        ("WebSocket connection to 'wss://a.example/' failed: Error during WebSocket handshake: "
         "Unexpected response code: 403", "error/unexpected-response-code"),
        ("WebSocket connection to 'ws://localhost:8000/' failed: Invalid frame header", "error/invalid-frame-header"),
        ("WebSocket connection to 'ws://h/' failed: One or more reserved bits are on: reserved1 = 1, reserved2 = 1, "
         "reserved3 = 0", "error/reserved-bits-on"),
        ("Uncaught InvalidStateError: Failed to execute 'send' on 'WebSocket': Still in CONNECTING state.",
         "error/still-connecting"),
        ("Firefox can’t establish a connection to the server at wss://a.example/chat.", "error/firefox-cannot-connect"),
        ("websockets.exceptions.ConnectionClosedError: sent 1011 (internal error) keepalive ping timeout; "
         "no close frame received", "error/py-keepalive-timeout"),
        ("2026/01/02 03:04:05 [error] 7#7: *9 upstream timed out (110: Connection timed out) while proxying upgraded "
         "connection, client: 192.0.2.1", "error/nginx-timed-out-upgraded"),
        ("read: websocket: close 1006 (abnormal closure): unexpected EOF", "error/gorilla-1006-eof"),
    ],
)  # fmt: skip
def test_a_line_of_a_console_or_log_finds_its_explanation(line: str, identity: str) -> None:
    assert lookup.error_text(line, ERRORS) == identity
