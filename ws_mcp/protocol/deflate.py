"""permessage-deflate undone, as far as a check needs it (RFC 7692, 7.2.2), and what the data shows on the way.

Theory of operation. Each direction has up to three inflaters that read the same bytes:

* the loose one has the largest window and keeps its context for ever, so it reads what any compressor wrote; only
  data that is no DEFLATE at all stops it;
* one with the agreed window, fed so that zlib sees each back reference against that window and nothing more: zlib keeps
  no more than the window only between calls, so each call may give a single byte. That is slow, hence ``STRICT_BYTES``;
* one that starts anew with each message, where the sender agreed not to keep its context.

Where the loose one reads and another fails, the sender broke the limit that the other stands for. Output is handed on
in pieces and never kept; a message that grows past ``BOMB_SIZE`` by more than ``BOMB_RATIO`` is given up as a bomb.
Input is inflated in blocks of a fixed size, so that what is found does not depend on how the bytes arrived.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from ws_mcp.errors import InputError
from ws_mcp.protocol.extensions import Extension, parse_extensions
from ws_mcp.types import Side
from ws_mcp.wire import Inflated

TAIL = b"\x00\x00\xff\xff"  # what the sender cuts and the receiver appends (RFC 7692, 7.2.1 and 7.2.2)
BLOCK = 16384
PIECE = 65536
BOMB_SIZE = 16 * 1024 * 1024
BOMB_RATIO = 100
STRICT_BYTES = 256 * 1024  # inflated bytes of one direction that are held against the agreed window
WINDOW = 32768
PARAMETERS = (  # RFC 7692, 7.1
    "server_no_context_takeover",
    "client_no_context_takeover",
    "server_max_window_bits",
    "client_max_window_bits",
)


@dataclass(frozen=True, slots=True)
class Deflate:
    """The agreed parameters: window sizes as powers of two, and who may keep its context from message to message."""

    client_bits: int = 15
    server_bits: int = 15
    client_keeps: bool = True
    server_keeps: bool = True

    def of(self, side: Side | None) -> tuple[int, bool]:
        """(window bits, keeps context) of what ``side`` sends; the widest where the side is not known."""
        if side is None:
            return 15, True
        client = side is Side.CLIENT
        return (self.client_bits, self.client_keeps) if client else (self.server_bits, self.server_keeps)


@dataclass(frozen=True, slots=True)
class Extensions:
    """What was negotiated; where nobody said, ``known`` is False and ``inferred`` tells what we took it for and why."""

    known: bool = True
    deflate: Deflate | None = None
    others: tuple[str, ...] = ()
    inferred: str = ""


def negotiated(value: str) -> Extensions:
    """Reads the Sec-WebSocket-Extensions value of the answer; "none" is none, "" is not known.

    Raises:
        InputError: the value is no list of extensions, or the parameters of permessage-deflate make no sense.
    """
    text = value.strip()
    if not text or text.lower() == "none":
        return Extensions(known=bool(text))
    agreed = parse_extensions(text)
    if faults := [note.text for extension in agreed for note in extension.faults]:
        raise InputError(
            f"cannot read the extensions {text[:80]!r}: {faults[0]}. Send the value of the server's "
            "Sec-WebSocket-Extensions field, such as 'permessage-deflate; client_max_window_bits=12', or 'none'."
        )
    deflate = next((extension for extension in agreed if extension.name.lower() == "permessage-deflate"), None)
    others = tuple(extension.name for extension in agreed if extension is not deflate)
    return Extensions(deflate=_parameters(deflate) if deflate else None, others=others)


def _parameters(extension: Extension) -> Deflate:
    if strange := [one.name for one in extension.parameters if one.name.lower() not in PARAMETERS]:
        raise InputError(
            f"permessage-deflate has no parameter {strange[0][:60]!r}: its parameters are {', '.join(PARAMETERS)}."
        )
    return Deflate(
        _bits(extension, "client_max_window_bits"),
        _bits(extension, "server_max_window_bits"),
        extension.get("client_no_context_takeover") is None,
        extension.get("server_no_context_takeover") is None,
    )


def _bits(extension: Extension, name: str) -> int:
    parameter = extension.get(name)
    if parameter is None or (parameter.value is None and name.startswith("client")):
        return 15  # an offer may name client_max_window_bits without a value (RFC 7692, 7.1.2.2)
    value = parameter.value or ""
    if value not in {"8", "9", "10", "11", "12", "13", "14", "15"}:
        raise InputError(
            f"{name}={value or '(nothing)'} is no window size: send a number from 8 to 15, or leave it out."
        )
    return int(value)


class Inflater:
    """Inflates the compressed messages of one direction; ``start``, ``feed`` as often as needed, ``finish``."""

    def __init__(self, bits: int = 15, keeps: bool = True) -> None:
        self._loose = zlib.decompressobj(-15)
        self._window = zlib.decompressobj(-bits) if bits < 15 else None
        self._keeps = keeps
        self._fresh = None if keeps else zlib.decompressobj(-15)
        self._history = bytearray()  # at least the last WINDOW bytes, cut now and then
        self._strict_left = STRICT_BYTES
        self._lost = False
        self.busy = False
        self._begin()

    def _begin(self) -> None:
        self._pending = bytearray()
        self._last = b""
        self._fed = self._size = 0
        self._error = self._too_far = ""
        self._stopped = False

    def start(self) -> None:
        """Begins a message."""
        self._begin()
        self.busy = True
        if not self._keeps:
            self._fresh = zlib.decompressobj(-15)

    def feed(self, data: bytes | memoryview) -> Iterator[bytes]:
        """Takes compressed bytes, gives inflated ones."""
        self._pending += data
        while len(self._pending) >= BLOCK:
            block = bytes(self._pending[:BLOCK])
            del self._pending[:BLOCK]
            yield from self._inflate(block)

    def finish(self, complete: bool = True) -> Iterator[bytes]:
        """Ends the message and gives the last inflated bytes; ``result`` then tells what was seen."""
        yield from self._inflate(bytes(self._pending))
        self.busy = False
        kept = unaligned = False
        if complete and not self._idle:
            kept = self._last == TAIL and _aligned(self._loose)
            yield from self._inflate(TAIL)
            unaligned = not self._idle and not _aligned(self._loose)
        self.result = Inflated(
            self._size, self._error, unaligned and not kept, kept, self._too_far, self._stopped, self._lost
        )
        if self._error or self._stopped or unaligned or not complete:
            self._lost = self._keeps
            self._loose = zlib.decompressobj(-15)
            self._window = None

    @property
    def _idle(self) -> bool:
        return bool(self._error) or self._stopped or self._lost

    def _inflate(self, block: bytes) -> Iterator[bytes]:
        if self._idle or not block:
            return
        self._fed += len(block)
        self._last = (self._last + block)[-4:]
        try:
            yield from self._loosely(block)
        except zlib.error as error:
            self._error = _reason(error)
            return
        self._strictly(block)

    def _loosely(self, data: bytes) -> Iterator[bytes]:
        while not self._stopped:
            piece = self._loose.decompress(data, PIECE)
            data = self._loose.unconsumed_tail
            if piece:
                self._size += len(piece)
                self._history += piece
                if len(self._history) > 4 * WINDOW:
                    del self._history[:-WINDOW]
                self._stopped = self._size > BOMB_SIZE and self._size > BOMB_RATIO * self._fed
                yield piece
            if self._loose.eof:  # a block with BFINAL; others may follow (7.2.1), and refer to what came before
                data = self._loose.unused_data
                self._loose = zlib.decompressobj(-15, zdict=bytes(self._history[-WINDOW:]))
            if not data and len(piece) < PIECE:
                return

    def _strictly(self, block: bytes) -> None:
        if self._window is not None and not self._too_far:
            left, ended = self._strict_left, False
            try:
                left, ended = _drain(self._window, block, 1, left)
            except zlib.error:
                self._too_far, ended = "window", True
            self._strict_left = left
            self._window = None if ended or not left else self._window
        if self._fresh is not None and not self._too_far:
            try:
                _, ended = _drain(self._fresh, block, PIECE, BOMB_SIZE * BOMB_RATIO)
            except zlib.error:
                self._too_far, ended = "context", True
            self._fresh = None if ended else self._fresh


def _drain(inflater: zlib._Decompress, data: bytes, piece: int, left: int) -> tuple[int, bool]:
    """Inflates ``data`` in pieces of at most ``piece`` bytes; (what is left of ``left``, whether the stream ended)."""
    while left > 0:
        out = inflater.decompress(data, piece)
        data = inflater.unconsumed_tail
        left -= len(out)
        if inflater.eof or (not data and len(out) < piece):
            break
    return max(left, 0), inflater.eof


def _aligned(inflater: zlib._Decompress) -> bool:
    """Whether the inflater stands at the start of a block and of a byte: an appended stored block is then read."""
    try:
        probe = inflater.copy()
        return probe.decompress(b"\x01\x01\x00\xfe\xff.") == b"."
    except zlib.error:
        return False


def _reason(error: zlib.error) -> str:
    """What zlib says, without its prefix: "Error -3 while decompressing data: invalid block type"."""
    return str(error).rpartition(": ")[2]
