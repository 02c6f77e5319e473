"""Probes the echo servers that package registries give, and writes the table of ``docs/probe-servers.md``.

Run: python -m benchmarks.probe_servers --python VENV/bin/python --node-modules DIR

``VENV`` has any of websockets aiohttp tornado picows uvicorn wsproto hypercorn daphne granian; ``DIR`` any of ws,
faye-websocket and websocket. What is not installed is left out and said.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from ws_mcp.errors import WsMcpError
from ws_mcp.probe.forms import html
from ws_mcp.probe.result import ProbeReport
from ws_mcp.probe.runner import probe_server
from ws_mcp.probe.settings import Settings
from ws_mcp.types import Verdict

PEERS = Path(__file__).parent / "peers"
DOCUMENT = Path(__file__).parent.parent / "docs" / "probe-servers.md"
START = 15.0  # seconds for a server to listen


@dataclass(frozen=True)
class Server:
    """A server: the package that gives it, and how it is started; {python}, {port}, {peers} are put in."""

    name: str
    package: str
    command: tuple[str, ...]
    node: bool = False


def _asgi(name: str, package: str, *more: str) -> Server:
    return Server(name, package, ("{python}", "-m", *more))


_UVICORN = ("uvicorn", "asgi_echo:app", "--port", "{port}", "--lifespan", "off", "--ws")
SERVERS = [
    *(
        Server(name, name, ("{python}", f"{{peers}}/{name}_echo.py", "{port}"))
        for name in ("websockets", "aiohttp", "tornado", "picows")
    ),
    _asgi("uvicorn, websockets", "uvicorn", *_UVICORN, "websockets-sansio"),
    _asgi("uvicorn, wsproto", "uvicorn", *_UVICORN, "wsproto"),
    _asgi("hypercorn", "hypercorn", "hypercorn", "asgi_echo:app", "--bind", "127.0.0.1:{port}"),
    _asgi("daphne", "daphne", "daphne", "-p", "{port}", "asgi_echo:app"),
    _asgi("granian", "granian", "granian", "--interface", "asginl", "--port", "{port}", "asgi_echo:app"),
    *(
        Server(name, name, ("node", f"{{peers}}/{file}_echo.cjs", "{port}"), True)
        for name, file in (("ws", "ws"), ("faye-websocket", "faye"), ("websocket", "websocket"))
    ),
]


def version(server: Server, python: str, modules: Path) -> str:
    """The installed version, "" where it is not there."""
    if server.node:
        file = modules / server.package / "package.json"
        return str(json.loads(file.read_text())["version"]) if file.exists() and shutil.which("node") else ""
    code = f"import importlib.metadata as m; print(m.version({server.package!r}))"
    return subprocess.run([python, "-c", code], capture_output=True, text=True, check=False).stdout.strip()


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    """Whether somebody listens there before ``START`` is over."""
    end = time.monotonic() + START
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return True
        time.sleep(0.1)
    return False


def run(server: Server, python: str, modules: Path, settings: Settings) -> ProbeReport | str:
    """The report on one server, or why there is none."""
    port = free_port()
    command = [part.format(python=python, peers=PEERS, port=port) for part in server.command]
    environment = os.environ | {"NODE_PATH": str(modules), "PYTHONPATH": str(PEERS)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            if not listens(port):
                return "it did not listen"
            return asyncio.run(probe_server(f"ws://127.0.0.1:{port}/", settings))
        except WsMcpError as error:
            return str(error)
        finally:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()


def table(found: dict[str, ProbeReport], left_out: dict[str, str]) -> str:
    """The document: a row a server, then what each fails."""
    lines = [
        "<!-- Written by `python -m benchmarks.probe_servers`; do not edit. -->\n",
        "# What the probe shows of servers\n",
        "Echo servers with their defaults, on loopback, 16 connections at a time. FAILED counts behaviours that the "
        "RFC does not allow, closing counts connections that ended wrong after the right behaviour.\n",
        "| server | cases | PASSED | NON_STRICT | FAILED | INFORMATIONAL | NOT_RUN | closing | seconds | size limit |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, report in found.items():
        counts = [str(report.counts[verdict.value]) for verdict in Verdict]
        closing = sum(outcome.closing is Verdict.FAILED for outcome in report.outcomes)
        size = next((o.actual for o in report.outcomes if o.case == "hardening/announced-size"), "")
        row = [name, str(len(report.outcomes)), *counts, str(closing), f"{report.seconds:.1f}", size.partition(":")[0]]
        lines.append(f"| {' | '.join(row)} |")
    for name, report in found.items():
        lines += report_lines(name, report)
    if left_out:
        lines += ["\n## Not probed\n", *(f"- {name}: {why}" for name, why in left_out.items())]
    return "\n".join(lines) + "\n"


def report_lines(name: str, report: ProbeReport) -> list[str]:
    """What one peer fails, and what it sends that rules object to."""
    lines = [f"\n## {name}\n"]
    failed = [outcome for outcome in report.outcomes if outcome.verdict is Verdict.FAILED]
    lines += [f"- `{outcome.case}`: {_one_line(outcome.actual)}" for outcome in failed]
    ended = [o for o in report.outcomes if o.closing is Verdict.FAILED]
    if ended:
        named = ", ".join(f"`{o.case}`" for o in ended[:8]) + (f" and {len(ended) - 8} more" if len(ended) > 8 else "")
        lines.append(f"- ended wrong ({_one_line(ended[0].closing_actual)}): {named}")
    errors = [seen for seen in report.findings if seen.finding.severity == "error"]
    lines += [f"- sends `{seen.finding.rule}` {seen.count} times" for seen in errors]
    return lines


def _one_line(text: str) -> str:
    return " ".join(text.split())[:160].replace("|", "\\|")


def main() -> None:
    """Probes what is there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--node-modules", type=Path, default=Path("node_modules"))
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--html", type=Path)
    options = parser.parse_args()
    found: dict[str, ProbeReport] = {}
    left_out: dict[str, str] = {}
    for server in SERVERS:
        number = version(server, options.python, options.node_modules)
        name = f"{server.name} {number}".strip()
        if options.only and server.name not in options.only:
            continue
        report = run(server, options.python, options.node_modules, Settings()) if number else "not installed"
        if isinstance(report, str):
            left_out[name] = report
            print(f"{name}: {report}")
        else:
            found[name] = report
            print(f"{name}: {report.counts} {len(report.failures)} to mend, {report.seconds:.1f} s {report.incomplete}")
    if not options.only:
        DOCUMENT.write_text(table(found, left_out), "utf-8")
    if options.html:
        options.html.write_text(html.render(list(found.values())), "utf-8")


if __name__ == "__main__":
    main()
