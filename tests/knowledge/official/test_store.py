"""What was fetched is read back whole and fast, and damage behind our back costs a fetch, not an answer."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest

from tests.knowledge.official import synthetic
from ws_mcp.errors import StorageError
from ws_mcp.knowledge.official import checks, gather, parse, store
from ws_mcp.knowledge.official.fetch import fetch

PAGE = "mdn/Web/API/Teapot/pour"


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    synthetic.use_sources(corpus, monkeypatch)
    synthetic.write_mirror(tmp_path / "mirror")
    return tmp_path / "mirror"


@pytest.fixture
def cache(mirror: Path, tmp_path: Path) -> Path:
    fetch([], str(mirror), tmp_path / "cache")
    return tmp_path / "cache"


def stored(cache: Path, ending: str) -> Path:
    (path,) = checks.home(cache).glob(f"mdn_*.{ending}")
    return path


def test_an_empty_cache_has_nothing_and_says_so(tmp_path: Path, mirror: Path) -> None:
    assert store.official(tmp_path / "none") == []
    assert store.revision(tmp_path / "none") == ""
    assert [(status.id, status.present) for status in store.status(tmp_path / "none")] == [
        ("rfc9998", 0),
        ("mdn", 0),
        ("iana", 0),
    ]


def test_the_bytes_are_kept_as_published(cache: Path) -> None:
    (raw,) = checks.home(cache).glob("rfc9998.*.raw")
    assert raw.read_bytes() == synthetic.RFC_TEXT.encode()


def test_status_tells_sizes_ages_and_forms(cache: Path) -> None:
    rfc = store.status(cache)[0]
    assert (rfc.documents, rfc.present, rfc.sections, rfc.form) == (1, 1, 6, "rfc-text")
    assert rfc.bytes == len(synthetic.RFC_TEXT.encode())
    assert rfc.fetched <= rfc.checked
    assert rfc.failed == ()


def test_the_revision_changes_with_a_text_and_with_nothing_else(cache: Path, mirror: Path) -> None:
    before = store.revision(cache)
    fetch([], str(mirror), cache)
    assert store.revision(cache) == before
    page = mirror / synthetic.MDN_JSON[1:]
    page.write_text(page.read_text().replace("Hot.", "Very hot."))
    fetch([], str(mirror), cache)
    assert store.revision(cache) not in (before, "")


def test_lost_sections_are_made_anew_from_the_bytes(cache: Path) -> None:
    before = store.official(cache)
    stored(cache, "jsonl").write_text('{"id": "half of a li')
    assert store.official(cache) == before
    assert stored(cache, "jsonl").read_text().count("\n") == 4


def test_a_newer_parser_reads_the_bytes_again(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, revision = store.official(cache), store.revision(cache)
    monkeypatch.setattr(store, "PARSER", parse.PARSER + 1)
    stored(cache, "v1.jsonl").write_text("")
    assert store.official(cache) == before
    assert store.revision(cache) != revision


def test_a_document_damaged_on_disk_is_left_out_and_fetched_again(cache: Path, mirror: Path) -> None:
    stored(cache, "jsonl").unlink()
    stored(cache, "raw").write_bytes(b"{}")
    assert not [section for section in store.official(cache) if section.id.startswith("mdn")]
    report = fetch([], str(mirror), cache)
    assert {result.document: result.outcome for result in report.results}[PAGE] == "new"
    assert [section for section in store.official(cache) if section.id == PAGE]


def test_a_damaged_manifest_is_an_empty_cache(cache: Path, mirror: Path) -> None:
    (checks.home(cache) / "manifest.json").write_text("[1, 2")
    assert store.official(cache) == []
    assert fetch([], str(mirror), cache).counts == {"new": 3}


def test_replaced_copies_are_swept_away(cache: Path, mirror: Path) -> None:
    (checks.home(cache) / ".manifest.json.abc.tmp").write_text("left by a killed fetch")
    page = mirror / synthetic.MDN_JSON[1:]
    page.write_text(page.read_text().replace("Hot.", "Very hot."))
    fetch([], str(mirror), cache)
    names = sorted(path.name.partition(".")[0] for path in checks.home(cache).iterdir())
    assert names == sorted(["checks", "fetch", "manifest", *["iana", "mdn_Web_API_Teapot_pour", "rfc9998"] * 2])


def test_a_cache_that_cannot_be_written_is_told_and_stays(
    cache: Path, mirror: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = store.official(cache)
    page = mirror / synthetic.MDN_JSON[1:]
    page.write_text(page.read_text().replace("Hot.", "Very hot."))

    resource = pytest.importorskip("resource", reason="only POSIX can limit the size of a file")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        with pytest.raises(StorageError, match="XDG_CACHE_HOME"):
            fetch([], str(mirror), cache)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert store.official(cache) == before


def test_reading_imports_neither_parsers_nor_httpx(cache: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from ws_mcp.knowledge.official import store; "
        f"store.official(Path({str(cache)!r})); store.status(Path({str(cache)!r})); "
        "print(sorted({'bs4', 'lxml', 'httpx', 'asyncio'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.strip() == "[]"


def test_a_report_counts_its_outcomes() -> None:
    results = tuple(gather.Result(str(n), outcome) for n, outcome in enumerate(("new", "kept", "failed", "new")))
    report = gather.FetchReport(results, "r", True)
    assert report.counts == {"new": 2, "kept": 1, "failed": 1}
    assert not report.ok
    assert dataclasses.asdict(report)["results"][1]["outcome"] == "kept"
