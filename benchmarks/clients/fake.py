"""A model's API on loopback: notes every request, and answers with what a script says."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

EVENTS = "text/event-stream"
Answer = tuple[str, bytes]  # the kind of content, and the content
Asks = list[dict[str, Any]]


class Model:
    """Serves one API while it is entered.

    Attributes:
        asked: the bodies of the requests that were for the model, in order.
        times: when each of them came, in seconds since the epoch.
    """

    def __init__(self, is_question: Callable[[str], bool], answer: Callable[[str, dict[str, Any]], Answer]) -> None:
        """``is_question`` tells the model's paths from others, ``answer`` gives a question's reply."""
        self.asked: Asks = []
        self.times: list[float] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                """Note and answer."""
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
                if not is_question(self.path):
                    return self._send(200, "application/json", b'{"input_tokens": 1, "totalTokens": 1}')
                outer.times.append(time.time())
                outer.asked.append(body)
                return self._send(200, *answer(self.path, body))

            def do_GET(self) -> None:
                """Nothing is to be had here."""
                self._send(404, "application/json", b"{}")

            def _send(self, status: int, kind: str, content: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:
                """Keep quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def events(*found: dict[str, Any]) -> bytes:
    """Server-sent events, each under its ``type`` where it has one."""
    names = (f"event: {event['type']}\n" if "type" in event else "" for event in found)
    return "".join(f"{name}data: {json.dumps(event)}\n\n" for name, event in zip(names, found, strict=True)).encode()
