"""Probes the echo servers that package registries give, and writes the table of ``docs/probe-servers.md``.

Run: python -m benchmarks.probe_servers --python VENV/bin/python --node-modules DIR [--save RESULTS] [--hardening]

``VENV`` has any of websockets aiohttp tornado picows uvicorn wsproto hypercorn daphne granian; ``DIR`` any of ws,
faye-websocket, websocket, engine.io, bun and deno (whose install scripts fetch their programs). What is not installed
is left out and said. ``--save`` keeps each result as ``probe server --json`` gives it, for ``websocket-mcp probe
report``, and for ``benchmarks.probe_interop``, which has to be run after it and writes the last section of the page;
``--hardening`` adds the cases that wait long and those that can hurt, in a run of their own; ``--http2`` measures and
writes nothing but the section on servers over HTTP/2.
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
from dataclasses import dataclass, replace
from pathlib import Path

from ws_mcp.errors import WsMcpError
from ws_mcp.probe.forms import html
from ws_mcp.probe.result import ProbeReport
from ws_mcp.probe.runner import probe_server
from ws_mcp.probe.settings import Settings
from ws_mcp.types import Verdict
from ws_mcp.verify.lab import free_port

HTTP2 = "## Over HTTP/2"
LAST = "\n## Beside the interop matrices\n"  # what benchmarks.probe_interop writes
NODE_HTTP2 = Path(__file__).parent.parent / "tests" / "probe" / "http2_echo.mjs"
PEERS = Path(__file__).parent / "peers"
DOCUMENT = Path(__file__).parent.parent / "docs" / "probe-servers.md"
START = 15.0  # seconds for a server to listen


@dataclass(frozen=True)
class Server:
    """A server: the package that gives it, and how it is started; {python}, {port}, {peers}, {modules} are put in.

    ``path`` is what to get, ``prefix`` what each text has to begin with.
    """

    name: str
    package: str
    command: tuple[str, ...]
    node: bool = False
    path: str = "/"
    prefix: str = ""


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
    Server(
        "engine.io",
        "engine.io",
        ("node", "{peers}/engineio_echo.cjs", "{port}"),
        True,
        "/engine.io/?EIO=4&transport=websocket",
        "4",  # the type of a packet that is a message
    ),
    Server("bun", "bun", ("{modules}/.bin/bun", "{peers}/bun_echo.js", "{port}"), True),
    Server("deno", "deno", ("{modules}/.bin/deno", "run", "--allow-net", "{peers}/deno_echo.js", "{port}"), True),
]
OVER_HTTP2 = [
    _asgi("hypercorn", "hypercorn", "hypercorn", "asgi_echo:app", "--bind", "127.0.0.1:{port}"),
    Server("Node's http2 with ws", "ws", ("node", str(NODE_HTTP2), "{modules}/ws"), True),
]


def version(server: Server, python: str, modules: Path) -> str:
    """The installed version, "" where it is not there."""
    if server.node:
        file = modules / server.package / "package.json"
        return str(json.loads(file.read_text())["version"]) if file.exists() and shutil.which("node") else ""
    code = f"import importlib.metadata as m; print(m.version({server.package!r}))"
    return subprocess.run([python, "-c", code], capture_output=True, text=True, check=False).stdout.strip()


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
    command = [part.format(python=python, peers=PEERS, port=port, modules=modules) for part in server.command]
    environment = os.environ | {"NODE_PATH": str(modules), "PYTHONPATH": str(PEERS), "PORT": str(port)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            if not listens(port):
                return "it did not listen"
            return asyncio.run(probe_server(f"ws://127.0.0.1:{port}{server.path}", settings))
        except WsMcpError as error:
            return str(error)
        finally:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()


def table(found: dict[str, ProbeReport], left_out: dict[str, str], load: float) -> str:
    """The document: a row a server, then what each fails."""
    lines = [
        "<!-- Written by `python -m benchmarks.probe_servers`; do not edit. -->\n",
        "# What the probe shows of servers\n",
        "Echo servers with their defaults, on loopback, 16 connections at a time. FAILED counts behaviours that the "
        "RFC does not allow, closing counts connections that ended wrong after the right behaviour. The seconds are "
        f"those of a machine with {os.cpu_count()} cores that others used too (load {load:.0f} at the start): upper "
        "bounds. engine.io is Socket.IO's transport, with the mark of its messages before each text.\n",
        *rows(found),
    ]
    for name, report in found.items():
        lines += report_lines(name, report)
    if left_out:
        lines += ["\n## Not probed\n", *(f"- {name}: {why}" for name, why in left_out.items())]
    return "\n".join(lines) + "\n"


def rows(found: dict[str, ProbeReport]) -> list[str]:
    """A table with a row a server."""
    lines = [
        "| server | cases | PASSED | NON_STRICT | FAILED | INFORMATIONAL | NOT_RUN | closing | seconds | size limit |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, report in found.items():
        counts = [str(report.counts[verdict.value]) for verdict in Verdict]
        closing = sum(outcome.closing is Verdict.FAILED for outcome in report.outcomes)
        size = next((o.actual for o in report.outcomes if o.case == "hardening/announced-size"), "")
        row = [name, str(len(report.outcomes)), *counts, str(closing), f"{report.seconds:.1f}", size.partition(":")[0]]
        lines.append(f"| {' | '.join(row)} |")
    return lines


def http2_section(found: dict[str, ProbeReport]) -> str:
    """What the probe shows over HTTP/2 (RFC 8441)."""
    lines = [
        f"{HTTP2}\n",
        "WebSockets opened by extended CONNECT (RFC 8441), in clear, each on a connection of its own: "
        "`probe server URL --http2`. The cases about HTTP/1.1 alone are left out, those of the chapter `http2` "
        "added.\n",
        *rows(found),
    ]
    for name, report in found.items():
        lines += [line.replace("\n## ", "\n### ") for line in report_lines(name, report)]
    return "\n".join(lines) + "\n"


def with_http2(page: str, section: str) -> str:
    """The page with this section on HTTP/2, before what another benchmark writes."""
    before, mark, last = page.partition(LAST)
    before = before.partition(f"\n{HTTP2}\n")[0].rstrip("\n")
    return f"{before}\n\n{section}{mark}{last}"


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
    parser.add_argument("--save", type=Path)
    parser.add_argument("--hardening", action="store_true")
    parser.add_argument("--http2", action="store_true")
    options = parser.parse_args()
    load = os.getloadavg()[0]
    if not options.http2:
        found, left_out = measured(SERVERS, options, Settings())
        if not options.only:
            DOCUMENT.write_text(table(found, left_out, load), "utf-8")
        if options.html:
            options.html.write_text(html.render(list(found.values()), list(found)), "utf-8")
    if options.http2 or not options.only:
        over, _ = measured(OVER_HTTP2, options, Settings(http2=True))
        DOCUMENT.write_text(with_http2(DOCUMENT.read_text("utf-8"), http2_section(over)), "utf-8")


def measured(
    servers: list[Server], options: argparse.Namespace, wanted: Settings
) -> tuple[dict[str, ProbeReport], dict[str, str]]:
    """Probes what is there; why the others were not."""
    found: dict[str, ProbeReport] = {}
    left_out: dict[str, str] = {}
    kind = "http2" if wanted.http2 else "servers"
    for server in servers:
        number = version(server, options.python, options.node_modules)
        name = f"{server.name} {number}".strip()
        if options.only and server.name not in options.only:
            continue
        settings = replace(wanted, prefix=server.prefix)
        report = run(server, options.python, options.node_modules, settings) if number else "not installed"
        if isinstance(report, str):
            left_out[name] = report
            print(f"{name}: {report}")
            continue
        found[name] = report
        print(f"{name}: {report.counts} {len(report.failures)} to mend, {report.seconds:.1f} s {report.incomplete}")
        save(options.save, kind, name, report)
        if options.hardening and not wanted.http2:
            settings = replace(settings, only=("hardening/",), slow=True, stress=True)
            harder = run(server, options.python, options.node_modules, settings)
            if isinstance(harder, ProbeReport):
                save(options.save, "hardening", name, harder)
    return found, left_out


def save(folder: Path | None, kind: str, name: str, report: ProbeReport) -> None:
    """Keeps a result, where a folder was given."""
    if folder is not None:
        (folder / kind).mkdir(parents=True, exist_ok=True)
        (folder / kind / f"{name}.json").write_text(json.dumps(report.to_json()), "utf-8")


if __name__ == "__main__":
    main()
