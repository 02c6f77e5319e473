"""What is rendered is read back, whatever the bytes; and any text is read or refused, in bounded time."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ws_mcp.errors import InputError
from ws_mcp.protocol.inputs import Form, Pasted, read_bytes
from ws_mcp.types import Side

FRAME_BYTES = st.binary(min_size=1, max_size=80).map(lambda tail: b"\x81" + tail)


def ascii_column(data: bytes) -> str:
    return "".join(chr(b) if 32 <= b < 127 else "." for b in data)


def rows(data: bytes, width: int = 16) -> list[tuple[int, bytes]]:
    return [(at, data[at : at + width]) for at in range(0, len(data), width)]


def hexdump(data: bytes) -> str:
    lines = []
    for at, row in rows(data):
        halves = f"{row[:8].hex(' '):23}  {row[8:].hex(' '):23}"
        lines.append(f"{at:08x}  {halves}  |{ascii_column(row)}|")
    return "\n".join([*lines, f"{len(data):08x}", ""])


def xxd(data: bytes) -> str:
    return "\n".join(f"{at:08x}: {row.hex(' ', -2):39}  {ascii_column(row)}" for at, row in rows(data))


def wireshark(data: bytes) -> str:
    return "\n".join(f"{at:04x}   {row.hex(' '):47}   {ascii_column(row)}" for at, row in rows(data))


def od(data: bytes) -> str:
    lines = [f"{at:06x}{''.join(f' {b:02x}' for b in row):48}  >{ascii_column(row)}<" for at, row in rows(data)]
    return "\n".join([*lines, f"{len(data):06x}", ""])


def escaped(data: bytes) -> str:
    return "".join(f"\\x{b:02x}" for b in data)


RENDERED: dict[str, Callable[[bytes], str]] = {
    "hex": bytes.hex,
    "hex spaced": lambda d: d.hex(" "),
    "hex colons": lambda d: d.hex(":").upper(),
    "hex 0x": lambda d: ", ".join(f"0x{b:02x}" for b in d),
    "escapes": escaped,
    "python": repr,
    "python bytearray": lambda d: repr(bytearray(d)),
    "python list": lambda d: f"bytes({list(d)})",
    "c": lambda d: f"unsigned char pkt[{len(d)}] = {{ {', '.join(map(hex, d))} }};",
    "java": lambda d: str([b - 256 if b > 127 else b for b in d]),
    "node": lambda d: f"<Buffer {d.hex(' ')}>",
    "js": lambda d: f"Uint8Array({len(d)}) [ {', '.join(map(str, d))} ]",
    "go": lambda d: f"[{' '.join(map(str, d))}]",
    "hexdump": hexdump,
    "xxd": xxd,
    "wireshark": wireshark,
    "od": od,
    "dialogue": lambda d: f"C: {d.hex()}",
}


@pytest.mark.parametrize("name", RENDERED)
@given(data=FRAME_BYTES)
@settings(max_examples=60)
def test_bytes_survive_every_rendering(name: str, data: bytes) -> None:
    assert read_bytes(RENDERED[name](data)).data == data


@given(data=FRAME_BYTES, safe=st.booleans())
@settings(max_examples=60)
def test_bytes_survive_base64_when_it_is_named(data: bytes, safe: bool) -> None:
    encode = base64.urlsafe_b64encode if safe else base64.b64encode
    assert read_bytes(encode(data).decode(), "base64").data == data


@given(st.lists(st.tuples(st.sampled_from(Side), FRAME_BYTES), min_size=1, max_size=8))
@settings(max_examples=60)
def test_a_dialogue_keeps_who_sent_what(turns: list[tuple[Side, bytes]]) -> None:
    text = "\n".join(f"{side}: {data.hex(' ')}" for side, data in turns)
    read = read_bytes(text)
    for side in Side:
        assert read.sent_by(side) == b"".join(data for turn, data in turns if turn is side)


PIECES = st.sampled_from(
    [
        *"\\'\"<>[]{}():;,.|*#/=x0189afC \t\n",
        "0x",
        "\\x",
        "b'",
        "C: ",
        "S: ",
        "00000000: ",
        "0000  ",
        "81 05 ",
        "<Buffer ",
    ]
    + [
        "[129, ",
        "{",
        "bytes(",
        "*\n",
        "GET / HTTP/1.1\r\n",
        "!!binary |",
        "peer0_0",
        "=> Send\n",
        "0x0000:  4500 ",
        "é",
        "…",
    ]
)


@given(text=st.lists(PIECES, max_size=60).map("".join) | st.text(max_size=100), form=st.sampled_from(["auto", *Form]))
@settings(max_examples=1500)
def test_any_text_is_read_or_refused(text: str, form: str) -> None:
    try:
        assert isinstance(read_bytes(text, form), Pasted)
    except InputError as error:
        assert 0 < len(str(error)) < 1000


@given(data=st.binary(max_size=200), form=st.sampled_from(["auto", *Form]))
@settings(max_examples=500)
def test_any_file_is_read_or_refused(data: bytes, form: str) -> None:
    try:
        assert isinstance(read_bytes(data, form), Pasted)
    except InputError as error:
        assert 0 < len(str(error)) < 1000


HOSTILE = [
    " ",
    "[",
    "[1",
    "<",
    '"',
    "\\",
    '"\\',
    "/*",
    "# ",
    "*\n",
    "0:",
    "b('",
    "[ ",
    "a= ",
    "(",
    "...",
    "0000: 00\n",
    "C:\n",
    "81 ",
]


@pytest.mark.parametrize("unit", HOSTILE)
def test_time_is_linear_in_the_length(unit: str) -> None:
    text = unit * (300_000 // len(unit)) + "z"
    start = time.process_time()
    for form in ("auto", "hex", "escapes", "array", "base64", "xxd", "dialogue", "follow"):
        try:
            read_bytes(text, form)
        except InputError:
            continue
    assert time.process_time() - start < 8, "quadratic time would take minutes"
