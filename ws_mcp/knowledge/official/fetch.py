"""Fetching over the network, only when somebody asks for it; the only home of httpx.

A polite client of other people's sites: it says who it is, asks a host for few documents at once and only for what has
changed, waits when told to, and stops asking a host that keeps failing.
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
import random
import re
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx

from ws_mcp import __version__
from ws_mcp.errors import InputError
from ws_mcp.knowledge.official import sources as catalogue
from ws_mcp.knowledge.official.download import Body, Download, Limits, Validators, accept, check_type
from ws_mcp.knowledge.official.folder import Folder
from ws_mcp.knowledge.official.gather import FetchReport, Progress, gather
from ws_mcp.knowledge.official.sources import Form
from ws_mcp.knowledge.official.text import DocumentError

USER_AGENT = f"websocket-mcp/{__version__} (reads documentation on a user's request; python-httpx/{httpx.__version__})"
_AGAIN = (408, 425, 429, 500, 502, 503, 504)
_REDIRECT = (301, 302, 303, 307, 308)


def fetch(
    sources: Sequence[str],
    mirror: str | None,
    cache_dir: Path,
    offline: bool = False,
    progress: Callable[[Progress], None] = lambda progress: None,
    limits: Limits | None = None,
) -> FetchReport:
    """``fetch_async`` for callers without an event loop."""
    return asyncio.run(fetch_async(sources, mirror, cache_dir, offline, progress, limits))


async def fetch_async(
    sources: Sequence[str],
    mirror: str | None,
    cache_dir: Path,
    offline: bool = False,
    progress: Callable[[Progress], None] = lambda progress: None,
    limits: Limits | None = None,
) -> FetchReport:
    """Bring the official text of ``sources`` (ids, kinds or MDN pages; none means all) into the cache.

    ``mirror`` is a URL or a folder that holds ``https://HOST/PATH`` as ``HOST/PATH``. A document that fails is in the
    report and keeps its old copy.

    Raises:
        InputError: Unknown source, unusable mirror, or the network is needed while offline.
        BusyError: Another fetch runs.
        StorageError: The cache cannot be written.
    """
    documents = catalogue.select(catalogue.load(), sources)
    bounds = limits or Limits()
    if mirror is not None and not mirror.strip():
        raise InputError("The mirror is empty. Send http(s)://HOST/PATH or a folder, or leave it out.")
    if mirror and "://" not in mirror:
        return await gather(documents, Folder(Path(mirror).expanduser(), bounds.size), cache_dir, progress)
    if offline or os.environ.get("WS_MCP_OFFLINE", "") not in ("", "0"):
        raise InputError(
            "Fetching needs the network, and offline mode is on. Unset WS_MCP_OFFLINE, give a folder as mirror, or add "
            "documents you downloaded yourself with `websocket-mcp corpus add DIR`."
        )
    base = _mirror_url(mirror) if mirror else None
    async with _client(bounds, trust_proxies=not (base and _is_loopback(base.host))) as client:
        return await gather(documents, Web(client, bounds, base), cache_dir, progress)


def _mirror_url(mirror: str) -> httpx.URL:
    try:
        base = httpx.URL(mirror if mirror.endswith("/") else f"{mirror}/")
    except httpx.InvalidURL as error:
        raise InputError(
            f"The mirror {mirror[:200]!r} is not a URL ({error}). Send http(s)://HOST/PATH or a folder."
        ) from error
    if base.scheme not in ("http", "https") or not re.fullmatch(r"[\w.:-]+", base.host):
        raise InputError(f"The mirror {mirror[:200]!r} cannot be used. Send http(s)://HOST/PATH or a folder.")
    return base


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _client(limits: Limits, trust_proxies: bool) -> httpx.AsyncClient:
    # gzip only, since Body inflates it under a bound
    return httpx.AsyncClient(
        headers={"User-Agent": USER_AGENT, "Accept-Encoding": "gzip"},
        timeout=httpx.Timeout(limits.silence, connect=limits.connect, pool=None),
        limits=httpx.Limits(max_connections=limits.at_once * 4, max_keepalive_connections=limits.at_once * 4),
        follow_redirects=False,
        trust_env=trust_proxies,
    )


class _AgainError(Exception):
    """Worth another try, after ``wait`` seconds if the server named a time."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


@dataclass(slots=True)
class _Host:
    """What we know of a host in this run: free places, and how many documents it has failed in a row."""

    slots: asyncio.Semaphore
    failures: int = 0


class Web:
    """Gets documents with httpx from where they are published, or from a mirror of it."""

    def __init__(self, client: httpx.AsyncClient, limits: Limits, mirror: httpx.URL | None = None) -> None:
        self._client, self._limits, self._mirror = client, limits, mirror
        self._hosts: defaultdict[str, _Host] = defaultdict(lambda: _Host(asyncio.Semaphore(limits.at_once)))

    async def get(self, url: str, form: Form, seen: Validators) -> Download | None:
        """As ``Getter.get`` says."""
        published = httpx.URL(url)
        target = self._mirror.join(f"{published.host}{published.raw_path.decode()}") if self._mirror else published
        host = self._hosts[published.host]
        async with host.slots:
            if host.failures >= self._limits.patience:
                raise DocumentError(f"not asked for, since {target.host} failed {host.failures} times in a row")
            try:
                found = await self._patiently(lambda: self._once(target, form, seen))
            except _HostError as error:
                host.failures += 1
                where = f" (asked of the mirror, {target})" if self._mirror else ""
                raise DocumentError(f"{error}{where}") from error
            except DocumentError:
                host.failures = 0  # it answers, only not with what we want
                raise
            host.failures = 0
            return found

    async def _patiently(self, attempt: Callable[[], Awaitable[Download | None]]) -> Download | None:
        """Try again after failures that pass, longer and longer apart, or when the server says."""
        limits = self._limits
        for tries in range(1, limits.attempts + 1):
            try:
                async with asyncio.timeout(limits.total):
                    return await attempt()
            except _AgainError as error:
                reason, wait = str(error), error.wait
            except TimeoutError:
                reason, wait = f"it had not arrived after {limits.total:g} seconds", None
            except httpx.HTTPError as error:
                reason, wait = _network_words(error), None
            if wait is not None and wait > limits.longest_wait:
                raise _HostError(f"{reason}, and asks us to wait {wait:.0f} seconds: fetch again later")
            if tries < limits.attempts:
                backoff = limits.first_wait * 2 ** (tries - 1) * random.uniform(0.8, 1.2)
                await asyncio.sleep(min(limits.longest_wait, backoff if wait is None else wait))
        raise _HostError(f"{reason} (tried {limits.attempts} times)")

    async def _once(self, target: httpx.URL, form: Form, seen: Validators) -> Download | None:
        url = target
        for _ in range(self._limits.redirects + 1):
            response = await self._client.send(self._request(url, form, seen), stream=True)
            try:
                if response.status_code in _REDIRECT:
                    url = _redirected(url, response, form)
                    continue
                return await self._received(response, form, seen)
            finally:
                await response.aclose()
        raise DocumentError(f"it redirects more than {self._limits.redirects} times")

    def _request(self, url: httpx.URL, form: Form, seen: Validators) -> httpx.Request:
        headers = {"Accept": accept(form)}
        if seen.url == str(url):  # RFC 9110 §13.1.2, §13.1.3: validators belong to one resource
            if seen.etag:
                headers["If-None-Match"] = seen.etag
            if seen.last_modified:
                headers["If-Modified-Since"] = seen.last_modified
        return self._client.build_request("GET", url, headers=headers)

    async def _received(self, response: httpx.Response, form: Form, seen: Validators) -> Download | None:
        status = response.status_code
        if status == 304 and seen.url == str(response.url):
            return None
        if status in _AGAIN:
            raise _AgainError(f"the server answers {status}", _retry_after(response))
        if response.headers.get("cf-mitigated") == "challenge":
            raise _HostError(f"the site answers {status} with a challenge, taking us for a robot; use --mirror")
        if status != 200:
            raise _refused(status)
        body = Body(response.headers.get("Content-Encoding", ""), self._limits.size)
        async for piece in response.aiter_raw():
            body.add(piece)
        content, headers = body.content(), response.headers
        check_type(form, headers.get("Content-Type", ""), content)
        validators = Validators(str(response.url), headers.get("ETag", ""), headers.get("Last-Modified", ""))
        return Download(content, validators)


class _HostError(Exception):
    """A failure that speaks about the host, and probably meets its other documents as well."""


def _refused(status: int) -> Exception:
    if status in (401, 403, 406):  # 406 is how MDN's firewall says no
        return _HostError(f"the server refuses us with {status}")
    if status in (404, 410):
        return DocumentError(f"it is not there any more ({status})")
    return DocumentError(f"the server answers {status}")


def _redirected(url: httpx.URL, response: httpx.Response, form: Form) -> httpx.URL:
    """Where a redirect leads; only to the same host, and never from https to http."""
    location = response.headers.get("Location", "")
    try:
        there = url.join(location)
    except httpx.InvalidURL as error:
        raise DocumentError(f"it redirects to {location[:120]!r}, which is no URL") from error
    if not location or there.host != url.host or there.scheme != url.scheme or there.port != url.port:
        raise DocumentError(f"it redirects to {location[:120]!r}; only redirects within {url.host} are followed")
    if form is Form.MDN_JSON and not there.path.endswith(
        "/index.json"
    ):  # a moved page: MDN names the page, not its data
        there = there.copy_with(path=there.path.rstrip("/") + "/index.json")
    return there.copy_with(fragment=None)


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds to wait as Retry-After says, in either of its forms (RFC 9110 §10.2.3)."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def _network_words(error: httpx.HTTPError) -> str:
    words: dict[type[httpx.HTTPError], str] = {
        httpx.ConnectTimeout: "the server cannot be reached: connecting takes too long",
        httpx.ReadTimeout: "the server has stopped sending",
        httpx.ConnectError: "the server cannot be reached",
        httpx.RemoteProtocolError: "the connection broke off, or what came is not HTTP",
        httpx.ReadError: "the connection broke off",
    }
    reason = words.get(type(error), f"the connection failed ({type(error).__name__})")
    return f"{reason} ({error})" if str(error) else reason
