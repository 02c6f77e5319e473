"""Probes clients that package registries give, and Chromium; writes the table of ``docs/probe-clients.md``.

Run: python -m benchmarks.probe_clients --python VENV/bin/python --node-modules DIR [--chromium chromium]
[--save RESULTS] [--only NAME]

``benchmarks.probe_interop RESULTS`` has to be run after it: it writes the last section of the page.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.probe_servers import PEERS, Server, report_lines, save, version
from ws_mcp.probe.result import ProbeReport
from ws_mcp.probe.server import ClientProbe
from ws_mcp.probe.settings import Settings
from ws_mcp.types import Verdict

DRIVERS = Path(__file__).parent.parent / "ws_mcp" / "probe" / "drivers"
DOCUMENT = Path(__file__).parent.parent / "docs" / "probe-clients.md"
TOTAL = 120.0  # seconds for one client
CLIENTS = [
    Server("websockets", "websockets", ("{python}", "{drivers}/websockets_client.py", "{url}")),
    Server("aiohttp", "aiohttp", ("{python}", "{peers}/aiohttp_client.py", "{url}")),
    Server("websocket-client", "websocket-client", ("{python}", "{peers}/websocket_client_client.py", "{url}")),
    Server("ws", "ws", ("node", "{drivers}/ws_client.cjs", "{url}"), True),
    Server("undici", "undici", ("node", "{peers}/undici_client.cjs", "{url}"), True),
    Server("bun", "bun", ("{modules}/.bin/bun", "{peers}/web_client.mjs", "{url}"), True),
    Server("deno", "deno", ("{modules}/.bin/deno", "run", "--allow-net", "{peers}/web_client.mjs", "{url}"), True),
    Server("tornado", "tornado", ("{python}", "{peers}/tornado_client.py", "{url}")),
    Server("picows", "picows", ("{python}", "{peers}/picows_client.py", "{url}")),
    Server("faye-websocket", "faye-websocket", ("node", "{peers}/faye_client.cjs", "{url}"), True),
    Server("websocket", "websocket", ("node", "{peers}/websocket_client.cjs", "{url}"), True),
]


async def run(command: tuple[str, ...], **places: object) -> ProbeReport:
    """Starts the probe, lets one client through it, and reports."""
    probe = ClientProbe(Settings())
    await probe.start()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        told = [part.format(url=probe.url, profile=profile, **places) for part in command]
        environment = os.environ | {"NODE_PATH": str(places.get("modules", ""))}
        with subprocess.Popen(told, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            await probe.wait(TOTAL)
            process.terminate()
            try:
                await asyncio.to_thread(process.wait, 5)
            except subprocess.TimeoutExpired:
                process.kill()
    report = probe.report()
    await probe.stop()
    return report


def table(found: dict[str, ProbeReport], left_out: dict[str, str], load: float) -> str:
    """The document."""
    lines = [
        "<!-- Written by `python -m benchmarks.probe_clients`; do not edit. -->\n",
        "# What the probe shows of clients\n",
        "Clients that echo, on loopback, up to four connections at a time. The seconds are those of a machine with "
        f"{os.cpu_count()} cores that others used too (load {load:.0f} at the start): upper bounds.\n",
        "| client | cases | PASSED | NON_STRICT | FAILED | INFORMATIONAL | NOT_RUN | seconds |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, report in found.items():
        counts = [str(report.counts[verdict.value]) for verdict in Verdict]
        lines.append(f"| {' | '.join([name, str(len(report.outcomes)), *counts, f'{report.seconds:.1f}'])} |")
    for name, report in found.items():
        lines += report_lines(name, report)
    if left_out:
        lines += ["\n## Not probed\n", *(f"- {name}: {why}" for name, why in left_out.items())]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Probes what is there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--node-modules", type=Path, default=Path("node_modules"))
    parser.add_argument("--chromium", default="chromium")
    parser.add_argument("--save", type=Path)
    parser.add_argument("--only", action="append", default=[])
    options = parser.parse_args()
    places = {"python": options.python, "peers": PEERS, "drivers": DRIVERS, "modules": options.node_modules}
    found: dict[str, ProbeReport] = {}
    left_out: dict[str, str] = {}
    load = os.getloadavg()[0]
    todo: dict[str, tuple[str, ...]] = {}
    for client in CLIENTS:
        if options.only and client.name not in options.only:
            continue
        if number := version(client, options.python, options.node_modules):
            todo[f"{client.name} {number}"] = client.command
        else:
            left_out[client.name] = "not installed"
    browser = not options.only or "Chromium" in options.only
    if browser and shutil.which(options.chromium):
        told = subprocess.run([options.chromium, "--version"], capture_output=True, text=True, check=False).stdout
        page = f"file://{DRIVERS}/browser.html?{{url}}"
        flags = ("--headless=new", "--no-sandbox", "--disable-gpu", "--user-data-dir={profile}", page)
        todo[" ".join(told.split()[:2])] = (options.chromium, *flags)
    elif browser:
        left_out["Chromium"] = "not installed"
    for name, command in todo.items():
        report = found[name] = asyncio.run(run(command, **places))
        print(f"{name}: {report.counts} {len(report.failures)} to mend, {report.seconds:.1f} s {report.incomplete}")
        save(options.save, "clients", name, report)
    if not options.only:
        DOCUMENT.write_text(table(found, left_out, load), "utf-8")


if __name__ == "__main__":
    main()
