"""Measures how long ``ws_generate`` takes through MCP, in one process: python -m benchmarks.generate [--rounds N]."""

from __future__ import annotations

import argparse
import statistics
import time

import anyio
from mcp import Client

from ws_mcp.doors.mcp.app import create
from ws_mcp.templates import catalogue


async def measure(rounds: int) -> None:
    """Print a row a template: the median and the longest of some calls, after a first one."""
    print("| template | files | lines | median ms | longest ms |\n| --- | --- | --- | --- | --- |")
    async with Client(create()) as client:
        for template in catalogue.load():
            times = []
            for number in range(rounds + 1):
                arguments = {"template": template.name, "options": {"name": f"project-{number}"}}
                start = time.perf_counter()
                found = (await client.call_tool("ws_generate", arguments)).structured_content or {}
                times.append((time.perf_counter() - start) * 1000)
            files = found["files"]
            lines = sum(file["lines"] for file in files)
            middle, longest = statistics.median(times[1:]), max(times[1:])
            print(f"| {template.name} | {len(files)} | {lines} | {middle:.1f} | {longest:.1f} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=20)
    anyio.run(measure, parser.parse_args().rounds)
