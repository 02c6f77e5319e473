"""JUnit XML as the parser of build servers' libraries reads it."""

from __future__ import annotations

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from ws_mcp.checking import frames, handshakes
from ws_mcp.checking.arguments import Checked
from ws_mcp.report.junit import render
from ws_mcp.types import Side


def suite(checked: Checked) -> TestSuite:
    (found,) = JUnitXml.fromstring(render(checked.report, checked.evidence).encode())
    assert isinstance(found, TestSuite)
    return found


def cases(checked: Checked) -> dict[str, TestCase]:
    return {str(case.name): case for case in suite(checked) if isinstance(case, TestCase)}


def test_an_error_fails_its_rule_and_counts() -> None:
    checked = frames.check("88 01 03", Side.SERVER, "none", name="close.hex")
    found = suite(checked)
    assert (found.name, found.failures, found.errors) == ("close.hex", 1, 0)
    assert found.tests == len(list(found))
    (failure,) = cases(checked)["one-byte-close-body"].result
    assert isinstance(failure, Failure)
    assert failure.message == checked.report.findings[0].message
    assert "Fix: Send Close" in (failure.text or "")


def test_a_warning_passes_with_its_text() -> None:
    checked = frames.check("82 81 00000000 61", Side.CLIENT, "none")
    case = cases(checked)["zero-masking-key"]
    assert case.result == []
    assert "warning: " in (case.system_out or "")
    assert cases(checked)["verdict"].is_passed


def test_a_clean_check_has_one_case_that_passes() -> None:
    found = cases(frames.check("81 02 68 69", Side.SERVER, "none"))
    assert found["verdict"].is_passed
    assert all(case.is_passed for name, case in found.items() if name == "verdict")


def test_an_undecided_check_is_an_error_and_skips_what_could_not_run() -> None:
    found = cases(frames.check("81 02 68 69", None))
    assert isinstance(found["verdict"].result[0], Error)
    assert isinstance(found["unmasked-client-frame"].result[0], Skipped)


def test_characters_that_xml_cannot_hold_do_no_harm() -> None:
    checked = handshakes.check("GET / HTTP/1.1\r\nHost: a\x00\x0b\ufffe\r\nSec-WebSocket-Key: \x01\r\n\r\n")
    assert suite(checked).failures > 0
