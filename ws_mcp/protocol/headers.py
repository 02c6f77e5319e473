"""Facts about the header fields of an opening handshake: lists, tokens, the key and its answer.

Nothing here judges: what a value breaks is kept as a fact, and the rules decide. Extension lists are in
``extensions``, URLs in ``urls``; both are re-exported so that a rule needs one import.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from ws_mcp.protocol.extensions import Extension, Parameter, parse_extensions
from ws_mcp.protocol.urls import Authority, Origin, Target, Url, parse_authority, parse_origin, parse_target, parse_url
from ws_mcp.types import Field

__all__ = [
    "GUID",
    "Authority",
    "Extension",
    "Key",
    "Origin",
    "Parameter",
    "Target",
    "Url",
    "decode_key",
    "expected_accept",
    "field_values",
    "has_token",
    "is_field_value",
    "is_token",
    "list_elements",
    "parse_authority",
    "parse_extensions",
    "parse_origin",
    "parse_target",
    "parse_url",
    "tokens",
]

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 §1.3

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")  # RFC 7230 §3.2.6 tchar
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")


def is_token(text: str) -> bool:
    """Whether ``text`` is one token (RFC 7230 §3.2.6; RFC 2616, which RFC 6455 cites, has the same set)."""
    return _TOKEN.fullmatch(text) is not None


def is_field_value(text: str) -> bool:
    """Whether ``text`` has no control character but tab (RFC 7230 §3.2); bytes above 0x7F are obs-text and allowed."""
    return all(c == "\t" or (c >= " " and c != "\x7f") for c in text)


def field_values(fields: Iterable[Field], name: str) -> tuple[str, ...]:
    """Every value of the fields called ``name`` (any case), in order, without outer white space."""
    wanted = name.lower()
    return tuple(field.value.strip(" \t") for field in fields if field.name.lower() == wanted)


def list_elements(values: Iterable[str]) -> tuple[str, ...]:
    """The comma-separated elements of all ``values`` in order, trimmed; empty ones are kept as "".

    Several fields of one name are one list (RFC 7230 §3.2.2). A comma inside a quoted string does not split.
    """
    elements: list[str] = []
    for value in values:
        start, quoted, skip = 0, False, False
        for index, char in enumerate(value):
            if skip:
                skip = False
            elif quoted and char == "\\":
                skip = True
            elif char == '"':
                quoted = not quoted
            elif char == "," and not quoted:
                elements.append(value[start:index].strip(" \t"))
                start = index + 1
        elements.append(value[start:].strip(" \t"))
    return tuple(elements)


def tokens(fields: Iterable[Field], name: str) -> tuple[str, ...]:
    """The list elements of the field ``name``, the empty ones left out (RFC 7230 §7 lets a recipient ignore them).

    For Connection, Upgrade, Sec-WebSocket-Protocol and Sec-WebSocket-Version. An element need not be a valid token: ask
    ``is_token``.
    """
    return tuple(element for element in list_elements(field_values(fields, name)) if element)


def has_token(fields: Iterable[Field], name: str, token: str) -> bool:
    """Whether the list field ``name`` has ``token`` in any case (RFC 6455 §4.2.1 items 3 and 4)."""
    wanted = token.lower()
    return any(element.lower() == wanted for element in tokens(fields, name))


@dataclass(frozen=True, slots=True)
class Key:
    """What a Sec-WebSocket-Key value decodes to (RFC 6455 §4.1 item 7: base64 of 16 bytes).

    ``nonce`` is None where the value is not base64; ``canonical`` is False where another value decodes to the same
    bytes (stray bits before the padding). ``problem`` is "", "empty", "alphabet", "padding" or "bits".
    """

    raw: str
    nonce: bytes | None
    canonical: bool
    problem: str


def decode_key(value: str) -> Key:
    """Decode a Sec-WebSocket-Key, strictly; never raises. The length of ``nonce`` is left to the rules."""
    raw = value.strip(" \t")
    if not raw:
        return Key(raw, None, False, "empty")
    if _BASE64.fullmatch(raw) is None:
        return Key(raw, None, False, "padding" if _BASE64.fullmatch(raw.replace("=", "")) else "alphabet")
    try:
        nonce = base64.b64decode(raw, validate=True)
    except binascii.Error:
        return Key(raw, None, False, "padding")
    canonical = base64.b64encode(nonce).decode("ascii") == raw
    return Key(raw, nonce, canonical, "" if canonical else "bits")


def expected_accept(key: str) -> str:
    """The Sec-WebSocket-Accept value that answers ``key`` (RFC 6455 §4.2.2 item 5.4).

    The key is not decoded: outer white space aside, the text as sent is what is hashed.
    """
    text = key.strip(" \t") + GUID
    digest = hashlib.sha1(text.encode("latin-1", "replace"), usedforsecurity=False).digest()
    return base64.b64encode(digest).decode("ascii")
