"""The first stage of the stdio server: answers what every client asks first, before the SDK is there.

Importing the SDK takes more than half a second of CPU, and clients leave out of their first turn a server that is not
ready. So ``initialize``, ``server/discover`` and the lists are answered from a snapshot, with the standard library
alone, while a thread imports the rest, makes the server and has it open its search index (in a new home: build it). At
the first request for anything else this stage is over: the second one gets every line that the SDK has to know, and
drops the answers it would give a second time.

The snapshot is written by ``python -m tools.docs`` from the live server, and a test holds it to that.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from mcp.server import MCPServer

    from ws_mcp.doors.mcp.settings import Settings

_SNAPSHOT = Path(__file__).with_name("snapshot.json")
_MODERN = "io.modelcontextprotocol/protocolVersion"  # in a request's _meta: the stateless era
_CHUNK = 1 << 16

Message = dict[str, Any]


class Lines:
    """The lines of a file descriptor; what was read ahead is handed on with ``rest``."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._buffer = bytearray()

    def next(self) -> bytes:
        """The next line with its end, b"" at the end of input."""
        searched = 0
        while (end := self._buffer.find(b"\n", searched)) < 0:
            searched = len(self._buffer)
            chunk = os.read(self.descriptor, _CHUNK)
            if not chunk:
                return self.rest()
            self._buffer += chunk
        line = bytes(self._buffer[: end + 1])
        del self._buffer[: end + 1]
        return line

    def rest(self) -> bytes:
        """What was read and not given out."""
        rest = bytes(self._buffer)
        self._buffer.clear()
        return rest


class FirstStage:
    """Answers from the snapshot as long as it can.

    Attributes:
        kept: the lines that the second stage has to see, in order.
        answered: the ids of those among them that have their answer.
    """

    def __init__(self, lines: Lines, output: BinaryIO) -> None:
        self._lines = lines
        self._output = output
        self._snapshot = _snapshot()
        self._version = ""
        self.kept: list[bytes] = []
        self.answered: set[str | int] = set()

    def run(self) -> bool:
        """Answer until a line needs the SDK; False when the input ended before."""
        while line := self._lines.next():
            message = _parse(line)
            if message is None or not self._handled(message, line):
                self.kept.append(line)
                return True
        return False

    def _handled(self, message: Message, line: bytes) -> bool:
        method, params = message.get("method"), message.get("params") or {}
        if not isinstance(params, dict) or not isinstance(method, str):
            return False
        if method == "notifications/initialized" and self._version and "id" not in message:
            self.kept.append(line)
            return True
        found = self._answer(method, params)
        identity = message.get("id")
        if found is None or not isinstance(identity, str | int) or isinstance(identity, bool):
            return False
        if method == "initialize":
            self._version = params["protocolVersion"]
            self.kept.append(line)
            self.answered.add(identity)
        answer = {"jsonrpc": "2.0", "id": identity, "result": found}
        self._output.write(json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
        self._output.flush()
        return True

    def _answer(self, method: str, params: Message) -> Message | None:
        """The snapshot's result, None where the SDK has to answer: unknown versions, cursors, all other methods."""
        meta = params.get("_meta")
        modern = meta.get(_MODERN) if isinstance(meta, dict) else None
        if method == "initialize":
            version = None if self._version else params.get("protocolVersion")
        else:
            version = modern or self._version
        if not isinstance(version, str) or params.get("cursor") is not None:
            return None
        found = self._snapshot.get(version, {}).get(method)
        return {**found, "protocolVersion": version} if found and method == "initialize" else found


def _snapshot() -> dict[str, dict[str, Message]]:
    """Results by protocol version and method; none where the file is missing, and then the SDK answers everything."""
    try:
        found = json.loads(_SNAPSHOT.read_bytes())
        return {version: found["results"][place] for version, place in found["versions"].items()}
    except (OSError, ValueError, LookupError, TypeError):
        return {}


def _parse(line: bytes) -> Message | None:
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) and message.get("jsonrpc") == "2.0" else None


def run(settings: Settings | None = None) -> None:
    """Serve on standard input and output until the input ends. Ctrl-C ends at once."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    lines, output = Lines(os.dup(0)), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what anybody prints goes to stderr and never between the messages
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    loaded: list[MCPServer] = []
    loader = threading.Thread(target=_load, args=(settings, loaded), daemon=True)
    loader.start()
    stage = FirstStage(lines, output)
    if not stage.run():
        # Nobody waits for what the thread imports; leaving in order would.
        os._exit(0)
    loader.join()
    from ws_mcp.doors.mcp import stdio

    server = loaded[0] if loaded else stdio.create(settings)  # raises what the thread told
    stdio.serve(server, b"".join(stage.kept) + lines.rest(), lines.descriptor, output, stage.answered)


def _load(settings: Settings | None, loaded: list[MCPServer]) -> None:
    """Import what the second stage needs and make its server; garbage collection would only look at what stays."""
    gc.disable()
    try:
        from ws_mcp.doors.mcp import stdio

        loaded.append(stdio.create(settings))
    finally:
        gc.freeze()
        gc.enable()
