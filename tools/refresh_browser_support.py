"""Refreshes ``corpus/registry/browser-support.json``, our slice of MDN's browser compatibility data (CC0).

    python -m tools.refresh_browser_support                 # fetches the newest package with npm
    python -m tools.refresh_browser_support data.json       # from an unpacked package
    python -m tools.refresh_browser_support data.json --check

The whole data set is 20 MB and we answer from some forty features of it, so the slice ships and the rest does not. The
output depends on the input alone: ``--check`` compares and writes nothing.
"""

from __future__ import annotations

import argparse
import html
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PACKAGE = "@mdn/browser-compat-data"
OUTPUT = Path(__file__).resolve().parent.parent / "corpus" / "registry" / "browser-support.json"
WHOLE = (  # with every feature below
    "api.WebSocket",
    "api.WebSocketStream",
    "api.CloseEvent",
    "api.MessageEvent",
    "http.headers.Sec-WebSocket-Accept",
    "http.headers.Sec-WebSocket-Extensions",
    "http.headers.Sec-WebSocket-Key",
    "http.headers.Sec-WebSocket-Protocol",
    "http.headers.Sec-WebSocket-Version",
    "http.headers.Upgrade",
    "http.headers.Connection",
    "http.headers.Origin",
    "http.headers.Content-Security-Policy.connect-src",
    "http.status.101",
    "http.status.426",
)
TOP_ONLY = ("api.EventSource", "api.WebTransport")
LONGEST_NOTE = 200  # characters; a longer note stays on MDN's page

Json = dict[str, Any]


def main() -> int:
    """Writes the slice, or with ``--check`` tells whether the file is up to date (exit 1: it is not)."""
    parser = argparse.ArgumentParser(description="Refresh our slice of MDN's browser compatibility data.")
    parser.add_argument("data", nargs="?", type=Path, help="data.json of the unpacked package (default: npm pack)")
    parser.add_argument("--check", action="store_true", help="compare with the file and write nothing")
    arguments = parser.parse_args()
    text = render(compact(_load(arguments.data) if arguments.data else _pack()))
    if arguments.check:
        same = OUTPUT.is_file() and OUTPUT.read_text("utf-8") == text
        print("up to date" if same else f"{OUTPUT.name} differs from the package", file=sys.stderr)
        return 0 if same else 1
    OUTPUT.write_text(text, "utf-8")
    return 0


def compact(data: Json) -> Json:
    """The slice: which package, browsers by id, and for each feature the support statements of each browser."""
    features = {name: _feature(compat) for name, compat in sorted(_select(data))}
    used = {browser for feature in features.values() for browser in feature["support"]}
    return {
        "package": PACKAGE,
        "version": data["__meta"]["version"],
        "date": data["__meta"]["timestamp"][:10],
        "licence": "CC0-1.0",
        "browsers": {name: data["browsers"][name]["name"] for name in sorted(used)},
        "features": features,
    }


def render(table: Json) -> str:
    """JSON with one feature a line, so that a refresh is a readable diff."""
    head = {key: value for key, value in table.items() if key != "features"}
    start = json.dumps(head, ensure_ascii=False, indent=1).removesuffix("\n}")
    features = table["features"].items()
    lines = (f"  {json.dumps(name)}: {json.dumps(feature, ensure_ascii=False)}" for name, feature in features)
    return start + ',\n "features": {\n' + ",\n".join(lines) + "\n }\n}\n"


def _select(data: Json) -> Iterator[tuple[str, Json]]:
    """Name and compatibility record of each feature we keep; a name the package does not have is left out."""
    for name in WHOLE:
        yield from _walk(name, _at(data, name))
    for name in TOP_ONLY:
        if compat := _at(data, name).get("__compat"):
            yield name, compat


def _at(data: Json, name: str) -> Json:
    node = data
    for part in name.split("."):
        node = node.get(part, {})
    return node


def _walk(name: str, node: Json) -> Iterator[tuple[str, Json]]:
    if compat := node.get("__compat"):
        yield name, compat
    for part, child in node.items():
        if part != "__compat":
            yield from _walk(f"{name}.{part}", child)


def _feature(compat: Json) -> Json:
    status = compat.get("status", {})
    kind = "deprecated" if status.get("deprecated") else "experimental" if status.get("experimental") else "stable"
    support = {browser: _statements(given) for browser, given in sorted(compat["support"].items())}
    return {"status": kind, "standard": bool(status.get("standard_track")), "support": support}


def _statements(given: Json | list[Json]) -> list[Json]:
    """What a browser supports, newest statement first as in the package."""
    return [_statement(one) for one in (given if isinstance(given, list) else [given])]


def _statement(given: Json) -> Json:
    """One statement: ``added`` is a version, "preview" or false; the other keys stand only where they say something."""
    out: Json = {"added": given["version_added"]}
    if "version_removed" in given:
        out["removed"] = given["version_removed"]
    if given.get("partial_implementation"):
        out["partial"] = True
    for key in ("prefix", "alternative_name"):
        if key in given:
            out[key] = given[key]
    if "flags" in given:
        out["flags"] = [flag["name"] for flag in given["flags"]]
    if notes := _notes(given.get("notes", [])):
        out["notes"] = notes
    return out


def _notes(given: str | list[str]) -> list[str]:
    plain = (html.unescape(re.sub(r"<[^>]*>", "", note)) for note in ([given] if isinstance(given, str) else given))
    return [note for note in plain if len(note) <= LONGEST_NOTE]


def _load(path: Path) -> Json:
    data: Json = json.loads(path.read_text("utf-8"))
    return data


def _pack() -> Json:
    """The newest package, through npm, which knows the registry and checks the hash."""
    with tempfile.TemporaryDirectory() as folder:
        run = subprocess.run(
            ["npm", "pack", PACKAGE, "--silent"], cwd=folder, capture_output=True, text=True, check=True, timeout=300
        )
        with tarfile.open(Path(folder) / run.stdout.split()[-1]) as archive:
            member = archive.extractfile("package/data.json")
            if member is None:
                raise SystemExit(f"{PACKAGE} has no data.json any more: adapt this script")
            data: Json = json.load(member)
            return data


if __name__ == "__main__":
    raise SystemExit(main())
