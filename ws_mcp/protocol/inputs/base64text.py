"""Base64, standard or URL-safe alphabet, padded or not, and ``data:`` URLs (RFC 4648 §4 and §5)."""

from __future__ import annotations

import base64
import binascii
import re

from ws_mcp.errors import InputError
from ws_mcp.protocol.inputs.model import Form, Pasted, pasted, place
from ws_mcp.types import Note

_BODY = re.compile(r"[A-Za-z0-9+/\-_]+={0,2}")
_URL_SAFE = str.maketrans("-_", "+/")
_PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_LETTERS = re.compile(r"[A-Za-z\-_]+")
_WRONG = re.compile(r"[^A-Za-z0-9+/\-_=]")


def looks_base64(text: str) -> bool:
    """Whether the whole text is base64 and no word: not so with spaces inside or only a word's letters."""
    body = _body(text)
    lines = body.split()
    squeezed = "".join(lines)
    if len(squeezed) < 4 or any(" " in line.strip() or "\t" in line.strip() for line in body.split("\n")):
        return False
    if _BODY.fullmatch(squeezed) is None or len(squeezed.rstrip("=")) % 4 == 1 or _bad_padding(squeezed):
        return False
    return "=" in squeezed or len(squeezed) > 64 or not _is_wordlike(squeezed)


def _is_wordlike(text: str) -> bool:
    """Whether there are only letters, in runs as long as those of words: "Upgrade", "WebSocket", "keep-alive"."""
    return _LETTERS.fullmatch(text) is not None and all(len(part) > 2 for part in _PARTS.findall(text))


def _body(text: str) -> str:
    text = text.strip()
    if text[:5].lower() == "data:":
        head, comma, rest = text.partition(",")
        return rest if comma and head.lower().endswith(";base64") else text
    return text


def _bad_padding(squeezed: str) -> bool:
    return squeezed.endswith("=") and len(squeezed) % 4 != 0


def read_base64(text: str) -> Pasted:
    """Read base64; white space anywhere is ignored.

    Raises:
        InputError: a character outside both alphabets, wrong padding or a length that no bytes have.
    """
    body = _body(text)
    squeezed = "".join(body.split())
    notes: list[Note] = []
    wrong = _WRONG.search(squeezed)
    if wrong:
        offset = text.find(wrong.group())
        raise InputError(
            f"{wrong.group()!r} at {place(text, max(offset, 0))} is not of the base64 alphabet. Send base64 or hex."
        )
    if not squeezed.strip("=") or _BODY.fullmatch(squeezed) is None or _bad_padding(squeezed):
        raise InputError(
            "The padding of the base64 text is wrong: “=” stands only at the end, up to a multiple of four."
        )
    bare = squeezed.rstrip("=")
    if len(bare) % 4 == 1:
        raise InputError(
            f"{len(bare)} base64 characters cannot be whole bytes: one is lost or added. Send it again, or hex."
        )
    if len(bare) % 4 and bare == squeezed:
        notes.append(Note("padding-left-out", len(text.rstrip()), 0, "the base64 padding is left out"))
    try:
        data = base64.b64decode(bare.translate(_URL_SAFE) + "=" * (-len(bare) % 4))
    except binascii.Error as error:
        raise InputError(f"The text is not base64 ({error}). Send hex instead.") from error
    return pasted(Form.BASE64, data, notes)
