"""The library answers any text with hits, help or a clear error, for several threads and processes at once."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ws_mcp.errors import InputError, NotFoundError, WsMcpError
from ws_mcp.library import MAX_LIMIT, MAX_READ, SNIPPET, Library

QUESTIONS = """connection drops after 60 seconds of nothing happening|why must a client mask frames|1006
how do I authenticate a websocket|proxy strips upgrade header|5.5.1|maximum frame size|0x9|Sec-WebSocket-Accept
what happens when the server restarts|bufferedAmount grows|subprotocol negotiation|compression memory|ping interval
cross-site websocket hijacking|invalid utf-8|reconnect with backoff|http/2 websocket|message fragmentation
WebSocket is closed before the connection is established|CloseEvent.wasClean|who sends the close frame first
content security policy connect-src|long polling|close code for message too big""".replace("\n", "|").split("|")


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Library:
    """A library on an empty cache of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return Library()


def test_a_hit_carries_all_that_a_client_needs(library: Library) -> None:
    hit = library.search("what does close code 1006 mean", limit=1).hits[0]
    assert (hit.id, hit.source, hit.title) == ("code/1006", "code", "1006 Abnormal Closure")
    assert hit.path == ("IANA", "WebSocket close codes")
    assert hit.url.startswith("https://www.iana.org/")
    assert "rfc6455/7.4.1" in hit.links
    assert "**1006**" in hit.snippet
    assert hit.score > 0


def test_hits_come_best_first_each_section_once(library: Library) -> None:
    for question in QUESTIONS:
        hits = library.search(question, limit=MAX_LIMIT).hits
        assert len({hit.id for hit in hits}) == len(hits)
        assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_snippets_are_short(library: Library) -> None:
    for question in QUESTIONS:
        for hit in library.search(question, limit=20).hits:
            assert 0 < len(hit.snippet.replace("**", "")) <= SNIPPET + 20


def test_pages_of_hits_join_without_gap_or_overlap(library: Library) -> None:
    whole = library.search("close frame", limit=30)
    pages = [library.search("close frame", limit=10, offset=offset) for offset in (0, 10, 20)]
    assert [page.next_offset for page in pages] == [10, 20, 30]
    assert {page.total for page in pages} == {whole.total}
    assert [hit.id for page in pages for hit in page.hits] == [hit.id for hit in whole.hits]


def test_past_the_last_hit_there_is_nothing_more(library: Library) -> None:
    answer = library.search("1006", offset=9_000)
    assert answer.hits == ()
    assert answer.next_offset is None
    assert answer.total > 0


@pytest.mark.parametrize(("source", "allowed"), [("mdn", {"mdn"}), ("RFC6455 ", {"rfc6455"}), ("code", {"code"})])
def test_a_source_keeps_only_its_own(library: Library, source: str, allowed: set[str]) -> None:
    answer = library.search("close", (source,), limit=20)
    assert {hit.source for hit in answer.hits} == allowed


def test_rfc_means_every_rfc(library: Library) -> None:
    sources = {hit.source for hit in library.search("websocket over http/2 connect method", ("rfc",), limit=30).hits}
    assert {"rfc6455", "rfc8441"} <= sources
    assert all(source.startswith("rfc") for source in sources)


def test_an_exact_name_obeys_the_wanted_sources(library: Library) -> None:
    assert library.search("1006", ("mdn",), limit=1).hits[0].source == "mdn"


def test_an_unknown_source_is_refused_with_the_known_ones(library: Library) -> None:
    with pytest.raises(InputError, match="no source 'wikipedia'.*mdn.*rfc6455"):
        library.search("ping", ("wikipedia",))
    with pytest.raises(InputError) as long:
        library.search("ping", ("x" * 100_000,))
    assert len(str(long.value)) < 1_000


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"limit": 0}, f"limit is 0; send a number from 1 to {MAX_LIMIT}"),
        ({"limit": MAX_LIMIT + 1}, "limit is 51"),
        ({"limit": -(10**30)}, "limit is -1000"),
        ({"offset": -1}, "offset is -1; send a number from 0"),
        ({"offset": 10**9}, "offset is 1000000000"),
    ],
)
def test_numbers_out_of_range_are_refused_with_the_range(library: Library, given: dict[str, int], message: str) -> None:
    with pytest.raises(InputError, match=message):
        library.search("ping", (), **given)


@pytest.mark.parametrize("text", ["", " ", "\n", "?!", "*", "\x00", "\ud800\udfff", '""'])
def test_an_empty_query_is_refused_with_examples(library: Library, text: str) -> None:
    with pytest.raises(InputError, match="query is empty"):
        library.search(text)


@pytest.mark.parametrize(
    "text",
    [
        *("ping *", '"ping', "ping AND NOT pong", "ping OR", "[a TO z] ping", "body:ping", "(ping", "ping^9", "\\ping"),
        *(
            "ping~2",
            "<ping>",
            "{ping}",
            "+ping -pong",
            "'ping",
            "ping\x00",
            "\x1b[31mping\x1b[0m",
            "ping\ud83d",
            "ping\n\n",
        ),
        *("../../ping", "ping; rm -rf /", "%70ing ping", "ｐｉｎｇ ping", "ping" + "\u0301" * 50 + " ping"),
    ],
)
def test_marks_of_query_languages_and_control_characters_find_like_plain_words(library: Library, text: str) -> None:
    hits = library.search(text, limit=10).hits
    assert {"opcode/0x9", "rfc6455/5.5.2"} & {hit.id for hit in hits}
    assert all(hit.snippet.isprintable() for hit in hits)


@pytest.mark.parametrize(
    "unit", ["ping ", "p", "5.5.1 ", "q1w2 ", "Sec-WebSocket-Key: x\r\n", "https://h/p?q=1 ", "接続"]
)
def test_a_paste_of_100_kb_is_answered_soon_and_the_cut_is_told(library: Library, unit: str) -> None:
    library.search("warm")
    start = time.perf_counter()
    answer = library.search(unit * (100_000 // len(unit)))
    assert time.perf_counter() - start < 2
    assert "Only the first 4000 characters were searched." in answer.note


def test_no_hit_says_what_to_try(library: Library) -> None:
    assert library.search("xqzzy").note == "Nothing matches. Try fewer or more general words, or an id."
    assert library.search("xqzzy").hits == ()


def test_a_slip_of_the_keyboard_is_understood_and_told(library: Library) -> None:
    answer = library.search("fragmentaton of mesages")
    assert "fragmentation" in answer.note
    assert "rfc6455/5.4" in {hit.id for hit in answer.hits}


@pytest.mark.parametrize(
    ("question", "unknown"), [("modbus polling", "modbus"), ("kong gateway", "kong (taken for: king)")]
)
def test_who_asks_for_what_no_text_has_is_told_so(library: Library, question: str, unknown: str) -> None:
    note = library.search(question).note
    assert note == f"No text here has: {unknown}. Answers go by the other words and may miss the subject."
    assert library.search("heartbeat interval").note == ""


def test_the_names_in_a_paste_are_not_told_off(library: Library) -> None:
    line = "2026-11-23 gw-eu-west-7f9c xkcdlib ERROR handshake failed: connection closed before message " + "x9z " * 9
    assert "No text here has" not in library.search(line).note


def test_a_container_without_words_answers_with_its_children(library: Library) -> None:
    text = library.read("rfc6455", limit=MAX_READ).text
    assert "rfc6455/5.5.1" in text
    assert "rfc6455/14.2" in text


def test_children_are_listed_or_written_out(library: Library) -> None:
    listed, written = library.read("rfc6455/5.5"), library.read("rfc6455/5.5", children=True, limit=MAX_READ)
    assert "- 5.5.1 Close: `rfc6455/5.5.1`" in listed.text
    assert "## 5.5.1 Close" not in listed.text
    assert "## 5.5.1 Close" in written.text
    assert "[6455-5.5.1-" in written.text


@pytest.mark.parametrize(
    ("question", "fact"),
    [
        ("readyState values numbers", "| 0 | `CONNECTING`"),
        ("binaryType default blob or arraybuffer", '`"blob"`, the default'),
        ("Sec-WebSocket-Accept header computed how", "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"),
    ],
)
def test_a_small_page_is_read_with_the_parts_its_excerpt_comes_from(library: Library, question: str, fact: str) -> None:
    hit = library.search(question, ("mdn",)).hits[0]
    assert fact in library.read(hit.id).text


def test_neighbours_are_named(library: Library) -> None:
    assert "Next to it: `rfc6455/5.5.1` 5.5.1 Close, `rfc6455/5.5.3` 5.5.3 Pong" in library.read("5.5.2").text


def test_stretches_of_a_page_join_to_the_whole(library: Library) -> None:
    whole = library.read("iana/subprotocols", limit=MAX_READ)
    assert whole.next_offset is None
    parts: list[str] = []
    offset: int | None = 0
    while offset is not None:
        reading = library.read("iana/subprotocols", offset=offset, limit=1_000)
        assert 0 < len(reading.text) <= 1_000
        assert reading.total == whole.total
        parts.append(reading.text)
        offset = reading.next_offset
    assert len(parts) > 5
    assert "".join(parts) == whole.text


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"limit": 199}, f"limit is 199; send a number from 200 to {MAX_READ}"),
        ({"limit": MAX_READ + 1}, "limit is 50001"),
        ({"offset": -1}, "offset is -1"),
        ({"offset": 9_999_999}, "past the end: code/1006 has"),
    ],
)
def test_a_stretch_out_of_range_is_refused_with_the_range(
    library: Library, given: dict[str, int], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        library.read("1006", False, **given)


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("rfc6455/5.5.9", "rfc6455/5.5"),
        ("rfc6455/55.1", "rfc6455/5"),
        ("code/1066", "code/1006"),
        ("header/sec-websocket-keys", "header/sec-websocket-key"),
        ("mdn/Web/API/WebSocket/bufferdAmount", "mdn/Web/API/WebSocket/bufferedAmount"),
        ("mdn/Web/API/Websocket/clos", "mdn/Web/API/WebSocket/close"),
        ("opcode/9", "opcode/0x9"),
    ],
)
def test_an_unknown_id_gets_the_nearest(library: Library, name: str, near: str) -> None:
    with pytest.raises(NotFoundError, match="There is no section.*Nearest:") as error:
        library.read(name)
    assert any(identity.startswith(near) for identity in error.value.nearest)
    assert all(identity in library.sections for identity in error.value.nearest)


@pytest.mark.parametrize(
    "name", ["", " ", "/", "../../etc/passwd", "\x00", "\ud800", "x" * 100_000, "1." * 50_000, "a" * 99]
)
def test_a_name_that_is_none_gets_a_short_clear_error(library: Library, name: str) -> None:
    start = time.perf_counter()
    with pytest.raises(NotFoundError) as error:
        library.read(name)
    assert time.perf_counter() - start < 2
    message = str(error.value)
    assert len(message) < 1_000
    assert message.isprintable()
    message.encode()


@pytest.mark.parametrize(
    "name", ["code/1006", " code/1006 ", "CODE/1006", "1006", "websocket://code/1006", "close code 1006"]
)
def test_a_section_is_read_by_anything_that_names_it(library: Library, name: str) -> None:
    assert library.read(name).id == "code/1006"


def test_completion_begins_like_the_word_else_holds_it(library: Library) -> None:
    assert library.complete("rfc6455/5.5")[:2] == ["rfc6455/5.5", "rfc6455/5.5.1"]
    assert "mdn/Web/API/WebSocket/bufferedAmount" in library.complete("bufferedamount")
    assert library.complete("nothing like it") == []
    assert len(library.complete("", 7)) == 7


any_text = (
    st.text()
    | st.text(st.characters(codec=None, categories=["Cc", "Cs", "P", "S", "Z", "N"]))
    | st.from_regex(
        r"(rfc ?\d{1,5}|§|section|0x|opcode|https?://[a-z.]+/|[.#:/()\-]|\d{1,6}|[a-zA-Z]{1,9}| ){1,12}", fullmatch=True
    )
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(any_text, st.integers(-2, 60), st.integers(-2, 60))
def test_any_search_gives_an_answer_or_a_clear_error(library: Library, text: str, limit: int, offset: int) -> None:
    try:
        answer = library.search(text, limit=limit, offset=offset)
    except InputError as error:
        assert 20 < len(str(error)) < 1_000
        return
    assert len(answer.hits) <= limit
    assert all(hit.id in library.sections and hit.title for hit in answer.hits)
    answer.note.encode()


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(any_text, st.booleans(), st.integers(-1, 3_000), st.integers(100, 60_000))
def test_any_reading_gives_a_text_or_a_clear_error(
    library: Library, text: str, children: bool, offset: int, limit: int
) -> None:
    try:
        reading = library.read(text, children, offset, limit)
    except InputError as error:
        assert 20 < len(str(error)) < 1_000
        str(error).encode()
        return
    assert reading.id in library.sections
    assert 0 < len(reading.text) <= limit


def answers(library: Library, questions: list[str]) -> list[list[tuple[str, float, str]]]:
    return [[(h.id, h.score, h.snippet) for h in library.search(q, limit=5).hits] for q in questions]


def test_threads_that_share_a_library_agree_with_one_alone(library: Library) -> None:
    questions = QUESTIONS * 2
    alone = answers(library, questions)
    with ThreadPoolExecutor(8) as pool:
        assert all(found == alone for found in pool.map(lambda _: answers(library, questions), range(8)))


def test_threads_that_ask_a_new_library_at_once_share_one_index(fresh: Library, tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: fresh.search("1006").hits[0].id, range(8)))
    assert found == ["code/1006"] * 8
    assert len(list((tmp_path / "websocket-mcp" / "indexes").iterdir())) == 1


SEARCH = "from ws_mcp.library import Library; a = Library().search('1006'); print(a.hits[0].id, a.note)"


def start(home: Path, code: str = SEARCH) -> subprocess.Popen[str]:
    env = os.environ | {"XDG_CACHE_HOME": str(home)}
    root = Path(__file__).parent.parent
    return subprocess.Popen([sys.executable, "-c", code], env=env, cwd=root, text=True, stdout=-1, stderr=-1)


def test_four_processes_that_build_at_once_all_answer_and_leave_one_index(tmp_path: Path) -> None:
    processes = [start(tmp_path) for _ in range(4)]
    for process in processes:
        assert process.communicate(timeout=60) == ("code/1006 \n", "")
    assert len(list((tmp_path / "websocket-mcp" / "indexes").iterdir())) == 1


def test_a_full_disk_leaves_a_search_from_memory_and_a_note(tmp_path: Path) -> None:
    pytest.importorskip("resource", reason="only POSIX can limit the size of a file")
    limit = "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
    limit += "resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, resource.RLIM_INFINITY));"
    out, err = start(tmp_path, limit + SEARCH).communicate(timeout=60)
    assert out.startswith("code/1006 Cannot write"), err
    assert "from memory" in out
    assert list((tmp_path / "websocket-mcp" / "indexes").iterdir()) == []


def test_a_search_that_cannot_be_kept_is_the_same_search(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = library.search("why must a client mask frames").hits
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    blocked = Library()
    answer = blocked.search("why must a client mask frames")
    assert "from memory" in answer.note
    assert "XDG_CACHE_HOME" in answer.note
    assert blocked.read("1006").id == "code/1006"
    assert answer.hits == expected


def test_a_cache_emptied_while_we_run_costs_one_build(fresh: Library, tmp_path: Path) -> None:
    before = fresh.search("ping").hits
    shutil.rmtree(tmp_path / "websocket-mcp")
    assert fresh.search("ping").hits == before


def test_errors_for_users_are_of_one_kind() -> None:
    assert issubclass(NotFoundError, InputError)
    assert issubclass(InputError, WsMcpError)
