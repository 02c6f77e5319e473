"""Fetching brings documents over real HTTP, asks politely, and only for what has changed."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from pathlib import Path

import httpx
import pytest

from tests.knowledge.official import official_docs, synthetic
from tests.knowledge.official.faulty_upstream import Exchange, Server, serving
from ws_mcp.errors import InputError, NotFoundError
from ws_mcp.knowledge.official import store
from ws_mcp.knowledge.official.download import Limits, Validators
from ws_mcp.knowledge.official.fetch import Web, fetch, fetch_async
from ws_mcp.knowledge.official.gather import FetchReport, Progress
from ws_mcp.knowledge.official.lock import BusyError, exclusive
from ws_mcp.knowledge.official.sources import Form
from ws_mcp.knowledge.official.text import DocumentError

QUICK = Limits(connect=2, silence=1, total=4, attempts=3, first_wait=0.01, longest_wait=1)


def outcomes(report: FetchReport) -> dict[str, str]:
    return {result.document.partition("/")[0]: result.outcome for result in report.results}


def test_everything_is_fetched_and_can_be_read(upstream: Server, cache: Path) -> None:
    report = fetch([], upstream.url, cache, limits=QUICK)
    assert report.ok
    assert report.changed
    assert outcomes(report) == {"rfc9998": "new", "mdn": "new", "iana": "new"}
    found = {section.id: section for section in store.official(cache)}
    assert "rfc9998/1.1" in found
    assert found["mdn/Web/API/Teapot/pour#syntax"].text.startswith("```js")
    assert found["iana/opcodes"].licence == "CC0 1.0"
    assert found["rfc9998/2"].attribution == "A. Kettle"
    assert found["rfc9998/2"].fetched == time.strftime("%Y-%m-%d", time.gmtime())


def test_every_request_says_who_asks_and_what_for(upstream: Server, cache: Path) -> None:
    fetch([], upstream.url, cache, limits=QUICK)
    for path, headers in upstream.requests:
        assert headers["User-Agent"].startswith("websocket-mcp/")
        assert headers["Accept-Encoding"] == "gzip"
        assert headers["Accept"] == {"txt": "text/plain", "json": "application/json"}.get(
            path.rpartition(".")[2], "application/xml, text/xml"
        )


def test_a_refresh_asks_whether_it_changed_and_leaves_all_as_it_was(upstream: Server, cache: Path) -> None:
    first = fetch([], upstream.url, cache, limits=QUICK)
    upstream.requests.clear()
    again = fetch([], upstream.url, cache, limits=QUICK)
    assert set(outcomes(again).values()) == {"unchanged"}
    assert all("If-None-Match" in headers and "If-Modified-Since" in headers for _, headers in upstream.requests)
    assert (again.revision, again.changed) == (first.revision, False)


def test_only_what_changed_changes(upstream: Server, cache: Path) -> None:
    fetch([], upstream.url, cache, limits=QUICK)
    before = {section.id: section for section in store.official(cache)}
    page = upstream.root / synthetic.MDN_JSON[1:]
    page.write_text(page.read_text().replace("How much", "How very much"))
    report = fetch([], upstream.url, cache, limits=QUICK)
    assert outcomes(report) == {"rfc9998": "unchanged", "mdn": "updated", "iana": "unchanged"}
    assert report.changed
    after = {section.id: section for section in store.official(cache)}
    assert [name for name in after if after[name] != before[name]] == ["mdn/Web/API/Teapot/pour#parameters"]


def test_validators_of_a_mirror_are_not_sent_to_another_server(upstream: Server, cache: Path, tmp_path: Path) -> None:
    fetch(["iana"], upstream.url, cache, limits=QUICK)
    with serving(tmp_path / "other") as other:
        fetch(["iana"], other.url, cache, limits=QUICK)
        assert "If-None-Match" not in other.requests[0][1]


def test_sources_kinds_and_pages_can_be_asked_for_alone(upstream: Server, cache: Path) -> None:
    fetch(["RFC 9998"], upstream.url, cache, limits=QUICK)
    assert upstream.paths() == [synthetic.TEXT]
    upstream.requests.clear()
    fetch(["mdn/Web/API/Teapot/pour", "iana"], upstream.url, cache, limits=QUICK)
    assert set(upstream.paths()) == {synthetic.MDN_JSON, synthetic.IANA}


def test_an_unknown_source_is_named_with_what_looks_like_it(upstream: Server, cache: Path) -> None:
    with pytest.raises(NotFoundError, match="Did you mean rfc9998") as error:
        fetch(["rfc9999"], upstream.url, cache)
    assert error.value.nearest[0] == "rfc9998"


def test_progress_tells_each_document(upstream: Server, cache: Path) -> None:
    seen: list[Progress] = []
    fetch([], upstream.url, cache, progress=seen.append, limits=QUICK)
    assert [(step.done, step.total) for step in seen] == [(0, 3), (1, 3), (2, 3), (3, 3)]
    assert all(step.result and step.result.sections for step in seen[1:])


def test_a_folder_serves_as_mirror_and_needs_no_network(upstream: Server, cache: Path) -> None:
    report = fetch([], str(upstream.root), cache, offline=True)
    assert report.ok
    assert upstream.requests == []


def test_offline_nothing_is_asked_for(upstream: Server, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="offline mode is on"):
        fetch([], upstream.url, cache, offline=True)
    monkeypatch.setenv("WS_MCP_OFFLINE", "1")
    with pytest.raises(InputError, match="WS_MCP_OFFLINE"):
        fetch([], None, cache)
    assert upstream.requests == []


@pytest.mark.parametrize("mirror", ["ftp://example.org/", "http://", "http://[", "/no/such/folder"])
def test_an_unusable_mirror_is_an_input_error(mirror: str, upstream: Server, cache: Path) -> None:
    with pytest.raises(InputError, match="mirror|folder"):
        fetch([], mirror, cache)


def test_a_redirect_on_the_same_host_is_followed(upstream: Server, cache: Path) -> None:
    upstream.behaviours[synthetic.IANA] = lambda exchange: exchange.reply(302, Location="/moved.xml")
    (upstream.root / "moved.xml").write_text(synthetic.iana_xml())
    assert fetch(["iana"], upstream.url, cache, limits=QUICK).ok
    assert upstream.paths() == [synthetic.IANA, "/moved.xml"]


def test_a_moved_mdn_page_is_followed_to_its_data(upstream: Server, cache: Path) -> None:
    upstream.behaviours[synthetic.MDN_JSON] = lambda exchange: exchange.reply(301, Location="/moved/pour")
    (upstream.root / "moved/pour").mkdir(parents=True)
    (upstream.root / "moved/pour/index.json").write_text(synthetic.mdn_json())
    assert fetch(["mdn"], upstream.url, cache, limits=QUICK).ok
    assert upstream.paths() == [synthetic.MDN_JSON, "/moved/pour/index.json"]


def test_retry_after_is_waited_for(upstream: Server, cache: Path) -> None:
    def busy_once(exchange: Exchange) -> None:
        if upstream.paths().count(synthetic.IANA) == 1:
            return exchange.reply(429, Retry_After="1")
        exchange.document()

    upstream.behaviours[synthetic.IANA] = busy_once
    start = time.monotonic()
    assert fetch(["iana"], upstream.url, cache, limits=QUICK).ok
    assert time.monotonic() - start >= 1


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_passing_failures_are_tried_again(status: int, upstream: Server, cache: Path) -> None:
    def bad_twice(exchange: Exchange) -> None:
        if upstream.paths().count(synthetic.IANA) < 3:
            return exchange.reply(status)
        exchange.document()

    upstream.behaviours[synthetic.IANA] = bad_twice
    assert fetch(["iana"], upstream.url, cache, limits=QUICK).ok


def test_a_host_is_asked_for_few_documents_at_once(upstream: Server) -> None:
    busy, most = 0, 0
    lock = threading.Lock()

    def slow(exchange: Exchange) -> None:
        nonlocal busy, most
        with lock:
            busy += 1
            most = max(most, busy)
        time.sleep(0.05)
        with lock:
            busy -= 1
        exchange.reply(200, b"x", content_type="text/plain")

    upstream.otherwise = slow

    async def many() -> None:
        async with httpx.AsyncClient() as client:
            web = Web(client, QUICK, httpx.URL(f"{upstream.url}/"))
            await asyncio.gather(*(web.get(f"https://editor.example/{n}", Form.RFC_TEXT, _NOTHING) for n in range(20)))

    asyncio.run(many())
    assert 1 < most <= 4


def test_a_host_that_keeps_failing_is_left_alone(upstream: Server) -> None:
    upstream.otherwise = lambda exchange: exchange.reply(403)

    async def many() -> list[str]:
        reasons = []
        async with httpx.AsyncClient() as client:
            web = Web(client, QUICK, httpx.URL(f"{upstream.url}/"))
            for n in range(9):
                with pytest.raises(DocumentError) as error:
                    await web.get(f"https://editor.example/{n}", Form.RFC_TEXT, _NOTHING)
                reasons.append(str(error.value))
        return reasons

    reasons = asyncio.run(many())
    assert len(upstream.requests) == QUICK.patience
    assert "failed 5 times in a row" in reasons[-1]


def test_two_fetches_do_not_run_at_once(upstream: Server, cache: Path) -> None:
    fetch(["iana"], upstream.url, cache, limits=QUICK)
    with exclusive(cache / "official/fetch.lock"), pytest.raises(BusyError, match="Another fetch"):
        fetch(["iana"], upstream.url, cache, limits=QUICK)
    assert fetch(["iana"], upstream.url, cache, limits=QUICK).ok


def test_a_cancelled_fetch_lets_go_and_keeps_what_it_had(upstream: Server, cache: Path) -> None:
    upstream.behaviours[synthetic.MDN_JSON] = _hang

    async def cancelled() -> None:
        task = asyncio.create_task(fetch_async([], upstream.url, cache, limits=QUICK))
        while len(store.entries(cache)) < 2:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(asyncio.wait_for(cancelled(), 10))
    assert {"iana", "rfc9998"} == set(store.entries(cache))
    del upstream.behaviours[synthetic.MDN_JSON]
    assert outcomes(fetch([], upstream.url, cache, limits=QUICK)) == {
        "rfc9998": "unchanged",
        "mdn": "new",
        "iana": "unchanged",
    }


def test_an_unreachable_server_is_said_to_be_that(upstream: Server, cache: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    report = fetch(["iana"], f"http://127.0.0.1:{port}", cache, limits=QUICK)
    assert "cannot be reached" in report.results[0].reasons[0]


def test_the_real_documents_arrive_whole_over_http(tmp_path: Path) -> None:
    root = official_docs.mirror()
    server = Server(root)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        report = fetch([], server.url, tmp_path)
        assert report.counts == {"new": 65}, report.troubled
        assert fetch([], server.url, tmp_path).counts == {"unchanged": 65}
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
    found = store.official(tmp_path)
    assert len(found) == len({section.id for section in found}) > 900


def _hang(exchange: Exchange) -> None:
    exchange.server.done.wait(5)


_NOTHING = Validators()
