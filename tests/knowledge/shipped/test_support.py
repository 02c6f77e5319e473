"""Browser support is shown as the shipped slice of the compatibility data has it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ws_mcp import data
from ws_mcp.knowledge.shipped import support


@pytest.fixture(scope="module")
def table() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((data.folder("corpus") / "registry" / "browser-support.json").read_text("utf-8"))
    return found


def test_each_interface_and_header_has_one_table_with_all_its_features(table: dict[str, Any]) -> None:
    sections = {section.id: section for section in support.sections()}
    assert {"support/api.WebSocket", "support/api.CloseEvent", "support/http.headers.Sec-WebSocket-Key"} <= set(
        sections
    )
    rows = "\n".join(section.summary for section in sections.values())
    for feature in table["features"]:
        assert f"{feature.rsplit('.', 1)[-1]} | " in rows or f"{feature.rsplit('.', 1)[-1]} (not standard)" in rows, (
            feature
        )
    assert table["version"] in sections["support/api.WebSocket"].summary


def test_a_page_gets_a_line_with_the_first_versions(table: dict[str, Any]) -> None:
    line = support.line("mdn/Web/API/WebSocket/close")
    known = table["features"]["api.WebSocket.close"]["support"]
    assert f"Chrome {known['chrome'][0]['added']}" in line
    assert f"Firefox {known['firefox'][0]['added']}" in line
    assert support.line("mdn/Web/API/WebSocket/no-such-member") == ""


@pytest.mark.parametrize(
    ("statements", "shown"),
    [
        ([], "?"),
        ([{"added": False}], "no"),
        ([{"added": "5"}], "5"),
        ([{"added": "5", "partial": True}], "5 part"),
        ([{"added": "60", "flags": ["x"]}], "flag"),
        ([{"added": "60", "flags": ["x"]}, {"added": "90"}], "90"),
        ([{"added": "4", "removed": "9"}], "no"),
        ([{"added": True}], "yes"),
    ],
)
def test_the_plainest_statement_counts(statements: list[dict[str, Any]], shown: str) -> None:
    assert support._since(statements) == shown
