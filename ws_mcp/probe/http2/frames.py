"""Cuts what an HTTP/2 peer sends into frames, and says them in words (RFC 9113, 4 and 6).

It sees what a library would refuse to hand out, such as a setting with a wrong value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ws_mcp.report.evidence import printable

HEAD = 9  # bytes of a frame before its payload
LARGEST = 16_384  # bytes of a payload where SETTINGS_MAX_FRAME_SIZE was not raised, as we never do
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0x0, 0x1, 0x3, 0x4, 0x6, 0x7, 0x8
END_STREAM = ACK = 0x1
ENABLE_CONNECT_PROTOCOL = 0x8  # RFC 8441, 3
SHOWN = 48  # bytes of a payload

_NAMES = (
    "DATA",
    "HEADERS",
    "PRIORITY",
    "RST_STREAM",
    "SETTINGS",
    "PUSH_PROMISE",
    "PING",
    "GOAWAY",
    "WINDOW_UPDATE",
    "CONTINUATION",
)
_SETTINGS = {
    1: "HEADER_TABLE_SIZE",
    2: "ENABLE_PUSH",
    3: "MAX_CONCURRENT_STREAMS",
    4: "INITIAL_WINDOW_SIZE",
    5: "MAX_FRAME_SIZE",
    6: "MAX_HEADER_LIST_SIZE",
    ENABLE_CONNECT_PROTOCOL: "ENABLE_CONNECT_PROTOCOL",
    9: "NO_RFC7540_PRIORITIES",
}
_ERRORS = (
    "NO_ERROR",
    "PROTOCOL_ERROR",
    "INTERNAL_ERROR",
    "FLOW_CONTROL_ERROR",
    "SETTINGS_TIMEOUT",
    "STREAM_CLOSED",
    "FRAME_SIZE_ERROR",
    "REFUSED_STREAM",
    "CANCEL",
    "COMPRESSION_ERROR",
    "CONNECT_ERROR",
    "ENHANCE_YOUR_CALM",
    "INADEQUATE_SECURITY",
    "HTTP_1_1_REQUIRED",
)


class UnreadableError(Exception):
    """What came is no frame that may come; the message says why."""


@dataclass(frozen=True, slots=True)
class HttpFrame:
    """One frame; ``raw`` is all of it."""

    type: int
    flags: int
    stream: int
    raw: bytes

    @property
    def payload(self) -> bytes:
        """What follows the head."""
        return self.raw[HEAD:]

    def settings(self) -> Iterator[tuple[int, int]]:
        """The settings in a SETTINGS frame, identifier and value, in order."""
        payload = self.payload if self.type == SETTINGS else b""
        for at in range(0, len(payload) - 5, 6):
            yield int.from_bytes(payload[at : at + 2], "big"), int.from_bytes(payload[at + 2 : at + 6], "big")


class FrameCutter:
    """Holds at most one frame that is not whole yet."""

    def __init__(self) -> None:
        self._held = b""

    def feed(self, data: bytes) -> Iterator[HttpFrame]:
        """The frames that are whole now.

        Raises:
            UnreadableError: the bytes are HTTP/1, or a frame is longer than allowed.
        """
        data = self._held + data
        if data.startswith(b"HTTP/"):
            raise UnreadableError("it answers with HTTP/1")
        at = 0
        while len(data) - at >= HEAD:
            size = int.from_bytes(data[at : at + 3], "big")
            if size > LARGEST:
                raise UnreadableError(f"it sent a frame of {size:,} bytes, where {LARGEST:,} is the most")
            end = at + HEAD + size
            if end > len(data):
                break
            stream = int.from_bytes(data[at + 5 : at + 9], "big") & 0x7FFFFFFF
            yield HttpFrame(data[at + 3], data[at + 4], stream, data[at:end])
            at = end
        self._held = data[at:]


def error_name(code: int) -> str:
    """The name of an error code (RFC 9113, 7)."""
    return _ERRORS[code] if code < len(_ERRORS) else f"0x{code:x}"


def tell_settings(settings: Iterable[tuple[int, int]]) -> str:
    """Settings by name."""
    return ", ".join(f"{_SETTINGS.get(name, hex(name))}={value}" for name, value in settings)


def tell_frame(frame: HttpFrame, headers: Iterable[tuple[str, str]] | None = None) -> str:
    """A frame in words; ``headers``: the list that ends with it."""
    name = _NAMES[frame.type] if frame.type < len(_NAMES) else f"frame 0x{frame.type:x}"
    if frame.stream:
        name += f" stream {frame.stream}"
    if frame.flags & END_STREAM:
        name += {SETTINGS: " ACK", PING: " ACK", DATA: " END_STREAM", HEADERS: " END_STREAM"}.get(frame.type, "")
    shown = _content(frame, headers)
    return f"[{name}: {shown}]" if shown else f"[{name}]"


def _content(frame: HttpFrame, headers: Iterable[tuple[str, str]] | None) -> str:
    payload = frame.payload
    if headers is not None:
        return ", ".join(printable(f"{name}: {value[:200]}") for name, value in headers)
    if frame.type == SETTINGS:
        return tell_settings(frame.settings())
    if frame.type == RST_STREAM:
        return error_name(int.from_bytes(payload[:4], "big"))
    if frame.type == GOAWAY:
        last = int.from_bytes(payload[:4], "big") & 0x7FFFFFFF
        text = "".join(
            sign if sign.isprintable() else "·" for sign in payload[8 : 8 + SHOWN].decode("utf-8", "replace")
        )
        return f"{error_name(int.from_bytes(payload[4:8], 'big'))}, last stream {last}{f', {text}' if text else ''}"
    if frame.type == WINDOW_UPDATE:
        return f"+{int.from_bytes(payload[:4], 'big') & 0x7FFFFFFF}"
    more = f" … ({len(payload):,} bytes)" if len(payload) > SHOWN else ""
    return payload[:SHOWN].hex(" ") + more
