"""``corpus/sources.toml``: which official documents there are, where, in which forms, and how to know them."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from ws_mcp.data import folder
from ws_mcp.errors import NotFoundError, StorageError


class Form(StrEnum):
    """How a document is written: this decides what reads it and what it may be served as."""

    RFC_TEXT = "rfc-text"
    RFC_HTML = "rfc-html"
    MDN_JSON = "mdn-json"
    MDN_HTML = "mdn-html"
    IANA_XML = "iana-xml"


@dataclass(frozen=True, slots=True)
class Location:
    """One place to get a document from. ``sha256`` is of its bytes, "" where they may change."""

    url: str
    form: Form
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """What is fetched, checked and replaced as a whole; ``locations`` stand in the order they are tried.

    ``sections`` is the least number of sections a good copy yields.
    """

    id: str
    source: str
    locations: tuple[Location, ...]
    sections: int = 1


@dataclass(frozen=True, slots=True)
class OfficialSource:
    """A source as ``sources.toml`` has it, with its documents: one for an RFC or IANA, one a page for MDN."""

    id: str
    kind: str
    title: str
    url: str
    licence: str
    attribution: str
    documents: tuple[Document, ...]


@cache
def load(path: Path | None = None) -> tuple[OfficialSource, ...]:
    """Every source of ``path`` (the shipped ``sources.toml`` if None), in its order.

    Raises:
        StorageError: The file is missing or broken, which means a broken installation.
    """
    file = path or folder("corpus") / "sources.toml"
    try:
        entries = tomllib.loads(file.read_text("utf-8"))["source"]
        return tuple(_source(entry) for entry in entries)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StorageError(f"{file} cannot be read ({error}); install websocket-mcp again.") from error


def _source(entry: dict[str, str]) -> OfficialSource:
    make = {"rfc": _rfc, "mdn": _mdn, "iana": _iana}[entry["kind"]]
    return OfficialSource(
        id=entry["id"],
        kind=entry["kind"],
        title=entry["title"],
        url=entry["base"] if entry["kind"] == "mdn" else entry["url"],
        licence=entry["licence"],
        attribution=entry["attribution"],
        documents=tuple(make(entry)),
    )


def _rfc(entry: dict[str, str]) -> Iterator[Document]:
    locations = [Location(entry["url"], Form.RFC_TEXT, entry["sha256"])]
    locations += [Location(entry[name], Form.RFC_HTML) for name in ("html", "datatracker") if entry.get(name)]
    yield Document(entry["id"], entry["id"], tuple(locations), int(entry["sections"]))


def _mdn(entry: dict[str, str]) -> Iterator[Document]:
    for page in entry["pages"]:
        url = entry["base"] + page
        forms = (Location(f"{url}/index.json", Form.MDN_JSON), Location(url, Form.MDN_HTML))
        yield Document(f"{entry['id']}/{page}", entry["id"], forms)


def _iana(entry: dict[str, str]) -> Iterator[Document]:
    yield Document(entry["id"], entry["id"], (Location(entry["url"], Form.IANA_XML),))


def select(catalogue: Iterable[OfficialSource], names: Iterable[str]) -> list[Document]:
    """The documents that ``names`` ask for: ids of sources ("rfc6455", "mdn"), kinds ("rfc") or pages; none means all.

    Raises:
        NotFoundError: A name is none of these; ``nearest`` has what looks like it.
    """
    sources = list(catalogue)
    documents = [document for source in sources for document in source.documents]
    kinds = {source.id: source.kind for source in sources}
    wanted: dict[str, Document] = {}
    asked = [_tidy(name) for name in names] or list(kinds)
    for name in asked:
        found = [one for one in documents if name in (one.id, one.source, kinds[one.source])]
        if not found:
            raise _unknown(name, [*kinds, *sorted({*kinds.values()}), *(one.id for one in documents)])
        wanted.update((one.id, one) for one in found)
    return list(wanted.values())


def _tidy(name: str) -> str:
    """People write RFC 6455, rfc-6455 or 6455 for rfc6455."""
    number = re.fullmatch(r"(?:rfc[ _-]?)?(\d+)", name.strip(), re.IGNORECASE)
    return f"rfc{number[1]}" if number else name.strip().removesuffix("/")


def _unknown(name: str, known: list[str]) -> NotFoundError:
    nearest = tuple(difflib.get_close_matches(name, dict.fromkeys(known), 3, 0.5))
    hint = f"Did you mean {', '.join(nearest)}?" if nearest else f"Send one of {', '.join(known[:12])}."
    return NotFoundError(f"There is no source {name[:80]!r} to fetch. {hint}", nearest)
