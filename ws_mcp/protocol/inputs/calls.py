"""Calls that make bytes of a string: ``bytes.fromhex('81 05')``, ``Buffer.from('gQU=','base64')``, ``atob("gQU=")``."""

from __future__ import annotations

import re

from ws_mcp.errors import InputError
from ws_mcp.protocol.inputs.base64text import read_base64
from ws_mcp.protocol.inputs.hexdigits import read_hex
from ws_mcp.protocol.inputs.literals import read_escapes
from ws_mcp.protocol.inputs.model import Form, Pasted

_CALL = re.compile(
    r"(?:[\w$]{1,40} ?:?= ?|(?:const|let|var|auto|return) [\w$]{1,40} ?= ?|[\w$]{1,40} ?= ?)?(?:new )?"
    r"(?P<name>[A-Za-z_][\w.:]{0,60}!?)\(\s{0,40}(?=[bB]?[rR]?(?P<quote>['\"`]))"
)
_CODEC = re.compile(r",\s{0,10}(?:encoding\s?=\s?)?['\"](\w{1,12}(?:-\d)?)['\"]\s{0,10}\)?[\s;)]{0,10}$")
_HEX = ("fromhex", "unhexlify", "decodestring", "a2b_hex", "hex2bin", "decode_hex", "fromhexstring", "parsehex")
_BASE64 = ("atob", "b64decode", "a2b_base64", "base64_decode", "frombase64string", "urlsafe_b64decode", "decode64")
_LITERAL = ("bytes", "bytearray", "memoryview", "buffer.from", "print", "repr")


def looks_call(text: str) -> bool:
    """Whether the text is one call of a function that is known to make bytes from a string."""
    match = _CALL.match(text.strip())
    if match is None:
        return False
    name = match.group("name").lower()
    return name in _LITERAL or name.rpartition(".")[2].rpartition(":")[2].rstrip("!") in (*_HEX, *_BASE64)


def read_call(text: str) -> Pasted:
    """Read the string of the call as the function would.

    Raises:
        InputError: it is no such call, or its string is not what the function takes.
    """
    body = text.strip()
    match = _CALL.match(body)
    if match is None or not looks_call(text):
        raise InputError(
            "This is no call that makes bytes from a string. Send such as bytes.fromhex('81 05 48') or plain hex."
        )
    start, end = match.end(), _closing(body, match.end(), match.group("quote"))
    literal, tail = body[start:end], body[end:]
    inner = literal.lstrip("bBrR")[1:-1]
    name = match.group("name").lower().rstrip("!")
    codec = _CODEC.search(tail[:80])
    kind = codec.group(1).lower() if codec else ""
    short = name.rpartition(".")[2].rpartition(":")[2]
    if short in _HEX or kind == "hex":
        read = read_hex(inner)
    elif short in _BASE64 or kind in {"base64", "base64url"}:
        read = read_base64(inner)
    else:
        read = read_escapes(literal)
    return Pasted(Form.CALL, read.segments, read.notes)


def _closing(body: str, start: int, quote: str) -> int:
    """The offset behind the string that opens at or right after ``start``."""
    position = body.index(quote, start) + 1
    while position < len(body):
        if body[position] == "\\":
            position += 1
        elif body[position] == quote:
            return position + 1
        position += 1
    raise InputError(f"The string in the call has no closing {quote}. Send the whole call, or plain hex.")
