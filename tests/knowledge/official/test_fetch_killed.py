"""A fetch that is killed at any moment leaves a cache that is read whole, and the next fetch completes it."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.knowledge.official import synthetic
from tests.knowledge.official.faulty_upstream import Exchange, serving
from ws_mcp.knowledge.official import checks, store
from ws_mcp.knowledge.official.fetch import fetch

KILLS = 20
# The program under the knife: the same small sources, and a word when it begins.
PROGRAM = """
import sys
from pathlib import Path
from ws_mcp.knowledge.official import sources
small = sources.load(Path(sys.argv[1]))
sources.load = lambda path=None: small
from ws_mcp.knowledge.official.fetch import fetch
print("fetching", flush=True)
fetch([], sys.argv[2], Path(sys.argv[3]))
print("done", flush=True)
"""


def slow(exchange: Exchange) -> None:
    """Each answer takes its time, another for each document, so that kills meet every stage."""
    time.sleep(random.uniform(0.0, 0.08))
    exchange.document()


def test_killed_at_twenty_random_moments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    moments = random.Random(seed)
    corpus, cache = tmp_path / "corpus", tmp_path / "cache"
    corpus.mkdir()
    synthetic.use_sources(corpus, monkeypatch)
    killed = 0
    with serving(tmp_path / "upstream") as upstream:
        upstream.otherwise = slow
        page = upstream.root / synthetic.MDN_JSON[1:]
        for round_ in range(KILLS):
            page.write_text(synthetic.mdn_json().replace("How much", f"How much in round {round_}"))
            killed += run_and_kill(corpus / "sources.toml", upstream.url, cache, moments.uniform(0, 0.25))
            assert_whole(cache, round_)
        assert killed >= KILLS // 2, "most were still running"
        report = fetch([], upstream.url, cache)
    assert report.ok
    found = {section.id: section.text for section in store.official(cache)}
    assert len(found) == 6 + 4 + 6
    assert f"round {KILLS - 1}," in found["mdn/Web/API/Teapot/pour#parameters"]
    left = [path.name for path in checks.home(cache).iterdir() if path.suffix == ".tmp"]
    assert left == []
    assert len(list(checks.home(cache).glob("*.raw"))) == 3


def run_and_kill(sources: Path, mirror: str, cache: Path, after: float) -> bool:
    """Whether the fetch was still running ``after`` seconds from its beginning, when SIGKILL came."""
    program = [sys.executable, "-c", PROGRAM, str(sources), mirror, str(cache)]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "fetching\n"
        time.sleep(after)
        process.kill()
        return "done" not in process.stdout.read()


def assert_whole(cache: Path, round_: int) -> None:
    """Whatever is there is a whole document, of this round or of one before."""
    entries = store.entries(cache)
    for name, entry in entries.items():
        assert store.raw(cache, name, entry) is not None
        assert len(store.parts(cache, name, entry)) == entry.sections
    text = {section.id: section.text for section in store.official(cache)}.get("mdn/Web/API/Teapot/pour#parameters", "")
    rounds = [f"How much in round {past}," for past in range(round_ + 1)]
    assert not text or any(words in text for words in rounds)
