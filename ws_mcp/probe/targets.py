"""Who may be probed: loopback, and the hosts that the user allows.

A probe sends what is wrong on purpose. So an address counts twice: as it is written and as it resolves. The name is
resolved once and the connection goes to an address that was checked, so that a second answer of the name server cannot
lead elsewhere.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
import ssl
from dataclasses import dataclass
from urllib.parse import quote

from ws_mcp.errors import InputError
from ws_mcp.protocol.urls import parse_url

_WEB = {"http": "ws", "https": "wss"}
_PLACE = re.compile(r"(localhost|[\w-]+(\.[\w-]+)+|\[[0-9a-fA-F:.]+\])(:[0-9]{1,5})?(/|$)")  # a host, and no scheme
_FAULTS = {
    "no-scheme": "it has no scheme",
    "bad-scheme": "its scheme is none",
    "not-websocket-scheme": "its scheme is not ws or wss",
    "no-authority": "it names no host",
    "empty-host": "it names no host",
    "bad-host": "its host is none",
    "bad-ipv6": "its IPv6 address is none",
    "bad-port": "its port is not a number from 1 to 65535",
    "fragment": "it has a fragment (#), which RFC 6455, section 3 forbids",
    "bad-character": "it has characters that need percent-encoding",
    "bad-percent": "it has a % that begins no code",
}


class NotAllowedError(InputError):
    """The host lies beyond loopback and nobody allowed it; ``host`` is what to allow."""

    def __init__(self, message: str, host: str) -> None:
        super().__init__(message)
        self.host = host


@dataclass(frozen=True, slots=True)
class Target:
    """A checked peer: ``addresses`` are where to connect to, ``host`` is what Host says, ``resource`` what to get."""

    url: str
    secure: bool
    name: str
    addresses: tuple[str, ...]
    port: int
    host: str
    resource: str

    @property
    def origin(self) -> str:
        """The origin of a page of the same site (RFC 6454, 6.2)."""
        return f"{'https' if self.secure else 'http'}://{self.host}"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A URL taken apart, before its host is looked up."""

    url: str
    secure: bool
    name: str
    port: int
    host: str
    resource: str


def read_url(text: str) -> Wanted:
    """Takes a URL of a WebSocket server apart.

    Raises:
        InputError: it cannot be used.
    """
    url = text.strip()
    if not url:
        raise InputError("There is no URL. Give that of the server to probe: ws://127.0.0.1:8080/")
    try:
        shown = url if url.isascii() else _ascii(url)
    except UnicodeError:
        raise InputError(f"The host of {url[:200]!r} has no ASCII form (IDNA).") from None
    parts = parse_url(shown)
    wrong = [_FAULTS[fault] for fault in parts.faults if fault in _FAULTS]
    if wrong:
        raise InputError(f"Cannot probe {url[:200]!r}: {'; '.join(wrong)}. {_instead(url)}")
    if parts.authority.userinfo is not None:
        raise InputError(
            "The URL carries a user name or password, which ws URLs do not have. Leave it out and give "
            "the header: Authorization: Basic …"
        )
    if not parts.port:
        raise InputError(f"Cannot probe {url[:200]!r}: port 0 is none.")
    name = parts.authority.host.rstrip(".").lower()
    shown_host = f"[{name}]" if ":" in name else name
    default = parts.port == (443 if parts.secure else 80)
    host = shown_host if default else f"{shown_host}:{parts.port}"
    return Wanted(shown, parts.secure, name, parts.port, host, parts.resource)


def _instead(url: str) -> str:
    """What to give in place of a URL that cannot be used."""
    scheme, mark, rest = url.partition("://")
    if mark and scheme.lower() in _WEB:
        return f"Give {_WEB[scheme.lower()]}://{rest[:200]}"
    if url.startswith("/") or "unix" in scheme.lower():
        return "A Unix socket cannot be probed: let the server listen on 127.0.0.1 too, or put a proxy before it."
    if not mark and _PLACE.match(url):
        return f"Give ws://{url[:200]}{'' if '/' in url else '/'}"
    return "Give a URL like ws://127.0.0.1:8080/chat"


def _ascii(url: str) -> str:
    """The URL with its host as IDNA and all else percent-encoded (RFC 6455, 11.1.1)."""
    scheme, mark, rest = url.partition("://")
    place = min((at for at in map(rest.find, "/?#") if at >= 0), default=len(rest))
    authority, path = rest[:place], rest[place:]
    host, colon, port = authority.rpartition(":") if authority.rpartition(":")[2].isdigit() else (authority, "", "")
    rest = quote(path, safe="%/?:@!$&'()*+,;=~#[]")
    return f"{scheme}{mark}{host.encode('idna').decode()}{colon}{port}{rest}"


async def resolve(wanted: Wanted, allowed: tuple[str, ...] = ()) -> Target:
    """Looks the host up, once, and checks every address.

    Raises:
        NotAllowedError: the host, or an address it resolves to, lies beyond loopback and is not allowed.
        InputError: there is no such host.
    """
    try:
        found = await asyncio.get_running_loop().getaddrinfo(wanted.name, wanted.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise InputError(f"There is no host {wanted.name!r}: {error}.") from None
    addresses = list(dict.fromkeys(str(info[4][0]).partition("%")[0] for info in found))
    named = {_bare(host) for host in allowed}
    for address in addresses:
        if not (is_loopback(address) or wanted.name in named or address in named):
            raise NotAllowedError(_refusal(wanted.name, address), wanted.name)
    first = sorted(addresses, key=lambda address: ":" in address)  # IPv4 before IPv6
    return Target(wanted.url, wanted.secure, wanted.name, tuple(first), wanted.port, wanted.host, wanted.resource)


def _bare(host: str) -> str:
    """A host as the user wrote it, without brackets and letter case."""
    text = host.strip().strip("[]").rstrip(".").lower()
    return text if text.isascii() else text.encode("idna").decode()


def is_loopback(address: str) -> bool:
    """Whether an address leads back to this machine; also one of IPv4 written as IPv6."""
    parsed = ipaddress.ip_address(address)
    mapped = getattr(parsed, "ipv4_mapped", None)
    return (mapped or parsed).is_loopback


def _refusal(name: str, address: str) -> str:
    where = name if name == address else f"{name} ({address})"
    return (
        f"{where} lies beyond this machine. A probe sends wrong requests and frames on purpose, so it takes your word "
        f"that you may test that host: --allow-host {name} on the command line, allow_hosts=[{name!r}] for the tool."
    )


def tls(target: Target, insecure: bool) -> ssl.SSLContext | None:
    """The TLS context for a wss target, None for ws."""
    if not target.secure:
        return None
    context = ssl.create_default_context()
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
