from __future__ import annotations

from pathlib import Path

import pytest

from ws_mcp import data
from ws_mcp.errors import InputError, NotFoundError
from ws_mcp.templates import catalogue, sections

GOOD = """
title = "T"
summary = "S"
side = "server"
language = "l"
library = "x"
version = "1"
main = "m"
"""


def test_every_folder_with_a_manifest_is_a_template() -> None:
    folders = {file.parent.name for file in data.folder("templates").glob("*/template.toml")}
    assert {template.name for template in catalogue.load()} == folders
    assert {"python-websockets-server", "python-websockets-client"} <= folders


def test_words_narrow_the_list_and_all_must_fit() -> None:
    found = {template.name for template in catalogue.find("python SERVER, backpressure")}
    assert "python-websockets-server" in found
    assert "python-websockets-client" not in found
    assert catalogue.find("python cobol") == []
    assert catalogue.find() == list(catalogue.load())


@pytest.mark.parametrize("name", ["template/python-websockets-server", "websocket://template/python-websockets-server"])
def test_a_template_is_found_by_its_id(name: str) -> None:
    assert catalogue.get(name).name == "python-websockets-server"


def test_an_unknown_name_is_told_what_there_is() -> None:
    with pytest.raises(NotFoundError, match="python-websockets-server") as error:
        catalogue.get("python-websocket-servr")
    assert error.value.nearest[0] == "python-websockets-server"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (GOOD.replace('title = "T"', ""), "'title' is missing"),
        (GOOD.replace('"server"', '"kitchen"'), "side is 'kitchen', not one of client, server"),
        (GOOD + "[variables.a]\ntype = 'colour'\ndefault = 1\nhelp = ''", "the type of a is 'colour'"),
        (GOOD + "[variables.a]\ntype = 'boolean'\nhelp = ''", "default"),
        (GOOD + "[commands]\nrun = 'ls'", "list of lists"),
        (GOOD + "[commands]\nfly = [['ls']]", "unknown commands fly"),
        ("title = ", "template.toml"),
    ],
)
def test_a_broken_manifest_says_what_is_wrong(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "template.toml").write_text(text)
    with pytest.raises(InputError, match="broken/template.toml") as error:
        catalogue.read(tmp_path / "broken")
    assert why in str(error.value)


def test_templates_are_sections_below_one() -> None:
    found = {section.id: section for section in sections.sections()}
    assert set(found) == {"template", *(f"template/{template.name}" for template in catalogue.load())}
    page = found["template/python-websockets-server"]
    assert page.parent == "template"
    assert (
        "`queue_policy` (one of drop-oldest, drop-newest, close; default close; with profile=chat only)" in page.summary
    )
