"""One HTTP/2 connection to a server: the only importer of h2.

Nothing runs in the background: whoever waits for something reads for all streams (``pump``). A peer gets new window
only for what was read, so no stream holds more than its window; frames and bytes of a connection are bounded.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
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
from ws_mcp.probe.http2.stream import Headers, Stream
from ws_mcp.probe.observed import EVENTS, HttpLog
from ws_mcp.probe.talk import CHUNK, MOST, Reader, Writer

LATE = 0.25  # seconds in which the setting may still come after the server's first SETTINGS
_PREFACE = 24  # bytes before our first frame (RFC 9113, 3.4)
_UNFIT = (H2Error, ValueError, LookupError, TypeError)  # what garbage makes the library raise


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
        """Waits until something came, and hands it to the streams. Who comes second waits for the first one's read.

        Raises:
            ConnectionResetError: nothing can come any more.
        """
        turn = self._turn
        async with self._lock:
            if self.over:
                self.end(self.over)  # for streams that were opened since
                raise ConnectionResetError(self.over)
            if turn != self._turn:
                return
            try:
                data = await self._reader.read(CHUNK)
            except OSError:
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
            self.end(f"HTTP/2 was broken: {_told(error)}")
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

    def request(self, number: int, headers: Headers) -> None:
        """Opens a stream."""
        with self._resetting():
            self.h2.send_headers(number, [(_octets(name), _octets(value)) for name, value in headers])
        self.flush(headers)

    def room(self, number: int) -> int:
        """How many bytes of DATA a stream may send now (RFC 9113, 6.9)."""
        with self._resetting():
            return min(self.h2.local_flow_control_window(number), self.h2.max_outbound_frame_size)

    def send(self, number: int, data: bytes, end: bool = False, padding: int | None = None) -> None:
        """One DATA frame."""
        with self._resetting():
            self.h2.send_data(number, data, end_stream=end, pad_length=padding)
        self.flush()

    def cancel(self, number: int) -> None:
        """RST_STREAM with CANCEL (RFC 8441, 5)."""
        with self._resetting():
            self.h2.reset_stream(number, ErrorCodes.CANCEL)
        self.flush()

    def give_back(self, number: int, size: int) -> None:
        """So much was read: the peer may send as much again."""
        self.h2.acknowledge_received_data(size, number)
        self.flush()

    def grant(self, number: int, size: int) -> None:
        """So many more bytes may come on a stream, whatever was read."""
        with self._resetting():
            self.h2.increment_flow_control_window(size, number)
        self.flush()

    @contextmanager
    def _resetting(self) -> Iterator[None]:
        """What a stream or a connection that ended does not allow any more, as TCP would say it."""
        try:
            yield
        except H2Error as error:
            raise ConnectionResetError(self.over or _told(error)) from None

    @property
    def most(self) -> int:
        """How many streams the server takes at a time, less those that are open."""
        return self.h2.remote_settings.max_concurrent_streams - self.h2.open_outbound_streams

    def set(self, value: int) -> None:
        """Sends SETTINGS_ENABLE_CONNECT_PROTOCOL ourselves."""
        self.h2.update_settings({SettingCodes.ENABLE_CONNECT_PROTOCOL: value})
        self.flush()

    def abort(self) -> None:
        """Ends TCP at once."""
        self.over = self.over or "we hung up"
        self.writer.transport.abort()


def _told(error: Exception) -> str:
    """What the library says; of some errors that is a bare number."""
    text = str(error).rstrip(".")
    return f"{type(error).__name__} {text}".rstrip() if len(text) < 10 else text


def _octets(text: str) -> bytes:
    return text.encode("latin-1", "replace")


def _text(data: Any) -> str:
    return data.decode("latin-1") if isinstance(data, bytes) else str(data)
