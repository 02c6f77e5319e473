"""The probe in your own tests: a pytest fixture and the function behind it.

In ``conftest.py``::

    pytest_plugins = ["ws_mcp.testing"]

and in a test, with your server running::

    def test_it_speaks_websocket(ws_probe):
        ws_probe("ws://127.0.0.1:8000/ws", accept=["handshake/no-host"])

Importing this module needs no pytest; the fixture is there where pytest is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ws_mcp.errors import InputError
from ws_mcp.probe.catalogue import all_cases
from ws_mcp.probe.result import ProbeReport
from ws_mcp.probe.runner import probe_server
from ws_mcp.probe.settings import Settings
from ws_mcp.report.evidence import plural
from ws_mcp.types import Verdict


def probe_url(url: str, *, only: Sequence[str] = (), accept: Sequence[str] = (), **options: Any) -> ProbeReport:
    """Probes the server at ``url`` and blocks until it is done.

    A server that runs in your own event loop has to go on meanwhile: ``await asyncio.to_thread(probe_url, url)``.

    Args:
        url: ws://127.0.0.1:8000/path
        only: prefixes of case ids, or requirement ids.
        accept: cases that may fail.
        options: the other fields of ``ws_mcp.probe.settings.Settings``: headers, subprotocols, echo, slow, …

    Returns:
        The report, with what was accepted among its failures.

    Raises:
        AssertionError: a case failed that was not accepted, or the probe was cut short.
        InputError: the URL cannot be used, or a case is not known.
        UnreachableError: the server opens no connection.
    """
    if unknown := [case for case in accept if case not in all_cases() and not case.startswith("autobahn/")]:
        raise InputError(f"No case is called {', '.join(map(repr, unknown))}: accept takes whole ids of cases.")
    settings = Settings(only=tuple(only), **options)
    with ThreadPoolExecutor(1) as apart:  # a thread of its own, which has no event loop yet
        report = apart.submit(lambda: asyncio.run(probe_server(url, settings))).result()
    wrong = [outcome for outcome in report.failures if outcome.case not in accept]
    lines = [
        f"{outcome.case}: expected {outcome.expected}; actual {outcome.actual}"
        + (f"; closing: {outcome.closing_actual}" if outcome.closing is Verdict.FAILED else "")
        for outcome in wrong
    ]
    if report.incomplete:
        lines.append(f"incomplete: {report.incomplete}")
    if lines:
        raise AssertionError("\n".join([f"the probe of {url} failed {plural(len(wrong), 'case')}:", *lines]))
    return report


try:
    import pytest
except ImportError:  # only the fixture needs it
    pass
else:

    @pytest.fixture
    def ws_probe() -> Callable[..., ProbeReport]:
        """``probe_url``, for tests of a server that runs."""
        return probe_url
