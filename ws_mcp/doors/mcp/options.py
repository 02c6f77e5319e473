"""The options of ``websocket-mcp serve``, with the standard library alone: stdio has to start fast."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ws_mcp.doors.mcp.settings import Settings

TOKEN = "WS_MCP_TOKEN"  # the environment variable
_SHORTEST = 16  # characters of a token
_NONE = "none"


@dataclass(frozen=True, slots=True)
class OAuth:
    """An authorization server whose tokens are taken: signed JWTs for ``resource`` with all of ``scopes``."""

    issuer: str
    jwks: str
    resource: str
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Http:
    """How to serve over HTTP.

    Attributes:
        hosts: Host names that requests may name, with any port.
        origins: Origin values that requests may carry; requests without one always pass.
        token: the bearer token to ask for, "" for none.
        sessions: keep sessions of handshake-era clients in this process, so that it can ask them things.
    """

    host: str
    port: int
    hosts: tuple[str, ...]
    origins: tuple[str, ...]
    token: str
    oauth: OAuth | None
    sessions: bool

    @property
    def loopback(self) -> bool:
        """Whether only this machine can connect."""
        return is_loopback(self.host)


def parse(arguments: Sequence[str]) -> tuple[Settings, Http | None]:
    """What to serve and how; None for standard input and output.

    Raises:
        SystemExit: Options that do not go together; the message names what is missing (exit 2).
    """
    parser = build()
    given = parser.parse_args(arguments)
    roots = tuple(_folder(parser, "--root", name) for name in given.root)
    folder = _folder(parser, "--local", given.local) if given.local else None
    if not given.http:
        extra = _http_only(parser, given)
        if extra:
            parser.error(f"{', '.join(extra)} only works with --http")
        return Settings(roots, True, tuple(given.allow_host), folder), None
    http = _http(parser, given)
    settings = Settings(roots, False, tuple(given.allow_host), folder, http.loopback, tuple(given.enable))
    return settings, http


def build() -> argparse.ArgumentParser:
    """The parser; abbreviations are refused, so that --token never means --token-file."""
    parser = argparse.ArgumentParser(
        prog="websocket-mcp serve",
        description="Run the MCP server on standard input and output, or over HTTP.",
        allow_abbrev=False,
    )
    many: dict[str, Any] = {"action": "append", "default": []}
    parser.add_argument("--root", metavar="DIR", help="a folder that tools may read and write; repeatable", **many)
    parser.add_argument("--allow-host", metavar="HOST", help="a host that may be probed; repeatable", **many)
    parser.add_argument("--local", metavar="DIR", help="your own documents, instead of ./mcp/websocket")
    http = parser.add_argument_group(
        "HTTP", "Streamable HTTP at /mcp, with /healthz and /metrics; any number of replicas behind any balancer."
    )
    http.add_argument("--http", action="store_true", help="serve over HTTP")
    http.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    http.add_argument("--port", type=int, default=8000, help="port to listen on (default: %(default)s)")
    http.add_argument("--allowed-host", metavar="HOST", help="a name clients connect to; repeatable", **many)
    http.add_argument(
        "--allowed-origin", metavar="ORIGIN", help='an origin of web clients, or "none"; repeatable', **many
    )
    http.add_argument(
        "--token-file", metavar="FILE", help=f"file with the bearer token to ask for (or the variable {TOKEN})"
    )
    http.add_argument("--issuer", metavar="URL", default="", help="take this OAuth server's tokens; with the next two")
    http.add_argument("--jwks", metavar="URL", default="", help="where that server publishes its keys")
    http.add_argument("--resource", metavar="URL", default="", help="this server's own URL, the tokens' audience")
    http.add_argument("--scope", metavar="SCOPE", help="a scope the tokens need; repeatable", **many)
    http.add_argument(
        "--sessions",
        action="store_true",
        help="keep sessions for clients before 2026-07-28, so that they can be asked; one replica, or sticky routing",
    )
    http.add_argument(
        "--enable", metavar="TOOL", help="a tool that is left out beyond loopback, all the same; repeatable", **many
    )
    return parser


def is_loopback(host: str) -> bool:
    """Whether ``host`` is an address of this machine alone."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _folder(parser: argparse.ArgumentParser, option: str, name: str) -> Path:
    folder = Path(name).expanduser()
    if not folder.is_dir():
        parser.error(f"{option} {name} is no folder")
    return folder.resolve()


def _http_only(parser: argparse.ArgumentParser, given: argparse.Namespace) -> list[str]:
    """The options of HTTP that were given."""
    (group,) = (group for group in parser._action_groups if group.title == "HTTP")
    return [
        action.option_strings[0]
        for action in group._group_actions
        if getattr(given, action.dest) != parser.get_default(action.dest)
    ]


def _http(parser: argparse.ArgumentParser, given: argparse.Namespace) -> Http:
    if not 0 <= given.port <= 65_535:
        parser.error(f"--port is {given.port}; give 1 to 65535, or 0 for a free one")
    origins = () if given.allowed_origin == [_NONE] else tuple(_origin(parser, one) for one in given.allowed_origin)
    http = Http(
        given.host,
        given.port,
        tuple(_host(parser, one) for one in given.allowed_host),
        origins,
        _token(parser, given.token_file),
        _oauth(parser, given),
        given.sessions,
    )
    if http.token and http.oauth:
        parser.error("a token and --issuer exclude each other; keep one")
    missing = []
    if not http.loopback:
        missing += ["--allowed-host NAME"] * (not http.hosts)
        missing += ['--allowed-origin ORIGIN (or "none" where no web page connects)'] * (not given.allowed_origin)
        missing += [f"--token-file FILE, {TOKEN} or --issuer … --jwks … --resource …"] * (
            not http.token and not http.oauth
        )
    if missing:
        parser.error(f"--host {given.host} lets other machines in; give also {', and '.join(missing)}")
    return http


def _host(parser: argparse.ArgumentParser, name: str) -> str:
    if not name or any(character in name for character in "/*@ ") or urlsplit(f"//{name}").hostname is None:
        parser.error(f"--allowed-host {name!r}: give a host name as clients use it, such as mcp.example.com")
    return name.lower()


def _origin(parser: argparse.ArgumentParser, origin: str) -> str:
    parts = urlsplit(origin)
    if parts.scheme not in {"http", "https"} or not parts.hostname or f"{parts.scheme}://{parts.netloc}" != origin:
        parser.error(f"--allowed-origin {origin!r}: give scheme, host and port, such as https://app.example.com")
    return origin.lower()


def _token(parser: argparse.ArgumentParser, file: str | None) -> str:
    """The bearer token; never an argument, since other users of the machine see those."""
    try:
        token = Path(file).read_text("ascii").strip() if file else os.environ.get(TOKEN, "").strip()
    except (OSError, UnicodeDecodeError) as error:
        parser.error(f"--token-file {file}: {error}")
    if (file or token) and (len(token) < _SHORTEST or not token.isascii() or not token.isprintable() or " " in token):
        parser.error(
            f"the token has to be one word of at least {_SHORTEST} ASCII characters; `openssl rand -hex 32` makes one"
        )
    return token


def _oauth(parser: argparse.ArgumentParser, given: argparse.Namespace) -> OAuth | None:
    urls = {"--issuer": given.issuer, "--jwks": given.jwks, "--resource": given.resource}
    if not any(urls.values()) and not given.scope:
        return None
    missing = [name for name, url in urls.items() if not url]
    if missing:
        parser.error(f"OAuth needs --issuer, --jwks and --resource; {', '.join(missing)} is missing")
    for name, url in urls.items():
        parts = urlsplit(url)
        if not parts.hostname or not (parts.scheme == "https" or is_loopback(parts.hostname)):
            parser.error(f"{name} {url}: give an https URL")
    return OAuth(given.issuer, given.jwks, given.resource, tuple(given.scope))
