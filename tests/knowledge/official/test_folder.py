"""Documents that a user downloaded himself are taken in through the same checks."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.knowledge.official import official_docs, synthetic
from ws_mcp.errors import InputError
from ws_mcp.knowledge.official import store
from ws_mcp.knowledge.official.download import Limits
from ws_mcp.knowledge.official.folder import add_dir


@pytest.fixture(autouse=True)
def small_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    if "real" not in request.node.name:
        (tmp_path / "corpus").mkdir()
        synthetic.use_sources(tmp_path / "corpus", monkeypatch)


@pytest.fixture
def offered(tmp_path: Path) -> Path:
    (tmp_path / "offered").mkdir()
    return tmp_path / "offered"


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def test_a_folder_laid_out_as_hosts_and_paths(offered: Path, cache: Path) -> None:
    synthetic.write_mirror(offered)
    report = add_dir(offered, cache)
    assert report.counts == {"new": 3}
    assert report.ignored == ()


def test_loose_files_are_known_by_what_they_say(offered: Path, cache: Path) -> None:
    for name, text in {
        "download (1)": synthetic.RFC_TEXT,
        "a/b.data": synthetic.mdn_json(),
        "tea.xml": synthetic.iana_xml(),
        "notes.txt": "My shopping list",
        "other.json": "{}",
    }.items():
        (offered / name).parent.mkdir(exist_ok=True)
        (offered / name).write_text(text)
    report = add_dir(offered, cache)
    assert report.counts == {"new": 3}
    assert report.ignored == ("notes.txt", "other.json")
    assert len(store.official(cache)) == 16


def test_saved_pages_serve_too(offered: Path, cache: Path) -> None:
    (offered / "page.html").write_text(synthetic.rfc_html())
    (offered / "pour.html").write_text(synthetic.mdn_html())
    assert {entry.document for entry in add_dir(offered, cache).results} == {"rfc9998", "mdn/Web/API/Teapot/pour"}
    assert {entry.form for entry in store.entries(cache).values()} == {"rfc-html", "mdn-html"}


def test_the_same_checks_hold(offered: Path, cache: Path) -> None:
    (offered / "rfc9998.txt").write_text(synthetic.RFC_TEXT.replace("hot", "hat"))
    result = add_dir(offered, cache).results[0]
    assert result.outcome == "failed"
    assert "SHA-256" in result.reasons[0]


def test_what_is_there_stays_and_what_is_not_offered_is_not_touched(offered: Path, cache: Path) -> None:
    synthetic.write_mirror(offered)
    add_dir(offered, cache)
    before = store.revision(cache)
    shutil.rmtree(offered)
    offered.mkdir()
    (offered / "websocket.xml").write_text(synthetic.iana_xml(synthetic.IANA_NAMES[:3]))
    report = add_dir(offered, cache)
    assert report.counts == {"kept": 1}
    assert store.revision(cache) == before


def test_a_file_larger_than_a_document_may_be_is_refused(offered: Path, cache: Path) -> None:
    (offered / "websocket.xml").write_text(synthetic.iana_xml())
    report = add_dir(offered, cache, limits=Limits(size=100))
    assert "larger than 100 bytes" in report.results[0].reasons[0]


def test_a_folder_without_documents_says_what_to_send(offered: Path, cache: Path) -> None:
    with pytest.raises(InputError, match="HOST/PATH"):
        add_dir(offered, cache)
    with pytest.raises(InputError, match="not a folder"):
        add_dir(offered / "missing", cache)


def test_real_documents_are_recognised_without_their_places(offered: Path, cache: Path) -> None:
    mirror = official_docs.mirror()
    shutil.copy(mirror / "www.rfc-editor.org/rfc/rfc9110.html", offered / "1")
    shutil.copy(mirror / "datatracker.ietf.org/doc/html/rfc6455", offered / "2")
    shutil.copy(mirror / "www.rfc-editor.org/rfc/rfc7692.txt", offered / "3")
    shutil.copy(mirror / "developer.mozilla.org/en-US/docs/Web/API/WebSocket/index.html", offered / "4")
    shutil.copy(mirror / "developer.mozilla.org/en-US/docs/Web/API/CloseEvent/index.json", offered / "5")
    shutil.copy(mirror / "www.iana.org/assignments/websocket/websocket.xml", offered / "6")
    report = add_dir(offered, cache)
    assert report.ignored == ()
    assert {result.document for result in report.results if result.outcome == "new"} == {
        "rfc9110",
        "rfc6455",
        "rfc7692",
        "mdn/Web/API/WebSocket",
        "mdn/Web/API/CloseEvent",
        "iana",
    }
