"""A strict WebSocket endpoint for the tests, written apart from the package, that can be broken in one way at a time.

``flaws`` names what is wrong with it: a check that it leaves out, or something that it does badly.
"""

from __future__ import annotations

import asyncio
import codecs
import os
import zlib

GOOD_CODES = {*range(1000, 1004), *range(1007, 1015), *range(3000, 5000)}
TAIL = b"\0\0\xff\xff"


class Broken(Exception):
    """The connection is failed with this code."""

    def __init__(self, code: int) -> None:
        self.code = code


class Done(Exception):
    """The connection is over."""


class Endpoint:
    """Echoes messages until the connection is closed or failed; ``client`` says which side it is."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        flaws: frozenset[str],
        client: bool = False,
        deflate: bool = False,
        left: bytes = b"",
    ) -> None:
        self.reader, self.writer, self.flaws, self.client, self.deflate = reader, writer, flaws, client, deflate
        self.buffer = left
        self.pieces: list[bytes] | None = None
        self.opcode, self.packed, self.heard = 0, False, 0
        self.inflater = self._inflater()
        self.frames = 0

    def _inflater(self) -> zlib._Decompress:
        return zlib.decompressobj(-8 if "small-window" in self.flaws else -15)

    def need(self, name: str, fine: bool, code: int = 1002) -> None:
        """A check, which a flaw of its name leaves out."""
        if not fine and name not in self.flaws:
            raise Broken(code)

    def bad(self, name: str) -> bool:
        """Whether it is broken so."""
        return name in self.flaws

    async def run(self) -> None:
        """Until the end."""
        try:
            while True:
                await self.frame()
        except Broken as broken:
            if not self.bad("fails-without-close"):
                self.send(8, broken.code.to_bytes(2, "big"))
            if self.bad("answers-after-fault"):
                self.send(8, b"\x03\xe8")
            if self.bad("fails-but-stays"):
                await asyncio.sleep(5)
        except (Done, asyncio.IncompleteReadError, ConnectionError):
            pass
        self.writer.close()

    async def exactly(self, size: int) -> bytes:
        """The next bytes."""
        while len(self.buffer) < size:
            piece = await self.reader.read(65536)
            if not piece:
                raise Done
            self.buffer += piece
        data, self.buffer = self.buffer[:size], self.buffer[size:]
        return data

    async def frame(self) -> None:
        """Reads and handles one frame."""
        if self.bad("whole-frames-only"):
            self.buffer = self.buffer or await self.reader.read(65536)
            least = 2 if self.client else 6
            if self.buffer and len(self.buffer) < least + (self.buffer[1] & 0x7F if len(self.buffer) > 1 else 0):
                raise Broken(1002)
        first, second = await self.exactly(2)
        fin, rsv, opcode = first >= 128, first >> 4 & 7, first & 15
        self.check_head(fin, rsv, opcode)
        self.frames += 1
        if self.bad("guards") and self.frames > 1000:
            raise Broken(1008)
        masked = second >= 128
        self.need("mask", masked is not self.client)
        length = second & 127
        self.need("control-size", opcode < 8 or length < 126)
        if length >= 126:
            form = 2 if length == 126 else 8
            length = int.from_bytes(await self.exactly(form), "big")
            self.need("top-bit", length < 1 << 63)
            self.need("minimal", length >= (126 if form == 2 else 65536))
        self.need("size", length <= 1 << 20, 1009)
        for flaw, most in (("at-most-125", 125), ("at-most-65535", 65535), ("nothing-empty", -1)):
            if self.bad(flaw) and (length > most if most >= 0 else length == 0):
                raise Broken(1002)
        key = await self.exactly(4) if masked else b""
        payload = await self.exactly(length)
        if key and not self.bad("no-unmasking"):
            payload = (
                bytes(byte ^ key[at & 3] for at, byte in enumerate(payload)) if length < 2000 else fast(payload, key)
            )
        if opcode >= 8:
            await self.control(opcode, payload)
        else:
            await self.data(fin, rsv, opcode, payload)

    def check_head(self, fin: bool, rsv: int, opcode: int) -> None:
        """What the first byte says."""
        if opcode >= 8 and rsv & 4 and self.deflate:
            self.need("rsv1-control", False)
            rsv &= 3
        elif opcode == 0 and rsv & 4 and self.deflate:
            self.need("rsv1-continuation", False)
            rsv &= 3
        self.need("rsv", not rsv & (3 if self.deflate else 7))
        self.need("opcode", opcode in {0, 1, 2, 8, 9, 10})
        self.need("control-fin", fin or opcode < 8)
        if opcode >= 8 and self.pieces is not None and self.bad("no-control-inside"):
            raise Broken(1002)
        if not fin and self.bad("no-fragments"):
            raise Broken(1003)

    async def control(self, opcode: int, payload: bytes) -> None:
        """Ping, Pong, Close, or what the flaws let pass."""
        if opcode == 9 and self.bad("pongs-apart"):
            await asyncio.sleep(0.03)
        if opcode == 9 and self.bad("newest-pong") and self.buffer:
            return
        if opcode == 9 and not self.bad("no-pong"):
            if self.bad("pong-late") and self.pieces is not None:
                return
            self.send(10, payload[:-1] + b"?" if self.bad("pong-changed") else payload)
            if self.bad("pong-twice"):
                self.send(10, payload)
        elif opcode == 10 and self.bad("pongs-pongs"):
            self.send(10, b"you too")
        elif opcode == 8:
            await self.closed(payload)

    async def closed(self, payload: bytes) -> None:
        """Close: checks it and answers."""
        self.need("close-body", len(payload) != 1)
        code = int.from_bytes(payload[:2], "big") if len(payload) > 1 else 1000
        self.need("close-code", code in GOOD_CODES)
        self.need("close-reason", utf8(payload[2:]), 1007)
        if self.bad("close-refuses-later") and code in {1012, 1013, 1014}:
            raise Broken(1002)
        if self.bad("close-inside-refused") and self.pieces is not None:
            raise Broken(1002)
        if self.bad("close-ignored"):
            return
        if not self.bad("close-unanswered"):
            answer = payload[:2] if len(payload) != 1 else b"\x03\xe8"
            self.send(8, b"\x03\xf3" if self.bad("close-1011") else answer)
        if self.bad("talks-on"):
            self.send(1, b"and another thing")
        if self.bad("close-stays"):
            await asyncio.sleep(5)
        if self.client and not self.bad("ends-tcp"):
            await self.reader.read()  # the server is the first to close TCP
        raise Done

    async def data(self, fin: bool, rsv: int, opcode: int, payload: bytes) -> None:
        """A data frame."""
        if opcode:
            self.need("interleaving", self.pieces is None)
            self.opcode, self.packed = opcode, bool(rsv & 4) and self.deflate
            self.pieces = []
        else:
            self.need("orphans", self.pieces is not None)
            if self.pieces is None:
                self.opcode, self.packed, self.pieces = 2, False, []
        self.pieces.append(payload)
        if self.bad("echoes-frames"):
            self.send(opcode, payload)
        if self.opcode == 1 and not self.packed and "utf8" not in self.flaws:
            self.need("late-utf8", utf8(b"".join(self.pieces), whole=False), 1007)
        if not fin:
            return
        message, self.pieces = b"".join(self.pieces), None
        self.heard += 1
        if self.deflate and not self.packed and self.bad("packed-only"):
            raise Broken(1002)
        if self.packed:
            message = self.inflate(message)
        if self.opcode == 1:
            self.need("utf8", utf8(message), 1007)
            if self.bad("ascii-only") and not message.isascii() or self.bad("no-nul") and b"\0" in message:
                raise Broken(1007)
        self.echo(message)

    def inflate(self, data: bytes) -> bytes:
        """Undoes the compression, with the context of the messages before."""
        if self.bad("no-context") or self.inflater.eof:
            self.inflater = self._inflater()
        try:
            found = self.inflater.decompress(data + TAIL)
        except zlib.error:
            self.need("deflate-data", False, 1007)
            return data
        if self.inflater.eof and self.bad("no-final-block"):
            raise Broken(1007)
        return found

    def echo(self, message: bytes) -> None:
        """Sends a message back, or not quite."""
        if self.bad("loses-second") and self.heard > 1:
            return
        if self.bad("garbles"):
            message = message + b"!"
        if self.bad("leaves"):
            self.send(8, b"\x03\xe8")
            raise Done
        self.send(2 if self.bad("all-binary") else 1 if self.bad("all-text") else self.opcode, message)

    def send(self, opcode: int, payload: bytes) -> None:
        """One frame."""
        masked = self.client is not self.bad("masks-wrong")
        size = len(payload)
        head = bytes([0x80 | opcode | (0x40 if self.bad("sends-rsv") and opcode < 8 else 0)])
        mark = 0x80 if masked else 0
        if size < 126:
            head += bytes([mark | size])
        else:
            head += bytes([mark | (126 if size < 65536 else 127)]) + size.to_bytes(2 if size < 65536 else 8, "big")
        key = os.urandom(4) if masked else b""
        self.writer.write(head + key + (fast(payload, key) if masked else payload))


def fast(data: bytes, key: bytes) -> bytes:
    """The mask, on long numbers."""
    size = len(data)
    stream = (key * (size // 4 + 1))[:size]
    return (int.from_bytes(data, "big") ^ int.from_bytes(stream, "big")).to_bytes(size, "big")


def utf8(data: bytes, whole: bool = True) -> bool:
    """Whether it is UTF-8, or can become it where more follows."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data, whole)
    except UnicodeDecodeError:
        return False
    return True
