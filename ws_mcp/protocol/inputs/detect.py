"""Any paste or file to bytes: the form told by its looks, or named."""

from __future__ import annotations

import re
from collections.abc import Callable

from ws_mcp.errors import InputError
from ws_mcp.protocol.inputs import packets
from ws_mcp.protocol.inputs.arrays import looks_array, looks_decimal, read_array, read_decimal
from ws_mcp.protocol.inputs.base64text import looks_base64, read_base64
from ws_mcp.protocol.inputs.calls import looks_call, read_call
from ws_mcp.protocol.inputs.dialogue import looks_dialogue, looks_yaml, read_dialogue, read_yaml
from ws_mcp.protocol.inputs.dumps import DUMPS, dump_form, read_dump
from ws_mcp.protocol.inputs.hexdigits import looks_follow, looks_hex, read_follow, read_hex
from ws_mcp.protocol.inputs.literals import looks_escaped, read_escapes
from ws_mcp.protocol.inputs.model import MAX_FILE, MAX_TEXT, Form, Pasted, joined, pasted
from ws_mcp.protocol.inputs.refusals import looks_bits, refuse, refuse_file, too_large

_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0e-\x1f\x7f]")
_PLAIN_HEX = re.compile(r"[0-9A-Fa-f\s]+")

# Precedence of the forms that stand on one line; dumps, streams and dialogues are told by their lines before these.
# Hex comes before base64, so a text that is both ("abcd") is hex; numbers in brackets are decimal, bare ones hex
# while they can be.
ORDER: tuple[tuple[Callable[[str], bool], Callable[[str], Pasted]], ...] = (
    (looks_call, read_call),
    (looks_escaped, read_escapes),
    (looks_array, read_array),
    (looks_decimal, read_decimal),
    (looks_hex, read_hex),
    (looks_base64, read_base64),
)

_NAMED: dict[Form, Callable[[str], Pasted]] = {
    Form.HEX: read_hex,
    Form.ESCAPES: read_escapes,
    Form.ARRAY: lambda text: read_decimal(text) if looks_decimal(text) else read_array(text),
    Form.CALL: read_call,
    Form.BASE64: read_base64,
    Form.FOLLOW: read_follow,
    Form.FOLLOW_YAML: read_yaml,
    Form.DIALOGUE: lambda text: read_dialogue(text, lambda part: _part(part)),
}


def read_bytes(source: str | bytes, form: str = "auto") -> Pasted:
    """Read a paste (``str``) or a file's content (``bytes``).

    ``form`` is a value of ``Form``. Bytes that are no text, or any with ``form="binary"``, are taken as they are; a
    ``str`` cannot be binary. Whole packets lose their link, IP and TCP headers, with a note.

    Raises:
        InputError: nothing usable is there; the message says what to send instead.
    """
    try:
        wanted = Form(form)
    except ValueError:
        names = ", ".join(Form)
        raise InputError(f"There is no input form {form[:40]!r}. Use one of: {names}.") from None
    if isinstance(source, bytes):
        return _file(source, wanted)
    if len(source) > MAX_TEXT:
        raise too_large(len(source), file=False)
    if wanted is Form.BINARY:
        raise InputError("Binary bytes cannot be pasted as text. Give a file, or send the bytes as hex.")
    return _text(source, wanted)


def _file(data: bytes, wanted: Form) -> Pasted:
    if len(data) > MAX_FILE:
        raise too_large(len(data), file=True)
    if not data:
        raise InputError("The file is empty. Send frame bytes, or their hex.")
    if wanted is Form.BINARY:
        return pasted(Form.BINARY, data)
    text = _as_text(data)
    if text is None:
        error = refuse_file(data)
        if error:
            raise error
        if wanted is not Form.AUTO:
            raise InputError(f"The file is binary, not text of the form {wanted}. Use the form binary or auto.")
        return pasted(Form.BINARY, data)
    try:
        return _text(text, wanted)
    except InputError:
        if wanted is Form.AUTO and not data.isascii() and data[0] >= 0x80:
            return pasted(Form.BINARY, data)
        raise


def _as_text(data: bytes) -> str | None:
    """``data`` as text, or None: UTF-16 and UTF-8 by their marks, else UTF-8 without control characters."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        try:
            wide = data.decode("utf-16")
        except UnicodeDecodeError:
            return None
        return wide if wide.isascii() and not _CONTROL.search(wide.encode()) else None
    if _CONTROL.search(data):
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None


def _text(text: str, wanted: Form) -> Pasted:
    text = text.removeprefix("\ufeff")
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    if not text.strip():
        raise InputError("The input is empty. Send frame bytes as hex, such as 81 85 37 fa 21 3d 7f 9f 4d 51 58.")
    if wanted in DUMPS:
        return read_dump(text, wanted)
    if wanted is not Form.AUTO:
        return _with_bytes(_NAMED[wanted](text))
    if looks_dialogue(text):
        return _with_bytes(read_dialogue(text, _part))
    if looks_yaml(text):
        return read_yaml(text)
    if looks_follow(text):
        return read_follow(text)
    return _with_bytes(_part(text))


def _part(text: str) -> Pasted:
    """Read a text that has no directions of its own, or what one side sent."""
    if _PLAIN_HEX.fullmatch(text) is None or "\n" in text or text.lstrip()[:4] == "0000":
        style = dump_form(text)
        if style:
            return read_dump(text, style)
    if looks_bits(text.strip()[:400]):
        raise refuse(text)
    for looks, read in ORDER:
        if looks(text):
            return _unpacked(read(text))
    raise refuse(text)


def _unpacked(read: Pasted) -> Pasted:
    if len(read.segments) != 1:
        return read
    unwrapped = packets.unwrap([read.segments[0].data])
    if not unwrapped:
        return read
    return Pasted(read.form, joined(unwrapped[0]), (*read.notes, *unwrapped[1]))


def _with_bytes(read: Pasted) -> Pasted:
    if not read.segments and not any(note.kind == "packet-headers-stripped" for note in read.notes):
        raise InputError("The input holds no bytes. Send frame bytes as hex, such as 81 85 37 fa 21 3d 7f 9f 4d 51 58.")
    return read
