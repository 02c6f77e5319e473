"""A strict echo server for the tests, that can be broken in one way at a time."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tests.probe.endpoint import Endpoint

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_PARAMETER = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?:=(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+|\"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\"))?"
EXTENSION = re.compile(rf"[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?:\s*;\s*{_PARAMETER})*")
HOST = re.compile(r"[\w.:\[\]-]+")
KEY = re.compile(r"[A-Za-z0-9+/]{21}[AQgw]==")
BITS = re.compile(r"[89]|1[0-5]")


@dataclass
class Asked:
    """A request, taken apart."""

    raw: str
    method: str
    target: str
    version: str
    lines: list[str]

    def values(self, name: str) -> list[str]:
        return [v.strip(" \t") for n, _, v in (line.partition(":") for line in self.lines) if n.lower() == name.lower()]

    def items(self, name: str) -> list[str]:
        return [item.strip(" \t") for value in self.values(name) for item in value.split(",")]


def parse(raw: str) -> Asked:
    head = raw.lstrip("\r\n").rstrip("\r\n")
    first, *lines = re.split(r"\r?\n", head)
    method, _, rest = first.partition(" ")
    target, _, version = rest.rpartition(" ")
    return Asked(raw, method, target, version, lines)


Check = Callable[[Asked], bool]
CHECKS: dict[str, tuple[Check, int]] = {
    "head-size": (lambda a: len(a.raw) < 32768, 431),
    "head-count": (lambda a: len(a.lines) < 200, 431),
    "line-ends": (lambda a: "\n" not in a.raw.replace("\r\n", ""), 400),
    "method": (lambda a: a.method == "GET", 405),
    "http-version": (lambda a: a.version == "HTTP/1.1", 505),
    "any-resource": (lambda a: "no-such" not in a.target, 404),
    "target-space": (lambda a: " " not in a.target and bool(a.target), 400),
    "target-fragment": (lambda a: "#" not in a.target, 400),
    "no-colon": (lambda a: all(":" in line for line in a.lines if line[:1] not in " \t"), 400),
    "fold": (lambda a: not any(line[:1] in (" ", "\t") for line in a.lines), 400),
    "colon-space": (lambda a: not any(re.match(r"[^:]*[ \t]:", line) for line in a.lines), 400),
    "name": (lambda a: all(TOKEN.fullmatch(line.partition(":")[0].rstrip()) for line in a.lines if ":" in line), 400),
    "control": (lambda a: "\0" not in a.raw and "\r" not in a.raw.replace("\r\n", ""), 400),
    "body": (lambda a: not a.values("Content-Length") and not a.values("Transfer-Encoding"), 400),
    "host": (lambda a: len(a.values("Host")) >= 1, 400),
    "hosts": (lambda a: all(HOST.fullmatch(v) for v in a.values("Host")) and len(a.values("Host")) <= 1, 400),
    "upgrade": (lambda a: "websocket" in [i.lower() for i in a.items("Upgrade")], 426),
    "connection": (lambda a: "upgrade" in [i.lower() for i in a.items("Connection")], 426),
    "key": (lambda a: len(a.values("Sec-WebSocket-Key")) == 1, 400),
    "key-value": (lambda a: all(KEY.fullmatch(v) for v in a.values("Sec-WebSocket-Key")), 400),
    "version": (lambda a: a.values("Sec-WebSocket-Version") == ["13"], 426),
    "protocols": (lambda a: all(TOKEN.fullmatch(i) for i in a.items("Sec-WebSocket-Protocol")), 400),
    "protocols-twice": (lambda a: len(set(i := a.items("Sec-WebSocket-Protocol"))) == len(i), 400),
    "extensions": (lambda a: all(EXTENSION.fullmatch(i) for i in a.items("Sec-WebSocket-Extensions")), 400),
    "origin": (lambda a: all(v == "https://here.example" for v in a.values("Origin")), 403),
    "anonymous": (lambda a: a.values("Authorization") == ["Bearer test"], 401),
}  # fmt: skip
# What some broken servers demand beside that.
WHIMS: dict[str, Check] = {
    "refuses-all": lambda a: False,
    "names-case": lambda a: any(line.startswith("Upgrade:") for line in a.lines),
    "values-case": lambda a: a.values("Upgrade") == ["websocket"] and "Upgrade" in a.items("Connection"),
    "connection-exact": lambda a: a.values("Connection") == ["Upgrade"],
    "first-connection": lambda a: a.values("Connection")[:1] != ["keep-alive"],
    "host-first": lambda a: a.lines[0].startswith("Host"),
    "no-unknown": lambda a: not a.values("X-Unknown"),
    "ascii-head": lambda a: a.raw.isascii(),
    "no-spaces": lambda a: "13  " not in a.raw,
    "no-empty-line": lambda a: not a.raw.startswith("\r\n"),
    "no-query": lambda a: "?" not in a.target,
    "no-absolute": lambda a: not a.target.startswith("http"),
    "upgrade-exact": lambda a: [v.lower() for v in a.values("Upgrade")] == ["websocket"],
    "few-fields": lambda a: len(a.lines) < 50,
    "no-protocols": lambda a: not a.values("Sec-WebSocket-Protocol"),
    "no-offers": lambda a: not a.values("Sec-WebSocket-Extensions"),
    "demands-origin": lambda a: bool(a.values("Origin")),
}


class ServerPeer:
    """The server; ``url`` once it listens."""

    def __init__(self, *flaws: str, deflate: bool = True) -> None:
        self.flaws = frozenset(flaws)
        self.deflate = deflate
        self.url = ""

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[ServerPeer]:
        """Listens on a free port of loopback."""
        tasks: set[asyncio.Task[None]] = set()

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            tasks.add(task)
            try:
                await self.serve(reader, writer)
            except (ConnectionError, asyncio.CancelledError):
                pass
            finally:
                tasks.discard(task)
                writer.close()

        server = await asyncio.start_server(connected, "127.0.0.1", 0)
        self.url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        try:
            yield self
        finally:
            server.close()
            for task in list(tasks):
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        data = b""
        while b"\r\n\r\n" not in data.lstrip(b"\r\n") and b"\n\n" not in data:
            piece = await reader.read(65536)
            if not piece or ("one-segment" in self.flaws and b"\r\n\r\n" not in piece):
                return
            data += piece
        start = len(data) - len(data.lstrip(b"\r\n"))
        mark = b"\r\n\r\n" if b"\r\n\r\n" in data[start:] else b"\n\n"
        end = data.index(mark, start) + len(mark)
        asked = parse(data[:end].decode("latin-1"))
        status = self.refusal(asked)
        if status:
            await self.refuse(reader, writer, status)
            return
        fields, deflate = self.choose(asked)
        key = (asked.values("Sec-WebSocket-Key") or [""])[0]
        accept = base64.b64encode(hashlib.sha1((key + GUID).encode("latin-1")).digest()).decode()
        if "accept-wrong" in self.flaws:
            accept = accept[::-1]
        answer = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
        writer.write("\r\n".join([*answer, f"Sec-WebSocket-Accept: {accept}", *fields, "", ""]).encode())
        await Endpoint(reader, writer, self.flaws, deflate=deflate, left=data[end:]).run()

    def refusal(self, asked: Asked) -> int:
        """The status to refuse with, 0 to accept."""
        for name, (fine, status) in CHECKS.items():
            if name not in self.flaws and not fine(asked):
                return 200 if "refuses-with-200" in self.flaws else status
        return next((400 for name, fine in WHIMS.items() if name in self.flaws and not fine(asked)), 0)

    @property
    def unsaid(self) -> set[str]:
        """The parameters of an offer that the answer leaves out."""
        return {"client_max_window_bits", *(["server_max_window_bits"] if "unconfirmed" in self.flaws else [])}

    async def refuse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, status: int) -> None:
        if "never-ends" in self.flaws:
            await reader.read()
            return
        told = "" if "untold-version" in self.flaws else "Sec-WebSocket-Version: 13\r\n"
        if "drops" not in self.flaws:
            writer.write(f"HTTP/1.1 {status} No\r\n{told}Connection: close\r\nContent-Length: 0\r\n\r\n".encode())
        writer.write_eof()
        while await reader.read(65536):
            pass

    def choose(self, asked: Asked) -> tuple[list[str], bool]:
        """The extension to agree on: the first offer of permessage-deflate that is right."""
        if not self.deflate:
            return [], False
        for offer in asked.items("Sec-WebSocket-Extensions"):
            name, *rest = [part.strip() for part in offer.split(";")]
            if name.lower() != "permessage-deflate":
                continue
            parameters = [(n, v.strip('"')) for n, _, v in (part.partition("=") for part in rest)]
            if self.usable(parameters, rest):
                agreed = [f"{n}={v}" if v else n for n, v in dict(parameters).items() if n not in self.unsaid]
                if "answers-unasked" in self.flaws:
                    agreed.append("client_max_window_bits=10")
                return ["Sec-WebSocket-Extensions: " + "; ".join(["permessage-deflate", *agreed])], True
        return [], False

    def usable(self, parameters: list[tuple[str, str]], parts: list[str]) -> bool:
        names = [name for name, _ in parameters]
        known = {"server_no_context_takeover", "client_no_context_takeover"}
        bits = {"server_max_window_bits", "client_max_window_bits"}
        if "offer-twice" not in self.flaws and len(set(names)) != len(names):
            return False
        for (name, value), part in zip(parameters, parts, strict=True):
            if name not in known | bits:
                if "offer-unknown" not in self.flaws:
                    return False
            elif "offer-value" not in self.flaws and not self.fine(name, value, "=" in part):
                return False
        return True

    @staticmethod
    def fine(name: str, value: str, given: bool) -> bool:
        if name.endswith("takeover"):
            return not given
        return bool(BITS.fullmatch(value)) if given else name.startswith("client")
