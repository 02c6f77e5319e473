"""Our verdict on the byte streams of Autobahn's categories 1 to 7 is that of its cases.

``autobahn.jsonl`` holds what the fuzzing client of kosoku 0.1.0 sent (zlib and base64), and whether its case wants the
connection to be refused. The cases are about receivers: a sender's fault that a receiver has to ignore stands in KNOWN.
"""

from __future__ import annotations

import base64
import json
import zlib
from pathlib import Path
from typing import Any

import pytest

from ws_mcp.judge import check_frames
from ws_mcp.types import Side

CASES: list[dict[str, Any]] = [
    json.loads(line) for line in Path(__file__).with_name("autobahn.jsonl").read_text().splitlines()
]
KNOWN = {"7.1.4": "data after Close: the sender must not (6455-5.5.1-07), the receiver has stopped reading"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_the_verdict_on_a_stream_is_that_of_its_case(case: dict[str, Any]) -> None:
    data = zlib.decompress(base64.b64decode(case["stream"]))
    broken = check_frames(data, Side.CLIENT, "none").verdict == "violations"
    assert broken == (case["refused"] or case["case"] in KNOWN)


def test_all_cases_are_there_and_both_kinds() -> None:
    assert len(CASES) == 246
    assert 80 < sum(case["refused"] for case in CASES) < 160
