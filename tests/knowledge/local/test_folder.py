"""The user's files are found while they change, and nothing stale is ever shown."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks.local import write_files
from ws_mcp.errors import StorageError
from ws_mcp.knowledge.local import files, shelf, watch
from ws_mcp.knowledge.local.copies import copy
from ws_mcp.knowledge.local.files import LeftOutError
from ws_mcp.knowledge.local.folder import Local, candidates

SOON = 2.0  # seconds within which a change has to be found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "mcp" / "websocket"
    made.mkdir(parents=True)
    return made


@pytest.fixture
def local(folder: Path) -> Iterator[Local]:
    made = Local([folder], patience=5)
    yield made
    made.close()


def ids(local: Local, text: str) -> list[str]:
    return [match.id for match in local.search(text)]


def until(true: Callable[[], bool], seconds: float = SOON) -> bool:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def put(folder: Path, path: str, text: str) -> Path:
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def test_files_are_found_by_their_words_with_their_titles_and_places(folder: Path, local: Local) -> None:
    put(folder, "scaling-patterns/redis.md", "# Our fan-out\n\nEach zorkmid goes through one stream.\n")
    (found,) = local.search("zorkmid stream")
    assert (found.id, found.title) == ("local/scaling-patterns/redis.md", "Our fan-out")
    assert found.path == ("Local", "scaling-patterns")
    assert found.file.endswith("mcp/websocket/scaling-patterns/redis.md")
    assert found.url == (folder / "scaling-patterns/redis.md").as_uri()
    assert found.covered == 1


def test_a_long_file_answers_with_its_part(folder: Path, local: Local) -> None:
    put(folder, "a.md", "# Notes\n\n" + "filler " * 500 + "\n\n## Zorkmid limits\n\nTen at most.\n")
    found = local.search("zorkmid limits")[0]
    assert (found.id, found.title, found.path) == ("local/a.md#zorkmid_limits", "Zorkmid limits", ("Local", "Notes"))
    page = local.page(found.id)
    assert page and page.text == "## Zorkmid limits\n\nTen at most.\n" and page.line == 5


def test_a_match_says_which_share_of_the_words_it_has(folder: Path, local: Local) -> None:
    put(folder, "a.md", "zorkmid quuxbar")
    put(folder, "b.md", "zorkmids only")
    shares = {match.id: match.covered for match in local.search("zorkmid quuxbar")}
    assert shares == {"local/a.md": 1.0, "local/b.md": 0.5}


def test_a_file_that_the_query_names_is_marked_and_first(folder: Path, local: Local) -> None:
    put(folder, "x.md", "# Other\n\nretry policy, retry policy")
    put(folder, "retry-policy.md", "# Something else\n\nWhat the policy is.")
    for query in ("retry-policy", "retry-policy.md", "local/retry-policy.md", "Something else"):
        found = local.search(query)
        assert (found[0].id, found[0].named) == ("local/retry-policy.md", True), query
        assert not any(match.named for match in found[1:])


def test_one_file_does_not_fill_the_answer(folder: Path, local: Local) -> None:
    put(folder, "long.md", "\n".join(f"## Zorkmid {n}\n\n" + "zorkmid filler " * 60 for n in range(20)))
    put(folder, "short.md", "zorkmid")
    found = ids(local, "zorkmid")
    assert len([i for i in found if i.startswith("local/long.md")]) == 3
    assert "local/short.md" in found


@pytest.mark.parametrize("noticed", [True, False], ids=["with notices", "by looking"])
def test_a_change_is_found_soon(folder: Path, noticed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not noticed:
        monkeypatch.setattr(watch, "_notices", lambda folders, stop: iter(()))
    local = Local([folder], patience=5)
    put(folder, "a.md", "alpha")
    assert until(lambda: ids(local, "alpha") == ["local/a.md"])
    put(folder, "sub/new.md", "zorkmid")
    assert until(lambda: ids(local, "zorkmid") == ["local/sub/new.md"])
    put(folder, "sub/new.md", "quuxbar instead")
    assert ids(local, "zorkmid") == []  # at once: it is looked at again before it is shown
    assert until(lambda: ids(local, "quuxbar") == ["local/sub/new.md"])
    (folder / "sub/new.md").rename(folder / "sub/renamed.md")
    assert until(lambda: ids(local, "quuxbar") == ["local/sub/renamed.md"])
    put(folder, "other.md", "beta").replace(folder / "sub/renamed.md")
    assert ids(local, "quuxbar") == []
    assert until(lambda: ids(local, "beta") == ["local/sub/renamed.md"])
    local.close()


def test_what_is_removed_is_gone_from_every_answer_at_once(folder: Path, local: Local) -> None:
    file = put(folder, "a.md", "zorkmid")
    assert ids(local, "zorkmid") == ["local/a.md"]
    file.unlink()
    assert ids(local, "zorkmid") == []
    assert local.page("local/a.md") is None
    assert until(lambda: local.listed() == [])


def test_a_folder_that_comes_goes_and_comes_again_is_followed(tmp_path: Path) -> None:
    folder = tmp_path / "mcp" / "websocket"
    local = Local([folder], patience=5)
    assert (ids(local, "zorkmid"), local.note()) == ([], "")
    put(folder, "a.md", "zorkmid")
    assert ids(local, "zorkmid") == ["local/a.md"]
    folder.rename(tmp_path / "away")
    assert ids(local, "zorkmid") == []
    assert until(lambda: local.status().files == 0)
    put(folder, "b.md", "zorkmid again")
    assert until(lambda: ids(local, "zorkmid") == ["local/b.md"], 2 * SOON)
    put(folder, "b.md", "quuxbar")
    assert until(lambda: ids(local, "quuxbar") == ["local/b.md"])
    local.close()


def test_no_thread_runs_where_there_is_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[threading.Thread] = []
    monkeypatch.setattr(threading.Thread, "start", lambda thread: started.append(thread))
    local = Local([tmp_path / "none"])
    assert (local.search("x"), local.listed(), local.page("local/x.md"), local.note()) == ([], [], None, "")
    assert local.status().folders == ((str(tmp_path / "none"), False),)
    assert started == []


def test_a_file_that_becomes_unreadable_or_binary_is_left_out_with_the_reason(folder: Path, local: Local) -> None:
    file = put(folder, "a.md", "zorkmid")
    assert ids(local, "zorkmid") == ["local/a.md"]
    file.write_bytes(b"zorkmid\0\0\0")
    assert ids(local, "zorkmid") == []
    assert ("a.md", "binary") in local.status().left_out
    with pytest.raises(LeftOutError, match="binary"):
        local.page("local/a.md")
    file.write_text("zorkmid again")
    assert until(lambda: ids(local, "zorkmid") == ["local/a.md"])
    assert local.status().left_out == ()


@pytest.mark.usefixtures("permissions")
def test_a_file_that_may_not_be_read_any_more_is_gone_from_answers(folder: Path, local: Local) -> None:
    file = put(folder, "a.md", "zorkmid")
    assert ids(local, "zorkmid") == ["local/a.md"]
    file.chmod(0)
    assert ids(local, "zorkmid") == []
    with pytest.raises(LeftOutError, match="permission denied"):
        local.page("local/a.md")
    file.chmod(0o600)
    assert until(lambda: ids(local, "zorkmid") == ["local/a.md"])


@pytest.mark.skipif(os.name != "posix", reason="links")
def test_a_file_or_folder_that_becomes_a_link_shows_nothing_from_outside(folder: Path, local: Local) -> None:
    outside = put(folder.parent.parent, "outside/a.md", "secret zorkmid")
    put(folder, "sub/a.md", "zorkmid")
    assert ids(local, "zorkmid") == ["local/sub/a.md"]
    (folder / "sub/a.md").unlink()
    (folder / "sub").rmdir()
    (folder / "sub").symlink_to(outside.parent)
    for _ in range(20):
        assert ids(local, "secret zorkmid") == []
        assert local.page("local/sub/a.md") is None
        time.sleep(0.05)


def test_a_file_replaced_while_it_is_read_is_read_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = put(folder, "a.md", "old " * 1_000)
    fstat, calls = os.fstat, 0

    def meddling(descriptor: int) -> os.stat_result:
        nonlocal calls
        calls += 1
        if calls == 2:  # after the first reading, before it is compared
            file.write_text("new " * 1_000)
        return fstat(descriptor)

    monkeypatch.setattr(os, "fstat", meddling)
    assert set(files.read(folder, "a.md")[0].split()) == {"new"}


def test_files_that_change_all_the_time_make_no_error_and_nothing_stale(folder: Path, local: Local) -> None:
    stop = threading.Event()

    def meddle() -> None:
        n = 0
        while not stop.is_set():
            n += 1
            file = folder / f"{n % 5}.md"
            if n % 7 == 0:
                file.unlink(missing_ok=True)
            elif n % 3 == 0:
                put(folder, "tmp.part", f"zorkmid generation-{n} " * 200).replace(file)
            else:
                file.write_text(f"zorkmid generation-{n} " * 200)

    thread = threading.Thread(target=meddle)
    thread.start()
    end = time.monotonic() + 2
    answers = 0
    while time.monotonic() < end:
        for match in local.search("zorkmid"):
            answers += 1
            page = local.page(match.id)
            assert page is None or "zorkmid" in page.text or page.text == ""
        assert local.note() == ""
    stop.set()
    thread.join()
    assert answers > 10
    there = {f"local/{file.name}" for file in folder.iterdir()}
    assert until(lambda: {match.id.split("#")[0] for match in local.search("zorkmid")} == there)
    assert until(
        lambda: all(match.text.split()[1] in (folder / match.id[6:]).read_text() for match in local.search("zorkmid"))
    )


def test_an_earlier_folder_goes_before_a_later_one_with_the_same_path(tmp_path: Path) -> None:
    first, second = tmp_path / "one", tmp_path / "two"
    put(first, "a.md", "zorkmid first")
    put(second, "a.md", "zorkmid second")
    put(second, "b.md", "zorkmid other")
    local = Local([first, second], patience=5)
    assert sorted(ids(local, "zorkmid")) == ["local/a.md", "local/b.md"]
    assert "first" in (local.page("local/a.md") or pytest.fail()).text
    assert [reason for _, reason in local.status().left_out] == [f"the same path in {first} comes first"]
    local.follow([second])
    assert until(lambda: "second" in "".join(match.text for match in local.search("zorkmid")))
    assert "second" in (local.page("local/a.md") or pytest.fail()).text
    local.close()


def test_unchanged_copies_of_ours_are_counted_and_not_searched(folder: Path, local: Local) -> None:
    put(folder, "a.md", copy("guides/x", "# Zorkmid\n\nOurs.\n"))
    put(folder, "b.md", copy("guides/y", "# Zorkmid\n\nOurs.\n") + "And mine.\n")
    (found,) = local.search("zorkmid")
    assert (found.id, found.title) == ("local/b.md", "Zorkmid")
    assert (local.status().files, local.status().copies, local.status().left_out) == (1, 1, ())


def test_template_folders_are_offered_to_the_catalogue(folder: Path, local: Local) -> None:
    put(folder, "server-templates/mine/template.toml", "title = 'x'")
    put(folder, "server-templates/mine/files/server.py", "pass")
    put(folder, "template.md", "template.toml")
    assert local.template_folders() == (folder / "server-templates" / "mine",)


def test_trouble_with_the_index_is_told_and_reading_goes_on(
    folder: Path, local: Local, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(folder, "a.md", "zorkmid")

    def refuse(*_: object) -> None:
        raise StorageError("The local files cannot be searched: no room.")

    monkeypatch.setattr(shelf.Shelf, "put", refuse)
    assert ids(local, "zorkmid") == []
    assert "no room" in local.note()
    assert "no room" in local.status().trouble
    assert (local.page("local/a.md") or pytest.fail()).text == "zorkmid"


def test_answers_say_that_indexing_goes_on(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(3):
        put(folder, f"{n}.md", "zorkmid")
    go, read = threading.Event(), files.read

    def slow(*arguments: object) -> object:
        go.wait(10)
        return read(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(files, "read", slow)
    local = Local([folder], patience=0.05)
    assert local.search("zorkmid") == []
    assert local.note() == "Your local files are being indexed: 0 of 3 so far; ask again."
    go.set()
    assert until(lambda: len(local.search("zorkmid")) == 3 and local.note() == "")
    local.close()


def test_two_hundred_files_cost_little_and_answers_go_on(folder: Path) -> None:
    """The full measure, 1,000 files, is ``benchmarks/local.py``."""
    write_files(folder, 200, 20)
    local = Local([folder], patience=0)
    start = time.process_time()
    answers = 0
    while local.status().files < 200:
        local.search("connection drops")
        answers += 1
        assert time.process_time() - start < 10
        time.sleep(0.02)
    assert time.process_time() - start < 10 * 200 / 1_000 * 3  # three times the share, for a busy machine
    assert answers > 1
    assert len(local.search("connection")) > 10
    local.close()


def test_the_folder_is_the_given_else_the_named_else_below_the_roots_and_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WS_MCP_LOCAL", raising=False)
    here = tmp_path / "mcp" / "websocket"
    assert candidates() == (here,)
    assert candidates(roots=[tmp_path / "root"]) == (tmp_path / "root" / "mcp" / "websocket", here)
    assert candidates("notes") == (tmp_path / "notes",)
    monkeypatch.setenv("WS_MCP_LOCAL", "env")
    assert candidates(roots=[tmp_path / "root"]) == (tmp_path / "env",)
    assert candidates("notes") == (tmp_path / "notes",)
