"""Measures what message formats cost on a WebSocket: bytes and time, plain and with permessage-deflate, side by side.

Run: python -m benchmarks.serialisation [--messages N] [--rounds N]

Needs msgpack, cbor2, orjson and protobuf. The messages are price updates in an envelope, made from a fixed seed; every
format encodes the same ones, and what it decodes is compared with them. Compression is what RFC 7692 §7.2.1 does: a
sync flush less its last four bytes; with takeover one context serves all messages of a connection, without it each has
its own (§7.1.1). Node is measured when it is there; it has no MessagePack of its own, which NODE_PATH may lead to.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import shutil
import statistics
import subprocess
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

SETTINGS = ((15, 8), (12, 5), (10, 3))  # window bits and memory level: zlib's, websockets', and a small one
TAIL = b"\x00\x00\xff\xff"  # what a sync flush ends in, and what is not sent
_FIELDS = ("v", "type", "id", "seq")
_DATA = ("symbol", "bid", "ask", "volume")
Message = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Format:
    """One encoding: what makes bytes of a message and what reads them."""

    name: str
    encode: Callable[[Message], bytes]
    decode: Callable[[bytes], Message]


def messages(count: int) -> list[Message]:
    """Price updates: an envelope of four fields around four of data."""
    rng = random.Random(6455)
    names = [f"{a}{b}/USD" for a in ("BTC", "ETH", "SOL", "XRP") for b in ("", ".P")]
    found = []
    for seq in range(count):
        bid = round(rng.uniform(10, 60_000), 2)
        data = {"symbol": rng.choice(names), "bid": bid, "ask": round(bid * 1.0002, 2), "volume": rng.randrange(10**6)}
        found.append({"v": 1, "type": "price.update", "id": f"{rng.getrandbits(48):012x}", "seq": seq, "data": data})
    return found


def formats() -> list[Format]:
    """What is compared."""
    import cbor2  # type: ignore[import-not-found, unused-ignore]
    import msgpack  # type: ignore[import-not-found, import-untyped, unused-ignore]
    import orjson  # type: ignore[import-not-found, unused-ignore]

    compact = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode
    return [
        Format("JSON (`json`)", lambda m: compact(m).encode(), json.loads),
        Format("JSON (`orjson`)", orjson.dumps, orjson.loads),
        Format("MessagePack (`msgpack`)", msgpack.packb, msgpack.unpackb),
        Format("CBOR (`cbor2`)", cbor2.dumps, cbor2.loads),
        Format("Protobuf (`protobuf`)", *_protobuf()),
        Format(
            "MessagePack, fields by position",
            lambda m: bytes(msgpack.packb([*(m[k] for k in _FIELDS), *(m["data"][k] for k in _DATA)])),
            lambda raw: _named(msgpack.unpackb(raw)),
        ),
    ]


def _named(values: list[Any]) -> Message:
    data = dict(zip(_DATA, values[len(_FIELDS) :], strict=True))
    return {**dict(zip(_FIELDS, values, strict=False)), "data": data}


def _protobuf() -> tuple[Callable[[Message], bytes], Callable[[bytes], Message]]:
    """Protobuf without a generated module: the schema is put together here."""
    from google.protobuf import (  # type: ignore[import-not-found, import-untyped, unused-ignore]
        descriptor_pb2,
        descriptor_pool,
        message_factory,
    )

    kind = descriptor_pb2.FieldDescriptorProto
    schema = {
        "Data": [("symbol", kind.TYPE_STRING), ("bid", kind.TYPE_DOUBLE), ("ask", kind.TYPE_DOUBLE)]
        + [("volume", kind.TYPE_UINT32)],
        "Message": [("v", kind.TYPE_UINT32), ("type", kind.TYPE_STRING), ("id", kind.TYPE_STRING)]
        + [("seq", kind.TYPE_UINT32), ("data", kind.TYPE_MESSAGE)],
    }
    file = descriptor_pb2.FileDescriptorProto(name="prices.proto", package="prices", syntax="proto3")
    for name, fields in schema.items():
        made = file.message_type.add(name=name)
        for number, (field, type_) in enumerate(fields, 1):
            of = ".prices.Data" if type_ == kind.TYPE_MESSAGE else None
            made.field.add(name=field, number=number, type=type_, type_name=of, label=kind.LABEL_OPTIONAL)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    message = message_factory.GetMessageClass(pool.FindMessageTypeByName("prices.Message"))

    def encode(m: Message) -> bytes:
        return bytes(message(**m).SerializeToString())

    def decode(raw: bytes) -> Message:
        m = message.FromString(raw)
        return {**{k: getattr(m, k) for k in _FIELDS}, "data": {k: getattr(m.data, k) for k in _DATA}}

    return encode, decode


def deflated(payloads: list[bytes], bits: int, level: int, takeover: bool) -> list[bytes]:
    """Each payload as permessage-deflate sends it."""
    found, engine = [], None
    for payload in payloads:
        if engine is None or not takeover:
            engine = zlib.compressobj(wbits=-bits, memLevel=level)
        found.append((engine.compress(payload) + engine.flush(zlib.Z_SYNC_FLUSH)).removesuffix(TAIL))
    return found


def inflated(payloads: list[bytes], bits: int, takeover: bool) -> list[bytes]:
    """What the other side reads."""
    found, engine = [], None
    for payload in payloads:
        if engine is None or not takeover:
            engine = zlib.decompressobj(wbits=-bits)
        found.append(engine.decompress(payload + TAIL))
    return found


def microseconds(work: Callable[[], object], count: int, rounds: int) -> float:
    """CPU time a message, the smallest of some rounds: others use the machine too."""
    times = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times) / count * 1e6


def row(one: Format, made: list[Message], rounds: int) -> str:
    """A format's row of the first table."""
    raw = [one.encode(m) for m in made]
    if [one.decode(r) for r in raw] != made:
        raise AssertionError(f"{one.name} does not give back what it was given")
    cells = [f"{statistics.fmean(map(len, raw)):.0f}"]
    for takeover in (True, False):
        small = deflated(raw, 12, 5, takeover)
        if inflated(small, 12, takeover) != raw:
            raise AssertionError(f"{one.name} does not survive compression")
        cells.append(f"{statistics.fmean(map(len, small)):.0f}")
    small = deflated(raw, 12, 5, True)
    works: tuple[Callable[[], object], ...] = (
        lambda: [one.encode(m) for m in made],
        lambda: [one.decode(r) for r in raw],
        lambda: deflated(raw, 12, 5, True),
        lambda: inflated(small, 12, True),
    )
    cells += [f"{microseconds(work, len(made), rounds):.2f}" for work in works]
    return f"| {one.name} | {' | '.join(cells)} |"


def settings(made: list[Message], rounds: int) -> list[str]:
    """Compression settings on the JSON messages."""
    raw = [json.dumps(m, separators=(",", ":")).encode() for m in made]
    rows = []
    for takeover in (True, False):
        for bits, level in SETTINGS:
            size = statistics.fmean(map(len, deflated(raw, bits, level, takeover)))
            cost = microseconds(lambda b=bits, v=level, t=takeover: deflated(raw, b, v, t), len(raw), rounds)  # type: ignore[misc]
            word = "takeover" if takeover else "no takeover"
            rows.append(f"| {word}, window {bits}, memory level {level} | {size:.0f} | {cost:.1f} |")
    whole = json.dumps(made[:450], separators=(",", ":")).encode()
    rows.append(f"| one message of {len(whole):,} B, window 12 | {len(deflated([whole], 12, 5, False)[0]):,} | – |")
    return rows


def main() -> None:
    """Print the tables and what they were measured with."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    made = messages(arguments.messages)
    used = ", ".join(f"{name} {version(name)}" for name in ("msgpack", "cbor2", "orjson", "protobuf"))
    print(f"{len(made):,} messages; Python {platform.python_version()}, {used}, zlib {zlib.ZLIB_RUNTIME_VERSION}\n")
    print("| format | bytes | with takeover | without | encode µs | decode µs | deflate µs | inflate µs |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for one in formats():
        print(row(one, made, arguments.rounds))
    print("\n| compression of the JSON | bytes | CPU µs |\n| --- | --- | --- |")
    print("\n".join(settings(made, arguments.rounds)))
    if node := shutil.which("node"):
        script = Path(__file__).with_name("serialisation.cjs")
        rounds = str(arguments.rounds)
        done = subprocess.run(
            [node, str(script), rounds], input=json.dumps(made), text=True, capture_output=True, timeout=120, check=True
        )
        print(f"\n{done.stdout.rstrip()}")


if __name__ == "__main__":
    main()
