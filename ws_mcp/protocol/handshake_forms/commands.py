"""Browsers' "Copy as cURL" (POSIX and Windows) and "Copy as fetch": the request that the command would send."""

from __future__ import annotations

import base64
import json
import re
import shlex

from ws_mcp.errors import InputError
from ws_mcp.protocol.handshake_forms.parts import make_request
from ws_mcp.protocol.heads import wire
from ws_mcp.types import Field, Note, Request

_ANSI_C = re.compile(r"\$'((?:[^'\\]|\\.)*)'", re.DOTALL)
_ANSI_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{4})|(.))", re.DOTALL)
_FETCH = re.compile(r"\s*(?:await )?fetch\(\s*(\"(?:[^\"\\]|\\.)*\"|'[^']*')\s*(,)?\s*", re.DOTALL)
_WITH_VALUE = frozenset(
    "-H --header -X --request -b --cookie -A --user-agent -e --referer -u --user --url -d --data --data-raw "
    "--data-binary -o --output -m --max-time --max-filesize --connect-timeout -x --proxy --resolve --cacert "
    "-w --write-out".split()
)
_SHORT = "HXbAeudomxw"


def looks_command(text: str) -> bool:
    """Whether the text begins with a curl command or a fetch call."""
    head = text.lstrip()[:20]
    return head.startswith(("curl ", "curl.exe ", "curl\t", "$ curl ")) or _FETCH.match(text) is not None


def read_command(text: str) -> Request:
    """The request of a command.

    Host comes from the URL, as the program would add it; what else curl adds (User-Agent, Accept) is not made
    up.

    Raises:
        InputError: the quotes of the command do not match, or no URL is in it.
    """
    return _fetch(text) if _FETCH.match(text) else _curl(text)


def _curl(text: str) -> Request:
    words = _words(text)
    fields: list[Field] = []
    notes: list[Note] = []
    found = {"method": "", "url": "", "version": "HTTP/1.1"}
    position = index = 0
    while index < len(words):
        option, value = words[index], ""
        if option[:1] == "-" and option[:2] != "--" and len(option) > 2 and option[1] in _SHORT:
            option, value = option[:2], option[2:]
        elif option in _WITH_VALUE:
            index += 1
            value = words[index] if index < len(words) else ""
        index += 1
        field = _option(option, value, found, notes)
        if field:
            at = text.find(field.name, position)
            position = max(position, at)
            fields.append(Field(wire(field.name), wire(field.value), max(at, 0)))
    if not found["url"]:
        raise InputError(
            "The curl command has no URL. Send the whole command, or the raw request: “GET /chat HTTP/1.1” and fields."
        )
    return make_request(fields, found["method"] or "GET", found["url"], found["version"], notes)


def _option(option: str, value: str, found: dict[str, str], notes: list[Note]) -> Field | None:
    """Take one option into ``found``, or give back the field it makes."""
    named = {
        "-b": "Cookie",
        "--cookie": "Cookie",
        "-A": "User-Agent",
        "--user-agent": "User-Agent",
        "-e": "Referer",
        "--referer": "Referer",
    }
    if option in ("-H", "--header"):
        name, _, rest = value.partition(":")
        return Field(name.strip(), rest.strip(" \t")) if rest.strip() else None  # "Name:" makes curl drop the field
    if option in named:
        return Field(named[option], value)
    if option in ("-u", "--user"):
        notes.append(Note("derived", 0, 0, "Authorization was made from the user option"))
        return Field("Authorization", "Basic " + base64.b64encode(value.encode("utf-8", "surrogatepass")).decode())
    if option in ("-X", "--request"):
        found["method"] = value
    elif option == "--url":
        found["url"] = value
    elif option in ("-I", "--head"):
        found["method"] = found["method"] or "HEAD"
    elif option in ("--http2", "--http2-prior-knowledge", "--http3", "--http1.0"):
        found["version"] = {"--http3": "HTTP/3", "--http1.0": "HTTP/1.0"}.get(option, "HTTP/2")
    elif not option.startswith("-") and not found["url"]:
        found["url"] = option
    return None


def _words(text: str) -> list[str]:
    body = text.strip().removeprefix("$ ")
    if '^"' in body or "^\n" in body or "^\r\n" in body:  # cmd.exe quoting
        body = re.sub(r"\^\r?\n", " ", body)
        body = re.sub(r"\^(.)", r"\1", body)
    body = re.sub(r"\\\r?\n", " ", body)
    body = _ANSI_C.sub(lambda m: shlex.quote(_ANSI_ESCAPE.sub(_ansi, m.group(1))), body)
    try:
        words = shlex.split(body)
    except ValueError as error:
        raise InputError(
            f"The curl command cannot be split ({error}). Send the whole command, or the raw request."
        ) from error
    return words[1:]


def _ansi(match: re.Match[str]) -> str:
    short, four, other = match.groups()
    if short or four:
        return chr(int(short or four, 16))
    return {"n": "\n", "r": "\r", "t": "\t", "0": "\0"}.get(other, other)


def _fetch(text: str) -> Request:
    match = _FETCH.match(text)
    assert match is not None
    url = match.group(1)[1:-1].replace("\\/", "/")
    options: dict[str, object] = {}
    if match.group(2) and text[match.end() : match.end() + 1] == "{":
        try:
            decoded, _ = json.JSONDecoder().raw_decode(text, match.end())
        except (ValueError, RecursionError) as error:
            raise InputError(
                "The options of the fetch call are not JSON. Send it as the browser copies it, or the raw request."
            ) from error
        options = decoded if isinstance(decoded, dict) else {}
    headers = options.get("headers")
    fields = []
    for name, value in headers.items() if isinstance(headers, dict) else ():
        fields.append(Field(wire(name), wire(str(value)), max(0, text.find(name, match.end()))))
    method = options.get("method")
    return make_request(fields, method if isinstance(method, str) else "GET", url, "HTTP/1.1")
