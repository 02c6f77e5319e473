"""Throws damaged input at every reader and check.

Run: python -m benchmarks.fuzz [COUNT] [--seed N] [--workers N]

COUNT inputs (a million without it) are made from good ones by cutting, joining, repeating and changing them, and go
through the doors' own functions: frames from pastes, files and dialogues, handshakes from one text or two. Whatever
they are, they must give a report that is JSON, or an InputError with words in it, within ``PATIENCE`` seconds.
Ends with 1 where an input does not keep to that. ``benchmarks.hostile`` looks at what the worst inputs cost.
"""

from __future__ import annotations

import argparse
import base64
import json
import multiprocessing
import random
import signal
import sys
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from ws_mcp.checking import frames, handshakes
from ws_mcp.checking.arguments import Checked
from ws_mcp.errors import InputError
from ws_mcp.protocol.build import close_body, frame
from ws_mcp.rules.registry import all_rules
from ws_mcp.types import Policy, Side

PATIENCE = 10  # seconds that one input may take
EXTENSIONS = ("", "none", "permessage-deflate", "permessage-deflate; client_max_window_bits=9", "x-other")
POLICIES = (Policy(), Policy(("https://a.example",), "chat", 100, (), True, "wss"))
REQUEST = (
    "GET /chat?a=b HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
    "Origin: https://example.com\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Protocol: chat, mqtt\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n"
)
ANSWER = (
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: chat\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
)
JUNK = [
    *("\r\n", "\n", "\r", "\t", " ", ":", ": ", ",", ";", "=", '"', "\\", "\\x", "0x", "\0", "\x7f", "é", "日"),
    *("\ud800", "C: ", "S: ", "> ", "< ", "* ", "{", "}", "[", "]", "81", "8105", "ff", "127", "00000000", "|"),
    *("HTTP/1.1", "GET ", "Sec-WebSocket-Key: ", "Sec-WebSocket-Extensions: ", "permessage-deflate", ":path: "),
    *(":protocol: ", "-H '", "curl "),
]


@dataclass(slots=True)
class Outcome:
    """What a worker saw: how often each kind of end came, what went wrong, and the slowest input."""

    ends: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    slowest: tuple[float, str] = (0.0, "")

    def join(self, other: Outcome) -> None:
        """Adds what another worker saw."""
        self.ends += other.ends
        self.failures += other.failures
        self.slowest = max(self.slowest, other.slowest)


class _HungError(Exception):
    """An input took longer than ``PATIENCE``."""


Case = tuple[str, Callable[[], Checked]]


def cases(count: int, seed: int) -> Iterator[Case]:
    """``count`` inputs, each as its description and the call that checks it."""
    source = random.Random(seed)
    texts = [*_pastes(), REQUEST, ANSWER, REQUEST + ANSWER, *_samples()]
    for _ in range(count):
        yield source.choices((_stream, _paste, _handshake), (40, 35, 25))[0](source, texts)


def _stream(source: random.Random, texts: list[str]) -> Case:
    data = b"".join(_frame(source) for _ in range(source.choice((1, 1, 2, 3, 6))))
    for _ in range(source.choice((0, 0, 1, 3))):
        at = source.randint(0, len(data))
        data = data[:at] + source.randbytes(source.randint(0, 3)) + data[at + source.randint(0, 3) :]
    side, extensions = source.choice((Side.CLIENT, Side.SERVER, None)), source.choice(EXTENSIONS)
    policy = source.choice(POLICIES)
    told = f"frames {data[:400].hex()} {side} {extensions!r}"
    return told, lambda: frames.check(data or b"\x81", side, extensions, policy, "binary")


def _paste(source: random.Random, texts: list[str]) -> Case:
    pasted = _damaged(source, texts)
    side, extensions = source.choice((Side.CLIENT, None)), source.choice(EXTENSIONS)
    return f"paste {pasted[:800]!r} {extensions!r}", lambda: frames.check(pasted, side, extensions)


def _handshake(source: random.Random, texts: list[str]) -> Case:
    one = _damaged(source, texts)
    two = _damaged(source, texts) if source.random() < 0.3 else ""
    policy = source.choice(POLICIES)
    return f"handshake {one[:800]!r} {two[:400]!r}", lambda: handshakes.check(one, two, policy)


def _frame(source: random.Random) -> bytes:
    body = source.choice((b"", b"hello", source.randbytes(source.randint(0, 40)), close_body(source.randint(0, 5100))))
    if source.random() < 0.3:
        body = compressed(source.choice((b"hello" * 20, source.randbytes(60), bytes(4000))))
    return frame(
        source.choice((0, 1, 1, 2, 2, 3, 8, 9, 10, 15)),
        body,
        fin=source.random() < 0.8,
        rsv=source.choice((0, 0, 0, 4, 4, 7)),
        key=source.choice((None, source.randbytes(4), bytes(4))),
        form=source.choice((None, None, None, 16, 64)),
    )


def _damaged(source: random.Random, texts: list[str]) -> str:
    """One of ``texts`` after up to six changes."""
    made = source.choice(texts)
    for _ in range(source.choice((0, 1, 1, 2, 3, 6))):
        at, size = source.randint(0, len(made)), source.choice((0, 1, 1, 2, 8, 40))
        new = source.choice(
            (
                source.choice(JUNK),
                chr(source.choice((source.randint(0, 255), source.randint(0, 0xFFFF)))),
                source.choice(JUNK) * source.choice((2, 50)),
                made[at : at + source.randint(0, 60)],
                source.choice(texts)[: source.randint(0, 300)],
                "",
            )
        )
        made = made[:at] + new + made[at + size :]
    return made


def _pastes() -> list[str]:
    """Frames in the forms that people paste."""
    data = frame("text", b"Hello, world", key=b"\x37\xfa\x21\x3d") + frame("close", close_body(1000), key=b"abcd")
    rows = [(at, data[at : at + 16]) for at in range(0, len(data), 16)]
    spaced, listed = data.hex(" "), ", ".join(map(hex, data))
    return [
        *(data.hex(), spaced, data.hex(":"), repr(data), base64.b64encode(data).decode(), listed, str(list(data))),
        *(f"unsigned char a[] = {{{listed}}};", f"<Buffer {spaced}>", "".join(f"\\x{byte:02x}" for byte in data)),
        f"C: {spaced}\nS: 81 05 48 65 6c 6c 6f\n",
        "\n".join(f"{at:08x}: {row.hex(' ', -2):39}  {row!r}" for at, row in rows),
        "\n".join(f"{at:08x}  {row.hex(' '):47}  |{'.' * len(row)}|" for at, row in rows),
        (REQUEST + ANSWER).encode().hex(" ") + " " + spaced,
        "curl -i -H 'Upgrade: websocket' -H 'Connection: Upgrade' -H 'Sec-WebSocket-Version: 13' http://a.example/x",
        "".join(f"> {line}\n" for line in REQUEST.split("\r\n"))
        + "".join(f"< {line}\n" for line in ANSWER.split("\r\n")),
        ":method: CONNECT\n:protocol: websocket\n:scheme: https\n:path: /c\n:authority: a.example\norigin: https://a\n",
        json.dumps({"request": {"url": "wss://a/x", "headers": {"Upgrade": "websocket"}}, "response": {"status": 101}}),
    ]


def _samples() -> list[str]:
    """Our own samples of tools' output, as far as they are short, and the examples of the rules."""
    folder = Path(__file__).parents[1] / "tests/protocol/samples"
    found = [path.read_text("utf-8", "replace") for path in sorted(folder.glob("*"))]
    shown = [example.text for rule in all_rules().values() for example in (*rule.good, *rule.bad)]
    return [one[:3_000] for one in (*found, *shown) if one]


def compressed(data: bytes, level: int = 9) -> bytes:
    packer = zlib.compressobj(level, zlib.DEFLATED, -15)
    return (packer.compress(data) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]


def run(count: int, seed: int) -> Outcome:
    """Checks ``count`` inputs in this process."""
    outcome = Outcome()
    before = signal.signal(signal.SIGALRM, _hung)
    try:
        for told, call in cases(count, seed):
            start = time.perf_counter()
            signal.alarm(PATIENCE)
            outcome.ends[_end(told, call, outcome.failures)] += 1
            signal.alarm(0)
            outcome.slowest = max(outcome.slowest, (time.perf_counter() - start, told))
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    return outcome


def _end(told: str, call: Callable[[], Checked], failures: list[str]) -> str:
    """How one check ended: its verdict, "refused", or "failed" with a line in ``failures``."""
    try:
        report = call().report
        json.dumps(report.to_json())
        return report.verdict
    except InputError as error:
        if 10 < len(str(error)) < 1_000:
            return "refused"
        failures.append(f"InputError of {len(str(error))} characters: {told}")
    except Exception as error:  # what must not happen, whatever it is
        failures.append(f"{error!r}: {told}")
    return "failed"


def _hung(number: int, at: FrameType | None) -> None:
    raise _HungError(f"more than {PATIENCE} s")


def main() -> int:
    """Runs what the arguments say."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("count", nargs="?", type=int, default=1_000_000)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--workers", type=int, default=2)
    told = arguments.parse_args()
    start, total, chunk = time.perf_counter(), Outcome(), 5_000
    sizes = [chunk] * (told.count // chunk) + [told.count % chunk] * (told.count % chunk > 0)
    jobs = [(size, told.seed * 1_000_000 + number) for number, size in enumerate(sizes)]
    with multiprocessing.Pool(told.workers) as pool:
        for done in pool.starmap(run, jobs, chunksize=1):
            total.join(done)
    seconds = time.perf_counter() - start
    print(f"{sum(total.ends.values()):,} inputs in {seconds:,.0f} s, seed {told.seed}: {dict(total.ends)}")
    print(f"slowest {total.slowest[0]:.2f} s: {total.slowest[1][:300]}")
    for failure in total.failures[:20]:
        print(failure)
    return 1 if total.failures else 0


if __name__ == "__main__":
    sys.exit(main())
