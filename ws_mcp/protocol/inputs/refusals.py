"""What a text is when it is no dump: the message says so and names what to do with it."""

from __future__ import annotations

import re

from ws_mcp.errors import InputError
from ws_mcp.protocol.inputs.model import MAX_FILE, MAX_TEXT

_HTTP = re.compile(r"[<>*]?\s{0,4}(?:[A-Z]{3,10} \S{1,2000} HTTP/\d|HTTP/\d(?:\.\d)? \d{3})")
_HEADER = re.compile(r"(?im)^[<> ]{0,2}(?:sec-websocket-[a-z]+|upgrade|connection|host)[ \t]?:")
_URL = re.compile(r"\s*(?:wss?|https?)://\S+\s*", re.IGNORECASE)
_SHOW = "81 85 37 fa 21 3d 7f 9f 4d 51 58"
_BITS = re.compile(r"(?:[0-9A-Fa-f]{4,16}:\s)?[01]{8}(?:\s[01]{8}){1,64}(?:\s.*)?")


def refuse(text: str) -> InputError:
    """The error for a text in which no form of bytes was recognised."""
    head = text[:100_000].lstrip()
    if any(_HTTP.match(line.lstrip()) for line in head.split("\n", 40)[:40]) or _HEADER.search(head):
        return InputError(
            "This is an HTTP handshake, not frame bytes. Check it as a handshake, or send only the bytes after the "
            f"empty line, as hex: {_SHOW}"
        )
    if head[:1] in "{[" and ('"log"' in head[:400] or '"Network.' in head or '"constants"' in head[:400]):
        return InputError(
            "This is a capture in JSON (HAR, net-log or DevTools protocol), which holds no frame bytes. Check a HAR or "
            f"DevTools capture as a handshake, or send frame bytes as hex: {_SHOW}"
        )
    if _URL.fullmatch(head):
        return InputError(f"This is a URL, not bytes. Probe it, or send frame bytes as hex: {_SHOW}")
    if head.startswith("curl "):
        return InputError("This is a curl command. Check it as a handshake request, or send frame bytes as hex.")
    if "\n*\n" in head:
        return InputError(
            "A “*” stands for repeated rows, but no offset says how many. Dump again with offsets, or with -v."
        )
    if looks_bits(head.split("\n", 1)[0].strip()[:400]):
        return InputError(f"The bytes are written in binary digits, which is not read. Send hex: {_SHOW}")
    return InputError(_unknown(text))


def looks_bits(text: str) -> bool:
    """Whether ``text`` is groups of eight binary digits."""
    return _BITS.fullmatch(text) is not None


def _unknown(text: str) -> str:
    wrong = next((c for c in text if not c.isspace() and c not in "0123456789abcdefABCDEFxX,:;-"), "")
    seen = f" (it has {wrong!r})" if wrong else ""
    return (
        f"No form of bytes is recognised{seen}. Send hex ({_SHOW}), a dump (xxd, hexdump -C, od, tcpdump, Wireshark), "
        r"escapes (\x81\x05), a list of numbers ([129, 5]), base64, or a binary file. Name the form where it is known; "
        "lines may begin with “C:” or “S:” for the direction."
    )


def refuse_file(data: bytes) -> InputError | None:
    """The error for a file that is another known thing, else None."""
    if data[:4] in (
        b"\xd4\xc3\xb2\xa1",
        b"\xa1\xb2\xc3\xd4",
        b"\x4d\x3c\xb2\xa1",
        b"\xa1\xb2\x3c\x4d",
        b"\x0a\x0d\x0d\x0a",
    ):
        return InputError(
            "This is a packet capture (pcap or pcapng), not bare frames. Print the packets of one connection and send "
            "what is printed: tcpdump -n -X -r FILE 'tcp port PORT'"
        )
    if data[:3] == b"\x1f\x8b\x08":
        return InputError("This is gzip data. Unpack it first, then send what is inside.")
    if data[:4] == b"PK\x03\x04":
        return InputError("This is a zip archive. Unpack it first, then send the file inside.")
    return None


def too_large(size: int, file: bool) -> InputError:
    """The error for an input over its bound."""
    if file:
        return InputError(f"The file has {size:,} bytes; at most {MAX_FILE:,} are read. Send the part in question.")
    return InputError(
        f"The text has {size:,} characters; at most {MAX_TEXT:,} are read. Put it in a file, or send a part."
    )
