"""The strict echo server of the tests over HTTP/2 (RFC 8441), that can be broken in one way at a time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import DataReceived, Event, RemoteSettingsChanged, RequestReceived, StreamEnded, StreamReset
from h2.exceptions import H2Error
from h2.settings import SettingCodes, Settings
from hyperframe.frame import DataFrame, SettingsFrame

from tests.probe.endpoint import Broken, Endpoint
from tests.probe.server_peer import Asked, ServerPeer

SETTING = SettingCodes.ENABLE_CONNECT_PROTOCOL
Pairs = list[tuple[str, str]]


def once(pairs: Pairs, name: str) -> str | None:
    values = [value for found, value in pairs if found == name]
    return values[0] if len(values) == 1 else None


# The requests that are right, by the name of the flaw that lets others through.
CHECKS: dict[str, Callable[[Pairs], bool]] = {
    "method": lambda p: once(p, ":method") == "CONNECT",
    "protocol-once": lambda p: sum(name == ":protocol" for name, _ in p) == 1,
    "protocol": lambda p: all(value == "websocket" for name, value in p if name == ":protocol"),
    "scheme": lambda p: once(p, ":scheme") in {"http", "https"},
    "path": lambda p: (once(p, ":path") or "").startswith("/"),
    "authority": lambda p: bool(once(p, ":authority")),
    "hop-fields": lambda p: not {"upgrade", "connection"} & {name for name, _ in p},
    "upper-case": lambda p: all(name == name.lower() for name, _ in p),
}
WHIMS: dict[str, Callable[[Pairs], bool]] = {
    "demands-no-key": lambda p: once(p, "sec-websocket-key") is None,
    "refuses-right": lambda p: False,
}


class Pipe:
    """One stream as the reader and the writer of an ``Endpoint``."""

    def __init__(self, peer: Connection, number: int) -> None:
        self.peer, self.number = peer, number
        self.came: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.out = bytearray()
        self.closing = False

    async def read(self, size: int = -1) -> bytes:
        data = await self.came.get()
        if data is None:
            raise ConnectionResetError
        if data and not self.peer.bad("no-window-update"):
            with contextlib.suppress(H2Error):
                self.peer.h2.acknowledge_received_data(len(data), self.number)
            self.peer.flush()
        return data

    def write(self, data: bytes) -> None:
        self.out += data
        self.push()

    def close(self) -> None:
        self.closing = True
        self.push()

    def push(self) -> None:
        """Sends what the windows allow."""
        peer = self.peer
        with contextlib.suppress(H2Error):
            if peer.bad("ignores-window"):
                peer.writer.write(DataFrame(self.number, bytes(self.out)).serialize())
                self.out.clear()
            while self.out and (size := self.room()):
                peer.h2.send_data(self.number, bytes(self.out[:size]))
                del self.out[:size]
            if self.closing and not self.out and peer.bad("ends-by-reset"):
                peer.h2.reset_stream(self.number, ErrorCodes.CANCEL)
            elif self.closing and not self.out:
                peer.h2.end_stream(self.number)
        peer.flush()

    def room(self) -> int:
        """How much may go out now."""
        peer = self.peer
        room = max(0, min(peer.h2.local_flow_control_window(self.number), peer.h2.max_outbound_frame_size))
        return 0 if peer.bad("all-or-nothing") and room < min(len(self.out), 30) else room


class StreamEndpoint(Endpoint):
    """An endpoint whose faults may end more than its stream."""

    def __init__(self, pipe: Pipe, flaws: frozenset[str], deflate: bool) -> None:
        super().__init__(pipe, pipe, flaws, deflate=deflate)  # type: ignore[arg-type]
        self.pipe = pipe

    async def frame(self) -> None:
        try:
            await super().frame()
        except Broken:
            if self.bad("fault-ends-all"):
                self.pipe.peer.writer.close()
            raise

    async def closed(self, payload: bytes) -> None:
        if self.bad("close-ends-all"):
            self.pipe.peer.writer.close()
        await super().closed(payload)

    def send(self, opcode: int, payload: bytes) -> None:
        if self.bad("answers-on-newest"):
            self.writer = max(self.pipe.peer.pipes.items())[1]  # type: ignore[assignment]
        super().send(opcode, payload)
        if self.bad("setting-back") and opcode == 1:
            self.pipe.peer.set({SETTING: 0})


class Connection:
    """One HTTP/2 connection of a client."""

    def __init__(self, server: Http2Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.server, self.reader, self.writer = server, reader, writer
        self.pipes: dict[int, Pipe] = {}
        self.minds = False
        self.tasks: set[asyncio.Task[None]] = set()
        config = H2Configuration(
            client_side=False,
            validate_inbound_headers=False,
            normalize_inbound_headers=False,
            header_encoding="latin-1",
        )
        self.h2 = H2Connection(config)
        streams = {} if self.bad("no-setting") else {SETTING: 0 if self.bad("setting-0") else 1}
        self.h2.local_settings = Settings(False, {SettingCodes.MAX_CONCURRENT_STREAMS: 50, **streams})
        if not streams:
            del self.h2.local_settings[SETTING]

    def bad(self, flaw: str) -> bool:
        return flaw in self.server.flaws

    def flush(self) -> None:
        self.writer.write(self.h2.data_to_send())

    def set(self, settings: Mapping[int, int]) -> None:
        """SETTINGS with any value."""
        self.writer.write(SettingsFrame(0, settings=dict(settings)).serialize())

    async def run(self) -> None:
        """Until the end of TCP."""
        if self.bad("setting-2"):
            self.set({SETTING: 2})
        self.h2.initiate_connection()
        self.flush()
        try:
            while data := await self.reader.read(65536):
                for event in self.h2.receive_data(data):
                    self.event(event)
                for pipe in list(self.pipes.values()):
                    if pipe.out:
                        pipe.push()
                self.flush()
        except H2Error:
            self.flush()
        finally:
            for task in self.tasks:
                task.cancel()
            await asyncio.gather(*self.tasks, return_exceptions=True)

    def event(self, event: Event) -> None:
        """Something came."""
        if isinstance(event, RemoteSettingsChanged) and SETTING in event.changed_settings:
            self.minds = True
        elif isinstance(event, RequestReceived):
            self.asked(event.stream_id or 0, [(str(name), str(value)) for name, value in event.headers or ()])
        pipe = self.pipes.get(getattr(event, "stream_id", None) or 0)
        if pipe is None:
            return
        if isinstance(event, DataReceived):
            self.data(pipe, event.data or b"", (event.flow_controlled_length or 0) - len(event.data or b""))
        elif isinstance(event, StreamEnded) and not self.bad("half-open"):
            pipe.came.put_nowait(b"")
        elif isinstance(event, StreamReset):
            pipe.came.put_nowait(None)
            if self.bad("reset-ends-all"):
                self.writer.close()

    def data(self, pipe: Pipe, data: bytes, padding: int) -> None:
        """A DATA frame."""
        if padding:
            self.h2.acknowledge_received_data(padding, pipe.number)
            if self.bad("keeps-padding"):
                data += b"\0" * (padding - 1)
        if data or self.bad("empty-ends"):
            pipe.came.put_nowait(data)

    def asked(self, number: int, pairs: Pairs) -> None:
        """A request."""
        fine = all(check(pairs) for name, check in CHECKS.items() if not self.bad(name))
        fine = fine and all(check(pairs) for name, check in WHIMS.items() if self.bad(name))
        fine = fine and not (self.minds and self.bad("minds-client-setting"))
        asked = as_http_1(pairs)
        status = self.server.refusal(asked) if fine else 501 if once(pairs, ":protocol") != "websocket" else 400
        if status and self.bad("resets"):
            self.h2.reset_stream(number, ErrorCodes.PROTOCOL_ERROR)
            return
        if status:
            told = [] if self.bad("untold-version") else [("sec-websocket-version", "13")]
            self.h2.send_headers(number, [(":status", str(status)), *told], end_stream=True)
            return
        self.accept(number, asked, pairs)

    def accept(self, number: int, asked: Asked, pairs: Pairs) -> None:
        """Opens a WebSocket on the stream."""
        if self.bad("tunnels"):
            self.spawn(tunnel(once(pairs, ":authority") or ""))
        fields, deflate = self.server.choose(asked)
        extra = [(name.lower(), value) for name, _, value in (field.partition(": ") for field in fields)]
        if self.bad("answers-key") and (asked.values("sec-websocket-key") or self.bad("answers-no-key")):
            extra.append(("sec-websocket-accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
        pipe = self.pipes[number] = Pipe(self, number)
        self.h2.send_headers(number, [(":status", "101" if self.bad("status-101") else "200"), *extra])
        self.flush()
        self.spawn(StreamEndpoint(pipe, self.server.flaws, deflate).run())

    def spawn(self, work: object) -> None:
        """Does it beside."""
        task: asyncio.Task[None] = asyncio.ensure_future(work)  # type: ignore[call-overload]
        self.tasks.add(task)


async def tunnel(authority: str) -> None:
    """What nobody may do here."""
    host, _, port = authority.rpartition(":")
    with contextlib.suppress(OSError, ValueError):
        _, writer = await asyncio.open_connection(host, int(port))
        writer.close()


def as_http_1(pairs: Pairs) -> Asked:
    """The request as the checks of HTTP/1.1 know it, with what that needs beside."""
    lines = ["Host: here", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA=="]
    lines += [f"{name}: {value}" for name, value in pairs if name[0] != ":" and name != "sec-websocket-key"]
    target = once(pairs, ":path") or "/"
    return Asked("\r\n".join(["GET", *lines]), "GET", target, "HTTP/1.1", lines)


class Http2Peer(ServerPeer):
    """The server over HTTP/2, by prior knowledge."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await Connection(self, reader, writer).run()
