"""What the writer makes is what peers read; what it shall make wrong is wrong in just that."""

from __future__ import annotations

import pytest
from websockets.frames import Frame, Opcode
from websockets.protocol import Protocol, State
from websockets.protocol import Side as PeerSide
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Ping, TextMessage

from ws_mcp.protocol import build

KEY = bytes.fromhex("37fa213d")


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65535, 65536])
def test_two_other_libraries_read_our_frames(size: int) -> None:
    payload = b"x" * size
    data = build.frame("binary", payload, key=KEY)
    peer = Protocol(PeerSide.SERVER, state=State.OPEN, max_size=None)
    peer.receive_data(data)
    (seen,) = peer.events_received()
    assert isinstance(seen, Frame)
    assert (seen.opcode, bytes(seen.data)) == (Opcode.BINARY, payload)
    other = Connection(ConnectionType.SERVER)
    other.receive_data(data)
    assert b"".join(bytes(e.data) for e in other.events() if isinstance(e, BytesMessage)) == payload


def test_fragments_pings_and_closes_are_read_too() -> None:
    frames = [*build.fragments("text", [b"He", b"llo"], key=KEY), build.frame("ping", b"?", key=KEY)]
    frames.append(build.frame("close", build.close_body(1001, "bye"), key=KEY))
    other = Connection(ConnectionType.SERVER)
    other.receive_data(build.sequence(frames))
    seen = list(other.events())
    assert "".join(e.data for e in seen if isinstance(e, TextMessage)) == "Hello"
    assert [bytes(e.payload) for e in seen if isinstance(e, Ping)] == [b"?"]
    assert [(e.code, e.reason) for e in seen if isinstance(e, CloseConnection)] == [(1001, "bye")]


def test_each_wrong_thing_can_be_asked_for() -> None:
    assert build.frame("text", b"hi").hex() == "81026869"
    assert build.frame("text", b"hi", fin=False, rsv=7).hex() == "71026869"
    assert build.frame(0xF, b"hi", form=16).hex() == "8f7e00026869"
    assert build.frame("text", b"hi", form=64).hex() == "817f00000000000000026869"
    assert build.frame("text", b"hi", length=2**63).hex() == "817f80000000000000006869"
    assert build.frame("text", b"hi", key=KEY, cut=5).hex() == "818237fa21"


def test_the_accept_value_is_that_of_the_rfc() -> None:
    assert build.accept("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    assert build.key(b"the sample nonce") == "dGhlIHNhbXBsZSBub25jZQ=="
