"""Handshakes as data: JSON, Python's print of a dict or list, a HAR entry or file, and DevTools protocol events."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ws_mcp.errors import InputError
from ws_mcp.protocol.handshake_forms.loading import Repeated
from ws_mcp.protocol.handshake_forms.parts import Head, make_request, make_response, side_of
from ws_mcp.protocol.handshake_forms.transcripts import read_all
from ws_mcp.protocol.heads import split_lines, wire
from ws_mcp.protocol.urls import parse_url
from ws_mcp.types import Field, Note, Request

_MANY = "The input holds {} WebSocket handshakes. Send one request and its response."
_URL_KEYS = ("url", "target", "path", "uri", "request_target", "Request URL")
_METHOD_KEYS = ("method", "Request Method")
_STATUS_KEYS = ("status", "statusCode", "status_code", "code")
_REASON_KEYS = ("statusText", "statusMessage", "reason", "reason_phrase")
_VERSION_KEYS = ("httpVersion", "http_version", "version", "protocol")
_KNOWN = frozenset("upgrade connection host :method :status :protocol sec-websocket-key sec-websocket-accept".split())
_REQUEST_EVENT, _RESPONSE_EVENT = "webSocketWillSendHandshakeRequest", "webSocketHandshakeResponseReceived"


def read_structured(value: object, text: str) -> list[Head]:
    """The heads in ``value`` (from ``loading.load``); an empty list where it holds none.

    Offsets point at the first place in ``text`` where the name stands, in order; in a raw head that the data holds as
    text they count from its start.

    Raises:
        InputError: more than one WebSocket handshake is in it.
    """
    return _Reader(text).read(value)


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.position = self.last = 0

    def read(self, value: object) -> list[Head]:
        fields = self.fields(value)
        if fields:
            return [self._one(fields)]
        if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
            return self._list(value)
        if not isinstance(value, dict):
            return []
        log = value.get("log")
        if isinstance(log, dict) and isinstance(log.get("entries"), list):
            return self._har(log["entries"])
        return self._object(value)

    def _one(self, fields: list[Field]) -> Head:
        if side_of(fields) in (Request, None):
            return make_request(fields, notes=_headless(fields))
        return make_response(fields, notes=_headless(fields))

    def _list(self, items: Sequence[object]) -> list[Head]:
        events = [event for item in items if (event := _event(item)) is not None]
        if events:
            return self._events(events)
        heads: list[Head] = []
        for item in items[:100]:
            if isinstance(item, (dict, list, tuple)):
                heads += self.read(item)
        return heads

    def _object(self, value: dict[str, object]) -> list[Head]:
        """An object with a request, a response, or both; or one message with its headers."""
        event = _event(value)
        if event is not None:
            return self._events([event])
        heads: list[Head] = []
        if "headers" in value and any(key in value for key in _STATUS_KEYS):  # one answer, as DevTools tells it
            heads = self._message(value, None, value)
        for key, item in value.items():
            name = str(key).lower().replace("_", " ").strip()
            if name.startswith("request") and isinstance(item, (dict, list, tuple, str)):
                heads += self._message(item, True, value)
            elif name.startswith("response") and isinstance(item, (dict, list, tuple, str)):
                heads += self._message(item, False, value)
        if heads:
            return _no_doubles(heads)
        return self._message(value, None, value) if "headers" in value else []

    def _message(self, item: object, request: bool | None, around: dict[str, object]) -> list[Head]:
        if isinstance(item, str):
            return read_all(split_lines(item)) if "\n" in item else []
        fields = self.fields(item)
        body: dict[str, object] = item if isinstance(item, dict) else {}
        raw = [_text(body, key) for key in ("requestHeadersText", "headersText")]
        heads = [_plain_target(head) for text in raw if text for head in read_all(split_lines(text))]
        if heads:
            return heads
        if not fields:
            fields = self.fields(body.get("headers")) or []
            if not fields and not any(key in body for key in (*_URL_KEYS, *_STATUS_KEYS)):
                return []
        merged = {**around, **body} if request is not None and item is not around else body
        if request is None:
            request = side_of(fields) is not None and side_of(fields) is Request
            request = request or not any(key in body for key in _STATUS_KEYS)
        version = _text(body, *_VERSION_KEYS)
        version = version.upper() if version.lower().startswith("http/") else ""
        if request:
            method, url = _text(merged, *_METHOD_KEYS), _text(merged, *_URL_KEYS)
            return [make_request(fields, method, url, version, [] if url else _headless(fields))]
        status = _status(merged)
        notes = [] if status else _headless(fields)
        return [make_response(fields, status, _text(body, *_REASON_KEYS), version, notes)]

    def _har(self, entries: list[object]) -> list[Head]:
        sockets = [entry for entry in entries if isinstance(entry, dict) and _is_socket(entry)]
        if len(sockets) > 1:
            raise InputError(_MANY.format(len(sockets)))
        return self._object(sockets[0]) if sockets else []

    def _events(self, events: list[tuple[str, dict[str, object]]]) -> list[Head]:
        chosen = [(name, body) for name, body in events if name.endswith((_REQUEST_EVENT, _RESPONSE_EVENT))]
        sockets = {str(body.get("requestId")) for _, body in chosen}
        if len(sockets) > 1:
            raise InputError(_MANY.format(len(sockets)))
        urls = [_text(body, "url") for name, body in events if name.endswith("webSocketCreated")]
        heads: list[Head] = []
        for name, body in chosen:
            request = name.endswith(_REQUEST_EVENT)
            around: dict[str, object] = {"url": urls[0], "method": "GET"} if request and urls else {}
            heads += self._message(body.get("request" if request else "response"), request, around)
        exact = any(isinstance(head, Request) and head.size for head in heads)
        return [head for head in heads if not (exact and isinstance(head, Request) and not head.size)]

    def fields(self, value: object) -> list[Field]:
        """Fields from [[name, value]], [{"name", "value"}] or {name: value or [values]}; empty where it is none."""
        pairs = _pairs(value)
        if not pairs:
            return []
        return [Field(wire(name), wire(text).strip(" \t"), self._find(name)) for name, text in pairs]

    def _find(self, name: str) -> int:
        at = self.text.find(name, self.position) if name else -1
        if at >= 0:
            self.position, self.last = at + len(name), at
        return self.last


def _plain_target(head: Head) -> Head:
    """Undo what DevTools does to a raw request: it writes the URL where the wire has the resource name."""
    if not isinstance(head, Request) or not head.target.lower().startswith(("ws:", "wss:")):
        return head
    note = Note("derived", 0, 0, "DevTools shows the URL as the request target; the resource name was taken from it")
    return replace(head, target=parse_url(head.target).resource, notes=(*head.notes, note))


def _pairs(value: object) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        items = value.pairs if isinstance(value, Repeated) else list(value.items())
        if not _looks_headers(value):
            return []
        return [(_str(name), _str(one)) for name, many in items for one in _several(many)]
    if not isinstance(value, (list, tuple)):
        return []
    if value and all(isinstance(item, (str, bytes)) for item in value):
        return _flat([_str(item) for item in value])
    found = []
    for item in value:
        if isinstance(item, dict) and "name" in item and "value" in item:
            found.append((_str(item["name"]), _str(item["value"])))
        elif isinstance(item, (list, tuple)) and len(item) == 2 and all(isinstance(x, (str, bytes)) for x in item):
            found.append((_str(item[0]), _str(item[1])))
        else:
            return []
    return found


def _flat(words: list[str]) -> list[tuple[str, str]]:
    """Names and values in turn, as Node's ``rawHeaders`` holds them."""
    names = words[::2]
    if len(words) % 2 or not _KNOWN & {name.lower() for name in names}:
        return []
    return list(zip(names, words[1::2], strict=True))


def _looks_headers(value: dict[str, object]) -> bool:
    """Whether an object is a map of fields: text, or lists of text, under names of which one belongs to a handshake."""
    if not all(isinstance(many, (str, bytes, int, list, tuple)) for many in value.values()):
        return False
    names = {_str(name).lower() for name in value}
    known = {
        "upgrade",
        "connection",
        "host",
        ":method",
        ":status",
        ":protocol",
        "sec-websocket-key",
        "sec-websocket-accept",
    }
    return bool(names & known)


def _several(many: object) -> Iterable[object]:
    return many if isinstance(many, (list, tuple)) else (many,)


def _str(value: object) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _text(value: dict[str, object], *keys: str) -> str:
    return next((_str(value[key]) for key in keys if isinstance(value.get(key), (str, bytes))), "")


def _status(value: dict[str, object]) -> int:
    for key in _STATUS_KEYS:
        digits = _str(value.get(key, ""))[:3]
        if digits.isascii() and digits.isdigit():
            return int(digits)
    return 0


def _headless(fields: list[Field]) -> list[Note]:
    if any(field.name.startswith(":") for field in fields):
        return []
    return [Note("missing-start-line", 0, 0, "the input has no request or status line; only what it says is known")]


def _is_socket(entry: dict[str, object]) -> bool:
    request = entry.get("request")
    url = _text(request, "url").lower() if isinstance(request, dict) else ""
    return entry.get("_resourceType") == "websocket" or "_webSocketMessages" in entry or url.startswith(("ws:", "wss:"))


def _event(item: object) -> tuple[str, dict[str, object]] | None:
    """(name, params) of a DevTools protocol event, as a pair or as the object on the wire."""
    if isinstance(item, (list, tuple)) and len(item) == 2:
        name, body = item
    elif isinstance(item, dict):
        name, body = item.get("method"), item.get("params")
    else:
        return None
    if isinstance(name, str) and name.startswith("Network.") and isinstance(body, dict):
        return name, body
    return None


def _no_doubles(heads: list[Head]) -> list[Head]:
    """At most one request and one response, the first of each with the most fields."""
    best: dict[bool, Head] = {}
    for head in heads:
        kind = isinstance(head, Request)
        if kind not in best or len(head.fields) > len(best[kind].fields):
            best[kind] = head
    return [best[kind] for kind in (True, False) if kind in best]
