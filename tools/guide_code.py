"""Code of our templates in the guides: written between the fences, so that the file shows it and nothing is read later.

A block whose info string names a template's file is ours to write:

    ```python template/python-websockets-server/src/ws_service/rooms.py#Hub.join,Hub.leave presence=false

shows those two methods of the project that the options make, in this order. Without ``#`` it is the whole file.
"""

from __future__ import annotations

import ast
import re
import shlex
import textwrap
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path

from ws_mcp.errors import InputError
from ws_mcp.templates import catalogue, options
from ws_mcp.templates.render import render

ROOT = Path(__file__).parent.parent
MOST_LINES = 30  # of an excerpt; more is read in the project
_BLOCK = re.compile(
    r"^(```(\w+) template/([\w-]+)/([\w./-]+)(?:#([\w.,$]+))?((?: +[\w-]+=\S+)*))\n.*?^```$", re.M | re.S
)
_MARKER = re.compile(r"^```.*\btemplate/.*$", re.M)


class MarkerError(ValueError):
    """A marker that names what is not there, or that cannot be read; the text says which and what there is."""


def documents() -> dict[str, Callable[[], str]]:
    """Every guide with such blocks, by path, and what writes it."""
    guides = sorted((ROOT / "corpus" / "guides").rglob("*.md"))
    texts = {guide: guide.read_text("utf-8") for guide in guides}
    return {
        guide.relative_to(ROOT).as_posix(): partial(written, text)
        for guide, text in texts.items()
        if _MARKER.search(text)
    }


def written(text: str) -> str:
    """A guide with the code of its markers as the templates have it now.

    Raises:
        MarkerError: Something named is not there.
    """
    unread = set(_MARKER.findall(text)) - {found[1] for found in _BLOCK.finditer(text)}
    if unread:
        raise MarkerError(f"{min(unread)!r} is no ```LANGUAGE template/NAME/PATH#NAME,NAME OPTION=VALUE")

    def block(found: re.Match[str]) -> str:
        marker, _, template, path, names, given = found.groups()
        try:
            code = excerpt(file(template, path, given or ""), path, names or "")
        except (ValueError, InputError) as error:
            raise MarkerError(f"{marker!r}: {error}") from error
        if code.count("\n") > MOST_LINES:
            raise MarkerError(f"{marker!r} is {code.count(chr(10))} lines; show {MOST_LINES} at most")
        return f"{marker}\n{code}```"

    return _BLOCK.sub(block, text)


@cache
def file(template: str, path: str, given: str) -> str:
    """A file of a rendered template; ``given`` are its options as KEY=VALUE words."""
    files = render(catalogue.get(template), options.pairs(shlex.split(given))).files
    if path not in files:
        raise ValueError(f"no such file; there are {', '.join(files)}")
    return files[path].decode()


def excerpt(code: str, path: str, names: str) -> str:
    """The declarations of these names, parted by empty lines and set to the margin; no names are the whole text."""
    if not names:
        return code
    found = _python(code) if path.endswith(".py") else _typescript(code)
    known: dict[str, tuple[int, int]] = {}
    for name, lines_of in found:
        known.setdefault(name, lines_of)
    if lost := [name for name in names.split(",") if name not in known]:
        raise ValueError(f"{path} has no {', '.join(lost)}; it has {', '.join(known)}")
    lines = code.splitlines()
    shown = [textwrap.dedent("\n".join(lines[first:end])) for first, end in (known[name] for name in names.split(","))]
    between = "\n" if all("\n" not in part for part in shown) else "\n\n"
    return between.join(shown) + "\n"


def _python(code: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """Each name with its lines [first, end), a class before its members; a comment right above belongs to it."""
    lines = code.splitlines()

    def below(body: list[ast.stmt], outer: str) -> Iterator[tuple[str, tuple[int, int]]]:
        for node in body:
            for name in _declares(node):
                first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))]) - 1
                while first and lines[first - 1].lstrip().startswith("#"):
                    first -= 1
                yield outer + name, (first, node.end_lineno or node.lineno)
            if isinstance(node, ast.ClassDef):
                yield from below(node.body, f"{outer}{node.name}.")

    return below(ast.parse(code).body, "")


def _declares(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]


_OUTER = re.compile(
    r"(?:export )?(?:default )?(?:abstract )?(?:async )?(function|class|const|let|interface|type|enum) ([\w$]+)"
)
_MEMBER = re.compile(r"  (?:(?:private|protected|public|readonly|static|async|get|set) )*#?([\w$]+)[?!]?[(:;= ,<]")


def _typescript(code: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """As ``_python``, by the layout that the templates keep: a declaration ends at its own indent."""
    lines = code.splitlines()
    outer = ""
    for at, line in enumerate(lines):
        if found := _OUTER.match(line):
            outer = found[2] if found[1] != "function" else ""
            yield found[2], (_above(lines, at), _end(lines, at))
        elif outer and (found := _MEMBER.match(line)):
            yield f"{outer}.{found[1]}", (_above(lines, at), _end(lines, at))


def _above(lines: list[str], at: int) -> int:
    """Where the comment above a declaration starts."""
    while at and re.match(r" *(?:/\*\*|\*|//)", lines[at - 1]):
        at -= 1
    return at


def _end(lines: list[str], at: int) -> int:
    """The line after a declaration's last."""
    indent = re.match(" *", lines[at])
    closing = re.compile((indent[0] if indent else "") + r"[)}\]]")
    bare = [line.split(" // ")[0].rstrip() for line in lines]
    while bare[at].endswith(("{", "(", "[")):  # ") {" opens again
        at = next((n for n in range(at + 1, len(lines)) if closing.match(lines[n])), len(lines) - 1)
    while not bare[at].endswith((";", "}", ",")) and at + 1 < len(lines):
        at += 1
    return at + 1
