"""Runs Autobahn's cases with kosoku and prints what became of each, a line of JSON a case.

A program of its own, started by ``autobahn.py``: kosoku patches ``binascii`` and lays old module names over the import
path, which no server of ours should live with, and a program can be ended at any moment.

Usage: python -P autobahn_worker.py URL PARALLEL CASE…
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import Any

SHOWN = 512  # bytes each way that a case shows
EVENTS = 6  # messages, Pings and Pongs of the peer that a case shows
CASE = 500.0  # seconds for a case; the longest wait of the suite itself is 480
PACKED = ("12.", "13.")
FEW = 2
MEMORY = 2 << 30  # bytes of data: no peer may fill the machine


def line(result: Any) -> dict[str, Any]:
    """What we use of a ``kosoku`` result."""
    wire = result.wirelog
    return {
        "case": result.case_id,
        "behavior": result.behavior.value,
        "close": result.behavior_close.value,
        "title": result.description,
        "expected": result.expectation,
        "result": result.result,
        "result_close": result.result_close,
        "code": result.remote_close_code,
        "reason": str(result.remote_close_reason or "")[:123],
        "events": [event(*found) for found in result.received or () if found[0] != "timeout"][:EVENTS],
        "response": result.http_response[:SHOWN],
        "sent": octets(wire, "TO"),
        "received": octets(wire, "RO"),
        "ms": result.duration,
    }


def event(kind: str, content: str | bytes, *_: object) -> str:
    """A message, a Ping or a Pong of the peer in words."""
    return f"{kind} of {len(content):,} bytes"


def octets(wire: list[tuple[Any, ...]], kind: str) -> str:
    """The first bytes one way, as hexadecimal; the log itself cuts long pieces."""
    entries = [entry[1] for entry in wire if entry[0] == kind]
    text = "".join(data.partition(" ")[0] for _, data in entries)[: 2 * SHOWN]
    size = sum(count for count, _ in entries)
    shown = bytes.fromhex(text[: len(text) & ~1]).hex(" ")
    return shown if len(text) == 2 * size else f"{shown} … ({size:,} bytes)"


async def one(url: str, case: str, gate: asyncio.Semaphore) -> None:
    """Runs a case and prints its line."""
    from kosoku import FailureError, run_fuzzingclient

    async with gate:
        told: dict[str, Any] = {"case": case}
        try:
            async with asyncio.timeout(CASE):
                told = line((await run_fuzzingclient(url, [case]))[0])
        except FailureError as failure:
            told |= line(failure.results[0]) if failure.results else {"trouble": str(failure)}
        except TimeoutError:
            told["trouble"] = f"not over within {CASE:g} s"
        except Exception as error:  # a case that breaks kosoku itself must not end the others
            told["trouble"] = f"{type(error).__name__}: {error}"[:500]
        print(json.dumps(told), flush=True)


async def main(url: str, parallel: int, cases: list[str]) -> None:
    """Runs the cases, ``parallel`` at a time; then those of compression, which busy a core each, a few at a time.

    A case of theirs that lasts until the server's first keepalive Ping is lost, since Autobahn takes it for the end.
    """
    packed = [case for case in cases if case.startswith(PACKED)]
    for chosen, width in (([case for case in cases if case not in packed], parallel), (packed, min(FEW, parallel))):
        gate = asyncio.Semaphore(width)
        await asyncio.gather(*(one(url, case, gate) for case in chosen))


def bound_memory() -> None:
    """Keeps a peer that floods from filling the machine, where the system can."""
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, resource.getrlimit(resource.RLIMIT_DATA)[1]))


if __name__ == "__main__":
    bound_memory()
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3:]))
    sys.stdout.flush()
    os._exit(0)  # kosoku 0.1.0 aborts in the interpreter's own shutdown
