"""Makes ``ws_mcp/rules/interop.json`` from the measured matrices: who accepts and who refuses what a rule objects to.

Usage: ``python tools/interop.py FOLDER [--check]``; FOLDER holds server_handshake.json, server_frames.json, client.json
and chromium_client.json. ``--check`` says whether the file is what would be written.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parent.parent / "ws_mcp" / "rules" / "interop.json"

# Case of server_handshake.json: an upgrade request with this fault, sent to 15 servers.
REQUESTS = {
    "request-method-not-get": "POST method",
    "request-http-version-too-low": "HTTP/1.0",
    "request-without-host": "no Host",
    "duplicate-host": "two Host",
    "request-without-upgrade": "Upgrade: h2c",
    "request-without-connection-upgrade": "Connection: keep-alive",
    "request-without-key": "no key",
    "malformed-key": "key 15 bytes",
    "duplicate-key": "duplicate key",
    "request-without-version": "no version",
    "version-not-13": "version 8",
    "duplicate-version": "duplicate version",
    "duplicate-subprotocol": "subproto dup values",
    "malformed-subprotocol-offer": "subproto bad char",
    "malformed-extension-list": 'ext garbage ";;;"',
    "empty-extension-offer": "ext empty value",
    "policy-origin": "evil Origin",
    "line-without-carriage-return": "LF line endings",
    "space-around-field-name": "space before colon",
    "folded-field": "obs-fold",
    "line-is-no-field": "bad header no colon",
    "control-character-in-field": "NUL in header",
    "fragment-in-target": "fragment in URI",
    "oversized-head": "300 headers",
    "oversized-field": "100KiB header",
    "request-with-content": "Content-Length: 5 body",
    "bytes-after-request": "early frame with request",
}
# The same, where a server that only declines the extension does what it should: taking it up is accepting it.
OFFERS = {
    "undefined-extension-parameter": "pmd unknown param",
    "duplicate-extension-parameter": "pmd dup param",
    "window-bits-out-of-range": "pmd bits=16",
    "takeover-parameter-with-value": "pmd takeover=1 value",
}
# Number in client.json and chromium_client.json, and what the server answered.
ANSWERS = {
    "connection-lists-more-than-upgrade": (1, "101 with Connection: keep-alive, upgrade"),
    "wrong-accept": (2, "wrong Sec-WebSocket-Accept"),
    "answer-without-accept": (3, "no Sec-WebSocket-Accept"),
    "duplicate-accept": (4, "two Sec-WebSocket-Accept fields"),
    "accept-without-101": (6, "status 200 with the fields of a 101"),
    "answer-http-version-too-low": (8, "HTTP/1.0 101"),
    "answer-without-upgrade": (9, "no Upgrade"),
    "answer-without-connection-upgrade": (12, "no Connection"),
    "subprotocol-not-offered": (14, "a subprotocol nobody asked for"),
    "empty-subprotocol-answer": (16, "empty Sec-WebSocket-Protocol"),
    "extension-not-offered": (17, "an extension nobody asked for"),
    "extensions-share-rsv1": (23, "permessage-deflate accepted twice"),
    "masked-server-frame": (26, "a masked frame from the server"),
}
# Case of server_frames.json: a frame with this fault, sent to 15 servers.
FRAMES = {
    "unmasked-client-frame": "unmasked client text",
    "reserved-bit-set": "rsv1 no ext",
    "reserved-opcode": "reserved opcode 3",
    "non-minimal-length": "nonminimal 16-bit len",
    "oversized-control-frame": "ping >125",
    "fragmented-control-frame": "fragmented ping",
    "orphan-continuation": "cont w/o start",
    "invalid-utf8-text": "bad utf8",
    "interleaved-message": "text frag then new text",
    "one-byte-close-body": "close 1-byte",
    "reserved-close-code": "close 1006",
    "close-code-out-of-range": "close 5000",
    "undefined-close-code": "close 1016",
    "close-reason-not-utf8": "close bad utf8 reason",
    "length-top-bit-set": "len 64-bit MSB set",
}
CLIENTS = {
    "websockets": "websockets 17.4",
    "websocket-client": "websocket-client 1.9.2",
    "aiohttp": "aiohttp 3.14.5",
    "tornado": "tornado 6.6.1",
    "picows": "picows 2.3.1",
    "ws": "ws 8.23.0",
    "undici": "undici 7.30.2",
    "faye": "faye-websocket 0.11.4",
    "websocket(node)": "websocket (node) 1.0.35",
    "bun": "bun 1.4.5",
    "deno": "deno 2.9.6",
    "gorilla": "gorilla 1.5.0",
}

Matrix = dict[str, dict[str, str]]


def opened(answer: str) -> bool:
    """A server that answered 101."""
    return answer.startswith("101")


def took_up(answer: str) -> bool:
    """A server that agreed to compression."""
    return opened(answer) and "sec-websocket-extensions" in answer


def went_on(answer: str) -> bool:
    """A server that delivered the frame, or answered its Close as if it were right."""
    code = answer.partition("Close(")[2].partition(")")[0]
    refused = code.startswith(("1002", "1003", "1007", "1008", "1009"))
    closed = answer.startswith("Close(") and not refused
    return closed or answer.startswith(("text", "bin", "cont", "pong"))


def spoken(frames: Matrix) -> Matrix:
    """The frame matrix without the answers of servers that refuse with an empty Close where they do."""
    mute = {name for name, answers in frames.items() if answers["reserved opcode 3"].startswith("Close()")}
    return {
        name: {case: "" if name in mute and seen.startswith("Close()") else seen for case, seen in answers.items()}
        for name, answers in frames.items()
    }


def row(matrix: Matrix, case: str, accepts: Callable[[str], bool], label: str) -> dict[str, Any]:
    """Who accepted and who refused one case; what was not measured is left out."""
    told = {library: answers[case] for library, answers in matrix.items() if case in answers}
    accepted = [library for library, answer in told.items() if accepts(answer)]
    refused = [library for library in told if library not in accepted]
    return {"case": label, "side": "server", "accepted": accepted, "refused": refused}


def answer_row(folder: Path, number: int, label: str) -> dict[str, Any]:
    """Which clients opened a connection, or took a frame, after one answer."""
    told = {CLIENTS[name]: answers[number] for name, answers in load(folder / "client.json").items()}
    told["Chromium 156"] = load(folder / "chromium_client.json")[number]
    accepted = [name for name, seen in told.items() if seen.startswith("OPEN") and not seen.startswith("OPEN then")]
    return {
        "case": label,
        "side": "client",
        "accepted": accepted,
        "refused": [name for name in told if name not in accepted],
    }


def load(file: Path) -> Any:
    """One matrix."""
    return json.loads(file.read_text("utf-8"))


def table(folder: Path) -> dict[str, Any]:
    """The whole file."""
    requests: Matrix = load(folder / "server_handshake.json")
    frames = spoken(load(folder / "server_frames.json"))
    rules = {rule: row(requests, case, opened, case) for rule, case in REQUESTS.items()}
    rules |= {rule: row(requests, case, took_up, f"offer: {case}") for rule, case in OFFERS.items()}
    rules |= {rule: row(frames, case, went_on, case) for rule, case in FRAMES.items()}
    rules |= {rule: answer_row(folder, number, label) for rule, (number, label) in ANSWERS.items()}
    return {"rules": dict(sorted(rules.items()))}


def main(arguments: list[str]) -> int:
    """Writes or checks the file."""
    text = json.dumps(table(Path(arguments[0])), indent=1, ensure_ascii=False) + "\n"
    if "--check" in arguments:
        return 0 if TARGET.read_text("utf-8") == text else 1
    TARGET.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
