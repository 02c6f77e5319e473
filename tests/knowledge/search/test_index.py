"""The index finds the best passage of each section; what is on disk is opened only as it was built."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from ws_mcp.errors import InputError, StorageError
from ws_mcp.knowledge.search import index
from ws_mcp.types import Section

ALL: frozenset[str] = frozenset()
SECTIONS = [
    Section(
        "rfc6455/5.3", "5.3 Masking", "rfc6455", path=("RFC 6455",), summary="A client masks its frames with a key."
    ),
    Section("rfc6455/5.5.2", "5.5.2 Ping", "rfc6455", summary="A ping asks for a pong. It keeps idle proxies awake."),
    Section(
        "mdn/Web/API/WebSocket/send", "send()", "mdn", url="https://m.example", summary="Queues frames to be sent."
    ),
    Section("code/1006", "1006 Abnormal", "code", keys=("1006",), words=("vanished",), summary="No Close frame came."),
    Section("error/x", "Invalid frame header", "error", summary="A frame that cannot be."),
]


@pytest.fixture(scope="module")
def small() -> index.Index:
    return index.in_memory(SECTIONS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    index.build(SECTIONS, tmp_path / "state")
    return tmp_path / "state"


def ids(found: list[index.Found]) -> list[str]:
    return [one.id for one in found]


def test_words_find_in_any_of_their_forms(small: index.Index) -> None:
    for word in ("mask", "masks", "MASKING", "masked"):
        assert ids(small.search(word, ALL).found)[0] == "rfc6455/5.3"


def test_words_that_are_never_shown_are_searched(small: index.Index) -> None:
    assert ids(small.search("vanished", ALL).found) == ["code/1006"]


def test_only_the_wanted_sources_are_searched(small: index.Index) -> None:
    assert ids(small.search("frames", frozenset({"mdn"})).found) == ["mdn/Web/API/WebSocket/send"]


def test_a_mistyped_word_still_finds_and_its_likes_are_named(small: index.Index) -> None:
    results = small.search("prozies", ALL)
    assert ids(results.found) == ["rfc6455/5.5.2"]
    assert results.unknown == {"prozies": ("proxies",)}


def test_a_word_of_another_world_finds_nothing(small: index.Index) -> None:
    results = small.search("xylophone", ALL)
    assert (results.found, results.unknown) == ([], {"xylophone": ()})


def test_a_section_is_found_once_by_its_best_passage() -> None:
    long = "\n\n".join(["filler " * 150, "needle in the hay " * 5, "filler " * 150])
    found = index.in_memory([Section("guides/a/b", "Hay", "guides", summary=long)]).search("needle", ALL).found
    assert ids(found) == ["guides/a/b"]


@pytest.mark.parametrize(
    "text",
    [
        "*",
        "mask*",
        '"',
        '"client masks',
        "client AND key",
        "NOT client",
        "[a TO b]",
        "body:client",
        "(",
        "client^2",
        "\\",
        "?",
    ],
)
def test_query_syntax_is_words(small: index.Index, text: str) -> None:
    found = small.search(text, ALL).found
    assert ("rfc6455/5.3" in ids(found)) == any(word in text for word in ("mask", "client"))


def test_what_is_named_is_told_from_what_is_mentioned(small: index.Index) -> None:
    assert small.exact("1006") == (["code/1006"], ["code/1006"])
    assert small.exact("why does 1006 come after a long silence") == ([], ["code/1006"])
    assert small.exact("connection failed: Invalid frame header")[0] == ["error/x"]


def test_a_card_holds_what_a_hit_shows(small: index.Index) -> None:
    (card,) = small.cards(small.first(["mdn/Web/API/WebSocket/send", "mdn/none"]))
    assert (card.title, card.url, card.official) == ("send()", "https://m.example", False)


def test_a_part_folded_into_its_page_is_found_as_the_page() -> None:
    page = Section("mdn/p", "Page", "mdn", summary="Top.")
    part = Section("mdn/p#x", "Part", "mdn", parent="mdn/p", summary="Below.")
    assert ids(index.in_memory([page, part]).first(["mdn/p#x", "mdn/p"])) == ["mdn/p"]


def test_a_document_that_only_has_parts_is_named_but_stands_behind_them() -> None:
    root = Section("rfc8307", "RFC 8307: Well-Known URIs", "rfc8307", keys=("rfc 8307",))
    part = Section(
        "rfc8307/1", "1 Introduction", "rfc8307", parent="rfc8307", summary="Well-known URIs are fixed paths."
    )
    built = index.in_memory([root, part])
    assert ids(built.search("well-known uris", ALL).found) == ["rfc8307/1", "rfc8307"]
    (card,) = built.cards(built.first(["rfc8307"]))
    assert card.texts == ("Its parts: 1 Introduction.",)


def test_a_section_that_says_it_twice_stands_before_one_that_says_it_once() -> None:
    said = "needle in the hay " * 5 + "filler " * 150
    texts = {"once": said, "twice": f"{said}\n\n{said}"}
    sections = [Section(f"guides/{name}", "Hay", "guides", summary=text) for name, text in texts.items()]
    found = index.in_memory(sections).search("needle", ALL).found
    assert [(one.id, len(one.passages)) for one in found] == [("guides/twice", 2), ("guides/once", 1)]


def test_a_built_index_answers_like_the_one_in_memory(folder: Path, small: index.Index) -> None:
    loaded = index.load(folder)
    assert loaded.search("frames", ALL) == small.search("frames", ALL)
    assert loaded.sources == small.sources == ("code", "error", "mdn", "rfc6455")


def test_building_leaves_nothing_beside_the_index(folder: Path) -> None:
    assert [path.name for path in folder.parent.iterdir()] == ["state"]


def test_an_index_that_is_there_already_stays(folder: Path) -> None:
    before = sorted(path.name for path in folder.iterdir())
    index.build(SECTIONS, folder)
    assert sorted(path.name for path in folder.iterdir()) == before
    assert [path.name for path in folder.parent.iterdir()] == ["state"]


def garble(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.write_bytes(content)


def replace(file: Path) -> None:
    file.unlink()
    file.mkdir()


DAMAGES: dict[str, Callable[[Path], object]] = {
    "truncated": lambda file: file.write_bytes(file.read_bytes()[: file.stat().st_size // 2]),
    "emptied": lambda file: file.write_bytes(b""),
    "garbled": garble,
    "removed": Path.unlink,
    "replaced": replace,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_index_is_refused_whichever_file_it_is(folder: Path, damage: str) -> None:
    names = [file.name for file in folder.iterdir() if file.stat().st_size]
    assert len(names) == 3
    for name in names:
        copy = folder.parent / f"copy-{name}"
        shutil.copytree(folder, copy)
        DAMAGES[damage](copy / name)
        with pytest.raises(InputError, match="cannot be read.*built again"):
            index.load(copy)


class Alien:
    """A pickle that does something when it is opened."""

    opened = False

    def __reduce__(self) -> tuple[object, tuple[()]]:
        return _open, ()


def _open() -> None:
    Alien.opened = True


def test_an_alien_pickle_in_a_files_place_is_never_opened(folder: Path) -> None:
    pickle.loads(pickle.dumps(Alien()))
    assert Alien.opened
    Alien.opened = False
    for file in folder.iterdir():
        if file.name != "keys.json":
            file.write_bytes(pickle.dumps(Alien()))
    with pytest.raises(InputError):
        index.load(folder)
    assert not Alien.opened


def test_an_index_that_vanishes_while_it_is_open_says_so(folder: Path) -> None:
    loaded = index.load(folder)
    shutil.rmtree(folder)
    with pytest.raises(StorageError, match="any more"):
        loaded.search("frames", ALL)
