"""URLs, request targets, Host and Origin values as facts (RFC 6455 §3, RFC 3986, RFC 6454 §6.1, RFC 7230 §5.3).

The standard library's ``urlsplit`` drops tabs and line breaks and raises on odd hosts, which hides what a rule must
see; the split here keeps every character and never raises.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

_URL = re.compile(r"(?:([^:/?#]+):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.DOTALL)  # RFC 3986 appendix B
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*")
_NOT_URI = re.compile(r"[^!#$%&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~]")
_BAD_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_REG_NAME = re.compile(r"(?:[A-Za-z0-9\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2})*")
DEFAULT_PORTS = {"ws": 80, "wss": 443, "http": 80, "https": 443}  # RFC 6455 §3


@dataclass(frozen=True, slots=True)
class Authority:
    """``userinfo@host:port``; ``port`` is None where absent or unusable, ``faults`` are kebab-case names."""

    host: str
    port: int | None = None
    userinfo: str | None = None
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Url:
    """A URL split as sent. ``resource`` is the resource name of RFC 6455 §3: path, "/" where empty, and query.

    ``query`` and ``fragment`` are None where their mark is missing. ``port`` is the effective one: the default of the
    scheme where none is written.
    """

    raw: str
    scheme: str
    authority: Authority
    path: str
    query: str | None
    fragment: str | None
    port: int | None
    resource: str
    faults: tuple[str, ...] = ()

    @property
    def secure(self) -> bool:
        """Whether TLS carries it (wss and https)."""
        return self.scheme in {"wss", "https"}


@dataclass(frozen=True, slots=True)
class Target:
    """A request target; ``form`` is origin, absolute, authority, asterisk or invalid (RFC 7230 §5.3)."""

    raw: str
    form: str
    path: str = ""
    query: str | None = None
    fragment: str | None = None
    url: Url | None = None
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Origin:
    """An Origin value; ``opaque`` for "null" (RFC 6454 §7.3). ``faults`` name what a serialised origin may not have."""

    raw: str
    scheme: str = ""
    host: str = ""
    port: int | None = None
    opaque: bool = False
    faults: tuple[str, ...] = ()


def parse_authority(text: str) -> Authority:
    """Split a Host value or a URL's authority.

    Faults: ``empty-host``, ``bad-host``, ``bad-ipv6``, ``bad-port`` (not a number, or above 65535), ``empty-port``.
    """
    userinfo, at, rest = text.rpartition("@")
    faults: list[str] = []
    if rest.startswith("["):
        host, bracket, tail = rest[1:].partition("]")
        if not bracket or (tail and not tail.startswith(":")) or not _is_ipv6(host):
            faults.append("bad-ipv6")
        colon, port_text = tail[:1], tail[1:]
    else:
        host, colon, port_text = rest.partition(":")
        if not host:
            faults.append("empty-host")
        elif not _REG_NAME.fullmatch(host):
            faults.append("bad-host")
    port: int | None = None
    if port_text.isascii() and port_text.isdigit() and len(port_text) <= 9 and int(port_text) <= 65535:
        port = int(port_text)
    elif port_text:
        faults.append("bad-port")
    elif colon:
        faults.append("empty-port")
    return Authority(host, port, userinfo if at else None, tuple(faults))


def _is_ipv6(host: str) -> bool:
    try:
        ipaddress.IPv6Address(host)
    except ValueError:
        return False
    return True


def parse_url(text: str) -> Url:
    """Split a URL; never raises.

    Faults: those of ``parse_authority`` and ``no-scheme``, ``bad-scheme``, ``not-websocket-scheme``, ``no-authority``,
    ``fragment`` (RFC 6455 §3 forbids one), ``bad-character``, ``bad-percent``. What they mean is for the rules.
    """
    match = _URL.fullmatch(text)
    scheme, authority_text, path, query, fragment = match.groups() if match else (None, None, text, None, None)
    authority = parse_authority(authority_text or "") if authority_text is not None else Authority("")
    faults = list(authority.faults)
    if not scheme:
        faults.append("no-scheme")
    elif not _SCHEME.fullmatch(scheme):
        faults.append("bad-scheme")
    elif scheme.lower() not in {"ws", "wss"}:
        faults.append("not-websocket-scheme")
    if authority_text is None:
        faults.append("no-authority")
    if fragment is not None:
        faults.append("fragment")
    faults += _character_faults(text)
    name = (scheme or "").lower()
    port = authority.port if authority.port is not None else DEFAULT_PORTS.get(name)
    resource = (path or "/") + (f"?{query}" if query is not None else "")
    return Url(text, name, authority, path or "", query, fragment, port, resource, tuple(faults))


def _character_faults(text: str) -> list[str]:
    faults = ["bad-character"] if _NOT_URI.search(text.replace("%", "")) else []
    return faults + (["bad-percent"] if _BAD_PERCENT.search(text) else [])


def parse_target(text: str) -> Target:
    """Tell the form of a request target and split it; never raises.

    Faults: ``fragment``, ``bad-character``, ``bad-percent``, and for the absolute form those of its URL.
    """
    faults = tuple(_character_faults(text))
    if text == "*":
        return Target(text, "asterisk")
    if text.startswith("/"):
        body, mark, fragment = text.partition("#")
        path, question, query = body.partition("?")
        kept = ("fragment", *faults) if mark else faults
        return Target(text, "origin", path, query if question else None, fragment if mark else None, None, kept)
    if "://" in text:
        url = parse_url(text)
        known = url.scheme in DEFAULT_PORTS
        flaws = tuple(f for f in url.faults if f != "not-websocket-scheme" or not known)
        return Target(text, "absolute", url.path, url.query, url.fragment, url, flaws)
    if text and ":" in text and not parse_authority(text).faults:
        return Target(text, "authority", faults=faults)
    return Target(text, "invalid", faults=faults)


def parse_origin(text: str) -> Origin:
    """Split an Origin value; never raises.

    Faults: ``not-an-origin`` (no scheme or host), ``path`` (a serialised origin has none, not even "/"), ``userinfo``,
    ``upper-case``, ``default-port`` (a serialised origin leaves it out), those of ``parse_authority``.
    """
    if text == "null":
        return Origin(text, opaque=True)
    url = parse_url(text)
    faults = list(url.authority.faults)
    if not url.scheme or "no-authority" in url.faults or "bad-scheme" in url.faults:
        faults.append("not-an-origin")
    if url.path or url.query is not None or url.fragment is not None:
        faults.append("path")
    if url.authority.userinfo is not None:
        faults.append("userinfo")
    if text != text.lower():
        faults.append("upper-case")
    if url.authority.port is not None and url.authority.port == DEFAULT_PORTS.get(url.scheme):
        faults.append("default-port")
    return Origin(text, url.scheme, url.authority.host.lower(), url.port, False, tuple(faults))
