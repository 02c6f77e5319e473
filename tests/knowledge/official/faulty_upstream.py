"""A real HTTP server on loopback that serves the small documents, and misbehaves where a test tells it to."""

from __future__ import annotations

import email.utils
import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.knowledge.official import synthetic

TYPES = {".txt": "text/plain; charset=utf-8", ".json": "application/json", ".xml": "application/xml"}
CHANGED = email.utils.formatdate(1_700_000_000, usegmt=True)

Behaviour = Callable[["Exchange"], None]


class Exchange(BaseHTTPRequestHandler):
    """One request; a behaviour answers it with ``reply`` or writes to ``wfile`` as it likes."""

    server: Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.close_connection = True
        self.server.requests.append((self.path, dict(self.headers)))
        behaviour = self.server.behaviours.get(self.path) or self.server.otherwise
        behaviour(self)

    def reply(self, status: int, body: bytes = b"", **headers: str) -> None:
        """Answer with a whole message; ``content_type="…"`` sets Content-Type, "" leaves a field out."""
        fields = {"Content-Length": str(len(body)), "Connection": "close"}
        fields |= {name.replace("_", "-"): value for name, value in headers.items()}
        self.send_response(status)
        for name, value in fields.items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def document(self) -> None:
        """Serve the small document at this path, with validators."""
        file = self.server.root / self.path[1:]
        file = file / "index.html" if file.is_dir() else file
        if not file.is_file():
            return self.reply(404, b"gone", content_type="text/html")
        body = file.read_bytes()
        etag = f'"{hashlib.sha256(body).hexdigest()[:8]}"'
        if self.headers.get("If-None-Match") == etag:
            return self.reply(304, ETag=etag)
        kind = TYPES.get(file.suffix, "text/html; charset=utf-8")
        self.reply(200, body, content_type=kind, ETag=etag, Last_Modified=CHANGED)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: tests read ``requests``."""


class Server(ThreadingHTTPServer):
    """Behaviours by path; every other path is served from ``root``."""

    daemon_threads = True

    def __init__(self, root: Path) -> None:
        super().__init__(("127.0.0.1", 0), Exchange)
        self.root = root
        self.behaviours: dict[str, Behaviour] = {}
        self.otherwise: Behaviour = Exchange.document
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.done = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def paths(self) -> list[str]:
        return [path for path, _ in self.requests]

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up in the middle is what many of these tests are about."""


@contextmanager
def serving(root: Path) -> Iterator[Server]:
    """The server, with all small documents under ``root``."""
    synthetic.write_mirror(root)
    server = Server(root)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.done.set()
        server.shutdown()
        server.server_close()
        thread.join(5)
