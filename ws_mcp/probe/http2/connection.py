"""One HTTP/2 connection to a server, and its streams, each of which a ``Talk`` takes for a connection of its own.

Nothing runs in the background: whoever waits for something reads for all streams (``pump``). A peer gets new window
only for what was read, so no stream holds more than its window; frames and bytes of a connection are bounded.
"""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from typing import Any

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    InformationalResponseReceived,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
)
from h2.exceptions import H2Error
from h2.settings import SettingCodes

from ws_mcp.probe.http2 import frames
from ws_mcp.probe.http2.frames import FrameCutter, HttpFrame, UnreadableError
from ws_mcp.probe.observed import EVENTS, HttpLog
from ws_mcp.probe.talk import CHUNK, MOST, Reader, Transport, Writer

LATE = 0.25  # seconds in which the setting may still come after the server's first SETTINGS
_PREFACE = 24  # bytes before our first frame (RFC 9113, 3.4)
_BROKEN = (ConnectionError, ssl.SSLError, OSError)
_UNFIT = (H2Error, ValueError, LookupError, TypeError)  # what garbage makes the library raise
Headers = list[tuple[str, str]]


class Link:
    """An HTTP/2 connection on which we are the client.

    Attributes:
        values: of SETTINGS_ENABLE_CONNECT_PROTOCOL as they came, in order.
        over: why nothing can be sent or come any more, "" while it can.
        log: the frames both ways.
    """

    def __init__(self, reader: Reader, writer: Writer, deadline: float, window: int | None = None) -> None:
        self._reader, self.writer, self.deadline = reader, writer, deadline
        self.values: list[int] = []
        self.over = ""
        self.log = HttpLog()
        self.greeted = False
        self._streams: dict[int, Stream] = {}
        self._cutter, self._own, self._skip = FrameCutter(), FrameCutter(), _PREFACE
        self._frames = self._bytes = self._turn = 0
        self._lock = asyncio.Lock()
        self.h2 = H2Connection(
            H2Configuration(
                client_side=True,
                validate_outbound_headers=False,
                normalize_outbound_headers=False,
                validate_inbound_headers=False,
                normalize_inbound_headers=False,
            )
        )
        del self.h2.local_settings[SettingCodes.ENABLE_CONNECT_PROTOCOL]  # from a client it means nothing
        self.h2.local_settings[SettingCodes.ENABLE_PUSH] = 0
        if window is not None:
            self.h2.local_settings[SettingCodes.INITIAL_WINDOW_SIZE] = window
        self.h2.local_settings.acknowledge()

    async def start(self) -> str:
        """Exchanges SETTINGS; why no WebSocket can be opened, "" where one can (RFC 8441, 3)."""
        clock = asyncio.get_running_loop().time
        self.h2.initiate_connection()
        self.flush()
        try:
            async with asyncio.timeout_at(self.deadline):
                while not self.greeted and not self.over:
                    await self.pump()
            async with asyncio.timeout_at(min(self.deadline, clock() + LATE)):
                while self.greeted and not self.values and not self.over:
                    await self.pump()
        except TimeoutError:
            pass
        if not self.greeted:
            return f"no HTTP/2: {self.over or 'no SETTINGS in time'}"
        if self.over:
            return f"HTTP/2, but then {self.over}"
        if not self.values:
            return "HTTP/2 without SETTINGS_ENABLE_CONNECT_PROTOCOL, so no WebSocket may be opened on it"
        value = self.values[-1]
        return "" if value == 1 else f"HTTP/2 with SETTINGS_ENABLE_CONNECT_PROTOCOL={value}"

    def stream(self) -> Stream:
        """The next stream; it opens with its request."""
        stream = Stream(self, self.h2.get_next_available_stream_id() + 2 * self._waiting())
        self._streams[stream.id] = stream
        return stream

    def _waiting(self) -> int:
        return sum(not stream.asked for stream in self._streams.values())

    async def pump(self) -> None:
        """Waits until something came, and hands it to the streams. Who comes second waits for the first one's read."""
        turn = self._turn
        async with self._lock:
            if turn != self._turn or self.over:
                return
            try:
                data = await self._reader.read(CHUNK)
            except _BROKEN:
                self.end("TCP was reset")
            else:
                self._turn += 1
                self._take(data)
        await asyncio.sleep(0)  # where data is always there, no time-out would ever act

    def _take(self, data: bytes) -> None:
        self._bytes += len(data)
        if not data:
            self.end("TCP was closed")
            return
        try:
            for frame in self._cutter.feed(data):
                self._frame(frame)
            if self._bytes > MOST:
                raise UnreadableError(f"it sent more than {MOST >> 20} MiB")
        except UnreadableError as error:
            self.end(str(error))
        except _UNFIT as error:
            self.flush()  # the GOAWAY that tells the peer
            self.end(f"HTTP/2 was broken: {str(error).rstrip('.') or type(error).__name__}")
        else:
            self.flush()

    def _frame(self, frame: HttpFrame) -> None:
        self._frames += 1
        if self._frames > EVENTS:
            raise UnreadableError(f"it sent more than {EVENTS:,} HTTP/2 frames")
        if not self.greeted and frame.type != frames.SETTINGS:
            raise UnreadableError("its first frame is not SETTINGS")
        self.greeted = True
        self.values += [value for name, value in frame.settings() if name == frames.ENABLE_CONNECT_PROTOCOL]
        headers: Headers | None = None
        try:
            events = self.h2.receive_data(frame.raw)
            for event in events:
                headers = headers or self._event(event)
        finally:
            self.log.note(frames.tell_frame(frame, headers), ours=False)

    def _event(self, event: Event) -> Headers | None:
        """Hands an event to its stream; the header list that came with it."""
        if isinstance(event, ConnectionTerminated):
            self.end(f"GOAWAY {frames.error_name(int(event.error_code or 0))}")
            return None
        stream = self._streams.get(getattr(event, "stream_id", None) or 0)
        if isinstance(event, ResponseReceived | InformationalResponseReceived | TrailersReceived):
            headers = [(_text(name), _text(value)) for name, value in event.headers or ()]
            if stream is not None and not isinstance(event, TrailersReceived):
                stream.answered(headers)
            return headers
        if stream is None:
            return None
        if isinstance(event, DataReceived):
            stream.came(event.data or b"", event.flow_controlled_length or 0)
        elif isinstance(event, StreamEnded):
            stream.ended = True
        elif isinstance(event, StreamReset):
            stream.fail(f"RST_STREAM {frames.error_name(int(event.error_code or 0))}")
        return None

    def end(self, why: str) -> None:
        """Nothing comes any more, on no stream."""
        self.over = self.over or why
        for stream in self._streams.values():
            stream.lose(why)

    def flush(self, headers: Headers | None = None) -> None:
        """Hands to TCP what there is to send; ``headers`` is the list in it."""
        data = self.h2.data_to_send()
        if not data or self.over:
            return
        self.writer.write(data)
        skipped = min(self._skip, len(data))
        self._skip -= skipped
        for frame in self._own.feed(data[skipped:]):
            self.log.note(frames.tell_frame(frame, headers if frame.type == frames.HEADERS else None), ours=True)

    def set(self, value: int) -> None:
        """Sends SETTINGS_ENABLE_CONNECT_PROTOCOL ourselves."""
        self.h2.update_settings({SettingCodes.ENABLE_CONNECT_PROTOCOL: value})
        self.flush()

    def abort(self) -> None:
        """Ends TCP at once."""
        self.over = self.over or "we hung up"
        self.writer.transport.abort()


class Stream:
    """One stream: ``Reader`` and ``Writer`` in one; both raise ConnectionResetError when it was reset or lost.

    Attributes:
        headers: the answer's, None until it came.
        ended: END_STREAM came; ``broken`` says what ended it otherwise, and ``lost`` that the connection went.
        holding: no new window is granted for what is read.
    """

    def __init__(self, link: Link, number: int) -> None:
        self.link, self.id = link, number
        self.headers: Headers | None = None
        self.asked = self.ended = self.lost = self.holding = False
        self.broken = ""
        self._in, self._out = bytearray(), bytearray()

    def open(self, headers: Headers) -> None:
        """Sends the request."""
        self.asked = True
        try:
            self.link.h2.send_headers(self.id, [(_octets(name), _octets(value)) for name, value in headers])
        except H2Error as error:  # the connection ended meanwhile
            self.fail(str(error))
        self.link.flush(headers)

    async def answer(self) -> Headers | None:
        """The answer's header list, None where the stream ends without."""
        while self.headers is None and not (self.ended or self.broken):
            await self.link.pump()
        return self.headers

    async def read(self, n: int = -1, /) -> bytes:
        """The next bytes of DATA frames, b"" after END_STREAM."""
        while not self._in and not self.ended and not self.broken:
            await self.link.pump()
        if self.broken and not self._in:
            raise ConnectionResetError(self.broken)
        data = bytes(self._in[:n] if n >= 0 else self._in)
        del self._in[: len(data)]
        if data and not self.holding:
            self.link.h2.acknowledge_received_data(len(data), self.id)
            self.link.flush()
        return data

    def write(self, data: bytes, /) -> None:
        """Queues bytes until ``drain``."""
        self._out += data

    async def drain(self) -> None:
        """Sends what is queued, in DATA frames as large as the peer's windows and limits let them be."""
        data, self._out = bytes(self._out), bytearray()
        at = 0
        while at < len(data):
            room = await self._room(1)
            size = min(room, len(data) - at)
            self._send(data[at : at + size])
            at += size
            await self.link.writer.drain()

    async def frame(self, data: bytes, padding: int | None, end: bool) -> None:
        """One DATA frame with just this."""
        await self.drain()
        await self._room(len(data) + (padding + 1 if padding is not None else 0))
        self._send(data, end, padding)
        await self.link.writer.drain()

    async def _room(self, least: int) -> int:
        """How many bytes may be sent, ``least`` or more."""
        while True:
            if self.broken:
                raise ConnectionResetError(self.broken)
            try:
                room = min(self.link.h2.local_flow_control_window(self.id), self.link.h2.max_outbound_frame_size)
            except H2Error as error:
                raise ConnectionResetError(str(error)) from None
            if room >= least:
                return room
            await self.link.pump()

    def _send(self, data: bytes, end: bool = False, padding: int | None = None) -> None:
        try:
            self.link.h2.send_data(self.id, data, end_stream=end, pad_length=padding)
        except H2Error as error:
            raise ConnectionResetError(str(error)) from None
        self.link.flush()

    def reset(self) -> None:
        """RST_STREAM with CANCEL (RFC 8441, 5)."""
        if not self.broken:
            with suppress(H2Error):  # it ended meanwhile
                self.link.h2.reset_stream(self.id, ErrorCodes.CANCEL)
            self.link.flush()
            self.fail("we reset the stream")

    def grant(self, size: int) -> None:
        """So many more bytes may come, whatever was read."""
        self.link.h2.increment_flow_control_window(size, self.id)
        self.link.flush()

    def answered(self, headers: Headers) -> None:
        """An answer came; of informational ones only 101 is told, which HTTP/2 does not have."""
        status = dict(headers).get(":status", "")
        if self.headers is None and (status == "101" or not status.startswith("1")):
            self.headers = headers

    def came(self, data: bytes, counted: int) -> None:
        """A DATA frame came; its padding is given back at once."""
        self._in += data
        if counted > len(data) and not self.holding:
            self.link.h2.acknowledge_received_data(counted - len(data), self.id)

    def fail(self, why: str) -> None:
        """It was reset."""
        if not self.ended:
            self.broken = self.broken or why

    def lose(self, why: str) -> None:
        """The connection ended below it."""
        if not self.ended and not self.broken:
            self.broken, self.lost = why, True

    def close(self) -> None:
        """END_STREAM."""
        if not self.broken:
            self._send(b"", end=True)

    def write_eof(self) -> None:
        """END_STREAM too: to end one half is all that there is."""
        self.close()

    @property
    def transport(self) -> Transport:
        """It stands for TCP too: to abort it ends the whole connection, which has one case to itself."""
        return self

    def abort(self) -> None:
        """Ends the connection."""
        self.link.abort()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Those of TCP; the windows of HTTP/2 count beside them."""
        self.link.writer.transport.set_write_buffer_limits(high, low)

    def get_extra_info(self, name: str, /) -> Any:
        """What is known of TCP below."""
        return self.link.writer.get_extra_info(name)


def _octets(text: str) -> bytes:
    return text.encode("latin-1", "replace")


def _text(data: Any) -> str:
    return data.decode("latin-1") if isinstance(data, bytes) else str(data)
