"""What a guide says was measured is what the benchmark's results say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RESULTS = (ROOT / "benchmarks/RESULTS.md").read_text("utf-8").partition("\n## Serialisation\n")[2]
FORMATS = (ROOT / "corpus/guides/serialisation/formats.md").read_text("utf-8")
COMPRESSION = (ROOT / "corpus/guides/serialisation/compression.md").read_text("utf-8")
SIZES = {
    "JSON, no blanks": "JSON (`json`)",
    "MessagePack": "MessagePack (`msgpack`)",
    "CBOR": "CBOR (`cbor2`)",
    "Protobuf": "Protobuf (`protobuf`)",
    "MessagePack, fields by position": "MessagePack, fields by position",
}
TIMES = {
    "Python `json`": "JSON (`json`)",
    "Python `orjson`": "JSON (`orjson`)",
    "Python `msgpack` (C)": "MessagePack (`msgpack`)",
    "Python `cbor2`": "CBOR (`cbor2`)",
    "Python `protobuf`, fields read out": "Protobuf (`protobuf`)",
    "Node `JSON`, to and from bytes": "Node `JSON`",
    "Node `@msgpack/msgpack`": "Node `@msgpack/msgpack`",
    "Node `msgpackr`": "Node `msgpackr`",
}


def row(text: str, name: str) -> list[float]:
    """The numbers of the row of that name."""
    found = re.search(rf"^\| {re.escape(name)} \|(.*)\|$", text, re.M)
    assert found, name
    return [float(cell.replace(",", "")) for cell in re.findall(r"[\d,.]+", found[1])]


@pytest.mark.parametrize(("guide", "measured"), SIZES.items())
def test_sizes_of_formats_are_the_measured_ones(guide: str, measured: str) -> None:
    assert row(FORMATS, guide) == row(RESULTS, measured)[:3]


@pytest.mark.parametrize(("guide", "measured"), TIMES.items())
def test_times_of_formats_are_the_measured_ones_rounded(guide: str, measured: str) -> None:
    encode, decode = row(FORMATS, guide)
    numbers = row(RESULTS, measured)
    start = 3 if len(numbers) == 7 else 1
    assert abs(encode - numbers[start]) <= 0.0501
    assert abs(decode - numbers[start + 1]) <= 0.0501


@pytest.mark.parametrize(
    "name", [f"takeover, window {bits}, memory level {level}" for bits, level in ((15, 8), (12, 5), (10, 3))]
)
def test_what_compression_saves_and_costs_is_what_was_measured(name: str) -> None:
    assert row(COMPRESSION, name) == row(RESULTS, name)
