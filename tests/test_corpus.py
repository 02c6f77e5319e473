"""What ships is whole: every section and page has its digest, every id and link is good, every fact is IANA's."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from ws_mcp import data
from ws_mcp.knowledge.official import iana
from ws_mcp.knowledge.shipped import digest, registry, requirements
from ws_mcp.library import MAX_READ, Library
from ws_mcp.types import Section

ROOT = Path(__file__).parent.parent

# RFC 6455's table of contents: how many sections stand right below each that has any.
BELOW = {"": 14, "1": 9, "2": 1, "4": 4, "4.2": 2, "5": 8, "5.5": 3, "6": 2, "7": 4, "7.1": 7, "7.2": 3, "7.4": 2}
BELOW |= {"8": 1, "9": 2, "10": 8, "11": 9, "11.1": 2, "11.3": 5, "14": 2}


def numbers(above: str = "") -> list[str]:
    """The numbers below a section, in order."""
    right_below = [f"{above}.{n}".lstrip(".") for n in range(1, BELOW.get(above, 0) + 1)]
    return [number for section in right_below for number in (section, *numbers(section))]


RFC_6455 = numbers()

# MDN's pages on the WebSocket API: a folder, then the pages in it ("." is the folder's own).
MDN = {
    "Glossary": "WebSockets",
    "Web/API/WebSocket": """. WebSocket binaryType bufferedAmount close close_event error_event extensions message_event
        open_event protocol readyState send url""",
    "Web/API/WebSocketStream": ". WebSocketStream close closed opened url",
    "Web/API/CloseEvent": ". CloseEvent code reason wasClean",
    "Web/API/MessageEvent": ". MessageEvent data lastEventId origin ports source",
    "Web/API/WebSockets_API": """. Using_WebSocketStream Writing_WebSocket_client_applications Writing_WebSocket_server
        Writing_WebSocket_servers Writing_a_WebSocket_server_in_Java Writing_a_WebSocket_server_in_JavaScript_Deno""",
    "Web/HTTP/Guides": "Protocol_upgrade_mechanism",
    "Web/HTTP/Reference/Headers": """Connection Content-Security-Policy/connect-src Origin Sec-WebSocket-Accept
        Sec-WebSocket-Extensions Sec-WebSocket-Key Sec-WebSocket-Protocol Sec-WebSocket-Version Upgrade""",
    "Web/HTTP/Reference/Status": "101 426",
}
MDN_PAGES = [f"{folder}/{name}".removesuffix("/.") for folder, names in MDN.items() for name in names.split()]

# Documents that digests link to before their own have been written; a line goes when its document comes.
NOT_YET = ("whatwg/", "rfc7395", "guides/")

# A table of ours → the columns of IANA's that ours are.
COLUMNS = {
    "iana/extensions": {
        "identifier": "identifier",
        "name": "common name",
        "definition": "definition",
        "incompatible": "incompatible",
        "reference": "reference",
        "controller": "change controller",
    },
    "iana/subprotocols": {
        "identifier": "identifier",
        "name": "common name",
        "definition": "definition",
        "reference": "reference",
        "controller": "change controller",
    },
    "iana/versions": {"version": "value", "reference": "reference", "status": "status"},
    "iana/close-codes": {"code": "value", "name": "description", "contact": "contact", "reference": "reference"},
    "iana/opcodes": {"opcode": "value", "meaning": "description", "reference": "reference"},
    "iana/framing-header-bits": {"bit": "value", "meaning": "description", "reference": "reference"},
}


@pytest.fixture(scope="module")
def shipped() -> list[Section]:
    """Every section before it is put into a table by its id."""
    return [*digest.sections(data.folder("corpus")), *registry.sections()]


def test_rfc_6455_has_a_digest_of_each_of_its_88_sections_in_order(shipped: list[Section]) -> None:
    assert len(RFC_6455) == 88
    assert [s.id for s in shipped if s.source == "rfc6455"] == [f"rfc6455/{number}" for number in RFC_6455]


def test_the_list_of_sections_is_the_real_table_of_contents(real_docs: Path, shipped: list[Section]) -> None:
    text = (real_docs / "mirror/www.rfc-editor.org/rfc/rfc6455.txt").read_text("utf-8")
    contents = text[text.index("Table of Contents") : text.index("\n1.  Introduction")]
    entries = re.findall(r"^ +(\d+(?:\.\d+)*)\. +(\S.*?)[ .]+\d+$", re.sub(r"\n {6,}(?=[A-Za-z])", " ", contents), re.M)
    assert [number for number, _ in entries] == RFC_6455
    titles = {s.id: s.title for s in shipped}
    folded = {number: re.sub(r"\W+", " ", title).casefold().strip() for number, title in entries}
    ours = {number: re.sub(r"\W+", " ", titles[f"rfc6455/{number}"][len(number) :]) for number, _ in entries}
    assert {number: title.casefold().strip() for number, title in ours.items()} == folded


@pytest.mark.parametrize("page", MDN_PAGES)
def test_every_mdn_page_on_the_websocket_api_has_a_digest(library: Library, page: str) -> None:
    assert library.sections[f"mdn/{page}"].summary


def test_the_list_of_mdn_pages_is_what_the_mirror_holds(real_docs: Path) -> None:
    pages = real_docs / "mirror/developer.mozilla.org/en-US/docs"
    there = {file.parent.relative_to(pages).as_posix() for file in pages.rglob("index.json")}
    extra = {"Web/API/Headers", "Web/API/Server-sent_events", "Web/API/Server-sent_events/Using_server-sent_events"}
    assert there - extra == set(MDN_PAGES)


def test_ids_are_unique(shipped: list[Section]) -> None:
    assert [identity for identity, count in Counter(s.id for s in shipped).items() if count > 1] == []


def test_every_link_leads_to_a_section(library: Library) -> None:
    links = {(section.id, link) for section in library.sections.values() for link in section.links}
    assert len(links) > 500
    assert sorted((i, to) for i, to in links if to not in library.sections and not to.startswith(NOT_YET)) == []


def test_every_parent_exists_or_is_no_section(library: Library) -> None:
    lost = {s.parent for s in library.sections.values() if s.parent} - set(library.sections)
    assert lost == set()


def test_no_digest_is_empty_and_each_says_more_than_its_title(shipped: list[Section]) -> None:
    assert [s.id for s in shipped if len(s.summary) < 15 or s.summary == s.title] == []


def test_every_section_can_be_read_whole(library: Library) -> None:
    for identity, section in library.sections.items():
        reading = library.read(identity, limit=MAX_READ)
        assert reading.id == identity
        assert reading.text.startswith(f"# {section.title}\n\n`{identity}`")
        assert len(reading.text) > len(section.title) + len(identity) + 15, identity


def test_requirements_have_unique_ids_known_words_and_a_section(library: Library) -> None:
    lines = (data.folder("corpus") / "requirements.jsonl").read_text("utf-8").splitlines()
    found = requirements.all_requirements()
    assert len(found) == len([line for line in lines if line]) > 200
    assert {r.who for r in found.values()} == {"client", "server", "both"}
    assert {r.checkable for r in found.values()} == {"handshake", "frames", "live", "none"}
    assert {r.level.upper() for r in found.values()} <= {"MUST", "MUST NOT", "SHOULD", "SHOULD NOT", "MAY"} | {
        "RECOMMENDED",
        "NOT RECOMMENDED",
        "REQUIRED",
        "OPTIONAL",
    }
    assert [r.id for r in found.values() if r.section not in library.sections] == []


def test_a_section_shows_its_requirements_with_their_ids(library: Library) -> None:
    for requirement in requirements.all_requirements().values():
        text = library.read(requirement.section, limit=MAX_READ).text
        assert f"[{requirement.id}]" in text
        assert requirement.statement in text


def test_requirement_statements_stand_in_no_digest(shipped: list[Section]) -> None:
    text = "\n".join(section.summary for section in shipped)
    assert [r.id for r in requirements.all_requirements().values() if r.statement in text] == []


@pytest.mark.parametrize("name", COLUMNS)
def test_a_registry_is_ianas_row_by_row(real_docs: Path, name: str) -> None:
    content = (real_docs / "mirror/www.iana.org/assignments/websocket/websocket.xml").read_bytes()
    theirs = next(found for found in iana.registries(content) if found.id == name)
    ours = next(table for table in registry.tables() if table["id"] == name)
    rows = [row for row in ours["entry"] if row.get("registered", True)]
    assert len(rows) == len(theirs.rows)
    for row, cells in zip(rows, theirs.rows, strict=True):
        record = dict(zip(theirs.columns, cells, strict=True))
        compared = {column: their for column, their in COLUMNS[name].items() if column not in row.get("own_words", ())}
        expected = {ours: bare(record.get(their, "")) for ours, their in compared.items()}
        assert {column: bare(str(row[column])) for column in compared} == expected


def bare(cell: str) -> str:
    """A cell without what only says how a reference is written."""
    return re.sub(r"[(),]|\bRFC errata ", "", cell)


def test_all_six_registries_ship() -> None:
    assert {table["id"] for table in registry.tables()} >= set(COLUMNS)


def test_every_close_code_and_opcode_of_the_registries_is_a_section(library: Library) -> None:
    codes = [1000, 1001, 1002, 1003, *range(1004, 1016), 3000, 3003, 3008]
    assert [code for code in codes if f"code/{code}" not in library.sections] == []
    opcodes = ["0x0", "0x1", "0x2", "0x8", "0x9", "0xA"]
    assert [code for code in opcodes if f"opcode/{code}" not in library.sections] == []


def test_the_corpus_shares_no_run_of_eight_words_with_the_documents(real_docs: Path) -> None:
    tool = real_docs.parent / "tools" / "overlap.py"
    if not tool.is_file():
        pytest.skip(f"there is no {tool.name} beside the real documents")
    found = subprocess.run([sys.executable, str(tool), str(ROOT)], capture_output=True, text=True, timeout=100)
    assert found.returncode == 0, found.stdout[-3000:]
