r"""The short notation for frames to build, one frame a line: ``text hello``, ``close 1000 bye``, ``0x3 rsv1 hex:ff``.

An opcode (name or number), then options in any order, then the payload: text as it stands, or ``hex:…``. ``--`` ends
the options. Options: ``nofin`` ``rsv1`` ``rsv2`` ``rsv3`` ``mask`` ``nomask`` ``key=37fa213d`` ``form=7|16|64``
``length=N`` ``cut=N`` ``deflate``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ws_mcp.errors import InputError

SHOW = (
    "text hello · text nofin Hel · continuation lo · close 1000 bye · ping · binary hex:ff00 · 0x3 rsv1 nomask form=16"
)
_FLAGS: dict[str, dict[str, Any]] = {
    "nofin": {"fin": False},
    "fin": {"fin": True},
    "rsv1": {"rsv1": True},
    "rsv2": {"rsv2": True},
    "rsv3": {"rsv3": True},
    "mask": {"mask": True},
    "nomask": {"mask": False},
    "deflate": {"deflate": True},
}
_VALUES: dict[str, tuple[str, Callable[[str], Any]]] = {
    "key": ("mask_key", str),
    "form": ("length_form", str),
    "length": ("length", int),
    "cut": ("cut", int),
}
_WORD = re.compile(r"\S+")


def parse_line(line: str) -> dict[str, Any]:
    """One line as the JSON form of a frame.

    Raises:
        InputError: an option's value cannot be read, or there is no opcode.
    """
    first = _WORD.search(line)
    if first is None:
        raise InputError(f"A frame to build has no opcode. Write for example: {SHOW}")
    told: dict[str, Any] = {"opcode": first[0]}
    rest = line[first.end() :].removeprefix(" ")
    while word := _WORD.match(rest):
        option = _option(word[0])
        if option is None:
            break
        told |= option
        rest = rest[word.end() :].removeprefix(" ")
    rest = re.sub(r"^--(?: |$)", "", rest)
    return told | _payload(first[0], rest)


def _option(word: str) -> dict[str, Any] | None:
    if word in _FLAGS:
        return _FLAGS[word]
    name, equals, value = word.partition("=")
    if not equals or name not in _VALUES:
        return None
    key, read = _VALUES[name]
    try:
        return {key: read(value)}
    except ValueError:
        raise InputError(
            f"{word[:60]!r}: {name} takes a whole number. Put -- before a payload that begins so."
        ) from None


def _payload(opcode: str, rest: str) -> dict[str, Any]:
    if rest.startswith("hex:"):
        return {"payload_hex": rest[4:]}
    if opcode in {"close", "8", "0x8"} and rest:
        code, _, reason = rest.partition(" ")
        if not (code.isascii() and code.isdigit()):
            raise InputError(f"After close comes a status code, then the reason: close 1000 bye; not {rest[:40]!r}.")
        return {"close_code": int(code), "payload": reason}
    return {"payload": rest} if rest else {}
