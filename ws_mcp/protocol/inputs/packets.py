"""TCP payloads out of whole packets: a dump or hex paste that begins at a link or IP header (RFC 791, 8200, 9293).

Only what carries its own proof is stripped: version, lengths and header checksum must agree, which frame bytes do not
do.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from ws_mcp.errors import InputError
from ws_mcp.protocol.inputs.model import Segment
from ws_mcp.types import Note, Side

_SYN, _ACK = 0x02, 0x10
_IPV4, _IPV6 = b"\x08\x00", b"\x86\xdd"
_PADDING = 46  # an Ethernet frame is padded to this many bytes of payload (IEEE 802.3)


@dataclass(frozen=True, slots=True)
class Packet:
    """One TCP segment; ``headers`` is the length of all headers, ``missing`` the payload bytes that the dump lacks."""

    source: tuple[bytes, int]
    target: tuple[bytes, int]
    seq: int
    flags: int
    payload: bytes
    headers: int
    missing: int = 0


def parse_packet(data: bytes, cut_allowed: bool = False) -> Packet | None:
    """The TCP segment in ``data``, or None where it does not begin with proven headers.

    ``cut_allowed`` accepts a packet whose end was not captured (tcpdump's snapshot length).
    """
    for start in _ip_starts(data):
        packet = _ip(data, start, cut_allowed)
        if packet:
            return packet
    return None


def _ip_starts(data: bytes) -> list[int]:
    """Where the IP header may begin: raw, Ethernet, one VLAN tag, Linux cooked 1 and 2, BSD loopback."""
    starts = [0]
    if data[12:14] in (_IPV4, _IPV6):
        starts.append(14)
    if data[12:14] == b"\x81\x00" and data[16:18] in (_IPV4, _IPV6):
        starts.append(18)
    if data[14:16] in (_IPV4, _IPV6):
        starts.append(16)
    if data[0:2] in (_IPV4, _IPV6) and data[2:4] == b"\0\0":
        starts.append(20)
    if data[0:4] in (b"\2\0\0\0", b"\0\0\0\2", b"\x1e\0\0\0", b"\x18\0\0\0", b"\x1c\0\0\0"):
        starts.append(4)
    return starts


def _ip(data: bytes, start: int, cut_allowed: bool) -> Packet | None:
    left = len(data) - start
    if left < 40:
        return None
    if data[start] >> 4 == 4:
        size, total = (data[start] & 15) * 4, int.from_bytes(data[start + 2 : start + 4], "big")
        if size < 20 or data[start + 9] != 6 or not _checksum(data[start : start + size]):
            return None
        source, target = data[start + 12 : start + 16], data[start + 16 : start + 20]
    elif data[start] >> 4 == 6:
        size, total = 40, int.from_bytes(data[start + 4 : start + 6], "big") + 40
        if data[start + 6] != 6:
            return None
        source, target = data[start + 8 : start + 24], data[start + 24 : start + 40]
    else:
        return None
    padding = _PADDING if start else 0
    if total < size + 20 or left - total > padding or (left < total and not cut_allowed):
        return None
    return _tcp(data, start + size, start + total, source, target)


def _checksum(header: bytes) -> bool:
    """Whether an IPv4 header's checksum is right, or left to the network card (zero) (RFC 791 §3.1)."""
    if header[10:12] == b"\0\0":
        return True
    total = sum(word for (word,) in struct.iter_unpack(">H", header))
    return (total & 0xFFFF) + (total >> 16) in (0xFFFF, 0x1FFFE)


def _tcp(data: bytes, start: int, end: int, source: bytes, target: bytes) -> Packet | None:
    if start + 20 > len(data):
        return None
    sport, dport, seq, _ack, offset, flags = struct.unpack_from(">HHIIBB", data, start)
    body = start + (offset >> 4) * 4
    if offset >> 4 < 5 or body > end:
        return None
    payload = data[body:end]
    return Packet((source, sport), (target, dport), seq, flags, payload, body, max(0, end - max(len(data), body)))


def unwrap(blocks: list[bytes], cut_allowed: bool = False) -> tuple[list[Segment], list[Note]] | None:
    """Strip the headers of every block; None where the first block is no packet, else other blocks are left out.

    The client is who sent the SYN, or "GET", or did not send "HTTP/1."; else who uses the higher port.

    Raises:
        InputError: the packets are of more than one TCP connection.
    """
    packets: list[Packet] = []
    for block in blocks:
        packet = parse_packet(block, cut_allowed)
        if packet is None and not packets:
            return None
        if packet:
            packets.append(packet)
    if not packets:
        return None
    pairs = {frozenset((packet.source, packet.target)) for packet in packets}
    if len(pairs) > 1:
        raise InputError(
            f"The packets belong to {len(pairs)} TCP connections. Send those of one: tcpdump -n -X -r FILE 'port PORT'"
        )
    text = f"link, IP and TCP headers of {len(packets)} packet(s) were taken off; only TCP payload is left"
    notes = [Note("packet-headers-stripped", 0, packets[0].headers, text)]
    if len(packets) < len(blocks):
        text = f"{len(blocks) - len(packets)} block(s) without packet headers were left out"
        notes.append(Note("blocks-left-out", 0, 0, text))
    client, guessed = _client(packets)
    if guessed:
        notes.append(
            Note("direction-guessed", 0, 0, f"port {client[1]} was taken for the client's, being the higher one")
        )
    return _in_order(packets, client, notes), notes


def _client(packets: list[Packet]) -> tuple[tuple[bytes, int], bool]:
    for packet in packets:
        if packet.flags & _SYN:
            return (packet.target if packet.flags & _ACK else packet.source), False
        if packet.payload.startswith(b"GET "):
            return packet.source, False
        if packet.payload.startswith(b"HTTP/1."):
            return packet.target, False
    first = packets[0]
    return max(first.source, first.target, key=lambda end: end[1]), True


def _in_order(packets: list[Packet], client: tuple[bytes, int], notes: list[Note]) -> list[Segment]:
    """Payloads in the order of the dump; repeats are left out, gaps noted (sequence numbers count modulo 2**32)."""
    segments: list[Segment] = []
    seen: set[tuple[tuple[bytes, int], int, int]] = set()
    following: dict[tuple[bytes, int], int] = {}
    for index, packet in enumerate(packets):
        key = (packet.source, packet.seq, len(packet.payload))
        if packet.payload and key in seen:
            notes.append(Note("retransmission-left-out", 0, 0, f"packet {index} repeats an earlier one"))
            continue
        seen.add(key)
        if packet.payload and following.get(packet.source, packet.seq) != packet.seq:
            notes.append(
                Note("tcp-sequence-gap", 0, 0, f"packet {index} does not follow the packet before it on its side")
            )
        if packet.missing:
            text = f"packet {index} was captured without its last {packet.missing} bytes"
            notes.append(Note("packet-cut", 0, packet.missing, text))
        step = len(packet.payload) + packet.missing + (1 if packet.flags & _SYN else 0)
        following[packet.source] = (packet.seq + step) & 0xFFFFFFFF
        segments.append(Segment(Side.CLIENT if packet.source == client else Side.SERVER, packet.payload))
    return segments
