"""Reads back what ``--json`` wrote, so that the results of several peers can stand side by side."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ws_mcp.errors import InputError
from ws_mcp.probe.result import ProbeReport, SeenFinding
from ws_mcp.types import Finding, Outcome, Severity, Verdict

_MOST = 64 << 20  # bytes of a file; a probe with everything on writes 1 MiB


def read(file: Path) -> ProbeReport:
    """The report in ``file``. Places of findings are not read back: the bytes they point into are not there.

    Raises:
        InputError: there is no such file, or it is no result of a probe.
    """
    try:
        if file.stat().st_size > _MOST:
            raise InputError(f"{file} has more than {_MOST >> 20} MiB, so it is no result of a probe.")
        return _report(json.loads(file.read_text("utf-8")))
    except OSError as error:
        raise InputError(
            f"{file} cannot be read: {error.strerror}. `probe server URL --json > {file}` makes one."
        ) from None
    except (ValueError, LookupError, TypeError, AttributeError):
        raise InputError(f"{file} is no result of a probe. Give what `probe server URL --json` wrote.") from None


def _report(told: Mapping[str, Any]) -> ProbeReport:
    return ProbeReport(
        str(told["peer"]),
        str(told["side"]),
        str(told["agent"]),
        tuple(_outcome(outcome) for outcome in told["outcomes"]),
        tuple(_finding(finding) for finding in told["findings"]),
        float(told["seconds"]),
        tuple(map(str, told["notes"])),
        str(told["incomplete"]),
        {str(case): str(how) for case, how in told["accepted"].items()},
        tuple(map(str, told["stale"])),
    )


def _outcome(told: Mapping[str, Any]) -> Outcome:
    verdicts = {name: Verdict(told[name]) for name in ("verdict", "closing")}
    lists = {name: tuple(map(str, told[name])) for name in ("requirements", "sections")}
    names = ("case", "title", "expected", "actual", "closing_actual", "explanation", "sent", "received")
    texts = {name: str(told[name]) for name in names}
    return Outcome(**texts, **verdicts, **lists, seconds=float(told["seconds"]))  # type: ignore[arg-type]  # by name


def _finding(told: Mapping[str, Any]) -> SeenFinding:
    finding = Finding(
        str(told["rule"]),
        Severity(told["severity"]),
        tuple(map(str, told["sections"])),
        tuple(map(str, told["requirements"])),
        str(told["message"]),
        str(told["fix"]),
        int(told["count"]),
        (),
        str(told.get("corrected", "")),
        str(told.get("interop", "")),
    )
    return SeenFinding(finding, tuple(map(str, told["cases"])), int(told["count"]))
