"""Text is UTF-8, whole and fast (RFC 6455, 5.6 and 8.1). The sequences come from the shapes of Unicode, table 3-7."""

from __future__ import annotations

from ws_mcp.probe.words import ALIVE, Case, Octets, Send, echo, fail

GOOD = {
    "two-bytes": ("the first and last characters of two bytes", "\u0080\u07ff"),
    "three-bytes": ("the first and last characters of three bytes", "\u0800\uffff"),
    "four-bytes": ("the first and last characters of four bytes", "\U00010000\U0010ffff"),
    "around-surrogates": ("the neighbours of the surrogates", "\ud7ff\ue000"),
    "noncharacters": ("noncharacters, which UTF-8 can carry", "\ufffe\uffff\U0001fffe\ufdd0"),
    "byte-order-mark": ("a byte order mark at the start", "\ufeffmark"),
    "nul": ("a NUL between letters", "a\0b"),
    "combining": ("combining marks and a family of emoji", "e\u0301 \U0001f469\u200d\U0001f469\u200d\U0001f466"),
    "right-to-left": ("Hebrew, Arabic and a direction mark", "\u05e9\u05dc\u05d5\u05dd \u0633\u0644\u0627\u0645\u200f"),
}

BAD = {
    "lone-continuation": ("a continuation byte alone", b"\x80"),
    "last-continuation": ("the last continuation byte alone", b"\xbf"),
    "continuations": ("three continuation bytes after a letter", b"a\x80\x81\x82"),
    "two-of-two-missing": ("a lead byte of two, then a space", b"\xc3 "),
    "last-of-three-missing": ("two bytes of three, then a letter", b"\xe2\x82a"),
    "last-of-four-missing": ("three bytes of four, then a letter", b"\xf0\x9f\x98a"),
    "cut-at-end-two": ("a text that ends inside a character of two bytes", b"ok \xc3"),
    "cut-at-end-three": ("a text that ends inside a character of three bytes", b"ok \xe2\x82"),
    "cut-at-end-four": ("a text that ends inside a character of four bytes", b"ok \xf0\x9f\x98"),
    "overlong-two": ("a stroke in two bytes instead of one", b"\xc0\xaf"),
    "overlong-two-highest": ("DEL in two bytes", b"\xc1\xbf"),
    "overlong-three": ("a stroke in three bytes", b"\xe0\x80\xaf"),
    "overlong-three-highest": ("U+07FF in three bytes", b"\xe0\x9f\xbf"),
    "overlong-four": ("U+FFFF in four bytes", b"\xf0\x8f\xbf\xbf"),
    "overlong-nul": ("NUL in two bytes, as Java writes it", b"\xc0\x80"),
    "surrogate-first": ("the surrogate U+D800", b"\xed\xa0\x80"),
    "surrogate-last": ("the surrogate U+DFFF", b"\xed\xbf\xbf"),
    "surrogate-pair": ("a pair of surrogates, as CESU-8 writes it", b"\xed\xa0\xbd\xed\xb8\x80"),
    "above-unicode": ("U+110000, one past the last", b"\xf4\x90\x80\x80"),
    "lead-f5": ("the lead byte F5", b"\xf5\x80\x80\x80"),
    "five-bytes": ("a sequence of five bytes", b"\xf8\x88\x80\x80\x80"),
    "six-bytes": ("a sequence of six bytes", b"\xfc\x84\x80\x80\x80\x80"),
    "byte-fe": ("the byte FE", b"\xfe"),
    "byte-ff": ("the byte FF", b"\xff"),
    "latin-1": ("Latin-1 text", "größe".encode("latin-1")),
    "utf-16": ("UTF-16 text with its byte order mark", b"\xff\xfeh\0i\0"),
}

_IDS = ("6455-8.1-01", "6455-7.4.1-07")
_SPLIT = b"\xce\xba\xe1\xbd\xb9"

CASES = (
    *(
        Case(f"utf8/{name}", f"text: {title}", ("6455-6.2-01",), (Send("text", text.encode()),), (echo(text),))
        for name, (title, text) in GOOD.items()
    ),
    *(
        Case(f"utf8/{name}", f"text that is no UTF-8: {title}", _IDS, (Send("text", data),), (fail(1007),))
        for name, (title, data) in BAD.items()
    ),
    Case(
        "utf8/fragment-each-byte",
        "characters with a fragment for each byte",
        ("6455-6.2-06",),
        tuple(
            Send("continuation" if at else "text", _SPLIT[at : at + 1], fin=at == len(_SPLIT) - 1)
            for at in range(len(_SPLIT))
        ),
        (echo(_SPLIT.decode()),),
    ),
    Case(
        "utf8/octet-by-octet",
        "characters of four bytes sent byte by byte",
        ("6455-6.2-01",),
        (Octets((Send("text", "\U0001f600\U0001f680".encode()),)),),
        (echo("\U0001f600\U0001f680"),),
    ),
    Case(
        "utf8/bad-across-fragments",
        "a character that its next fragment does not complete",
        _IDS,
        (Send("text", b"\xf0\x9f", fin=False), Send("continuation", b"abc")),
        (fail(1007),),
    ),
    Case(
        "utf8/bad-first-fragment",
        "a first fragment that is no UTF-8, and the rest never comes",
        _IDS,
        (Send("text", b"\xff", fin=False),),
        (fail(1007),),
        (ALIVE,),
        why="A message must be UTF-8 when it is complete (5.6), so waiting for its end is tolerated.",
    ),
    Case(
        "utf8/binary-is-free",
        "a binary message with bytes that are no UTF-8",
        ("6455-6.2-02",),
        (Send("binary", b"\xff\xfe\x80"),),
        (echo(b"\xff\xfe\x80"),),
    ),
)
