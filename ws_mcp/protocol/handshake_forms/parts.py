"""What the forms share: building a request or response from fields, telling the sides apart, choosing among several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ws_mcp.protocol.heads import form_of, wire
from ws_mcp.protocol.urls import parse_url
from ws_mcp.types import Field, Handshake, Note, Request, Response

Head = Request | Response

REQUEST_ONLY = frozenset(
    "host origin user-agent accept accept-encoding accept-language cookie referer authorization sec-websocket-key "
    "sec-fetch-mode sec-fetch-site sec-fetch-dest pragma :method :path :scheme :authority :protocol".split()
)
RESPONSE_ONLY = frozenset(
    "sec-websocket-accept server set-cookie location www-authenticate content-length retry-after x-powered-by "
    "access-control-allow-origin :status".split()
)


def side_of(fields: Sequence[Field]) -> type[Request] | type[Response] | None:
    """Request or Response by the names that only one has, None where none tells."""
    names = {field.name.lower() for field in fields}
    request, response = len(names & REQUEST_ONLY), len(names & RESPONSE_ONLY)
    if request == response:
        return Request if "sec-websocket-version" in names else None
    return Request if request > response else Response


def pseudo(fields: Sequence[Field], name: str) -> str:
    """The first value of a pseudo-header field, or ""."""
    return next((field.value for field in fields if field.name.lower() == name), "")


def make_request(
    fields: Sequence[Field],
    method: str = "",
    url: str = "",
    version: str = "",
    notes: Sequence[Note] = (),
    form: str = "",
) -> Request:
    """A request from what is known; "" is unknown. A URL gives the target, and Host if no field does."""
    kept, said = list(fields), list(notes)
    is_pseudo = any(field.name.startswith(":") for field in fields)
    target = url
    split = parse_url(url)
    if split.authority.host and not is_pseudo:
        target = split.resource
        if not any(field.name.lower() == "host" for field in fields):
            host = url.partition("://")[2].partition("/")[0].partition("?")[0].partition("#")[0].rpartition("@")[2]
            kept.insert(0, Field("Host", wire(host)))
            said.append(Note("derived", 0, 0, "Host was taken from the URL"))
    if is_pseudo:
        target = pseudo(fields, ":path") or target
        method = pseudo(fields, ":method") or method
        form, version = form or _pseudo_form(version), version or "HTTP/2"
    return Request(method, wire(target), version, tuple(kept), tuple(said), form or form_of(version))


def make_response(
    fields: Sequence[Field],
    status: int = 0,
    reason: str = "",
    version: str = "",
    notes: Sequence[Note] = (),
    form: str = "",
) -> Response:
    """A response from what is known; status 0 and "" are unknown."""
    if any(field.name.startswith(":") for field in fields):
        code = pseudo(fields, ":status")
        status = int(code) if code.isascii() and code.isdigit() and len(code) < 6 else status
        form, version = form or _pseudo_form(version), version or "HTTP/2"
    return Response(version, status, wire(reason), tuple(fields), tuple(notes), form or form_of(version))


def _pseudo_form(version: str) -> str:
    known = form_of(version)
    return known if known != "http/1.1" else "h2"


def choose(heads: Sequence[Head]) -> Handshake:
    """One handshake out of all heads found, in order.

    The last request that asks for WebSocket (else the last one), and the last final answer after it: a 100 or 103
    before it, a redirect or a 401 that was followed do not count. Others are noted.
    """
    requests = [index for index, head in enumerate(heads) if isinstance(head, Request)]
    asking = [index for index in requests if _asks(heads[index])]
    chosen = (asking or requests or [-1])[-1]
    answers = [head for head in heads[chosen + 1 :] if isinstance(head, Response)]
    answers = answers or [head for head in heads if isinstance(head, Response)]
    final = [head for head in answers if head.status >= 200 or head.status in (0, 101)]
    answers = final or answers
    response = answers[-1] if answers else None
    picked = heads[chosen] if chosen >= 0 else None
    request = picked if isinstance(picked, Request) else None
    left = len(heads) - (request is not None) - (response is not None)
    if left:
        note = Note("several-heads", 0, 0, f"{left} other request(s) or answer(s) in the input were left out")
        if request is not None:
            request = replace(request, notes=(*request.notes, note))
        elif response is not None:
            response = replace(response, notes=(*response.notes, note))
    return Handshake(request, response)


def _asks(head: Head) -> bool:
    names = {field.name.lower() for field in head.fields}
    return bool(names & {"upgrade", "sec-websocket-key", ":protocol"})
