"""Pasted bytes in every form: real output of the tools, and the same bytes rendered as each language prints them."""

from __future__ import annotations

import base64
import shutil
import subprocess
from pathlib import Path

import pytest

from ws_mcp.errors import InputError
from ws_mcp.protocol.inputs import Form, Pasted, read_bytes
from ws_mcp.types import Side

SAMPLES = Path(__file__).parent / "samples"
MASKED = bytes.fromhex("818537fa213d7f9f4d5158")  # RFC 6455 §5.7, the masked "Hello"
HELLO = b"\x81\x05Hello"


def kinds(read: Pasted) -> list[str]:
    return [note.kind for note in read.notes]


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("hex", "810548656c6c6f"),
        ("hex", "81 05 48 65 6C 6C 6F"),
        ("hex", "81:05:48:65:6c:6c:6f"),
        ("hex", "81-05-48-65-6C-6C-6F"),
        ("hex", "81,05,48,65,6c,6c,6f,"),
        ("hex", "0x81, 0x5, 0x48, 0x65, 0x6c, 0x6c, 0x6f"),
        ("hex", "0x8105 48656c6c 6f"),
        ("hex", "81h 05h 48h 65h 6ch 6ch 6fh"),
        ("hex", "8105  # header\n48656c6c6f // Hello"),
        ("hex", "<8105 4865 6c6c 6f>"),
        ("hex", "[81, 05, 48, 65, 6c, 6c, 6f]"),
        ("escapes", r"\x81\x05Hello"),
        ("escapes", r"\x81\x05\x48\x65\x6c\x6c\x6f"),
        ("escapes", r"\201\5Hello"),
        ("escapes", r'"\x81\x05" "Hello"'),
        ("escapes", '"\\x81\\x05\\x48\\x65" \\\n"\\x6c\\x6c\\x6f"'),
        ("escapes", r"b'\x81\x05Hello'"),
        ("escapes", r'data = b"\x81\x05Hello";'),
        ("escapes", r'const char p[] = "\x81\x05Hello";'),
        ("escapes", r'"\u0081\u0005Hello"'),
        ("array", "unsigned char pkt[] = {0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f};"),
        (
            "array",
            "unsigned char pkt[7] = {\n  129, 5, 'H', 'e', 'l', 'l', 'o' /* text */\n};\nunsigned int pkt_len = 7;",
        ),
        ("array", "bytes([129, 5, 72, 101, 108, 108, 111])"),
        ("array", "bytearray((129, 5, 72, 101, 108, 108, 111))"),
        ("array", "[129,5,72,101,108,108,111]"),
        ("array", "[129 5 72 101 108 108 111]"),
        ("array", "[]byte{0x81, 0x5, 0x48, 0x65, 0x6c, 0x6c, 0x6f}"),
        ("array", "let p: [u8; 7] = [0x81u8, 5, 72, 101, 108, 108, 111];"),
        ("array", "vec![0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]"),
        ("array", "new byte[] { 0x81, 0x05, 0x48, 0x65, 0x6C, 0x6C, 0x6F }"),
        ("array", "byte[] p = {(byte) 0x81, 5, 72, 101, 108, 108, 111};"),
        ("array", "[-127, 5, 72, 101, 108, 108, 111]"),
        ("array", "<<129,5,72,101,108,108,111>>"),
        ("array", "<Buffer 81 05 48 65 6c 6c 6f>"),
        ("array", "Uint8Array(7) [\n  129,   5, 72, 101,\n  108, 108, 111\n]"),
        ("array", "new Uint8Array([129, 5, 72, 101, 108, 108, 111])"),
        ("array", "ArrayBuffer { [Uint8Contents]: <81 05 48 65 6c 6c 6f>, byteLength: 7 }"),
        ("array", '{"type":"Buffer","data":[129,5,72,101,108,108,111]}'),
        ("array", '{"0":129,"1":5,"2":72,"3":101,"4":108,"5":108,"6":111}'),
        ("array", "129, 5, 72, 101, 108, 108, 111"),
        ("call", "bytes.fromhex('81 05 48 65 6c 6c 6f')"),
        ("call", "bytearray(b'\\x81\\x05Hello')"),
        ("call", "Buffer.from('810548656c6c6f', 'hex')"),
        ("call", "Buffer.from('gQVIZWxsbw==', 'base64')"),
        ("call", 'atob("gQVIZWxsbw==")'),
        ("call", 'binascii.unhexlify(b"810548656c6c6f")'),
        ("base64", "gQVIZWxsbw=="),
        ("base64", "gQVIZWxsbw"),
        ("base64", "gQVI\nZWxs\nbw==\n"),
        ("base64", "data:application/octet-stream;base64,gQVIZWxsbw=="),
        ("xxd", "00000000: 8105 4865 6c6c 6f                        ..Hello"),
        ("xxd", "$ xxd frame.bin\n00000000: 8105 4865 6c6c 6f                        ..Hello\n$"),
        ("array", "Received: <Buffer 81 05 48 65 6c 6c 6f>"),
        (
            "wireshark",
            "   Label: frame.bin\n\n          Offset Bytes                                           Ascii\n"
            "                 00 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E 0F\n          ------ -----\n"
            "0000000000000000 81 05 48 65 6C 6C 6F                            ..Hello\n",
        ),
        ("hexdump", "00000000  81 05 48 65 6c 6c 6f                              |..Hello|\n00000007\n"),
        ("words", "0000000 0581 6548 6c6c 006f\n0000007\n"),
        ("od", "000000 81 05 48 65 6c 6c 6f                             >..Hello<\n000007\n"),
        ("wireshark", "0000   81 05 48 65 6c 6c 6f                              ..Hello"),
    ],
)
def test_the_unmasked_hello_is_read_in_every_form(form: str, text: str) -> None:
    read = read_bytes(text)
    assert (read.data, str(read.form)) == (HELLO, form)
    assert read_bytes(text, form).data == HELLO, "the form named reads as the form recognised"


def test_base64_in_the_url_safe_alphabet_is_read() -> None:
    data = bytes.fromhex("fbeffffefb81")
    assert read_bytes(base64.urlsafe_b64encode(data).decode()).data == data


TOOLS = [
    "xxd",
    "xxd -u -g1",
    "xxd -c 8 -g 1",
    "xxd -c 32",
    "xxd -p",
    "xxd -i",
    "xxd -e",
    "hexdump -C",
    "hexdump",
    "od -A x -t x1z",
    "od -t x1",
    "od -x",
    "od -A d -t x1",
    "od -v -An -tx1",
]
PAYLOADS = [
    HELLO,
    MASKED,
    bytes(range(256)),
    MASKED + bytes(80) + b"end",
    b"\x81\x17be ad be ad be ad be ad",  # an ASCII column that looks like hex
    b"\x82\x08ab cd ef",
    b"\x00",
]


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("data", PAYLOADS, ids=lambda data: data.hex()[:12])
def test_what_the_dump_tools_of_this_machine_print_is_read_back(tool: str, data: bytes) -> None:
    if shutil.which(tool.split()[0]) is None:
        pytest.skip(f"{tool.split()[0]} is not installed")
    shown = subprocess.run(tool.split(), input=data, capture_output=True, check=True, timeout=10).stdout.decode()
    assert read_bytes(shown).data == data


LIVE = [301, 175, 13, 9, 11, 7, 36, 28, 8, 4]  # bytes sent in turns, as tshark's "Follow" of the same capture shows


@pytest.mark.parametrize("name", ["follow_hex", "follow_raw", "follow_yaml", "tcpdump_x", "tcpdump_X", "tshark_x"])
def test_a_captured_stream_keeps_bytes_and_directions_in_every_view(name: str) -> None:
    read = read_bytes((SAMPLES / f"{name}.txt").read_text())
    assert [len(segment.data) for segment in read.segments] == LIVE
    assert [segment.side for segment in read.segments] == [Side.CLIENT, Side.SERVER] * 5
    assert read.data.startswith(b"GET /chat?x=1 HTTP/1.1\r\n")
    assert read.segments == read_bytes((SAMPLES / "follow_raw.txt").read_text()).segments


def test_link_headers_are_stripped_like_ip_headers() -> None:
    ip, link = ((SAMPLES / f"tcpdump_{name}.txt").read_text() for name in ("x", "link"))
    assert read_bytes(ip).segments == read_bytes(link).segments


def test_packet_headers_are_stripped_from_a_hex_stream_too_and_said_so() -> None:
    row = "4500003d20c340004006 1bf67f0000017f0000012390a64a1f4ffabd5776ae7680180040fe3100000101080a0e21f098c03776ea"
    read = read_bytes(row + "c107ca48cdc9c90700")
    assert read.data.hex() == "c107ca48cdc9c90700"
    assert kinds(read) == ["packet-headers-stripped", "direction-guessed"]
    assert read.segments[0].side is Side.SERVER


def test_a_curl_trace_gives_both_directions() -> None:
    read = read_bytes((SAMPLES / "curl_trace.txt").read_text())
    assert read.sent_by(Side.CLIENT).startswith(b"GET /chat HTTP/1.1\r\nHost: 127.0.0.1")
    assert read.sent_by(Side.SERVER).endswith(b"websockets/17.4\r\n\r\n")


def test_wiresharks_c_arrays_give_both_directions() -> None:
    text = (
        "char peer0_0[] = { /* Packet 4 */\n0x81, 0x80, 0x00, 0x00, 0x00, 0x00 };\n"
        "char peer1_0[] = { /* Packet 5 */\n0x81, 0x00 };\n"
    )
    assert [(s.side, s.data.hex()) for s in read_bytes(text).segments] == [
        (Side.CLIENT, "818000000000"),
        (Side.SERVER, "8100"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "C: 81 85 37 fa 21 3d\n   7f 9f 4d 51 58\nS: 8105 48656c6c6f\n",
        "client: 818537fa213d7f9f4d5158\nserver: \\x81\\x05Hello",
        "> 81 85 37 fa 21 3d 7f 9f 4d 51 58\n< 81 05 48 65 6c 6c 6f",
        "# a dialogue\nc->s: 818537fa213d7f9f4d5158\n\ns->c: <Buffer 81 05 48 65 6c 6c 6f>",
        "C: 818537fa213d\nC: 7f9f4d5158\nS: gQVIZWxsbw==",
        "818537fa213d7f9f4d5158\n\t810548656c6c6f\n",
    ],
)
def test_lines_with_directions_keep_them(text: str) -> None:
    read = read_bytes(text)
    assert [(s.side, s.data) for s in read.segments] == [(Side.CLIENT, MASKED), (Side.SERVER, HELLO)]


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("<Buffer 81 05 48 ... 23 more bytes>", "bytes-left-off"),
        ("Uint8Array(102) [ 129, 5, 72, ... 99 more items ]", "bytes-left-off"),
        ("129, 5, 72", "taken-as-decimal"),
        ("[-127, 5]", "signed-bytes"),
        ("gQVIZWxsbw", "padding-left-out"),
        ("'\\x81\\x02é'", "non-ascii-text"),
        ("00000000: 8105 4865 6c6c 6f                        ..Hallo", "gutter-differs"),
        (
            "00000000: 8105 4865 6c6c 6f20 8105 4865 6c6c 6f20  ..Hello ..Hello \n00000020: 81                   .",
            "offset-gap",
        ),
        ("0000000 0581 6548 6c6c 006f\n0000007\n", "little-endian-words"),
    ],
)
def test_a_doubt_is_a_note(text: str, note: str) -> None:
    assert note in kinds(read_bytes(text))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        (" \n\t", "is empty"),
        ("81 05 4", "group 4 at line 1, column 7"),
        ("81 05\n486 56", "group 486 at line 2, column 1"),
        ("81 0g", "No form of bytes"),
        ("hello there", "No form of bytes"),
        ("GET /chat HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP handshake"),
        ("Sec-WebSocket-Key: x", "HTTP handshake"),
        ("wss://example.com/chat", "URL"),
        ("curl -v http://h/", "curl command"),
        ('{"log": {"version": "1.2"}}', "capture"),
        ("10000001 00000101", "binary digits"),
        ("0000000 002601 062510", "octal"),
        ("8105\n00000000: 8105 4865", "plain hex among the rows"),
        ("00000000: 8105 4865\n8105", "plain hex among the rows"),
        ("00000000: 810", "half a byte"),
        ("81 05\n*\n00 00", "repeated rows"),
        ("00000000: 8105\n*\nffffff00: 8105\n", "unfolds to"),
        ("[300]", "300 at line 1, column 2 is not a byte"),
        ("[129, 5", "no closing bracket"),
        ("b'\\x81", "no closing '"),
        ("\\x81\\q", "no escape"),
        ("<Buffer 81 05", "no closing"),
        ("C: 81 05\nS: zz", "server sends from line 2 on"),
        ("C:\nS:\n", "holds no bytes"),
        ("peer0_0: !!binary |\n  ====\n", "not base64"),
    ],
)
def test_unusable_text_is_refused_with_what_to_send_instead(text: str, words: str) -> None:
    with pytest.raises(InputError, match="Send|Check|Probe|Begin|Print|Dump|Write") as caught:
        read_bytes(text)
    assert words in str(caught.value)
    assert len(str(caught.value)) < 1000


def test_a_file_is_taken_as_it_is_when_binary_and_read_when_text() -> None:
    assert read_bytes(MASKED).form is Form.BINARY
    assert read_bytes(b"81 05 48 65 6c 6c 6f\n").data == HELLO
    assert read_bytes(b"\xef\xbb\xbf810548656c6c6f").data == HELLO
    assert read_bytes("810548656c6c6f".encode("utf-16")).data == HELLO
    assert read_bytes(b"8105", "binary").data == b"8105"


@pytest.mark.parametrize("magic", ["d4c3b2a1", "0a0d0d0a", "1f8b08", "504b0304"])
def test_files_of_another_kind_are_named(magic: str) -> None:
    with pytest.raises(InputError, match="tcpdump -n -X -r FILE|Unpack"):
        read_bytes(bytes.fromhex(magic) + bytes(20))


def test_bounds_and_forms_are_checked() -> None:
    with pytest.raises(InputError, match="8,388,608"):
        read_bytes("0" * (8 * 1024 * 1024 + 2))
    with pytest.raises(InputError, match="no input form"):
        read_bytes("81", "morse")
    with pytest.raises(InputError, match="Give a file"):
        read_bytes("81", "binary")


def test_hex_comes_before_base64_and_either_can_be_named() -> None:
    assert read_bytes("abcd").data == b"\xab\xcd"
    assert read_bytes("abcd", "base64").data == base64.b64decode("abcd")
    assert read_bytes("10 20").data == b"\x10\x20"
    assert read_bytes("[10, 20]").data == bytes([10, 20])
