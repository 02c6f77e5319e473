"""IANA's XML gives the six registries as rows and as tables."""

from __future__ import annotations

import tomllib

import pytest

from tests.knowledge.official import official_docs, synthetic
from ws_mcp.data import folder
from ws_mcp.knowledge.official.iana import REGISTRIES, Registry, read_xml, registries
from ws_mcp.knowledge.official.text import DocumentError


def test_each_registry_has_its_columns_and_rows() -> None:
    found = registries(synthetic.iana_xml().encode())
    assert [registry.id for registry in found] == list(REGISTRIES.values())
    codes = found[3]
    assert codes.id == "iana/close-codes"
    assert codes.columns == ("value", "description", "reference", "contact")
    assert codes.rows == (("7", "Seven | eight", "RFC 9998, Tea (https://tea.example)", "Ann Kettle"),)
    assert codes.procedure == "First Come"
    assert codes.notes == ("See RFC 9998, which explains it.",)
    assert codes.url.endswith("#close-code-number")


def test_the_text_of_a_registry_is_its_table() -> None:
    part = read_xml(synthetic.iana_xml().encode())[0]
    assert part.text.splitlines()[-3:] == [
        "| value | description | reference | contact |",
        "| --- | --- | --- | --- |",
        "| 7 | Seven \\| eight | RFC 9998, Tea (https://tea.example) | Ann Kettle |",
    ]


def test_a_missing_registry_is_named() -> None:
    with pytest.raises(DocumentError, match="lacks the registries opcode"):
        registries(synthetic.iana_xml(tuple(n for n in synthetic.IANA_NAMES if n != "opcode")).encode())


def test_a_registry_without_rows_is_refused() -> None:
    with pytest.raises(DocumentError, match="extension-name has no rows"):
        registries(synthetic.iana_xml().replace("record", "entry").encode())


def test_truncated_and_foreign_xml_is_refused() -> None:
    with pytest.raises(DocumentError, match="not well-formed"):
        registries(synthetic.iana_xml().encode()[:-30])
    with pytest.raises(DocumentError, match="not IANA's registry"):
        registries(b"<feed/>")


def test_entities_are_refused_before_anything_expands() -> None:
    bomb = '<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    with pytest.raises(DocumentError, match="document type"):
        registries(synthetic.iana_xml().replace("?>\n", f"?>{bomb}", 1).encode())


def real() -> dict[str, Registry]:
    file = official_docs.mirror() / "www.iana.org/assignments/websocket/websocket.xml"
    return {registry.id: registry for registry in registries(file.read_bytes())}


def test_the_real_file_has_six_registries_with_their_rows() -> None:
    found = real()
    assert {name: len(registry.rows) for name, registry in found.items()} == {
        "iana/extensions": 2,
        "iana/subprotocols": 69,
        "iana/versions": 14,
        "iana/close-codes": 24,
        "iana/opcodes": 8,
        "iana/framing-header-bits": 1,
    }
    assert ("1006", "Abnormal Closure", "RFC 6455", "IESG HYBI WG") in found["iana/close-codes"].rows


@pytest.mark.parametrize(
    ("name", "ours", "theirs"),
    [
        ("iana/extensions", ("identifier", "name"), ("identifier", "common name")),
        ("iana/subprotocols", ("identifier", "name"), ("identifier", "common name")),
        ("iana/versions", ("version", "status"), ("value", "status")),
        ("iana/close-codes", ("code", "name"), ("value", "description")),
        ("iana/opcodes", ("opcode", "meaning"), ("value", "description")),
        ("iana/framing-header-bits", ("bit",), ("value",)),
    ],
)
def test_every_registered_row_is_among_the_facts_we_ship(name: str, ours: tuple[str], theirs: tuple[str]) -> None:
    """Ours may hold more, what an RFC reserves unregistered, and has a name where IANA's 1014 has a whole sentence."""
    registry = real()[name]
    columns = [registry.columns.index(column) for column in theirs]
    registered = {tuple(row[column] for column in columns) for row in registry.rows}
    shipped = tomllib.loads((folder("corpus") / "registry" / f"{name.partition('/')[2]}.toml").read_text("utf-8"))
    facts = {tuple(str(entry[column]).replace("–", "-") for column in ours) for entry in shipped["entry"]}
    assert {row[0] for row in registered} <= {fact[0] for fact in facts}
    assert {row for row in registered if not row[-1].endswith(".")} <= facts
