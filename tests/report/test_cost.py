"""The estimate of tokens, beside the count of the vocabulary that it was fitted to."""

from __future__ import annotations

import base64
import json
import random
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.o200k import count
from ws_mcp.report import cost

ROOT = Path(__file__).parent.parent.parent
SEED = random.Random(6455)


def drawn(letters: str, length: int = 3_000) -> str:
    return "".join(SEED.choice(letters) for _ in range(length))


TEXTS = {
    "English": (ROOT / "ARCHITECTURE.md").read_text("utf-8"),
    "Python": (ROOT / "ws_mcp" / "judge.py").read_text("utf-8"),
    "a digest": (ROOT / "corpus" / "rfc6455" / "05-data-framing.md").read_text("utf-8"),
    "hex with spaces": SEED.randbytes(2_000).hex(" "),
    "hex": SEED.randbytes(2_000).hex(),
    "base64": base64.b64encode(SEED.randbytes(3_000)).decode(),
    "letters": drawn(string.ascii_letters),
    "marks": drawn(string.punctuation),
    "printable": drawn(string.printable),
    "Japanese": "接続が切れました。再接続してください。" * 50,
    "German": "Größere Übertragungen müssen später geprüft werden. " * 40,
    "emoji": "".join(chr(SEED.randrange(0x1F300, 0x1FAFF)) for _ in range(1_000)),
    "rare scripts": "".join(chr(SEED.randrange(0x10000, 0x12000)) for _ in range(1_000)),
    "JSON of control characters": json.dumps(drawn("".join(map(chr, range(32))), 500)),
    "ids": "\n".join(f"- rfc9110/{a}.{b}.{c}" for a in range(9) for b in range(5) for c in range(4)),
}


@pytest.mark.parametrize("name", TEXTS)
def test_an_estimate_is_never_far_too_small(name: str) -> None:
    assert cost.tokens(TEXTS[name]) > 0.88 * count(TEXTS[name])


@pytest.mark.parametrize("name", ["English", "Python", "a digest", "hex with spaces", "base64", "ids"])
def test_an_estimate_of_what_we_send_most_is_close(name: str) -> None:
    assert cost.tokens(TEXTS[name]) < 1.2 * count(TEXTS[name])


@given(st.text(max_size=300), st.integers(0, 400))
def test_what_fits_weighs_no_more_than_the_room_and_nothing_that_fits_is_cut(text: str, room: int) -> None:
    end = cost.fitting(text, room)
    assert cost.weight(text[:end]) <= room + cost.A_TOKEN
    if cost.weight(text) <= room - cost.A_TOKEN:
        assert end == len(text)


def nested(inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.lists(inner, max_size=60) | st.dictionaries(st.text(max_size=5), inner, max_size=5)


@given(st.dictionaries(st.text(max_size=5), st.recursive(st.text(max_size=900), nested, max_leaves=60), max_size=5))
def test_what_is_shortened_says_so_or_is_as_it_was(value: dict[str, object]) -> None:
    short = cost.shortened(value, 2_000)
    assert set(short) == set(value)
    if short != value:
        assert "characters)" in json.dumps(short) or " more" in json.dumps(short)


def test_a_list_of_entries_is_cut_where_the_room_ends_and_the_rest_is_counted() -> None:
    entries = [{"name": f"entry {number}"} for number in range(100)]
    shown, left = cost.first(entries, 500)
    assert shown == entries[: len(shown)]
    assert len(shown) + left == 100
    assert 0 < sum(cost.weight(entry) + 1 for entry in shown) <= 500
    assert cost.first(entries[:3], 500) == (entries[:3], 0)
