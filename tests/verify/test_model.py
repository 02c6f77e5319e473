"""What a guarantee that is tried in several ways comes to."""

from __future__ import annotations

import pytest

from ws_mcp.verify.model import Broken, NotOffered, Tries


def test_a_guarantee_that_was_tried_in_no_way_does_not_pass() -> None:
    with pytest.raises(NotOffered, match="no node"):
        Tries(left_out=["server: not tried, no node"]).evidence()


def test_one_way_that_broke_breaks_the_guarantee() -> None:
    with pytest.raises(Broken, match="lost line 3"):
        Tries(["a"], ["b: not tried"], ["c: lost line 3"]).evidence()


def test_what_was_left_out_is_told_beside_what_held() -> None:
    assert Tries(["a: 15 lines"], ["b: not tried"]).evidence() == "a: 15 lines; b: not tried"
