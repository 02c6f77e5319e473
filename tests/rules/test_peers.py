"""Where the RFC binds we are never less strict than other readers; what we let pass is listed with its reason."""

from __future__ import annotations

from tests.rules.peers import KNOWN, PEERS, differences, is_known, streams
from ws_mcp.judge import check_frames
from ws_mcp.protocol.build import close_body, frame
from ws_mcp.types import Side

KEY = bytes.fromhex("37fa213d")


def test_what_a_peer_refuses_is_an_error_or_a_known_difference() -> None:
    assert [found for found in differences(1500) if not is_known(found)] == []


def test_the_streams_are_of_both_kinds() -> None:
    clean = sum(check_frames(data, Side.CLIENT, "none").verdict == "clean" for data in streams(300, seed=2))
    assert 30 < clean < 200


def test_each_known_difference_is_still_one() -> None:
    shown = {
        "wsproto": frame("close", close_body(1014), key=KEY),
        "websockets": frame("text", b"a", fin=False, key=KEY) + frame("close", close_body(1000), key=KEY),
    }
    for peer, reason in KNOWN:
        assert PEERS[peer](shown[peer], False).startswith(reason)
        assert check_frames(shown[peer], Side.CLIENT, "none").verdict == "clean"
