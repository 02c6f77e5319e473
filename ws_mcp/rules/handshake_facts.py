"""The dissection of a handshake, as the ``facts`` of a report."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ws_mcp.protocol.headers import decode_key, expected_accept, list_elements, tokens
from ws_mcp.rules.answers import ACCEPT, KEY, VERSION, key_of
from ws_mcp.rules.deflate_offers import BITS, WINDOWS, configurations, usable
from ws_mcp.rules.extension_lists import listed
from ws_mcp.rules.http_parts import Head, accepts, classic, origin_of
from ws_mcp.rules.subprotocols import NAME as SUBPROTOCOL
from ws_mcp.rules.subprotocols import offered
from ws_mcp.rules.transport import scheme_of
from ws_mcp.types import Field, Handshake, Policy, Request, Response

SHOWN = 2000  # characters of a value
FIELDS = 200
NOTES = 50
EXTENSIONS = 100
PARAMETERS = 20


def facts_of(handshake: Handshake, policy: Policy) -> dict[str, Any]:
    """Everything that was read, as JSON."""
    request, response = handshake.request, handshake.response
    key = key_of(request)
    return {
        "request": _request(request, policy) if request else None,
        "response": _response(response) if response else None,
        "expected_accept": expected_accept(key) if key and request and classic(request) else None,
        "negotiated": _negotiated(response) if response else None,
    }


def _request(request: Request, policy: Policy) -> dict[str, Any]:
    origin = request.values("Origin")
    return _head(request) | {
        "method": request.method,
        "target": request.target[:SHOWN],
        "http_version": request.version,
        "scheme": scheme_of(request, policy) or None,
        "key": _key(request),
        "version": list(request.values(VERSION)[:FIELDS]),
        "origin": {"value": origin[0][:SHOWN], "opaque": origin_of(origin[0]).opaque} if origin else None,
        "subprotocols": [name[:SHOWN] for name in offered(request)[:FIELDS]],
        "extensions": _extensions(request),
        "rest_bytes": len(request.rest),
    }


def _response(response: Response) -> dict[str, Any]:
    return _head(response) | {
        "status": response.status,
        "reason": response.reason,
        "http_version": response.version,
        "accepts": accepts(response),
        "accept": list(response.values(ACCEPT)[:FIELDS]),
        "versions": [element for element in list_elements(response.values(VERSION))[:FIELDS] if element],
        "subprotocol": next(iter(response.values(SUBPROTOCOL)), None),
        "extensions": _extensions(response),
        "rest_bytes": len(response.rest),
    }


def _head(head: Head) -> dict[str, Any]:
    seen: set[str] = set()
    return {
        "form": head.form,
        "size": head.size or None,
        "fields_total": len(head.fields),
        "fields": [_field(field, seen) for field in head.fields[:FIELDS]],
        "upgrade": list(tokens(head.fields, "Upgrade")[:FIELDS]),
        "connection": list(tokens(head.fields, "Connection")[:FIELDS]),
        "notes": [_note(head, index) for index in range(min(len(head.notes), NOTES))],
    }


def _note(head: Head, index: int) -> dict[str, Any]:
    note = head.notes[index]
    return {"kind": note.kind, "offset": note.offset, "length": note.length, "text": note.text}


def _field(field: Field, seen: set[str]) -> dict[str, Any]:
    described: dict[str, Any] = {"name": field.name, "value": field.value[:SHOWN], "offset": field.offset}
    if len(field.value) > SHOWN:
        described["length"] = len(field.value)
    if field.name.lower() in seen:
        described["repeated"] = True
    seen.add(field.name.lower())
    return described


def _key(request: Request) -> dict[str, Any] | None:
    values = request.values(KEY)
    if not values:
        return None
    key = decode_key(values[0])
    size = None if key.nonce is None else len(key.nonce)
    return {"value": key.raw[:SHOWN], "decoded_bytes": size, "canonical": key.canonical, "problem": key.problem or None}


def _extensions(head: Head) -> list[dict[str, Any]]:
    return [
        {
            "name": extension.name,
            "parameters": {parameter.name: parameter.value for parameter in extension.parameters[:PARAMETERS]},
            "raw": extension.raw[:SHOWN],
            "faults": [note.text[:SHOWN] for note in extension.faults[:PARAMETERS]],
        }
        for extension in listed(head)[:EXTENSIONS]
    ]


def _negotiated(response: Response) -> dict[str, Any] | None:
    """What holds on the connection, with the defaults of permessage-deflate filled in (RFC 7692, 7.1)."""
    if not accepts(response):
        return None
    agreed = [found for found in configurations(response) if usable(found, False)]
    return {
        "subprotocol": next((value for value in response.values(SUBPROTOCOL) if value), None),
        "extensions": [extension.name for extension in listed(response)[:EXTENSIONS]],
        "permessage_deflate": dict(_deflate(response)) if agreed else None,
    }


def _deflate(response: Response) -> Iterator[tuple[str, Any]]:
    found = next(found for found in configurations(response) if usable(found, False))
    for side in ("server", "client"):
        yield f"{side}_no_context_takeover", found.get(f"{side}_no_context_takeover") is not None
    for name in WINDOWS:
        parameter = found.get(name)
        yield name, BITS[parameter.value] if parameter and parameter.value else 15
