"""The fetched documents in the cache: their bytes, their sections as JSON lines, and a manifest that makes them count.

A document counts from the moment the manifest names its files, and the manifest is replaced in one step, so a killed
fetch leaves what was there before. Files are named by content and never changed. Reading imports no parser.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ws_mcp.errors import StorageError
from ws_mcp.knowledge.cache import atomic_write, private_dir, storage_error
from ws_mcp.knowledge.official import checks, sources
from ws_mcp.knowledge.official.checks import Check, home, read_json
from ws_mcp.knowledge.official.parse import PARSER, read
from ws_mcp.knowledge.official.sources import Form
from ws_mcp.knowledge.official.text import DocumentError, OfficialSection, Part

_MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Entry:
    """A document we have. ``url`` is where it was published, ``fetched`` when its bytes last changed here (UTC)."""

    form: Form
    url: str
    sha256: str
    bytes: int
    sections: int
    fetched: str


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """What we have of a source. Times are ISO 8601 in UTC, "" for never; ``failed`` pairs a document with its reason.

    ``fetched`` is when its oldest document last changed, ``checked`` when any was last asked for; ``form`` names the
    forms it is stored in.
    """

    id: str
    title: str
    url: str
    licence: str
    documents: int
    present: int
    sections: int
    bytes: int
    form: str
    fetched: str
    checked: str
    failed: tuple[tuple[str, str], ...]


def entries(cache_dir: Path) -> dict[str, Entry]:
    """What the manifest names, by document id. A missing or unreadable manifest names nothing."""
    found = read_json(home(cache_dir) / _MANIFEST)
    try:
        return {name: Entry(**{**entry, "form": Form(entry["form"])}) for name, entry in found.items()}
    except (TypeError, ValueError, KeyError, AttributeError):
        return {}


def revision(cache_dir: Path) -> str:
    """A word that changes whenever an official text changes, "" while there is none. Reads one small file."""
    try:
        manifest = (home(cache_dir) / _MANIFEST).read_bytes()
    except OSError:
        return ""
    return hashlib.sha256(b"%d " % PARSER + manifest).hexdigest()[:16]


def official(cache_dir: Path) -> list[OfficialSection]:
    """Every section of every document we have, in the order of ``sources.toml``.

    A document whose files were lost or damaged behind our back is left out; the next fetch brings it again.
    """
    while True:
        before = revision(cache_dir)
        found = list(_sections(cache_dir))
        if revision(cache_dir) == before:  # else a fetch replaced a document, and maybe deleted it, under our hands
            return found


def _sections(cache_dir: Path) -> Iterator[OfficialSection]:
    have = entries(cache_dir)
    for source in sources.load():
        for document in source.documents:
            entry = have.get(document.id)
            if not entry:
                continue
            terms = (source.licence, source.attribution, entry.fetched[:10])
            for part in parts(cache_dir, document.id, entry):
                yield OfficialSection(part.id, part.title, part.path, part.url, part.text, *terms)


def parts(cache_dir: Path, document: str, entry: Entry) -> list[Part]:
    """The saved sections of a document, made anew from its bytes if an older parser saved them."""
    saved = _file(cache_dir, document, entry, f"v{PARSER}.jsonl")
    try:
        return [_part(line) for line in saved.read_text("utf-8").splitlines()]
    except (OSError, ValueError, TypeError, KeyError):
        content = raw(cache_dir, document, entry)
    if content is None:
        return []
    try:
        made = read(document, entry.form, content)
        atomic_write(saved, _lines(made))
    except DocumentError:
        return []
    except StorageError:
        return made
    return made


def raw(cache_dir: Path, document: str, entry: Entry) -> bytes | None:
    """The document's bytes as published, None if they are lost or not what was stored."""
    try:
        content = _file(cache_dir, document, entry, "raw").read_bytes()
    except OSError:
        return None
    return content if hashlib.sha256(content).hexdigest() == entry.sha256 else None


def put(cache_dir: Path, document: str, entry: Entry, content: bytes, made: list[Part]) -> None:
    """Make ``content`` the copy of ``document``; only whoever holds the fetch lock may.

    Raises:
        StorageError: The cache cannot be written; the old copy still counts.
    """
    private_dir(home(cache_dir))
    atomic_write(_file(cache_dir, document, entry, "raw"), content)
    atomic_write(_file(cache_dir, document, entry, f"v{PARSER}.jsonl"), _lines(made))
    known = entries(cache_dir) | {document: entry}
    manifest = {name: dataclasses.asdict(known[name]) for name in sorted(known)}
    atomic_write(home(cache_dir) / _MANIFEST, json.dumps(manifest, indent=1).encode())


def sweep(cache_dir: Path) -> None:
    """Delete what no manifest names: replaced copies, and what a killed fetch left. Only under the fetch lock."""
    folder = home(cache_dir)
    kept = {_stem(name, entry) for name, entry in entries(cache_dir).items()}
    for path in folder.glob("*.*.*") if folder.is_dir() else ():
        named = re.fullmatch(r"(.+\.[0-9a-f]{16})\.(raw|v\d+\.jsonl)", path.name)
        ours = bool(named and named[1] in kept and named[2] in ("raw", f"v{PARSER}.jsonl"))
        if not ours and (named or path.name.endswith(".tmp")):
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise storage_error(error, path) from error


def _file(cache_dir: Path, document: str, entry: Entry, ending: str) -> Path:
    return home(cache_dir) / f"{_stem(document, entry)}.{ending}"


def _stem(document: str, entry: Entry) -> str:
    """The name is for people, the content's hash makes it the only one, whatever the file system thinks of case."""
    return f"{re.sub(r'[^A-Za-z0-9_-]+', '_', document)[-100:]}.{entry.sha256[:16]}"


def _lines(made: Iterable[Part]) -> bytes:
    return "".join(json.dumps(dataclasses.asdict(part), ensure_ascii=False) + "\n" for part in made).encode()


def _part(line: str) -> Part:
    found = json.loads(line)
    return Part(found["id"], found["title"], tuple(found["path"]), found["url"], found["text"])


def status(cache_dir: Path) -> list[SourceStatus]:
    """What is there, how old it is, and what failed and why, for every source."""
    have, asked = entries(cache_dir), checks.load(cache_dir)
    return [_status(source, have, asked) for source in sources.load()]


def _status(source: sources.OfficialSource, have: dict[str, Entry], known: dict[str, Check]) -> SourceStatus:
    names = [document.id for document in source.documents]
    present = [have[name] for name in names if name in have]
    asked = [(name, known[name]) for name in names if name in known]
    return SourceStatus(
        id=source.id,
        title=source.title,
        url=source.url,
        licence=source.licence,
        documents=len(names),
        present=len(present),
        sections=sum(entry.sections for entry in present),
        bytes=sum(entry.bytes for entry in present),
        form=", ".join(sorted({entry.form for entry in present})),
        fetched=min((entry.fetched for entry in present), default=""),
        checked=max((check.checked for _, check in asked), default=""),
        failed=tuple((name, check.failed) for name, check in asked if check.failed),
    )
