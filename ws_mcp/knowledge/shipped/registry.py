"""Reads fact tables (``corpus/registry/*.toml``) into Sections: one for the table, one for each row that has an id."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from ws_mcp import data
from ws_mcp.types import Section

Table = dict[str, Any]


@cache
def tables() -> tuple[Table, ...]:
    """Every table as it stands in its file; ``entry`` holds the rows."""
    folder = data.folder("corpus") / "registry"
    return tuple(read(file) for file in sorted(folder.glob("*.toml")))


def read(file: Path) -> Table:
    """One table."""
    return tomllib.loads(file.read_text("utf-8"))


def sections() -> Iterator[Section]:
    """Tables and rows of the shipped registries."""
    for table in tables():
        yield from table_sections(table)


def table_sections(table: Table) -> Iterator[Section]:
    """The section of a table, then those of its rows."""
    source = str(table["id"]).split("/", 1)[0]
    shelf = "IANA" if source == "iana" else "Reference"
    yield Section(
        id=table["id"],
        title=table["title"],
        source=source,
        path=(shelf,),
        parent="iana" if source == "iana" else "",
        url=table.get("url", ""),
        summary=f"{table.get('summary', '').strip()}\n\n{markdown(table)}".strip(),
        words=tuple(table.get("words", ())),
        keys=tuple(table.get("keys", ())),
        links=tuple(table.get("links", ())),
    )
    for row in table.get("entry", ()):
        if "id" in row:
            yield Section(
                id=row["id"],
                title=row.get("title", row["id"]),
                source=str(row["id"]).split("/", 1)[0],
                path=(shelf, table["title"]),
                parent=table["id"],
                url=row.get("url", table.get("url", "")),
                summary=row.get("summary", "").strip(),
                words=tuple(row.get("words", ())),
                keys=tuple(row.get("keys", ())),
                links=tuple(row.get("links", ())),
            )


def markdown(table: Table) -> str:
    """The rows as a Markdown table; a row with a section of its own ends with its id."""
    columns = [str(c) for c in table.get("columns", ())]
    rows = table.get("entry", ())
    if not columns or not rows:
        return ""
    heads = [*columns, "id"] if any("id" in row for row in rows) else columns
    lines = ["| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads)]
    lines += ["| " + " | ".join(_cell(row.get(head, "")) for head in heads) + " |" for row in rows]
    checked = table.get("checked")
    if isinstance(checked, date):
        lines.append(f"\nState of {checked.isoformat()}.")
    return "\n".join(lines)


def _cell(value: object) -> str:
    return str(value).replace("\n", " ").replace("|", "\\|").strip()
