"""Measures how fast servers are ready, side by side: from spawn to each of a client's first answers.

Run: python -m benchmarks.startup [--rounds N] [--peer NAME=COMMAND …]

Wall time from spawn, and CPU time of the process until then, read from /proc (Linux); the minimum over the rounds is
the trustworthy one, since whatever else runs only adds. A peer is a command line, for example
``--peer fetch="python -m mcp_server_fetch" --peer everything="npx mcp-server-everything"``.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TICK = os.sysconf("SC_CLK_TCK")
CLIENT = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "benchmark", "version": "0"}}


@dataclass
class Times:
    """Milliseconds of each round, by what was answered."""

    wall: dict[str, list[float]] = field(default_factory=dict)
    cpu: dict[str, list[float]] = field(default_factory=dict)

    def add(self, name: str, wall: float, cpu: float) -> None:
        """Note a round."""
        self.wall.setdefault(name, []).append(wall)
        self.cpu.setdefault(name, []).append(cpu)


def cpu_of(pid: int) -> float:
    """CPU milliseconds that a process and its children have used so far."""
    total = 0.0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(stat.parent.name) == pid or int(fields[1]) == pid:
            total += (int(fields[11]) + int(fields[12])) * 1000 / TICK
    return total


def measure(command: list[str], call: dict[str, Any] | None, times: Times) -> None:
    """One round."""
    start = time.perf_counter()
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as child:
        assert child.stdin and child.stdout
        asked = [("initialize", CLIENT), ("tools/list", {})] + ([("tools/call", call)] if call else [])
        for number, (method, params) in enumerate(asked):
            child.stdin.write(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}) + "\n")
            if method == "initialize":
                child.stdin.write('{"jsonrpc":"2.0","method":"notifications/initialized"}\n')
            child.stdin.flush()
            while (answer := json.loads(child.stdout.readline())).get("id") != number:
                pass
            assert "result" in answer, answer
            times.add(method, (time.perf_counter() - start) * 1000, cpu_of(child.pid))
        child.stdin.close()
        child.wait(10)


def main() -> None:
    """Print a row a server: the minimum of each time over the rounds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=COMMAND")
    arguments = parser.parse_args()
    search = {"name": "ws_search", "arguments": {"query": "connection drops after 60 seconds"}}
    servers: dict[str, tuple[list[str], dict[str, Any] | None]] = {
        "websocket-mcp": ([sys.executable, "-m", "ws_mcp", "serve"], search)
    }
    for peer in arguments.peer:
        name, _, command = peer.partition("=")
        servers[name] = (shlex.split(command), None)
    found = {name: Times() for name in servers}
    for _ in range(arguments.rounds):
        for name, (command, call) in servers.items():
            measure(command, call, found[name])
    print("| server | initialize wall / CPU ms | tools/list wall / CPU ms | first result wall / CPU ms |")
    print("| --- | --- | --- | --- |")
    for name, times in found.items():
        cells = [
            f"{min(times.wall[method]):.0f} / {min(times.cpu[method]):.0f}" if method in times.wall else "–"
            for method in ("initialize", "tools/list", "tools/call")
        ]
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
