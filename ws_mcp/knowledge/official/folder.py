"""Documents from a folder: a mirror on disk, or what a user downloaded by hand. They pass the same checks as others."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from ws_mcp.errors import InputError
from ws_mcp.knowledge.official import sources as catalogue
from ws_mcp.knowledge.official.download import Download, Limits, Validators
from ws_mcp.knowledge.official.gather import FetchReport, Progress, gather
from ws_mcp.knowledge.official.sources import Document, Form, Location
from ws_mcp.knowledge.official.text import DocumentError

_HEAD = 1 << 16  # bytes that are enough to tell what a file is
_MOST_FILES = 10_000
_MDN = "https://developer.mozilla.org/en-US/docs/"


class Folder:
    """Gets documents from files: ``https://HOST/PATH`` is ``root/HOST/PATH``, unless ``loose`` names its file."""

    def __init__(self, root: Path, size: int, loose: dict[str, Path] | None = None) -> None:
        if not root.is_dir():
            raise InputError(f"{root} is not a folder. Send a folder that holds https://HOST/PATH as HOST/PATH.")
        self._root, self._size, self._loose = root, size, loose or {}

    def path(self, url: str) -> Path | None:
        """The file for ``url``; a page whose parts lie under it is the ``index.html`` in its folder."""
        parts = urlsplit(url)
        path = self._root / f"{parts.hostname}{parts.path}"
        for candidate in (self._loose.get(url), path, path / "index.html"):
            if candidate and candidate.is_file():
                return candidate
        return None

    async def get(self, url: str, form: Form, seen: Validators) -> Download | None:
        """As ``Getter.get`` says."""
        path = self.path(url)
        if path is None:
            raise DocumentError("the folder does not hold it")
        try:
            if path.stat().st_size > self._size:
                raise DocumentError(f"{path} is larger than {self._size:,} bytes")
            return Download(await asyncio.to_thread(path.read_bytes))
        except OSError as error:
            raise DocumentError(f"{path} cannot be read: {error.strerror or error}") from error


def add_dir(
    folder: Path,
    cache_dir: Path,
    progress: Callable[[Progress], None] = lambda progress: None,
    limits: Limits | None = None,
) -> FetchReport:
    """``add_dir_async`` for callers without an event loop."""
    return asyncio.run(add_dir_async(folder, cache_dir, progress, limits))


async def add_dir_async(
    folder: Path,
    cache_dir: Path,
    progress: Callable[[Progress], None] = lambda progress: None,
    limits: Limits | None = None,
) -> FetchReport:
    """Take in what a user downloaded himself: ``folder`` is laid out as HOST/PATH, or holds files in any order.

    Files outside the layout are known by what they say, not by their names.

    Raises:
        InputError: It is not a folder, or holds no document we know.
        BusyError: Another fetch runs.
        StorageError: The cache cannot be written.
    """
    documents = catalogue.select(catalogue.load(), ())
    size = (limits or Limits()).size
    laid_out = Folder(folder, size)
    taken = {path for path in map(laid_out.path, _urls(documents)) if path}
    loose: dict[str, Path] = {}
    ignored: list[str] = []
    for path in sorted(_files(folder) - taken):
        location = _recognised(path, documents)
        if location and location.url not in loose and not laid_out.path(location.url):
            loose[location.url] = path
        else:
            ignored.append(str(path.relative_to(folder)))
    getter = Folder(folder, size, loose)
    offered = [_offered(document, getter) for document in documents]
    present = [document for document in offered if document.locations]
    if not present:
        raise InputError(
            f"{folder} holds no document we know. Send a folder laid out as HOST/PATH "
            "(www.rfc-editor.org/rfc/rfc6455.txt), or one with files such as rfc6455.txt, MDN's index.json or IANA's "
            "websocket.xml."
        )
    report = await gather(present, getter, cache_dir, progress)
    return FetchReport(report.results, report.revision, report.changed, tuple(ignored))


def _urls(documents: Iterable[Document]) -> Iterator[str]:
    return (location.url for document in documents for location in document.locations)


def _offered(document: Document, getter: Folder) -> Document:
    """``document`` with the locations that the folder has."""
    there = tuple(location for location in document.locations if getter.path(location.url))
    return Document(document.id, document.source, there, document.sections)


def _files(folder: Path) -> set[Path]:
    found = set()
    for path in folder.rglob("*"):
        if path.is_file() and not path.name.startswith("."):
            found.add(path)
        if len(found) > _MOST_FILES:
            raise InputError(f"{folder} holds more than {_MOST_FILES:,} files. Send a folder with the documents only.")
    return found


def _recognised(path: Path, documents: list[Document]) -> Location | None:
    """The location whose document ``path`` seems to be, by its first words; whether it is good is judged later."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD).decode("utf-8-sig", "replace")
    except OSError:
        return None
    identity, form = _identity(head, path)
    for document in documents:
        for location in document.locations:
            if (document.id, location.form) == (identity, form):
                return location
    return None


def _identity(head: str, path: Path) -> tuple[str, Form | None]:
    start = head.lstrip()[:200].lower()
    if start.startswith("{"):
        return _mdn_data(path), Form.MDN_JSON
    if start.startswith("<?xml") and 'id="websocket"' in head[:2000]:
        return "iana", Form.IANA_XML
    if start.startswith(("<!doctype html", "<html")):
        rfc = re.search(r"<title>\s*RFC ?(\d+)\b", head, re.IGNORECASE)
        page = re.search(rf'<link[^>]+rel="canonical"[^>]+href="{_MDN}([^"]+)"', head)
        return (f"rfc{rfc[1]}", Form.RFC_HTML) if rfc else (f"mdn/{page[1] if page else ''}", Form.MDN_HTML)
    rfc = re.search(r"^Request for Comments: (\d+)", head[:4000], re.MULTILINE)
    return (f"rfc{rfc[1]}", Form.RFC_TEXT) if rfc else ("", None)


def _mdn_data(path: Path) -> str:
    try:
        url = json.loads(path.read_bytes())["doc"]["mdn_url"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return ""
    return f"mdn/{str(url).removeprefix('/en-US/docs/')}"
