"""What arrives from outside, judged before anything reads it: size, compression, type, and pages sent in its stead."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass, field
from typing import Protocol

from ws_mcp.knowledge.official.sources import Form
from ws_mcp.knowledge.official.text import DocumentError

MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """What one document may cost. Times are seconds; the largest document (RFC 9110 as HTML) has 1.2 million bytes.

    ``longest_wait`` bounds what a server may ask for by Retry-After; ``patience`` is how many documents in a row a host
    may fail before the others are not asked for at all.
    """

    size: int = 8 * MEBIBYTE
    connect: float = 10.0
    silence: float = 20.0
    total: float = 120.0
    attempts: int = 4
    first_wait: float = 0.5
    longest_wait: float = 30.0
    redirects: int = 5
    at_once: int = 4
    patience: int = 5


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server gave with a copy, to be asked "has it changed?"; good for the address ``url`` only."""

    url: str = ""
    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True)
class Download:
    """A document as it came, decompressed."""

    content: bytes
    validators: Validators = Validators()


class Getter(Protocol):
    """Where documents come from: the network, a mirror, a folder."""

    async def get(self, url: str, form: Form, seen: Validators) -> Download | None:
        """The document at ``url``, or None if it is still what ``seen`` belongs to.

        Raises:
            DocumentError: It cannot be had; the message is the reason.
        """


_TYPES = {
    Form.RFC_TEXT: ("text/plain",),
    Form.RFC_HTML: ("text/html", "application/xhtml+xml"),
    Form.MDN_JSON: ("application/json",),
    Form.MDN_HTML: ("text/html", "application/xhtml+xml"),
    Form.IANA_XML: ("application/xml", "text/xml"),
}
_UNTOLD = ("", "application/octet-stream", "binary/octet-stream")  # what plain file servers say of unknown endings
_CHALLENGE = ("just a moment", "attention required", "checking your browser", "verify you are human", "access denied")


def accept(form: Form) -> str:
    """The Accept header that asks for ``form``."""
    return ", ".join(_TYPES[form])


def check_type(form: Form, content_type: str, content: bytes) -> None:
    """Refuse what is declared to be something else; if that is HTML, for what the page says."""
    media = content_type.partition(";")[0].strip().lower()
    if media in _UNTOLD or media in _TYPES[form]:
        return
    if media == "text/html":
        check_content(form, content)
    raise DocumentError(f"it was sent as {media[:60]}, where {' or '.join(_TYPES[form])} is expected")


def check_content(form: Form, content: bytes) -> None:
    """Refuse an empty or binary body, and HTML that is not the document, above all a challenge page with status 200."""
    if not content.strip():
        raise DocumentError("it is empty")
    if b"\0" in content:
        raise DocumentError("it holds NUL bytes: binary data, where text is expected")
    head = content[:4096].decode("utf-8", "replace").lstrip("\ufeff \t\r\n").lower()
    if not head.startswith(("<!doctype html", "<html")):
        if form in (Form.RFC_HTML, Form.MDN_HTML) and "<html" not in head:
            raise DocumentError("it is not an HTML page")
        return
    title = re.search(r"<title[^>]*>\s*(.*?)\s*</title>", content[:65536].decode("utf-8", "replace"), re.DOTALL)
    words = re.sub(r"\s+", " ", title[1])[:80] if title else ""
    if any(sign in words.lower() for sign in _CHALLENGE):
        raise DocumentError(
            f"a challenge page came instead of it ({words!r}): the site takes us for a robot; try later or use --mirror"
        )
    if form not in (Form.RFC_HTML, Form.MDN_HTML):
        raise DocumentError(f"an HTML page came instead of it ({words!r})")
    if b"</html>" not in content[-4096:].lower():
        raise DocumentError("the page has no end: it is truncated")


@dataclass(slots=True)
class Body:
    """Collects a response body and inflates it, never holding more than ``size`` bytes.

    httpx inflates each piece it receives whole, layer upon layer, and 64 KiB of gzip can stand for 64 MiB; so we read
    raw bytes and give zlib a bound.
    """

    encoding: str
    size: int
    _pieces: list[bytes] = field(default_factory=list)
    _length: int = 0
    _inflate: zlib._Decompress | None = None

    def __post_init__(self) -> None:
        coding = self.encoding.strip().lower()
        if coding in ("gzip", "x-gzip"):
            self._inflate = zlib.decompressobj(wbits=31)
        elif coding not in ("", "identity"):
            raise DocumentError(f"it was sent with Content-Encoding {coding[:60]!r}, which was not asked for")

    def add(self, piece: bytes) -> None:
        """Take what has arrived.

        Raises:
            DocumentError: The body is larger than it may be, or not the gzip it claims to be.
        """
        if self._inflate:
            try:
                piece = self._inflate.decompress(piece, self.size - self._length + 1)
            except zlib.error as error:
                raise DocumentError(f"its compressed body is damaged ({error})") from error
            if self._inflate.unused_data:
                raise DocumentError("something follows the end of its compressed body")
        self._length += len(piece)
        if self._length > self.size or (self._inflate and self._inflate.unconsumed_tail):
            raise DocumentError(f"it is larger than {self.size:,} bytes, so the rest was not read")
        self._pieces.append(piece)

    def content(self) -> bytes:
        """The whole body, once it has ended."""
        if self._inflate and not self._inflate.eof:
            raise DocumentError("its compressed body ends too early")
        return b"".join(self._pieces)
