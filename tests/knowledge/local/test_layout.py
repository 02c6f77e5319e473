"""Our four shelves hold what belongs there, and become files that can be read without us and are never overwritten."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from ws_mcp.errors import StorageError
from ws_mcp.knowledge.local import layout
from ws_mcp.knowledge.local.copies import copy, untouched
from ws_mcp.library import Library

SHELVES = ["server-templates", "client-libraries", "scaling-patterns", "security-implementations"]
BELONGS = [
    ("server-templates", "guides/servers/websockets"),
    ("client-libraries", "guides/clients/browser"),
    ("client-libraries", "mdn/Web/API/WebSocket"),
    ("scaling-patterns", "guides/messaging/rooms"),
    ("scaling-patterns", "guides/proxies/nginx"),
    ("security-implementations", "guides/security/origin"),
    ("security-implementations", "rfc6455/10.2"),
]


def test_the_four_shelves_are_sections_below_their_root(library: Library) -> None:
    assert [shelf.name for shelf in layout.shelves()] == SHELVES
    assert [i for i, s in library.sections.items() if s.source == "local"] == [
        "local",
        *(f"local/{n}" for n in SHELVES),
    ]
    text = library.read("local").text
    assert all(f"`local/{name}`" in text for name in SHELVES)
    assert library.read("websocket://local/").text == text


@pytest.mark.parametrize(("shelf", "identity"), BELONGS)
def test_what_is_ours_stands_on_its_shelf(library: Library, shelf: str, identity: str) -> None:
    assert f"`{identity}`" in library.read(f"local/{shelf}").text
    others = [name for name in SHELVES if name != shelf]
    assert not any(f"`{identity}`" in library.read(f"local/{other}").text for other in others)


def test_every_template_stands_on_one_shelf_whatever_its_name() -> None:
    names = [
        "template/go-server",
        "template/react-client",
        "template/nginx-proxy",
        "template/k6-load",
        "template/x-deploy",
    ]
    found = {shelf.name: layout.members(shelf, names) for shelf in layout.shelves()}
    assert found == {
        "server-templates": ["template/go-server"],
        "client-libraries": ["template/react-client"],
        "scaling-patterns": ["template/nginx-proxy", "template/k6-load", "template/x-deploy"],
        "security-implementations": [],
    }


def test_the_shelves_become_files_whose_links_lead_somewhere(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "mcp" / "websocket"
    written, kept = library.lay_out(folder)
    assert kept == []
    assert sorted(path.name for path in folder.iterdir()) == sorted(["README.md", *SHELVES])
    assert sorted(written) == sorted(path for path in folder.rglob("*") if path.is_file())
    for index in folder.rglob("README.md"):
        links = re.findall(r"\]\(([^)]+)\)", index.read_text("utf-8"))
        assert links or index.parent != folder
        assert [link for link in links if not (index.parent / link).is_file()] == []
    guide = (folder / "scaling-patterns" / "messaging-rooms.md").read_text("utf-8")
    assert untouched(guide) == "guides/messaging/rooms"
    assert library.sections["guides/messaging/rooms"].summary in guide


def test_nothing_is_overwritten(library: Library, tmp_path: Path) -> None:
    mine = tmp_path / "scaling-patterns" / "messaging-rooms.md"
    mine.parent.mkdir()
    mine.write_text("mine")
    (tmp_path / "README.md").write_text("mine too")
    first, kept = library.lay_out(tmp_path)
    assert sorted(kept) == sorted([mine, tmp_path / "README.md"])
    again, left = library.lay_out(tmp_path)
    assert (again, len(left)) == ([], len(first) + 2)
    assert (mine.read_text(), (tmp_path / "README.md").read_text()) == ("mine", "mine too")


@pytest.mark.skipif(os.name != "posix", reason="links")
def test_nothing_is_written_through_a_link(library: Library, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "README.md").symlink_to(tmp_path / "outside.md")
    library.lay_out(tmp_path / "in")
    assert not (tmp_path / "outside.md").exists()


def test_a_file_in_the_way_of_a_folder_is_told(library: Library, tmp_path: Path) -> None:
    (tmp_path / "mcp").write_text("a file")
    with pytest.raises(StorageError, match=r"mcp.*Name"):
        library.lay_out(tmp_path / "mcp" / "websocket")
    (tmp_path / "shelves").mkdir()
    (tmp_path / "shelves" / "client-libraries").write_text("a file")
    with pytest.raises(StorageError, match="is a file"):
        library.lay_out(tmp_path / "shelves")


def test_a_copy_is_known_until_somebody_changes_it() -> None:
    made = copy("guides/x", "# T\n\nText.\n\n")
    assert untouched(made) == "guides/x"
    assert untouched(made.replace("Text", "Other")) == ""
    assert untouched(made + "more") == ""
    assert untouched("# T\n\nText.\n") == ""
    assert untouched(made.partition("\n")[0]) == ""
