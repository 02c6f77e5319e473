"""An MDN page gives the same sections from its data and from its HTML, with code, notes, tables and parameters kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.knowledge.official import official_docs, synthetic
from ws_mcp.knowledge.official.mdn import read_html, read_json
from ws_mcp.knowledge.official.text import DocumentError, Part, fold

PAGE = "mdn/Web/API/Teapot/pour"


@pytest.fixture
def parts() -> dict[str, Part]:
    return {part.id.removeprefix(PAGE): part for part in read_json(PAGE, synthetic.mdn_json().encode())}


def test_the_page_is_its_introduction_and_each_heading_a_part(parts: dict[str, Part]) -> None:
    assert list(parts) == ["", "#syntax", "#parameters", "#codes"]
    assert parts[""].title == "Teapot: pour() method"
    assert parts[""].text == "> **Note:** Hot.\n\nThe `pour()` method pours."
    assert parts[""].url.endswith("/docs/Web/API/Teapot/pour")


def test_an_inner_heading_lies_below_the_last_outer_one(parts: dict[str, Part]) -> None:
    assert parts["#parameters"].path == ("MDN", "Teapot: pour() method", "Syntax")
    assert parts["#codes"].path == ("MDN", "Teapot: pour() method")
    assert parts["#codes"].title == "The codes"


def test_code_is_fenced_with_its_language_and_without_its_label(parts: dict[str, Part]) -> None:
    assert parts["#syntax"].text == "```js\npour(1)\npour(2)\n```"


def test_parameters_are_a_list_of_terms_with_what_they_mean_below(parts: dict[str, Part]) -> None:
    assert parts["#parameters"].text == "- `amount` Optional\n  How much, a number.\n\n  - One.\n  - Two."


def test_tables_are_markdown(parts: dict[str, Part]) -> None:
    assert parts["#codes"].text == "| Code | Meaning |\n| --- | --- |\n| 1 | One |"


def test_html_gives_what_the_data_gives() -> None:
    assert read_html(PAGE, synthetic.mdn_html().encode()) == read_json(PAGE, synthetic.mdn_json().encode())


def test_code_that_holds_a_fence_gets_a_longer_one() -> None:
    page = synthetic.mdn_json().replace("pour(1)", "```")
    assert "````js\n```\n" in read_json(PAGE, page.encode())[1].text


@pytest.mark.parametrize(
    "damage",
    [
        lambda page: page.replace('"doc"', '"document"'),
        lambda page: page.replace('"body"', '"sections"'),
        lambda page: page.replace('"content"', '"html"'),
        lambda page: page.replace('"prose"', '"text"'),
        lambda page: json.dumps({"doc": {"title": "Tea", "body": 7}}),
        lambda page: json.dumps({"doc": {"title": "Tea", "body": [7]}}),
        lambda page: page.replace('"id": "syntax"', '"id": "a"', 1).replace('"id": "codes"', '"id": "b"', 1),
    ],
)
def test_data_of_another_shape_is_refused(damage: object) -> None:
    assert callable(damage)
    with pytest.raises(DocumentError, match="changed its shape|sections its table of contents names"):
        read_json(PAGE, damage(synthetic.mdn_json()).encode())


def test_what_is_not_json_is_refused() -> None:
    with pytest.raises(DocumentError, match="not JSON"):
        read_json(PAGE, synthetic.mdn_json().encode()[:-20])


@pytest.mark.parametrize("renamed", ["content-section", 'id="content"', "h1"])
def test_a_page_with_a_renamed_class_is_refused(renamed: str) -> None:
    page = synthetic.mdn_html().replace(renamed, "renamed")
    with pytest.raises(DocumentError, match="changed its shape"):
        read_html(PAGE, page.encode())


def real_pages() -> list[tuple[str, Path]]:
    docs = official_docs.mirror() / "developer.mozilla.org/en-US/docs"
    return [(f"mdn/{file.parent.relative_to(docs).as_posix()}", file) for file in sorted(docs.rglob("index.json"))]


def real(slug: str) -> dict[str, str]:
    file = official_docs.mirror() / f"developer.mozilla.org/en-US/docs/{slug}/index.json"
    return {part.id.partition("#")[2]: part.text for part in read_json(f"mdn/{slug}", file.read_bytes())}


def test_every_real_page_gives_the_same_words_from_its_data_and_its_html() -> None:
    compared = 0
    for page, file in real_pages():
        data = read_json(page, file.read_bytes())
        browser = file.with_name("index.html")
        if browser.exists():
            html = read_html(page, browser.read_bytes())
            assert [(p.id, p.title, p.path, fold(p.text)) for p in html] == [
                (p.id, p.title, p.path, fold(p.text)) for p in data
            ], page
            compared += 1
    assert compared == 54


def test_a_genuine_capture_of_page_data_is_read() -> None:
    parts = real("Web/API/Headers")
    assert {"constructor", "instance_methods", "examples"} <= set(parts)
    assert "```js" in parts["examples"]


def test_real_pages_keep_parameters_exceptions_notes_code_and_tables() -> None:
    close = real("Web/API/WebSocket/close")
    assert close["parameters"].startswith("- `code` Optional\n  ")
    assert "\n- `reason` Optional\n  " in close["parameters"]
    assert "\n  > **Note:** " in close["parameters"]
    assert "`InvalidAccessError`" in close["exceptions"]
    assert close["syntax"].startswith("```js\nclose()")
    codes = real("Web/API/CloseEvent/code")["value"]
    assert "| Status code | Meaning | Description |\n| --- | --- | --- |\n" in codes
    assert "\n| `1006` | " in codes


def test_no_furniture_of_real_pages_is_left() -> None:
    for page, file in real_pages():
        browser = file.with_name("index.html")
        if browser.exists():
            text = "\n".join(part.text for part in read_html(page, browser.read_bytes()))
            assert "Help improve MDN" not in text
            assert "Enable JavaScript" not in text
            assert "lit-part" not in text
