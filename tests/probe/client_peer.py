"""A strict echo client for the tests, that can be broken in one way at a time."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import re

from tests.probe.endpoint import Endpoint
from tests.probe.server_peer import GUID

OFFER = "permessage-deflate; client_max_window_bits"
BITS = re.compile(r"[89]|1[0-5]")


def fields_of(lines: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in lines:
        name, _, value = line.partition(":")
        found.setdefault(name.lower(), []).append(value.strip(" \t"))
    return found


class ClientPeer:
    """Connects, checks the answer, echoes."""

    host = "127.0.0.1"

    def __init__(self, *flaws: str, deflate: bool = True) -> None:
        self.flaws = frozenset(flaws)
        self.deflate = deflate

    async def one(self, port: int) -> None:
        """One connection to the probe, or two of them at once."""
        if "impatient" in self.flaws:
            await asyncio.gather(self.alone(port), self.alone(port))
        else:
            await self.alone(port)

    async def alone(self, port: int) -> None:
        """A connection."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            async with asyncio.timeout(8):
                await self.converse(reader, writer, port)
        except (TimeoutError, ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
        key = "AQIDBAUGBwgJCgsMDQ4PEA==" if "same-key" in self.flaws else base64.b64encode(os.urandom(16)).decode()
        version = "" if "no-version" in self.flaws else "Sec-WebSocket-Version: 13\r\n"
        offer = f"Sec-WebSocket-Extensions: {OFFER}\r\n" if self.deflate else ""
        writer.write(
            f"GET / HTTP/1.1\r\nHost: {self.host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n{offer}"
            f"Sec-WebSocket-Key: {key}\r\n{version}\r\n".encode()
        )
        if "hasty" in self.flaws:
            writer.write(b"\x81\x80\0\0\0\0")
        data = b""
        while b"\r\n\r\n" not in data and b"\n\n" not in data:
            piece = await reader.read(65536)
            if not piece:
                return
            data += piece
        mark = b"\r\n\r\n" if b"\r\n\r\n" in data else b"\n\n"
        end = data.index(mark) + len(mark)
        while data.startswith(b"HTTP/1.1 100") and "no-interim" not in self.flaws:
            data = data[end:]
            while b"\r\n\r\n" not in data:
                data += await reader.read(65536)
            end = data.index(mark) + len(mark)
        head = data[:end].decode("latin-1")
        accept = base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()
        if not self.takes(head, accept):
            return
        agreed = "permessage-deflate" in head
        await Endpoint(reader, writer, self.flaws, client=True, deflate=agreed, left=data[end:]).run()

    def takes(self, head: str, accept: str) -> bool:
        """Whether the answer is right, as far as this client looks."""
        status, *lines = re.split(r"\r?\n", head.rstrip("\r\n"))
        fields = fields_of(lines)
        upgrade = [v.lower() for v in fields.get("upgrade", [])]
        connection = [i.strip().lower() for v in fields.get("connection", []) for i in v.split(",")]
        accepts = fields.get("sec-websocket-accept", [])
        checks = {
            "status": status.startswith(("HTTP/1.1 101", "HTTP/1.0 101")) or not status.startswith("HTTP/"),
            "start": status.startswith("HTTP/"),
            "http-version": not status.startswith("HTTP/1.0"),
            "line-ends": "\n" not in head.replace("\r\n", ""),
            "syntax": all(":" in line and line[:1] not in " \t" for line in lines) and "\0" not in head,
            "upgrade": upgrade == ["websocket"],
            "connection": "upgrade" in connection,
            "accept": accepts[:1] == [accept] or len(accepts) > 1,
            "accepts": len(accepts) <= 1,
            "protocol": "sec-websocket-protocol" not in fields,
            "extensions": self.fine(fields.get("sec-websocket-extensions", [])),
        }
        whims = {
            "names-case": any(line.startswith("Upgrade:") for line in lines),
            "values-case": fields.get("upgrade") == ["websocket"] and fields.get("connection") != ["upgrade"],
            "connection-exact": connection == ["upgrade"],
            "reason": status == "HTTP/1.1 101 Switching Protocols",
            "no-unknown": "x-unknown" not in fields,
            "no-spaces": "  " not in head,
            "refuses-all": False,
        }
        return all(fine or name in self.flaws for name, fine in checks.items()) and all(
            fine or name not in self.flaws for name, fine in whims.items()
        )

    def fine(self, values: list[str]) -> bool:
        """Whether the extensions are ones that were offered, with parameters that may be in an answer."""
        if not values:
            return True
        if not self.deflate or len(values) > 1 or "," in values[0]:
            return False
        name, *rest = [part.strip() for part in values[0].split(";")]
        names = [part.partition("=")[0] for part in rest]
        return name == "permessage-deflate" and len(set(names)) == len(names) and all(map(parameter, rest))


def parameter(text: str) -> bool:
    name, given, value = text.partition("=")
    if name in {"server_no_context_takeover", "client_no_context_takeover"}:
        return not given
    return name in {"server_max_window_bits", "client_max_window_bits"} and bool(BITS.fullmatch(value))
