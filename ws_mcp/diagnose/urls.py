"""A URL by itself: what can be said of it without connecting (RFC 6455, 3)."""

from __future__ import annotations

import re

from ws_mcp.diagnose.answer import Diagnosis
from ws_mcp.library import Library
from ws_mcp.protocol.urls import Url, parse_url

_URL = re.compile(r"""(?i)(?:new\s+WebSocket\(\s*)?["'`<]?((?:wss?|https?)://[^\s"'`<>]*)["'`>]?\s*\)?;?""")
_SECRET = re.compile(r"(?i)(?:^|&)(token|access_token|api_?key|key|auth|jwt|password|secret|session)=")
_FAULTS = {
    "no-authority": "It has no host.",
    "empty-host": "It has no host.",
    "bad-host": "Its host has characters that no host name has.",
    "bad-ipv6": "Its IPv6 address is malformed; it stands in brackets: ws://[::1]:8080/.",
    "bad-port": "Its port is no number from 0 to 65535.",
    "empty-port": "A colon stands after the host and no port follows.",
    "bad-character": "It has characters that a URL does not allow as they are; percent-encode them.",
    "bad-percent": "A % stands in it that no two hexadecimal digits follow; write %25 for a literal one.",
}


def diagnose(text: str, library: Library) -> Diagnosis | None:
    """Scheme, port, credentials, fragment and what is malformed."""
    found = _URL.fullmatch(text)
    if found is None or len(text) > 8_000:
        return None
    url = parse_url(found[1])
    wrong = _wrong(url)
    points = [*wrong, *_told(url)]
    step = (
        "mend the URL as said above, then try it again."
        if wrong
        else "nothing was connected to. To see the handshake: curl -v with the upgrade headers, and paste its output."
    )
    return Diagnosis(f"a URL ({url.scheme}, port {url.port})", tuple(points), step, ("rfc6455/3", "rfc6455/4.1"))


def _wrong(url: Url) -> list[str]:
    points = [_FAULTS[fault] for fault in dict.fromkeys(url.faults) if fault in _FAULTS]
    if url.fragment is not None:
        points.append("It has a fragment (#…), which a WebSocket URL must not have: leave it out, or write %23.")
    if url.authority.userinfo is not None:
        points.append(
            "It carries credentials (user@): browsers drop or refuse them and logs keep them. Send a "
            "header, a cookie or a short-lived ticket."
        )
    if url.scheme in {"http", "https"}:
        ws = "ws" if url.scheme == "http" else "wss"
        points.append(
            f"Its scheme is {url.scheme}: browsers since 2024 take that as {ws}, many libraries do not. Write {ws}."
        )
    return points


def _is_loopback(host: str) -> bool:
    """What browsers take for this machine, and so for trustworthy."""
    name = host.strip("[]").lower()
    return name == "::1" or name.startswith("127.") or name == "localhost" or name.endswith(".localhost")


def _told(url: Url) -> list[str]:
    points = []
    if url.scheme == "ws" and _is_loopback(url.authority.host):
        points.append("ws to this machine: most browsers let an https page open it too; anywhere else it takes wss.")
    elif url.scheme == "ws":
        points.append(
            "ws is not encrypted: an https page may not open it (mixed content), and proxies may tamper with it."
        )
    if url.query and (found := _SECRET.search(url.query)):
        points.append(f"Its query has {found[1]}=…: a secret there ends up in access logs and histories.")
    if not url.secure and url.port == 443:
        points.append("It goes to port 443 without TLS: a server that expects TLS closes at once. wss is meant.")
    if url.secure and url.port in {80, 8080}:
        points.append(
            f"It speaks TLS to port {url.port}, which is mostly plain HTTP: that fails with 'wrong version number'."
        )
    points.append(f"The request would ask {url.authority.host}:{url.port} for {url.resource[:120]}.")
    return points
