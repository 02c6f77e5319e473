"""Compares our verdict on generated handshakes with those of websockets, wsproto, aiohttp and ``ws``.

Usage: ``python -m benchmarks.differential_handshakes [COUNT] [SEED]``; half of COUNT are requests, half answers. ``ws``
takes part where NODE_PATH names a folder that has it. Ends with 1 if a peer refuses what we call right and
``handshakes/known.toml`` does not explain it.
"""

from __future__ import annotations

import sys
import time
from collections import Counter

from benchmarks.handshakes import live, sansio
from benchmarks.handshakes.compare import Tally, refuse_answer, refuse_request
from benchmarks.handshakes.generate import answers, requests

COUNT, SEED = 6000, 7


def servers(tally: Tally, texts: list[str]) -> None:
    """Asks every server."""
    ours = [refuse_request(text) for text in texts]
    for peer, judge in sansio.SERVERS.items():
        for text, refused in zip(texts, ours, strict=True):
            tally.add(peer, "server", refused, judge(text), text)
    behind = {"aiohttp": live.aiohttp_server} | ({"ws": live.ws_server} if live.node_modules() else {})
    for peer, start in behind.items():
        with start() as port:
            for text, refused in zip(texts, ours, strict=True):
                tally.add(peer, "server", refused, live.ask(port, text), text)


def clients(tally: Tally, cases: list[tuple[int, str]]) -> None:
    """Asks every client."""
    ours = [refuse_answer(offer, text) for offer, text in cases]
    told = {peer: [judge(offer, text) for offer, text in cases] for peer, judge in sansio.CLIENTS.items()}
    told["aiohttp"] = live.aiohttp_client(cases)
    if live.node_modules():
        told["ws"] = live.ws_client(cases)
    for peer, reasons in told.items():
        for (_, text), refused, reason in zip(cases, ours, reasons, strict=True):
            tally.add(peer, "client", refused, reason, text)


def main(arguments: list[str]) -> int:
    """Runs the comparison and prints it."""
    count = int(arguments[0]) if arguments else COUNT
    seed = int(arguments[1]) if len(arguments) > 1 else SEED
    tally, began = Tally(), time.perf_counter()
    servers(tally, list(requests(count // 2, seed)))
    clients(tally, list(answers(count - count // 2, seed + 1)))
    print(f"{count} handshakes, seed {seed}, {time.perf_counter() - began:.0f} s")
    print(f"{'peer':12}{'side':8}{'both refuse':>12}{'both accept':>12}{'only we':>9}{'only it':>9}")
    for peer, side in sorted({(peer, side) for peer, side, _, _ in tally.counts}):
        row = [tally.counts[peer, side, *pair] for pair in ((True, True), (False, False), (True, False), (False, True))]
        print(f"{peer:12}{side:8}{row[0]:12}{row[1]:12}{row[2]:9}{row[3]:9}")
    unknown = tally.unknown()
    print(f"only it: {len(tally.differences)}, of them {len(unknown)} unexplained")
    shown: Counter[tuple[str, str, str]] = Counter((d.peer, d.side, d.reason[:90]) for d in unknown)
    samples = {(d.peer, d.side, d.reason[:90]): d.text for d in reversed(unknown)}
    for key, times in shown.most_common(40):
        print(times, *key, repr(samples[key]))
    return 1 if unknown else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
