"""Known differences: failures that somebody looked at and accepts, kept in a file beside the project's tests."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from ws_mcp.errors import InputError
from ws_mcp.probe.result import ProbeReport

_SHAPE = '{"accepted": {"handshake/no-host": "FAILED PASSED"}}'


def apply(report: ProbeReport, file: Path) -> ProbeReport:
    """The report with what the baseline accepts; entries that no longer hold are stale.

    Raises:
        InputError: the file cannot be read.
    """
    known = _read(file)
    now = {outcome.case: f"{outcome.verdict} {outcome.closing}" for outcome in report.outcomes}
    failing = {outcome.case for outcome in report.outcomes if outcome.failed}
    accepted = {case: told for case, told in known.items() if case in failing and now[case] == told}
    ran = {outcome.case for outcome in report.outcomes if outcome.verdict != "NOT_RUN"}
    stale = tuple(case for case in known if case in ran and case not in accepted)
    return replace(report, accepted=accepted, stale=stale)


def ready(accepting: Path | None, writing: Path | None) -> None:
    """Finds out before a run that takes a while whether its baselines can be read and written.

    Raises:
        InputError: one cannot.
    """
    if accepting is not None:
        _read(accepting)
    if writing is not None and not writing.parent.is_dir():
        raise InputError(f"The baseline {writing} cannot be written: there is no folder {writing.parent}.")


def write(report: ProbeReport, file: Path) -> int:
    """Accepts every failure of this report; how many there are.

    Raises:
        InputError: the file cannot be written.
    """
    failing = {o.case: f"{o.verdict} {o.closing}" for o in report.outcomes if o.failed}
    try:
        file.write_text(json.dumps({"accepted": failing}, indent=2) + "\n", "utf-8")
    except OSError as error:
        raise InputError(f"The baseline {file} cannot be written: {error.strerror}.") from None
    return len(failing)


def _read(file: Path) -> dict[str, str]:
    try:
        known = json.loads(file.read_text("utf-8"))["accepted"]
        if not all(isinstance(told, str) for told in known.values()):
            raise TypeError
    except OSError as error:
        raise InputError(
            f"The baseline {file} cannot be read: {error.strerror}. --write-baseline {file} makes one."
        ) from None
    except (ValueError, LookupError, TypeError, AttributeError):
        raise InputError(f"{file} is no baseline. It has to look like {_SHAPE}; --write-baseline makes one.") from None
    return {str(case): told for case, told in known.items()}
