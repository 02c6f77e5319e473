"""Browser support (``corpus/registry/browser-support.json``, a slice of @mdn/browser-compat-data, CC0) as Sections."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from ws_mcp import data
from ws_mcp.types import Section

Statement = dict[str, Any]

_SHOWN = ("chrome", "edge", "firefox", "safari", "safari_ios", "nodejs", "deno", "bun")
_PAGES = {"api": "mdn/Web/API", "http": "mdn/Web/HTTP/Reference"}


@cache
def _slice() -> dict[str, Any]:
    file = data.folder("corpus") / "registry" / "browser-support.json"
    found: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return found


def sections() -> Iterator[Section]:
    """One section for each interface or header: a table of its features and the first versions that have them."""
    table = _slice()
    groups: dict[str, list[str]] = {}
    for feature in table["features"]:
        parts = feature.split(".")
        groups.setdefault(".".join(parts[: 2 if parts[0] == "api" else 3]), []).append(feature)
    for name, features in groups.items():
        short = name.rsplit(".", 1)[-1]
        yield Section(
            id=f"support/{name}",
            title=f"Browser support: {short}",
            source="support",
            path=("Reference",),
            url="https://github.com/mdn/browser-compat-data",
            summary=_table(name, features),
            words=("caniuse", "compatibility", "which browsers", "minimum version", "supported since"),
            keys=(
                f"{short.lower()} browser support",
                f"{short.lower()} compatibility",
                f"caniuse {short.lower()}",
                name.lower(),
            ),
            links=(_page(name),),
        )


def line(page: str) -> str:
    """The support of what an MDN page is about, in a line; "" where there are no facts."""
    feature = next((f for f in _slice()["features"] if _page(f) == page), "")
    if not feature:
        return ""
    found = _slice()["features"][feature]
    browsers = (f"{_slice()['browsers'][b]} {_since(found['support'].get(b, []))}" for b in _SHOWN)
    return f"First version with it: {', '.join(browsers)} (browser-compat-data {_slice()['version']})."


def _page(feature: str) -> str:
    kind, _, rest = feature.partition(".")
    path = rest.replace(".", "/")
    return f"{_PAGES[kind]}/{path[0].upper()}{path[1:]}"


def _table(name: str, features: list[str]) -> str:
    short = name.rsplit(".", 1)[-1]
    heads = [_slice()["browsers"][browser] for browser in _SHOWN]
    lines = [f"| feature | {' | '.join(heads)} |", "|" + " --- |" * (len(heads) + 1)]
    for feature in features:
        found = _slice()["features"][feature]
        mark = "" if found["standard"] else " (not standard)"
        cells = [_since(found["support"].get(browser, [])) for browser in _SHOWN]
        member = feature.removeprefix(f"{name}.") if feature != name else short
        lines.append(f"| {member}{mark} | {' | '.join(cells)} |")
    state = f"@mdn/browser-compat-data {_slice()['version']} of {_slice()['date']} (CC0)"
    return "\n".join(
        [*lines, "", f"First versions; `no`: not there; `flag`: behind a setting; `part`: not all. {state}."]
    )


def _since(statements: list[Statement]) -> str:
    """The plainest statement: since when it is there without a flag, if at all."""
    best = next((s for s in statements if not s.get("flags") and not s.get("removed")), None)
    if best is None:
        return "flag" if any(s.get("flags") for s in statements) else "no" if statements else "?"
    if best["added"] in (False, None):
        return "no"
    added = "yes" if best["added"] is True else str(best["added"])
    return f"{added} part" if best.get("partial") else added
