"""Compares our verdict on generated streams of frames with those of websockets, wsproto, aiohttp and ``ws``.

Usage: ``python -m benchmarks.differential_streams [COUNT] [SEED]``; half of COUNT are a client's, half a server's, and
each is read without extensions and with permessage-deflate. ``ws`` takes part where NODE_PATH names a folder that has
it. Ends with 1 if a peer refuses what we call right and ``streams/known.toml`` does not explain it.
"""

from __future__ import annotations

import sys
import time
from collections import Counter

from benchmarks.streams import node
from tests.rules.peers import DEFLATE, PEERS, Difference, is_known, refuse, streams
from ws_mcp.types import Side

COUNT, SEED = 20_000, 7


def main(arguments: list[str]) -> int:
    """Runs the comparison and prints it."""
    count = int(arguments[0]) if arguments else COUNT
    seed = int(arguments[1]) if len(arguments) > 1 else SEED
    began = time.perf_counter()
    cases = [
        (data, compressed, sender)
        for number, sender in enumerate(Side)
        for data in streams(count // 2, seed + number, sender)
        for compressed in (False, True)
    ]
    ours = [refuse(data, DEFLATE if compressed else "none", sender) for data, compressed, sender in cases]
    told = {name: [peer(*case) for case in cases] for name, peer in PEERS.items()}
    told |= {"ws": node.ws(cases)} if node.installed() else {}
    print(f"{count:,} streams, read {len(cases):,} times, seed {seed}, {time.perf_counter() - began:.0f} s")
    print(f"{'peer':12}{'both refuse':>12}{'both accept':>12}{'only we':>9}{'only it':>9}{'unexplained':>12}")
    unknown: list[Difference] = []
    for name, reasons in told.items():
        tally = Counter((refused, bool(reason)) for refused, reason in zip(ours, reasons, strict=True))
        only = [
            Difference(name, reason, data.hex(" "), DEFLATE if compressed else "none", sender)
            for (data, compressed, sender), refused, reason in zip(cases, ours, reasons, strict=True)
            if reason and not refused
        ]
        left = [found for found in only if not is_known(found)]
        unknown += left
        counts = [tally[pair] for pair in ((True, True), (False, False), (True, False))]
        print(f"{name:12}{counts[0]:12}{counts[1]:12}{counts[2]:9}{len(only):9}{len(left):12}")
    shown: Counter[tuple[str, str]] = Counter((found.peer, found.reason[:90]) for found in unknown)
    samples = {(found.peer, found.reason[:90]): found for found in reversed(unknown)}
    for key, times in shown.most_common(40):
        print(times, *key, samples[key].sender.value, samples[key].extensions, samples[key].stream)
    return 1 if unknown else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
