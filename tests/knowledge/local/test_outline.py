"""A text is cut at its headings or definitions; the parts joined are the text, whatever it is."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ws_mcp.knowledge.local.outline import PASSAGE, SMALL, parts, passages, whole

MARKDOWN = """<!-- a note -->
# How we ping

Intro.

## Server side ##
Every 20 s.
```python
# no heading
## none either
```
### Details
More.
## Client side
## Server side
Again.
"""
PYTHON = """import asyncio

async def handler(ws):
    def inner():
        pass

class Hub(Generic[T]):
    def join(self): ...
"""


def outline(name: str, text: str) -> list[tuple[str, str, int]]:
    return [(part.anchor, part.title, part.level) for part in parts(name, text)]


def test_headings_of_markdown_are_parts_and_the_first_is_the_title() -> None:
    assert outline("ping.md", MARKDOWN) == [
        ("", "How we ping", 0),
        ("server_side", "Server side", 2),
        ("details", "Details", 3),
        ("client_side", "Client side", 2),
        ("server_side_2", "Server side", 2),
    ]


def test_a_title_that_looks_like_a_numbered_other_gets_its_own_anchor() -> None:
    text = "# T\n## a 2\n## a\n## a\n## a 2\n## --\n##\n"
    assert [anchor for anchor, _, _ in outline("x.md", text)] == ["", "a_2", "a", "a_3", "a_2_2", "part"]


def test_a_part_holds_the_parts_below_it() -> None:
    found = parts("ping.md", MARKDOWN)
    assert [part.anchor for part in whole(found, "server_side")] == ["server_side", "details"]
    assert [part.anchor for part in whole(found, "server_side_2")] == ["server_side_2"]
    assert whole(found, "") == found
    assert whole(found, "none") == []


def test_outer_definitions_of_code_are_parts() -> None:
    assert outline("hub.py", PYTHON) == [("", "hub.py", 0), ("handler", "handler", 1), ("hub", "Hub", 1)]
    go = "package hub\n\nfunc (h *Hub) Run() {\n}\n\ntype Hub struct {\n}\n"
    assert [title for _, title, _ in outline("hub.go", go)] == ["hub.go", "Run", "Hub"]
    script = "export default class Room {\n}\nexport async function join() {\n}\nconst x = 1\n"
    assert [title for _, title, _ in outline("room.ts", script)] == ["room.ts", "Room", "join"]


@pytest.mark.parametrize("name", ["notes.txt", "NOTES", "data.json", "x.csv"])
def test_other_text_is_one_part(name: str) -> None:
    assert outline(name, "# x\nclass A:\n") == [("", name, 0)]


@given(
    st.text(alphabet="#` ~\n\t-ab", max_size=300) | st.text(max_size=300),
    st.sampled_from(["a.md", "a.py", "a.txt", "a"]),
)
def test_parts_joined_are_the_text_and_anchors_are_unique(text: str, name: str) -> None:
    found = parts(name, text)
    assert "".join(part.text for part in found) == text
    assert len({part.anchor for part in found}) == len(found)
    assert all(part.title and "\n" not in part.title and len(part.title) <= 120 for part in found)
    for part in found[1:]:
        assert whole(found, part.anchor)[0] == part


@given(st.lists(st.sampled_from(["word ", "x" * 400, "\n", "\n\n", "# T\n", "é"]), max_size=400))
def test_passages_hold_every_word_once_and_stay_short(pieces: list[str]) -> None:
    text = "".join(pieces)
    found = list(passages(parts("a.md", text)))
    assert "".join("".join(piece for _, piece in found).split()) == "".join(text.split())
    assert all(len(piece) <= max(PASSAGE, SMALL) for _, piece in found)


def test_a_small_file_is_one_passage_and_a_long_one_is_cut_at_its_parts() -> None:
    assert [part.anchor for part, _ in passages(parts("ping.md", MARKDOWN))] == [""]
    long = MARKDOWN + "word " * SMALL
    assert {part.anchor for part, _ in passages(parts("ping.md", long))} >= {
        "",
        "server_side",
        "details",
        "server_side_2",
    }


@pytest.mark.parametrize(
    "text",
    [
        "# " + " " * 1_000_000,
        "#" * 1_000_000,
        "# x\n" * 250_000,
        "```\n" * 250_000,
        "<!-- " * 200_000,
        "class " * 170_000,
    ]
    + ["class A\n" * 130_000, "x" * 1_000_000, "\n" * 1_000_000, "- " * 500_000],
    ids=lambda text: text[:8].strip() or "blank",
)
@pytest.mark.parametrize("name", ["a.md", "a.py"])
def test_a_hostile_megabyte_takes_no_longer_than_another(name: str, text: str) -> None:
    start = time.process_time()
    assert sum(1 for _ in passages(parts(name, text))) <= 1_200
    assert time.process_time() - start < 3
