"""The four shelves (``corpus/shelves.toml``): what of ours stands on each, and how they are laid out as files."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from ws_mcp import data
from ws_mcp.errors import StorageError
from ws_mcp.knowledge.local.copies import copy
from ws_mcp.knowledge.local.folder import SOURCE
from ws_mcp.types import Section

README = "README.md"
COPIED = "guides"  # the source whose sections are copied; the others are named with the way to read them


@dataclass(frozen=True, slots=True)
class ShelfPlan:
    """A shelf: its name, what it is for, and patterns of the ids that stand on it; ``rest`` takes what no other has."""

    name: str
    title: str
    about: str
    words: tuple[str, ...]
    ids: tuple[str, ...]
    rest: tuple[str, ...] = ()


@cache
def shelves() -> tuple[ShelfPlan, ...]:
    """The shelves in their order."""
    table = tomllib.loads((data.folder("corpus") / "shelves.toml").read_text("utf-8"))
    texts = ("name", "title", "about")
    return tuple(
        ShelfPlan(
            *(shelf[key].strip() for key in texts),
            *(tuple(shelf.get(key, ())) for key in ("words", "ids", "rest")),
        )
        for shelf in table["shelf"]
    )


def sections() -> Iterator[Section]:
    """The shelves as sections: the root, then the four; what stands on them is listed when they are read."""
    names = ", ".join(f"`{SOURCE}/{shelf.name}`" for shelf in shelves())
    about = (
        f"The knowledge on four shelves: {names}. Files in `./mcp/websocket` stand on them beside ours and come first; "
        "`websocket-mcp local init` lays that folder out."
    )
    yield Section(SOURCE, "Local knowledge", SOURCE, summary=about, keys=("local knowledge", "mcp/websocket"))
    for shelf in shelves():
        yield Section(
            id=f"{SOURCE}/{shelf.name}",
            title=shelf.title,
            source=SOURCE,
            path=("Local knowledge",),
            parent=SOURCE,
            summary=shelf.about,
            words=shelf.words,
            keys=(shelf.name,),
        )


def members(shelf: ShelfPlan, known: Iterable[str]) -> list[str]:
    """The ids of ours that stand on a shelf, in their order."""
    whole = [identity for identity in known if "#" not in identity]
    claimed = {identity for other in shelves() for identity in whole if _matches(identity, other.ids)}
    return [i for i in whole if _matches(i, shelf.ids) or (_matches(i, shelf.rest) and i not in claimed)]


def _matches(identity: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(identity, pattern) for pattern in patterns)


def listing(name: str, theirs: Sequence[tuple[str, str]], known: Mapping[str, Section]) -> str:
    """What stands on the shelf ``name`` ("" for all): the user's files, then ours, as Markdown lists."""
    blocks = []
    if theirs:
        lines = "\n".join(f"- {title}: `{identity}`" for identity, title in theirs)
        blocks.append(f"## Your own files\n\n{lines}")
    for shelf in shelves():
        if name in ("", shelf.name):
            found = members(shelf, known)
            lines = "\n".join(f"- {known[i].title}: `{i}`" for i in found)
            head = f"## {shelf.title}: `{SOURCE}/{shelf.name}`" if not name else "## Ours"
            blocks.append(f"{head}\n\n{lines or 'Nothing yet.'}")
    return "\n\n".join(blocks)


def lay_out(folder: Path, known: Mapping[str, Section], render: Callable[[str], str]) -> tuple[list[Path], list[Path]]:
    """Write the shelves as files below ``folder``; (written, left as they were). Nothing is overwritten.

    ``render`` gives the page of a section as Markdown.

    Raises:
        StorageError: A folder or file cannot be made; what was written before stays.
    """
    plan: dict[Path, str] = {folder / README: copy(SOURCE, _index(known))}
    for shelf in shelves():
        there = folder / shelf.name
        plan[there / README] = copy(f"{SOURCE}/{shelf.name}", _shelf_index(shelf, known))
        for identity in members(shelf, known):
            if known[identity].source == COPIED:
                plan[there / _file(identity)] = copy(identity, render(identity))
    written: list[Path] = []
    kept: list[Path] = []
    for path, text in plan.items():
        (written if _write(path, text) else kept).append(path)
    return written, kept


def _write(path: Path, text: str) -> bool:
    """Make the file; False when something of that name is there already."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError as error:
        if not path.parent.is_dir():
            raise StorageError(f"{path.parent} is a file; the folder cannot be made. Name another one.") from error
        return False
    except OSError as error:
        raise StorageError(f"Cannot write {path}: {error.strerror or error}. Name a folder you may write.") from error
    return True


def _file(identity: str) -> str:
    """The name of a copy: guides/scaling/redis → scaling-redis.md."""
    return identity.split("/", 1)[1].replace("/", "-") + ".md"


def _index(known: Mapping[str, Section]) -> str:
    lines = [
        "# WebSocket knowledge of this project",
        "",
        "Four folders of Markdown that can be read as they are. Put files of your own beside them (Markdown, text,",
        "code): the MCP server `websocket` and `websocket-mcp search` find them as source `local`, before ours.",
        "A copy that you change is yours and is never overwritten.",
        "",
    ]
    for shelf in shelves():
        count = sum(known[i].source == COPIED for i in members(shelf, known))
        lines += [f"- [{shelf.title}]({shelf.name}/{README}): {shelf.about} ({count} guides here.)"]
    lines += [
        "",
        "Ids in backticks (`rfc6455/5.5.1`, `guides/connections/heartbeat`) are read with `websocket-mcp read ID` or",
        "with the tool `ws_read`; without either, a guide's file here is named after its id.",
    ]
    return "\n".join(lines)


def _shelf_index(shelf: ShelfPlan, known: Mapping[str, Section]) -> str:
    found = members(shelf, known)
    copies = [i for i in found if known[i].source == COPIED]
    others = [i for i in found if known[i].source != COPIED]
    lines = [f"# {shelf.title}", "", shelf.about, ""]
    lines += [f"- [{known[i].title}]({_file(i)})" for i in copies]
    if others:
        lines += ["", "Not copied here:", ""]
        lines += [f"- {known[i].title}: {_way(i)}" for i in others]
    return "\n".join(lines)


def _way(identity: str) -> str:
    source, _, name = identity.partition("/")
    if source == "template":
        return f"`websocket-mcp template new {name} DIR`"
    return f"`websocket-mcp read {identity}`"
