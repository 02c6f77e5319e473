"""What the tests of fetching share: a small upstream that can misbehave, and an empty cache."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.knowledge.official import synthetic
from tests.knowledge.official.faulty_upstream import Server, serving


@pytest.fixture
def upstream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    synthetic.use_sources(corpus, monkeypatch)
    with serving(tmp_path / "upstream") as server:
        yield server


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"
