"""Stands between a client and its stdio server: passes every line on and notes it with its time.

Run: python tap.py LOG COMMAND…  It imports nothing of ours: clients start it from any folder.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO, Any


def main() -> None:
    """Start the command and relay until it ends."""
    lock = threading.Lock()
    with Path(sys.argv[1]).open("a", encoding="utf-8", buffering=1) as log:

        def note(way: str, line: str) -> None:
            with lock:
                log.write(json.dumps({"at": time.time(), "way": way, "line": line}) + "\n")

        note("start", "")
        with subprocess.Popen(sys.argv[2:], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
            assert server.stdin and server.stdout
            asking = threading.Thread(target=_relay, args=(sys.stdin.buffer, server.stdin, "asked", note), daemon=True)
            asking.start()
            _relay(server.stdout, sys.stdout.buffer, "answered", note)


def _relay(source: IO[bytes], target: IO[bytes], way: str, note: Any) -> None:
    for line in source:
        note(way, line.decode("utf-8", "replace"))
        try:
            target.write(line)
            target.flush()
        except OSError:
            break
    if way == "asked":
        target.close()


if __name__ == "__main__":
    main()
