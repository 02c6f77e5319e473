"""Changing one value in JSON with comments leaves every other byte alone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ws_mcp.clients import jsonc
from ws_mcp.errors import InputError

COMMENTED = """{
    // my servers
    "servers": {
        "a": {"command": "x"}, // keep
    },
    /* inputs: none */
    "inputs": []
}
"""
ENTRY = {"command": "py", "args": ["-m", "ws_mcp"]}


@pytest.mark.parametrize(
    "text",
    [
        COMMENTED,
        COMMENTED.replace("}, // keep", "} // keep"),
        '{"servers": {"a": 1}}',
        '{\n\t"servers": {\n\t\t"a": 1\n\t}\n}',
        '{"servers": {}, "x": "// no comment"}',
        '{"x": "a \\" } { , b"}',
        "{}",
        "",
        "// only a comment\n{}\n",
        "// nothing but a comment",
        '{"a":{"b":[1,{"c":2}]},"servers":{"a":{"b":[{}]}}}',
    ],
)
def test_what_was_there_stays_when_we_are_put_in_and_taken_out(text: str) -> None:
    put = jsonc.put(text, ("servers", "websocket"), ENTRY)
    assert jsonc.loads(put)["servers"]["websocket"] == ENTRY
    for line in text.splitlines():
        if "//" in line or "/*" in line:
            assert line.strip().rstrip(",") in put or line.strip().split("//")[-1] in put
    gone = jsonc.remove(put, ("servers", "websocket"))
    before = jsonc.loads(text)
    assert jsonc.loads(gone) == {**before, "servers": before.get("servers", {})}
    assert put.count("//") == text.count("//") and gone.count("//") == text.count("//")


def test_a_commented_file_comes_back_byte_for_byte() -> None:
    put = jsonc.put(COMMENTED, ("servers", "websocket"), ENTRY)
    assert '{"command": "x"}, // keep\n        "websocket"' in put
    assert jsonc.remove(put, ("servers", "websocket")) == COMMENTED


def test_a_value_that_is_there_is_replaced_in_its_place() -> None:
    once = jsonc.put(COMMENTED, ("servers", "a"), {"command": "new"})
    assert jsonc.loads(once) == {"servers": {"a": {"command": "new"}}, "inputs": []}
    assert "// keep" in once


def test_the_files_own_indentation_is_used() -> None:
    assert '\n\t\t"websocket": {\n\t\t\t"command"' in jsonc.put(
        '{\n\t"servers": {\n\t\t"a": 1\n\t}\n}', ("servers", "websocket"), ENTRY
    )


@pytest.mark.parametrize("text", ["{", '{"a": }', "[1,", "nonsense", '{"servers": [1]}', '{"a" 1}', '"x', "{'a': 1}"])
def test_what_is_no_such_object_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        jsonc.put(text, ("servers", "websocket"), ENTRY)


def test_removing_what_is_not_there_changes_nothing() -> None:
    assert jsonc.remove(COMMENTED, ("servers", "b")) == COMMENTED
    assert jsonc.remove("{}", ("servers", "b")) == "{}"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=12,
)


@given(
    st.dictionaries(st.text(max_size=6), JSON, max_size=4),
    st.sampled_from([None, 1, "\t"]),
    st.sampled_from([(", ", ": "), (",", ":")]),
    st.text(max_size=6),
)
def test_any_json_keeps_its_other_members(
    value: dict[str, Any], indent: int | str | None, separators: tuple[str, str], key: str
) -> None:
    text = json.dumps(value, indent=indent, separators=separators)
    put = jsonc.put(text, (key,), ENTRY)
    assert json.loads(put) == {**value, key: ENTRY}
    assert json.loads(jsonc.remove(put, (key,))) == {k: v for k, v in value.items() if k != key}
