"""Digests in Markdown become sections; ids follow from the file's place and the heading alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from ws_mcp.knowledge.shipped import digest
from ws_mcp.types import Section

MDN = "https://developer.mozilla.org/en-US/docs"
CHAPTER = """# 5 Data Framing
<!-- words: frames, wire format -->

Messages travel in frames.

## 5.5 Control Frames
<!-- links: rfc6455/5.5.1, code/1000 -->
<!-- words: ping and pong -->

Three exist.

```
# 9.9 this line stands in a fence
```

### 5.5.1 Close
The end.
## 5.6 Data Frames
"""

PAGE = """# WebSocket: close() method
<!-- words: hang up -->
Ends it.

## Parameters
Two of them.

### code
A number.

## Format {#exchanging_frames}
Bits.
"""


def rfc(text: str) -> dict[str, Section]:
    return {section.id: section for section in digest.rfc_sections("rfc6455", text)}


def page(text: str, name: str = "mdn/Web/API/WebSocket/close") -> dict[str, Section]:
    return {section.id: section for section in digest.page_sections(name, text)}


def test_each_numbered_heading_is_a_section_of_its_rfc() -> None:
    assert list(rfc(CHAPTER)) == ["rfc6455/5", "rfc6455/5.5", "rfc6455/5.5.1", "rfc6455/5.6"]


def test_a_section_knows_what_is_above_it() -> None:
    found = rfc(CHAPTER)
    assert found["rfc6455/5"].parent == "rfc6455"
    assert found["rfc6455/5.5.1"].parent == "rfc6455/5.5"
    assert found["rfc6455/5.5.1"].path == ("RFC 6455", "5 Data Framing", "5.5 Control Frames")


def test_comments_under_a_heading_are_words_and_links_and_not_text() -> None:
    found = rfc(CHAPTER)
    assert found["rfc6455/5"].words == ("frames", "wire format")
    assert found["rfc6455/5.5"].links == ("rfc6455/5.5.1", "code/1000")
    assert found["rfc6455/5.5"].words == ("ping and pong",)
    assert not any("<!--" in section.summary for section in found.values())


def test_headings_inside_a_fence_are_text() -> None:
    summary = rfc(CHAPTER)["rfc6455/5.5"].summary
    assert summary.startswith("Three exist.")
    assert "# 9.9 this line stands in a fence" in summary


def test_a_comment_further_down_is_text() -> None:
    assert "words: late" in rfc("# 1 A\nText.\n<!-- words: late -->\n")["rfc6455/1"].summary


@pytest.mark.parametrize(
    ("section", "end"),
    [("5.5.1", "rfc6455.html#section-5.5.1"), ("A.1", "rfc6455.html#appendix-A.1"), ("abstract", "rfc6455.html")],
)
def test_a_section_has_its_address_at_the_rfc_editor(section: str, end: str) -> None:
    assert digest.rfc_url("6455", section) == f"https://www.rfc-editor.org/rfc/{end}"


def test_a_heading_without_number_takes_its_anchor() -> None:
    assert "rfc6202/abstract" in {section.id for section in digest.rfc_sections("rfc6202", "# Abstract\nShort.\n")}


def test_a_page_is_one_section_and_each_further_heading_a_part_of_it() -> None:
    found = page(PAGE)
    base = "mdn/Web/API/WebSocket/close"
    assert list(found) == [base, f"{base}#parameters", f"{base}#code", f"{base}#exchanging_frames"]
    assert {section.parent for section in found.values()} == {"mdn", base}
    assert found[f"{base}#code"].path == ("MDN", "WebSocket: close() method", "Parameters")
    assert found[f"{base}#parameters"].path == ("MDN", "WebSocket: close() method")


def test_a_page_and_its_parts_have_mdns_addresses() -> None:
    found = page(PAGE)
    url = f"{MDN}/Web/API/WebSocket/close"
    assert found["mdn/Web/API/WebSocket/close"].url == url
    assert found["mdn/Web/API/WebSocket/close#exchanging_frames"].url == f"{url}#exchanging_frames"
    assert page(PAGE, "guides/operations/close")["guides/operations/close"].url == ""


@pytest.mark.parametrize(
    ("title", "anchor"),
    [("Return value", "return_value"), ("`code` & reason!", "code_reason"), ("TLS 1.3", "tls_1_3"), ("_x_", "x")],
)
def test_an_anchor_is_the_heading_in_lower_case_with_one_underscore_for_the_rest(title: str, anchor: str) -> None:
    assert [block.anchor for block in digest.blocks(f"## {title}\n")] == [anchor]


def test_text_before_the_first_heading_belongs_to_nothing() -> None:
    assert list(digest.blocks("Stray words.\n")) == []
    assert [block.body for block in digest.blocks("Stray.\n# A\nBody.\n")] == ["Body."]


def test_every_folder_of_the_corpus_is_read_by_its_kind(tmp_path: Path) -> None:
    files = {
        "rfc6455/05-framing.md": "# 5 Framing\nA.\n",
        "mdn/Web/API/X.md": "# X\nB.\n",
        "guides/scaling/redis.md": "# Redis\nC.\n",
        "registry/notes.md": "# No section\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    assert [s.id for s in digest.sections(tmp_path)] == ["guides/scaling/redis", "mdn/Web/API/X", "rfc6455/5"]
