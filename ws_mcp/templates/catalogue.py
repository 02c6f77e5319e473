"""The catalogue: every folder below ``templates/`` with a ``template.toml``. Adding a template is adding a folder."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ws_mcp import data
from ws_mcp.errors import InputError, NotFoundError
from ws_mcp.templates.model import Command, Template, Variable

SIDES = ("client", "server", "proxy", "deploy", "load")
TYPES = ("string", "integer", "boolean", "choice")
COMMANDS = ("install", "run", "test", "lint", "types")
_TEXTS = ("title", "summary", "side", "language", "library", "version", "main")


@cache
def load(root: Path | None = None) -> tuple[Template, ...]:
    """Every template, by name; ``root`` is the folder of the catalogue, None for ours.

    Raises:
        InputError: A manifest cannot be used; the message names it and what is wrong.
    """
    root = root or data.folder("templates")
    return tuple(read(file.parent) for file in sorted(root.glob("*/template.toml")))


def everything(others: Iterable[Path] = ()) -> dict[str, Template]:
    """Every template by name: ours and those in the folders ``others``, which come before ours of the same name.

    A folder of others whose manifest cannot be used is left out of lists; ``get`` says what is wrong with it.
    """
    found = {template.name: template for template in load()}
    for folder in others:
        try:
            found[folder.name] = read(folder)
        except InputError:
            continue
    return found


def get(name: str, others: Iterable[Path] = ()) -> Template:
    """The template of this name, ours or in one of the folders ``others``.

    Raises:
        NotFoundError: There is none.
        InputError: It is one of the others, and its manifest cannot be used.
    """
    folders = {folder.name: folder for folder in others}
    known = everything(folders.values())
    plain = name.strip().removeprefix("websocket://").removeprefix("template/")
    if plain in folders:
        return read(folders[plain])
    if plain in known:
        return known[plain]
    near = tuple(difflib.get_close_matches(plain[:100], known, 3, 0.4)) or tuple(known)
    raise NotFoundError(f"There is no template {plain[:80]!r}. There are: {', '.join(near)}.", near)


def find(words: str = "", others: Iterable[Path] = ()) -> list[Template]:
    """The templates that have every one of ``words``, in any case, in what is said of them."""
    wanted = words.lower().replace(",", " ").split()
    return [template for template in everything(others).values() if all(word in _said(template) for word in wanted)]


def _said(template: Template) -> str:
    parts = (template.name, template.title, template.summary, template.side, template.language, template.library)
    return " ".join((*parts, template.family, *template.words)).lower()


def read(folder: Path) -> Template:
    """The template in ``folder``.

    Raises:
        InputError: Its manifest cannot be used.
    """
    file = folder / "template.toml"
    try:
        found = tomllib.loads(file.read_text("utf-8"))
        return _template(folder, found)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        wrong = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise InputError(f"{file.parent.name}/template.toml: {wrong}. Mend the manifest.") from error


def _template(folder: Path, found: dict[str, Any]) -> Template:
    texts = {name: _text(found, name) for name in _TEXTS}
    if texts["side"] not in SIDES:
        raise ValueError(f"side is {texts['side']!r}, not one of {', '.join(SIDES)}")
    variables = tuple(_variable(name, about) for name, about in found.get("variables", {}).items())
    commands = {name: _command(steps) for name, steps in found.get("commands", {}).items()}
    if unknown := set(commands) - set(COMMANDS):
        raise ValueError(f"unknown commands {', '.join(sorted(unknown))}; there are {', '.join(COMMANDS)}")
    return Template(
        name=folder.name,
        folder=folder,
        **texts,
        family=found.get("family", ""),
        needs=tuple(found.get("needs", ())),
        words=tuple(found.get("words", ())),
        guarantees=tuple(found.get("guarantees", ())),
        not_offered=dict(found.get("not_offered", {})),
        commands=commands,
        variables=variables,
        conditions={entry["path"]: dict(entry["when"]) for entry in found.get("conditional", ())},
    )


def _text(found: Mapping[str, Any], name: str) -> str:
    if not isinstance(found[name], str) or not found[name]:
        raise ValueError(f"{name} must be a text")
    return str(found[name])


def _command(steps: Any) -> Command:
    if not isinstance(steps, list) or not all(isinstance(step, list) and step for step in steps):
        raise ValueError("a command is a list of lists of arguments")
    return tuple(tuple(str(word) for word in step) for step in steps)


def _variable(name: str, about: dict[str, Any]) -> Variable:
    if about.get("type") not in TYPES:
        raise ValueError(f"the type of {name} is {about.get('type')!r}, not one of {', '.join(TYPES)}")
    known = {**about, "choices": tuple(about.get("choices", ()))}
    return Variable(name=name, **known)
