"""Builds frames, right or deliberately wrong, and says which rules they break; and the key and accept pair."""

from __future__ import annotations

import binascii
import secrets
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ws_mcp.checking.notation import SHOW, parse_line
from ws_mcp.errors import InputError
from ws_mcp.judge import check_frames
from ws_mcp.protocol import build
from ws_mcp.protocol.deflate import TAIL
from ws_mcp.protocol.headers import decode_key
from ws_mcp.types import Report, Side

MOST_FRAMES = 1_000
MOST_BYTES = 1 << 20
_FORMS = {"7": 7, "7-bit": 7, "16": 16, "16-bit": 16, "64": 64, "64-bit": 64}
_NAMES = frozenset(
    "opcode payload payload_hex close_code fin rsv1 rsv2 rsv3 mask mask_key length_form length cut deflate".split()
)


@dataclass(frozen=True, slots=True)
class Built:
    """The bytes and what a check says of them."""

    data: bytes
    report: Report


def frames(wanted: Sequence[Mapping[str, Any] | str], sender: Side = Side.CLIENT, extensions: str = "none") -> Built:
    """Frames one after the other, as ``sender`` sends them; each is its JSON form or a line of the short notation.

    A client's frames are masked with a fresh key each, a server's are not, unless a frame says otherwise.

    Raises:
        InputError: there is no frame, or one cannot be written even wrongly.
    """
    if not wanted:
        raise InputError(f"There is no frame to build. One frame a line: {SHOW}")
    if len(wanted) > MOST_FRAMES:
        raise InputError(f"{len(wanted):,} frames are more than the {MOST_FRAMES:,} that are built at once.")
    pieces = [_frame(at, one, sender) for at, one in enumerate(wanted)]
    data = b"".join(pieces)
    if len(data) > MOST_BYTES:
        raise InputError(f"The frames have {len(data):,} bytes; at most {MOST_BYTES:,} are built at once.")
    return Built(data, check_frames(data, sender, extensions or "none"))


def accept_pair(key: str) -> dict[str, Any]:
    """A Sec-WebSocket-Key and the Sec-WebSocket-Accept that answers it; ``key`` "new" makes one (RFC 6455, 4.2.2).

    Raises:
        InputError: the key cannot stand in a header field.
    """
    wanted = key.strip(" \t")
    if wanted == "new":
        wanted = build.key(secrets.token_bytes(16))
    if not wanted or not wanted.isascii() or not wanted.isprintable() or len(wanted) > 1_000:
        raise InputError("That is no Sec-WebSocket-Key. Send its value, such as dGhlIHNhbXBsZSBub25jZQ==, or new.")
    nonce = decode_key(wanted).nonce
    right = nonce is not None and len(nonce) == 16
    pair: dict[str, Any] = {"key": wanted, "accept": build.accept(wanted), "key_is_right": right}
    return pair if right else pair | {"note": "The key is no base64 of 16 bytes (rfc6455/4.1); a server answers 400."}


def _frame(at: int, one: Mapping[str, Any] | str, sender: Side) -> bytes:
    try:
        told = parse_line(one) if isinstance(one, str) else one
        return _built(told, sender)
    except InputError as error:
        raise InputError(f"Frame {at}: {error}") from None
    except (ValueError, OverflowError, TypeError, KeyError) as error:
        raise InputError(f"Frame {at} cannot be written: {error}.") from None


def _built(told: Mapping[str, Any], sender: Side) -> bytes:
    unknown = sorted(set(told) - _NAMES)
    if unknown:
        raise InputError(f"{unknown[0][:40]!r} is nothing a frame has. It may have: {', '.join(sorted(_NAMES))}.")
    if "opcode" not in told:
        raise InputError('it has no opcode. Say "text", "binary", "continuation", "close", "ping", "pong" or 0 to 15.')
    payload = _content(told)
    rsv = sum(bit for name, bit in (("rsv1", 4), ("rsv2", 2), ("rsv3", 1)) if _flag(told, name, False))
    if _flag(told, "deflate", False):
        payload, rsv = _deflated(payload), rsv | 4
    if len(payload) > MOST_BYTES:
        raise InputError(f"its payload has {len(payload):,} bytes; at most {MOST_BYTES:,} are built.")
    return build.frame(
        _opcode(told["opcode"]),
        payload,
        fin=_flag(told, "fin", True),
        rsv=rsv,
        key=_key(told, sender),
        form=_form(told, len(payload)),
        length=_number(told, "length", 2**64 - 1),
        cut=_number(told, "cut", MOST_BYTES),
    )


def _opcode(told: object) -> int:
    text = str(told).strip().casefold()
    if text in build.OPCODES:
        return build.OPCODES[text]
    try:
        number = int(text, 0)
    except ValueError:
        number = -1
    if not 0 <= number <= 15:
        names = ", ".join(build.OPCODES)
        raise InputError(f"{str(told)[:40]!r} is no opcode. Use {names}, or a number from 0 to 15 (0x0 to 0xf).")
    return number


def _content(told: Mapping[str, Any]) -> bytes:
    text = told.get("payload") or ""
    if not isinstance(text, str | int | float) or isinstance(text, bool):
        raise InputError(f"payload is {str(text)[:40]!r}; send a text, JSON in quotes too, or payload_hex.")
    text = str(text)
    data = (
        _hex(told["payload_hex"], "payload_hex") if told.get("payload_hex") else text.encode("utf-8", "surrogatepass")
    )
    if told.get("close_code") is None:
        return data
    code = _number(told, "close_code", 65535) or 0
    return build.close_body(code, data)


def _hex(told: object, name: str) -> bytes:
    digits = "".join(str(told).split()).removeprefix("0x").replace(":", "")
    try:
        return bytes.fromhex(digits)
    except (ValueError, binascii.Error):
        raise InputError(f"{name} is {str(told)[:40]!r}; send pairs of hexadecimal digits, such as 81 05.") from None


def _key(told: Mapping[str, Any], sender: Side) -> bytes | None:
    if not _flag(told, "mask", bool(told.get("mask_key")) or sender is Side.CLIENT):
        return None
    if not told.get("mask_key"):
        return secrets.token_bytes(4)  # RFC 6455, 5.3: fresh and unpredictable for each frame
    key = _hex(told["mask_key"], "mask_key")
    if len(key) != 4:
        raise InputError(f"mask_key has {len(key)} bytes; a masking key has four, such as 37fa213d.")
    return key


def _form(told: Mapping[str, Any], size: int) -> int | None:
    wanted = str(told.get("length_form") or "")
    if not wanted:
        return None
    if wanted not in _FORMS:
        raise InputError(f"length_form is {wanted[:40]!r}; send 7, 16 or 64.")
    form = _FORMS[wanted]
    announced = _number(told, "length", 2**64 - 1) or size
    if announced >= {7: 126, 16: 1 << 16, 64: 1 << 64}[form]:
        raise InputError(f"a length of {announced:,} does not fit in the {form}-bit form.")
    return form


def _flag(told: Mapping[str, Any], name: str, default: bool) -> bool:
    value = told.get(name)
    if value is None:
        return default
    if value not in (True, False):  # 1 and 0 are equal to them
        raise InputError(f"{name} is {str(value)[:40]!r}; send true or false.")
    return bool(value)


def _number(told: Mapping[str, Any], name: str, most: int) -> int | None:
    value = told.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise InputError(f"{name} is {str(value)[:40]!r}; send a whole number from 0 to {most:,}.")
    return value


def _deflated(payload: bytes) -> bytes:
    """The payload as permessage-deflate sends it, its own context (RFC 7692, 7.2.1)."""
    packer = zlib.compressobj(wbits=-15)
    packed = packer.compress(payload) + packer.flush(zlib.Z_SYNC_FLUSH)
    return packed.removesuffix(TAIL)


def as_json(built: Built) -> dict[str, Any]:
    """Hex, the dissection of each frame, and the rules that the frames break."""
    breaks = [
        {"rule": finding.rule, "severity": finding.severity.value, "message": finding.message}
        for finding in built.report.findings
    ]
    return {
        "hex": built.data.hex(" "),
        "bytes": len(built.data),
        "verdict": built.report.verdict,
        "breaks": breaks,
        "frames": built.report.facts["frames"],
    }
