"""Tells what inputs of 64 KiB cost that were made to cost much: memory, time, and how the check ended.

Run: python -m benchmarks.hostile. Each is checked and reported in every form, in a process of its own. Ends with 1
where one costs more than 64 MiB or takes longer than ``PATIENCE`` seconds.
"""

from __future__ import annotations

import json
import multiprocessing
import random
import resource
import sys
import time
import tracemalloc
from collections.abc import Callable
from functools import partial

from benchmarks.fuzz import ANSWER, PATIENCE, REQUEST, compressed
from ws_mcp.checking import frames, handshakes
from ws_mcp.checking.arguments import Checked
from ws_mcp.errors import InputError
from ws_mcp.protocol.build import frame
from ws_mcp.report import junit, sarif, text
from ws_mcp.rules.registry import all_rules
from ws_mcp.types import Side

MEMORY = 64 * 1024  # KiB that an input may cost
SIZE = 64 * 1024  # bytes or characters of an input
DEFLATE = "permessage-deflate"
SMALL = "permessage-deflate; client_max_window_bits=9; client_no_context_takeover"


def hostile() -> dict[str, Callable[[], Checked]]:
    """Inputs of at most ``SIZE`` bytes or characters that try to cost much."""
    bomb = compressed(bytes(60 << 20))
    fields = REQUEST.replace("\r\n\r\n", "\r\n")
    packed: dict[str, bytes] = {
        "deflate bomb, 60 MiB in one message": frame("text", bomb, rsv=4, key=b"abcd"),
        "deflate bomb in fragments": frame("binary", bomb[:9000], fin=False, rsv=4)
        + b"".join(frame(0, bomb[at : at + 9000], fin=at + 9000 >= len(bomb)) for at in range(9000, len(bomb), 9000)),
        "many small deflate bombs": frame("binary", compressed(bytes(15 << 20)), rsv=4) * 4,
        "empty frames": b"\x82\x00" * (SIZE // 2),
        "empty fragments": b"\x02\x00" + b"\x00\x00" * (SIZE // 2 - 1),
        "pings": b"\x89\x00" * (SIZE // 2),
        "compressed empty messages": b"\xc2\x01\x00" * (SIZE // 3),
        "a broken frame in each two bytes": b"\xf3\x00" * (SIZE // 2),
        "noise": random.Random(1).randbytes(SIZE),
        "a length of 2^62": b"\x82\x7f\x40" + bytes(SIZE - 3),
        "text that is no UTF-8": frame("text", b"\xff" * (SIZE - 20), key=b"abcd"),
    }
    read: dict[str, Callable[[], Checked]] = {
        name: partial(frames.check, data[:SIZE], Side.CLIENT, DEFLATE, None, "binary") for name, data in packed.items()
    }
    data = packed["deflate bomb, 60 MiB in one message"]
    read["deflate bomb, small window"] = partial(frames.check, data, Side.CLIENT, SMALL, None, "binary")
    pastes = {
        "hex digits": "81" * (SIZE // 2),
        "one hex row for each byte": "81\n" * (SIZE // 3),
        "dialogue of one byte a line": "C: 81\n" * (SIZE // 6),
        "base64": "gQVI" * (SIZE // 4),
        "numbers": "1," * (SIZE // 2),
        "escapes": "\\x81" * (SIZE // 4),
        "brackets": "[" * SIZE,
        "spaces": " " * SIZE,
    }
    read |= {f"paste: {name}": partial(frames.check, made) for name, made in pastes.items()}
    heads = {
        "one long value": fields + "X: " + "a," * 32_000,
        "many fields": fields + "a:\r\n" * 16_000,
        "many fields of one name": fields + "Host: a\r\n" * 7_000,
        "a long list of extensions": fields + "Sec-WebSocket-Extensions: " + "a;b," * 16_000,
        "a long list of parameters": fields + "Sec-WebSocket-Extensions: a" + ";b=1" * 16_000,
        "a long list of subprotocols": fields + "Sec-WebSocket-Protocol: " + "a," * 32_000,
        "quotes": fields + 'Sec-WebSocket-Extensions: a; b="' + '\\"' * 32_000,
        "folds": fields + "X: a\r\n" + " b\r\n" * 16_000,
        "a long target": "GET /" + "%zz" * 21_000 + REQUEST[4:],
        "status lines": "HTTP/1.1 101 a\r\n" * 4_000,
        "request lines": "GET / HTTP/1.1\r\n" * 4_000,
        "nested JSON": "[" * 32_000 + "]" * 32_000,
        "JSON of many names": "{" + ",".join(f'"h{n}":"{n}"' for n in range(4_500)) + ',"host":"a"}',
        "pseudo-header lists": ":method: CONNECT\n" * 3_800,
        "curl": "curl " + "-H 'a: b' " * 6_500,
    }
    read |= {f"head: {name}": partial(handshakes.check, made[:SIZE]) for name, made in heads.items()}
    return read


def cost(name: str) -> tuple[int, int, float, str]:
    """KiB of Python's own memory, KiB that the process grew by, seconds and the end of one hostile input, reported."""
    call = hostile()[name]
    start, grown = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    end = _reported(call)
    seconds = time.perf_counter() - start
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - grown
    tracemalloc.start()
    _reported(call)
    peak = tracemalloc.get_traced_memory()[1] // 1024
    tracemalloc.stop()
    return peak, grown, seconds, end


def _reported(call: Callable[[], Checked]) -> str:
    """Checks and writes the report in every form; the verdict, or "refused"."""
    try:
        checked = call()
    except InputError:
        return "refused"
    json.dumps(checked.report.to_json())
    text.render(checked.report, checked.evidence, every=True)
    sarif.render(checked.report, checked.evidence)
    junit.render(checked.report, checked.evidence)
    return checked.report.verdict


def memory() -> int:
    """Prints what each hostile input costs; 1 where one costs too much or takes too long."""
    all_rules()
    _reported(partial(handshakes.check, REQUEST, ANSWER))  # loads the tables, so that they are not counted
    worst = 0
    for name in hostile():
        with multiprocessing.get_context("fork").Pool(1) as pool:
            peak, grown, seconds, end = pool.apply(cost, (name,))
        bad = max(peak, grown) > MEMORY or seconds > PATIENCE
        worst |= bad
        print(
            f"{name:40} {peak / 1024:7.1f} MiB traced {grown / 1024:7.1f} MiB grown {seconds:7.2f} s  {end}", flush=True
        )
    return worst


if __name__ == "__main__":
    sys.exit(memory())
