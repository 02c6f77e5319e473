"""Messages in fragments, control frames between them, and fragments out of place (RFC 6455, 5.4)."""

from __future__ import annotations

from ws_mcp.probe.words import Case, Expect, Kind, Octets, Send, Wait, close, echo, fail

_WANT = "6455-5.4-10"


def _parts(opcode: str, *pieces: bytes) -> tuple[Send, ...]:
    last = len(pieces) - 1
    return tuple(Send("continuation" if at else opcode, piece, fin=at == last) for at, piece in enumerate(pieces))


def _right(name: str, title: str, steps: tuple[Send | Octets | Wait, ...], *came: Expect, more: str = "") -> Case:
    ids = (_WANT, "6455-5.4-06", "6455-6.2-06", *([more] if more else []))
    return Case(f"fragmentation/{name}", title, ids, steps, came)


def _wrong(name: str, title: str, *steps: Send | Wait) -> Case:
    return Case(f"fragmentation/{name}", title, ("6455-10.7-01", "6455-7.1.7-05"), steps, (fail(1002),))


def _pongs(text: str, *bodies: bytes) -> Expect:
    return Expect(Kind.ECHO, messages=((1, text.encode()),), pongs=bodies)


_PING = Send("ping", b"between")

CASES = (
    _right("two-text", "a text message in two fragments", _parts("text", b"frag", b"ment"), echo("fragment")),
    _right("two-binary", "a binary message in two fragments", _parts("binary", b"\x00", b"\xff"), echo(b"\x00\xff")),
    _right("three", "a text message in three fragments", _parts("text", b"a", b"b", b"c"), echo("abc")),
    _right("fifty", "a text message in fifty fragments of one byte", _parts("text", *[b"x"] * 50), echo("x" * 50)),
    _right(
        "empty-ends",
        "fragments of which the first and the last are empty",
        _parts("text", b"", b"mid", b""),
        echo("mid"),
    ),
    _right("all-empty", "three empty fragments", _parts("text", b"", b"", b""), echo("")),
    _right(
        "octet-by-octet", "two fragments sent byte by byte", (Octets(_parts("text", b"slow", b"ly")),), echo("slowly")
    ),
    _right(
        "character-split",
        "a character of four bytes cut by a fragment",
        _parts("text", b"\xf0\x9f", b"\x98\x80"),
        echo("\U0001f600"),
    ),
    Case(
        "fragmentation/uneven",
        "fragments of 1, 126 and 65,536 bytes",
        (_WANT, "6455-6.2-06"),
        _parts("binary", b"1", b"2" * 126, b"3" * 65536),
        (echo(b"1" + b"2" * 126 + b"3" * 65536),),
        (close(1009),),
    ),
    _right(
        "two-messages",
        "two fragmented messages, one after the other",
        (*_parts("text", b"o", b"ne"), *_parts("binary", b"tw", b"o")),
        echo("one", b"two"),
        more="6455-6.2-03",
    ),
    _right(
        "pause",
        "two fragments with a pause of 0.3 seconds",
        (Send("text", b"wait ", fin=False), Wait(0.3), Send("continuation", b"for it")),
        echo("wait for it"),
    ),
    _right(
        "ping-between",
        "a Ping between two fragments",
        (Send("text", b"frag", fin=False), _PING, Send("continuation", b"ment")),
        _pongs("fragment", b"between"),
        more="6455-5.4-08",
    ),
    _right(
        "pings-between",
        "a Ping after each of three fragments",
        (
            Send("text", b"a", fin=False),
            Send("ping", b"1"),
            Send("continuation", b"b", fin=False),
            Send("ping", b"2"),
            Send("continuation", b"c"),
        ),
        _pongs("abc", b"1", b"2"),
        more="6455-5.4-08",
    ),
    _right(
        "pong-between",
        "a Pong between two fragments",
        (Send("text", b"frag", fin=False), Send("pong", b"?"), Send("continuation", b"ment")),
        echo("fragment"),
        more="6455-5.4-08",
    ),
    _wrong("orphan-final", "a final continuation frame with no message begun", Send("continuation", b"orphan")),
    _wrong(
        "orphan-open", "a continuation frame without FIN and no message begun", Send("continuation", b"?", fin=False)
    ),
    _wrong("orphan-empty", "an empty continuation frame with no message begun", Send("continuation")),
    _wrong(
        "orphan-after-message",
        "a message in two fragments, then one more continuation frame",
        *_parts("text", b"who", b"le"),
        Send("continuation", b"left over"),
    ),
    _wrong(
        "orphan-after-whole",
        "a whole message, then a continuation frame",
        Send("text", b"whole"),
        Send("continuation", b"?"),
    ),
    _wrong(
        "text-inside", "a whole text message inside a fragmented one", Send("text", b"a", fin=False), Send("text", b"b")
    ),
    _wrong(
        "binary-inside",
        "a binary message inside a fragmented text",
        Send("text", b"a", fin=False),
        Send("binary", b"b"),
    ),
    _wrong(
        "two-begun",
        "a second fragmented message begun inside the first",
        Send("text", b"a", fin=False),
        Send("text", b"b", fin=False),
        Send("continuation", b"c"),
    ),
    _wrong(
        "text-after-ping-inside",
        "a fragment, a Ping, then a new message",
        Send("text", b"a", fin=False),
        _PING,
        Send("text", b"b"),
    ),
)
