import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tools import refresh_browser_support as refresh


def _package(version: str = "9.0.0") -> dict[str, Any]:
    """A package: one feature we keep whole, one of which we keep the top alone, and one of no interest."""

    def compat(**support: Any) -> dict[str, Any]:
        status = {"deprecated": False, "experimental": False, "standard_track": True}
        return {"__compat": {"support": support, "status": status}}

    note = 'Limited to 16 MB (see <a href="https://example.org">bug 1</a> &amp; others).'
    old = {"version_added": "7", "version_removed": "11", "prefix": "Moz", "notes": [note, "x" * 500]}
    flagged = {"version_added": "3", "partial_implementation": True, "flags": [{"type": "preference", "name": "ws.on"}]}
    socket = compat(firefox=[{"version_added": "11"}, old], chrome={"version_added": "5"})
    return {
        "__meta": {"version": version, "timestamp": "2026-01-02T03:04:05Z"},
        "browsers": {"chrome": {"name": "Chrome"}, "firefox": {"name": "Firefox"}, "opera": {"name": "Opera"}},
        "api": {
            "WebSocket": socket | {"send": compat(chrome=flagged)},
            "WebTransport": compat(chrome={"version_added": "97"}) | {"close": compat(chrome={"version_added": "97"})},
            "Attr": compat(opera={"version_added": "1"}),
        },
        "http": {"headers": {}},
    }


def test_keeps_the_features_of_websocket_and_only_the_top_of_webtransport() -> None:
    table = refresh.compact(_package())
    assert list(table["features"]) == ["api.WebSocket", "api.WebSocket.send", "api.WebTransport"]
    assert table["browsers"] == {"chrome": "Chrome", "firefox": "Firefox"}
    assert (table["version"], table["date"]) == ("9.0.0", "2026-01-02")


def test_a_statement_says_removal_prefix_flags_and_short_notes_without_markup() -> None:
    features = refresh.compact(_package())["features"]
    old = features["api.WebSocket"]["support"]["firefox"][1]
    note = "Limited to 16 MB (see bug 1 & others)."
    assert old == {"added": "7", "removed": "11", "prefix": "Moz", "notes": [note]}
    assert features["api.WebSocket.send"]["support"]["chrome"] == [{"added": "3", "partial": True, "flags": ["ws.on"]}]


def test_rendered_text_is_json_with_one_feature_a_line() -> None:
    table = refresh.compact(_package())
    text = refresh.render(table)
    assert json.loads(text) == table
    assert sum(line.startswith('  "api.') for line in text.splitlines()) == 3


def test_check_tells_an_old_file_from_a_fresh_one_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, output = tmp_path / "data.json", tmp_path / "browser-support.json"
    data.write_text(json.dumps(_package()))
    monkeypatch.setattr(refresh, "OUTPUT", output)

    def run(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["refresh", str(data), *arguments])
        return refresh.main()

    assert run("--check") == 1
    assert not output.exists()
    assert run() == 0
    assert run("--check") == 0
    data.write_text(json.dumps(_package("9.0.1")))
    assert run("--check") == 1


def test_the_shipped_slice_has_every_room_we_answer_from() -> None:
    table = json.loads(refresh.OUTPUT.read_text("utf-8"))
    for name in ("api.WebSocket", "api.WebSocketStream", "api.CloseEvent.code", "api.MessageEvent", "api.WebTransport"):
        assert table["features"][name]["support"]["chrome"], name
    assert refresh.render(table) == refresh.OUTPUT.read_text("utf-8")
