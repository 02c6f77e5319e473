"""Measures the local folder: indexing in the background, answers meanwhile, and how soon a change is found.

Run: python -m benchmarks.local [--files 1000] [--kilobytes 20]

The demand: 1,000 files of 20 KB indexed in under 10 s of CPU while answers go on, and a change found within 2 s.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from ws_mcp.knowledge.local.folder import Local
from ws_mcp.library import Library

QUESTIONS = ("connection drops after 60 seconds", "why must a client mask frames", "idle ping interval", "1006")


def write_files(folder: Path, count: int, kilobytes: int, seed: int = 1) -> None:
    """``count`` Markdown files of ``kilobytes`` each, a heading every 2 KB, words spread as in natural text."""
    chance = random.Random(seed)
    words = ["".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=chance.randint(2, 10))) for _ in range(20_000)]
    words[:40:3] = " ".join(QUESTIONS).split()[:14]  # so that there is something to rank
    weights = [1 / n for n in range(1, len(words) + 1)]
    for n in range(count):
        drawn = iter(chance.choices(words, weights, k=kilobytes * 220))
        text, size = [f"# Notes {n}\n"], 0
        while size < kilobytes * 1024:
            paragraph = " ".join(next(drawn) for _ in range(60))
            size += len(paragraph)
            text.append(f"\n{paragraph}\n" if len(text) % 6 else f"\n## {paragraph[:40]}\n\n{paragraph}\n")
        file = folder / f"topic-{n % 20}" / f"notes-{n}.md"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(text)[: kilobytes * 1024])


def until(true: Callable[[], bool], seconds: float) -> float:
    """Seconds until ``true``; infinite when it does not come."""
    start = time.perf_counter()
    while not true():
        if time.perf_counter() - start > seconds:
            return float("inf")
        time.sleep(0.01)
    return time.perf_counter() - start


def indexing(folder: Path, count: int) -> tuple[float, float]:
    """(CPU, wall) seconds to index the folder, nothing else running."""
    local = Local([folder], patience=0)
    cpu, wall = time.process_time(), time.perf_counter()
    until(lambda: local.status().files == count and local.status().ready, 120)
    found = time.process_time() - cpu, time.perf_counter() - wall
    local.close()
    return found


def answers(library: Library, times: list[float], stop: threading.Event) -> None:
    """Ask until ``stop``; milliseconds of each answer."""
    n = 0
    while not stop.is_set():
        start = time.perf_counter()
        assert library.search(QUESTIONS[n % len(QUESTIONS)]).hits
        times.append((time.perf_counter() - start) * 1000)
        n += 1


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=1_000)
    parser.add_argument("--kilobytes", type=int, default=20)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "mcp" / "websocket"
        write_files(folder, arguments.files, arguments.kilobytes)
        cpu, wall = indexing(folder, arguments.files)
        print(f"{arguments.files} files of {arguments.kilobytes} KB: indexed in {cpu:.2f} s CPU, {wall:.2f} s wall")
        _meanwhile(folder, arguments.files)


def _meanwhile(folder: Path, count: int) -> None:
    alone, during, after = Library(), Library(Local([folder], patience=0)), list[float]()
    alone.search("warm up")
    for name, library, until_ready in (("alone", alone, False), ("while indexing", during, True)):
        times: list[float] = []
        stop = threading.Event()
        asking = threading.Thread(target=answers, args=(library, times, stop))
        asking.start()
        if until_ready:
            until(lambda: during.local.status().files == count, 120)
        else:
            time.sleep(1.5)
        stop.set()
        asking.join()
        print(f"answers {name}: {len(times)}, median {statistics.median(times):.0f} ms, worst {max(times):.0f} ms")
    answers_after = threading.Event()
    threading.Timer(1.5, answers_after.set).start()
    answers(during, after, answers_after)
    print(f"answers with the files: {len(after)}, median {statistics.median(after):.0f} ms, worst {max(after):.0f} ms")
    _changes(folder, during.local)


def _changes(folder: Path, local: Local) -> None:
    file = folder / "topic-0" / "fresh.md"
    file.write_text("# Fresh\n\nzorkmid ledger\n")
    print(f"a new file is found after {until(lambda: bool(local.search('zorkmid')), 10):.2f} s")
    file.write_text("# Fresh\n\nquuxbar ledger\n")
    print(f"a changed file is found after {until(lambda: bool(local.search('quuxbar')), 10):.2f} s")
    file.unlink()
    print(f"a removed file is gone after {until(lambda: not local.search('quuxbar'), 10):.2f} s")


if __name__ == "__main__":
    main()
