"""Where the RFC binds we are never less strict than other readers; what we let pass is listed with its reason."""

from __future__ import annotations

import pytest

from benchmarks.streams import node
from tests import npm
from tests.rules.peers import KNOWN, PEERS, differences, is_known, streams
from ws_mcp.judge import check_frames
from ws_mcp.types import Side


@pytest.mark.parametrize("sender", Side)
def test_what_a_peer_refuses_is_an_error_or_a_known_difference(sender: Side) -> None:
    assert [found for found in differences(800, sender=sender) if not is_known(found)] == []


def test_the_streams_are_of_both_kinds() -> None:
    clean = sum(check_frames(data, Side.CLIENT, "none").verdict == "clean" for data in streams(300, seed=2))
    assert 30 < clean < 200


@pytest.mark.parametrize("entry", KNOWN, ids=lambda entry: f"{entry['peer']}: {entry['reason']}")
def test_each_known_difference_is_still_one_and_names_its_section(entry: dict[str, str]) -> None:
    shown = bytes.fromhex(entry["hex"])
    if entry["peer"] in PEERS:
        assert PEERS[entry["peer"]](shown, False, Side.CLIENT).startswith(entry["reason"])
    assert check_frames(shown, Side.CLIENT, "none").verdict == "clean"
    assert entry["section"].startswith("rfc") and entry["why"].endswith(".")


def test_ws_reads_as_the_comparison_expects(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NODE_PATH", str(npm.package("ws", "8.23.0").parent))
    assert node.installed()
    hello, wrong = b"\x81\x05Hello", b"\x83\x00"
    asked = [(hello, False, Side.SERVER), (hello, False, Side.CLIENT), (wrong, True, Side.SERVER)]
    assert [bool(reason) for reason in node.ws(asked)] == [False, True, True]
