"""Fact tables become sections: one for the table, one for each row that has an id."""

from __future__ import annotations

from pathlib import Path

from ws_mcp.knowledge.shipped import registry

TABLE = '''
id = "iana/close-codes"
title = "WebSocket close codes"
url = "https://example.com/codes"
checked = 2026-06-10
summary = """
About codes.
"""
words = ["status code"]
keys = ["close codes"]
links = ["rfc6455/7.4.1"]
columns = ["code", "name"]

[[entry]]
code = 1000
name = "Normal | clean"
id = "code/1000"
title = "1000 Normal"
keys = ["1000"]
summary = " Ends well. "
words = ["clean close"]
links = ["rfc6455/7.4"]

[[entry]]
code = "3000-3999"
'''


def written(tmp_path: Path, text: str = TABLE) -> registry.Table:
    file = tmp_path / "table.toml"
    file.write_text(text, "utf-8")
    return registry.read(file)


def test_a_table_is_a_section_with_its_rows_and_the_date_of_its_facts(tmp_path: Path) -> None:
    table, _ = registry.table_sections(written(tmp_path))
    assert (table.id, table.source, table.parent, table.path) == ("iana/close-codes", "iana", "iana", ("IANA",))
    assert table.summary.splitlines() == [
        "About codes.",
        "",
        "| code | name | id |",
        "| --- | --- | --- |",
        "| 1000 | Normal \\| clean | code/1000 |",
        "| 3000-3999 |  |  |",
        "",
        "State of 2026-06-10.",
    ]
    assert (table.words, table.keys, table.links) == (("status code",), ("close codes",), ("rfc6455/7.4.1",))


def test_a_row_with_an_id_is_a_section_below_its_table(tmp_path: Path) -> None:
    _, row = registry.table_sections(written(tmp_path))
    assert (row.id, row.source, row.parent) == ("code/1000", "code", "iana/close-codes")
    assert row.path == ("IANA", "WebSocket close codes")
    assert (row.summary, row.url) == ("Ends well.", "https://example.com/codes")
    assert (row.words, row.keys, row.links) == (("clean close",), ("1000",), ("rfc6455/7.4",))


def test_a_table_of_ours_stands_on_the_reference_shelf_with_nothing_above(tmp_path: Path) -> None:
    (table,) = registry.table_sections(written(tmp_path, 'id = "headers"\ntitle = "Header fields"\n'))
    assert (table.source, table.parent, table.path, table.summary) == ("headers", "", ("Reference",), "")


def test_the_id_column_is_shown_only_where_a_row_has_one(tmp_path: Path) -> None:
    text = 'id = "iana/versions"\ntitle = "V"\ncolumns = ["version"]\n[[entry]]\nversion = 13\n'
    assert registry.markdown(written(tmp_path, text)) == "| version |\n| --- |\n| 13 |"


def test_a_table_without_columns_or_rows_shows_none(tmp_path: Path) -> None:
    assert registry.markdown(written(tmp_path, 'id = "x"\ntitle = "X"\ncolumns = ["a"]\n')) == ""
