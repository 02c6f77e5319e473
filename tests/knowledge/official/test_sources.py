"""``corpus/sources.toml`` names every document with all that is needed to fetch and to check it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ws_mcp.errors import NotFoundError, StorageError
from ws_mcp.knowledge.official import sources
from ws_mcp.knowledge.official.sources import Document, Form


def documents() -> dict[str, Document]:
    return {document.id: document for source in sources.load() for document in source.documents}


def test_the_ten_rfcs_iana_and_mdn_are_there() -> None:
    numbers = {6455, 7692, 8441, 9220, 8307, 7936, 6454, 6202, 9110, 9112}
    assert {source.id for source in sources.load()} == {*(f"rfc{number}" for number in numbers), "iana", "mdn"}
    assert len(documents()) == 10 + 1 + 54


def test_every_document_has_https_locations_and_terms() -> None:
    for source in sources.load():
        assert source.licence
        assert source.attribution
        for document in source.documents:
            assert all(location.url.startswith("https://") for location in document.locations)


def test_an_rfc_is_tried_as_text_with_its_hash_then_as_either_page() -> None:
    text, editor, tracker = documents()["rfc6455"].locations
    assert (text.form, editor.form, tracker.form) == (Form.RFC_TEXT, Form.RFC_HTML, Form.RFC_HTML)
    assert re.fullmatch(r"[0-9a-f]{64}", text.sha256)
    assert documents()["rfc6455"].sections == 88


def test_an_mdn_page_is_tried_as_data_then_as_page() -> None:
    data, page = documents()["mdn/Web/API/WebSocket/close"].locations
    assert data.url == f"{page.url}/index.json"
    assert (data.form, page.form) == (Form.MDN_JSON, Form.MDN_HTML)


@pytest.mark.parametrize("name", ["rfc6455", "RFC 6455", "6455", "rfc-6455"])
def test_an_rfc_is_found_however_it_is_written(name: str) -> None:
    assert [document.id for document in sources.select(sources.load(), [name])] == ["rfc6455"]


def test_a_kind_means_all_its_sources_and_nothing_means_everything() -> None:
    assert len(sources.select(sources.load(), ["rfc"])) == 10
    assert len(sources.select(sources.load(), ["rfc", "rfc6455", "iana"])) == 11
    assert len(sources.select(sources.load(), [])) == 65


def test_an_unknown_name_is_answered_with_what_it_may_mean() -> None:
    with pytest.raises(NotFoundError) as error:
        sources.select(sources.load(), ["mdn/Web/API/WebSocket/clos"])
    assert error.value.nearest[0] == "mdn/Web/API/WebSocket/close"
    with pytest.raises(NotFoundError, match="Send one of rfc6455"):
        sources.select(sources.load(), ["zzz"])


@pytest.mark.parametrize("text", ["", "source = 7", "[[source]]\nid = 'x'", "[[source", "[[source]]\nkind = 'poem'"])
def test_a_broken_file_means_a_broken_installation(text: str, tmp_path: Path) -> None:
    (tmp_path / "sources.toml").write_text(text)
    with pytest.raises(StorageError, match="install websocket-mcp again"):
        sources.load(tmp_path / "sources.toml")
