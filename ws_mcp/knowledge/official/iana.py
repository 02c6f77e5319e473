"""IANA's ``websocket.xml`` → the six registries as rows, and each as one section with its table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from ws_mcp.knowledge.official.text import DocumentError, Part, fold

URL = "https://www.iana.org/assignments/websocket/websocket.xhtml"
# IANA's name of a registry → ours
REGISTRIES = {
    "extension-name": "iana/extensions",
    "subprotocol-name": "iana/subprotocols",
    "version-number": "iana/versions",
    "close-code-number": "iana/close-codes",
    "opcode": "iana/opcodes",
    "framing-header-bits": "iana/framing-header-bits",
}
_COLUMNS = {
    "value": "value",
    "id": "identifier",
    "common": "common name",
    "description": "description",
    "definition": "definition",
    "incompatible": "incompatible",
    "status": "status",
    "xref": "reference",
    "contact": "contact",
    "controller": "change controller",
}
_NAMESPACE = "{http://www.iana.org/assignments}"


@dataclass(frozen=True, slots=True)
class Registry:
    """One table. Each row has a value ("" where IANA has none) for each of ``columns``."""

    id: str
    title: str
    url: str
    procedure: str
    notes: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def registries(content: bytes) -> list[Registry]:
    """Every registry we know in the document.

    Raises:
        DocumentError: It is not this XML, declares entities, or lacks a registry.
    """
    if b"<!DOCTYPE" in content:  # where entities that swell are declared; IANA's file has none
        raise DocumentError("it carries a document type declaration, which IANA's file does not")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise DocumentError(f"it is not well-formed XML ({error.msg})") from error
    if root.tag != f"{_NAMESPACE}registry" or root.get("id") != "websocket":
        raise DocumentError("it is not IANA's registry 'websocket'")
    people = {
        person.get("id", ""): person.findtext(f"{_NAMESPACE}name") or "" for person in root.iter(f"{_NAMESPACE}person")
    }
    found = {element.get("id", ""): element for element in root.findall(f"{_NAMESPACE}registry")}
    lost = [name for name in REGISTRIES if name not in found]
    if lost:
        raise DocumentError(f"it lacks the registries {', '.join(lost)}")
    return [_registry(found[name], people) for name in REGISTRIES]


def read_xml(content: bytes) -> list[Part]:
    """The registries as sections whose text is the table in Markdown."""
    return [
        Part(found.id, found.title, ("IANA WebSocket registries",), found.url, _markdown(found))
        for found in registries(content)
    ]


def _registry(element: etree._Element, people: dict[str, str]) -> Registry:
    records = [_record(record, people) for record in element.findall(f"{_NAMESPACE}record")]
    if not records:
        raise DocumentError(f"its registry {element.get('id')} has no rows")
    columns = tuple(column for column in _COLUMNS.values() if any(record.get(column) for record in records))
    name = element.get("id", "")
    return Registry(
        id=REGISTRIES[name],
        title=_text(element.find(f"{_NAMESPACE}title"), people),
        url=f"{URL}#{name}",
        procedure="; ".join(_procedure(element, people)),
        notes=tuple(_text(note, people) for note in element.findall(f"{_NAMESPACE}note")),
        columns=columns,
        rows=tuple(tuple(record.get(column, "") for column in columns) for record in records),
    )


def _procedure(element: etree._Element, people: dict[str, str]) -> Iterator[str]:
    """Who decides on a registration, for the whole registry or for each range of it."""
    for rule in element.findall(f"{_NAMESPACE}registration_rule"):
        yield _text(rule, people)
    for part in element.findall(f"{_NAMESPACE}range"):
        values, named = part.find(f"{_NAMESPACE}value"), part.find(f"{_NAMESPACE}registration_rule")
        yield f"{_text(values, people)}: {_text(named, people)}"


def _record(record: etree._Element, people: dict[str, str]) -> dict[str, str]:
    row: dict[str, str] = {}
    for element in record:
        column = _COLUMNS.get(str(element.tag).removeprefix(_NAMESPACE))
        words = _reference(element, people) if column == "reference" else _text(element, people)
        if column and words:
            row[column] = f"{row[column]}, {words}" if column in row else words
    return row


def _text(element: etree._Element | None, people: dict[str, str]) -> str:
    """The words of an element; a reference in it stands as what it refers to."""
    if element is None:
        return ""
    pieces = [element.text or ""]
    for child in element:
        tail = child.tail or ""
        pieces += [_reference(child, people), " " if tail[:1].isalnum() or tail[:1] == "(" else "", tail]
    return fold("".join(pieces))


def _reference(element: etree._Element, people: dict[str, str]) -> str:
    """``<xref type= data=>`` as words: "RFC 6455", a person's name, an address, a draft's name."""
    kind, data, words = element.get("type", ""), element.get("data", ""), fold("".join(map(str, element.itertext())))
    if kind == "rfc":
        return data.replace("rfc", "RFC ")
    if kind == "person":
        return people.get(data) or data.replace("_", " ")
    return f"{words} ({data})" if words and data else words or data


def _markdown(registry: Registry) -> str:
    rows = [registry.columns, ("---",) * len(registry.columns), *registry.rows]
    table = "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows)
    procedure = f"Registration procedure: {registry.procedure}" if registry.procedure else ""
    return "\n\n".join(block for block in (procedure, *registry.notes, table) if block)
