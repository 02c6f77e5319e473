"""Whatever an upstream does wrong ends in a clear reason, and the good copy stays."""

from __future__ import annotations

import gzip
import re
import socket
import struct
import time
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.knowledge.official import synthetic
from tests.knowledge.official.faulty_upstream import Exchange, Server
from ws_mcp.knowledge.official import store
from ws_mcp.knowledge.official.download import Limits
from ws_mcp.knowledge.official.fetch import fetch

LIMITS = Limits(size=200_000, connect=2, silence=0.3, total=1, attempts=2, first_wait=0.01, longest_wait=2)
CHALLENGE = b"<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Checking</body></html>"
XML = synthetic.iana_xml().encode()


def without_agent(exchange: Exchange) -> None:
    exchange.reply(403 if "websocket-mcp" in exchange.headers.get("User-Agent", "") else 200, XML)


def elsewhere(exchange: Exchange) -> None:
    exchange.reply(302, Location="https://other.example/websocket.xml")


def other_port(exchange: Exchange) -> None:
    exchange.reply(302, Location="http://127.0.0.1:9/websocket.xml")


def round_and_round(exchange: Exchange) -> None:
    exchange.reply(302, Location=exchange.path)


def silent(exchange: Exchange) -> None:
    exchange.server.done.wait(3)


def dripping(exchange: Exchange) -> None:
    exchange.reply(200, content_type="application/xml", Content_Length="100000")
    while not exchange.server.done.wait(0.1):
        exchange.wfile.write(b" ")


def cut_short(exchange: Exchange) -> None:
    exchange.reply(200, XML[: len(XML) // 2], content_type="application/xml", Content_Length=str(len(XML)))


def cut_without_length(exchange: Exchange) -> None:
    exchange.reply(200, XML[: len(XML) // 2], content_type="application/xml", Content_Length="")


def reset(exchange: Exchange) -> None:
    exchange.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    exchange.connection.close()


def endless(exchange: Exchange) -> None:
    exchange.reply(200, content_type="application/xml", Content_Length="")
    while not exchange.server.done.is_set():
        exchange.wfile.write(b"x" * 65536)


BOMB = gzip.compress(bytes(50_000_000))  # made beforehand: it takes longer than the client is patient


def bomb(exchange: Exchange) -> None:
    exchange.reply(200, BOMB, content_type="application/xml", Content_Encoding="gzip")


def layers(exchange: Exchange) -> None:
    exchange.reply(200, gzip.compress(BOMB), content_type="application/xml", Content_Encoding="gzip, gzip")


def half_compressed(exchange: Exchange) -> None:
    exchange.reply(200, gzip.compress(XML)[:-12], content_type="application/xml", Content_Encoding="gzip")


def not_compressed(exchange: Exchange) -> None:
    exchange.reply(200, XML, content_type="application/xml", Content_Encoding="gzip")


def unasked_encoding(exchange: Exchange) -> None:
    exchange.reply(200, zlib.compress(XML), content_type="application/xml", Content_Encoding="br")


def wrong_type(exchange: Exchange) -> None:
    exchange.reply(200, XML, content_type="image/png")


def challenge(exchange: Exchange) -> None:
    exchange.reply(200, CHALLENGE, content_type="application/octet-stream")


def declared_challenge(exchange: Exchange) -> None:
    exchange.reply(200, CHALLENGE, content_type="text/html; charset=utf-8")


def marked_challenge(exchange: Exchange) -> None:
    exchange.reply(403, CHALLENGE, content_type="text/html", cf_mitigated="challenge")


def html_page(exchange: Exchange) -> None:
    exchange.reply(200, b"<html><title>Welcome</title></html>")


def empty(exchange: Exchange) -> None:
    exchange.reply(200, b" \n", content_type="text/xml")


def binary(exchange: Exchange) -> None:
    exchange.reply(200, b"PK\0\0" * 9, content_type="text/xml")


def fewer(exchange: Exchange) -> None:
    names = tuple(name for name in synthetic.IANA_NAMES if name != "opcode")
    exchange.reply(200, synthetic.iana_xml(names).encode(), content_type="text/xml")


def wait_long(exchange: Exchange) -> None:
    exchange.reply(503, Retry_After="3600")


def not_modified(exchange: Exchange) -> None:
    exchange.reply(304)


def garbage(exchange: Exchange) -> None:
    exchange.wfile.write(b"\x16\x03\x01 this is not HTTP\r\n\r\n")


FAULTS: list[tuple[Callable[[Exchange], None], str]] = [
    (without_agent, "refuses us with 403"),
    (elsewhere, "redirects to 'https://other.example/websocket.xml'; only redirects within 127.0.0.1"),
    (other_port, "only redirects within"),
    (round_and_round, "redirects more than 5 times"),
    (silent, "stopped sending .*tried 2 times"),
    (dripping, "not arrived after 1 seconds"),
    (cut_short, "broke off"),
    (cut_without_length, "not well-formed"),
    (reset, "broke off"),
    (endless, "larger than 200,000 bytes"),
    (bomb, "larger than 200,000 bytes"),
    (layers, "Content-Encoding 'gzip, gzip'"),
    (half_compressed, "ends too early"),
    (not_compressed, "compressed body is damaged"),
    (unasked_encoding, "Content-Encoding 'br'"),
    (wrong_type, "sent as image/png"),
    (challenge, "challenge page .*Just a moment.* --mirror"),
    (declared_challenge, "challenge page .*Just a moment.* --mirror"),
    (marked_challenge, "challenge.* --mirror"),
    (html_page, "HTML page came instead .*Welcome"),
    (empty, "empty"),
    (binary, "NUL bytes"),
    (fewer, "lacks the registries opcode"),
    (wait_long, "asks us to wait 3600 seconds"),
    (garbage, "not HTTP"),
    (lambda exchange: exchange.reply(404), "not there any more"),
    (lambda exchange: exchange.reply(500), "answers 500 .*tried 2 times"),
    (lambda exchange: exchange.reply(204), "answers 204"),
]


@pytest.mark.parametrize(("fault", "reason"), FAULTS, ids=lambda value: getattr(value, "__name__", ""))
def test_a_fault_is_told_and_the_good_copy_stays(
    fault: Callable[[Exchange], None], reason: str, upstream: Server, cache: Path
) -> None:
    fetch(["iana"], upstream.url, cache, limits=LIMITS)
    before, revision = store.official(cache), store.revision(cache)
    upstream.behaviours[synthetic.IANA] = fault
    start = time.monotonic()
    report = fetch(["iana"], upstream.url, cache, limits=LIMITS)
    assert time.monotonic() - start < 5
    assert report.results[0].outcome == "kept"
    assert not report.ok
    assert len(report.results[0].reasons) == 1
    assert re.search(reason, report.results[0].reasons[0])
    assert (store.official(cache), store.revision(cache)) == (before, revision)
    status = {one.id: one for one in store.status(cache)}["iana"]
    assert (status.present, status.failed) == (1, (("iana", report.results[0].reasons[0]),))
    del upstream.behaviours[synthetic.IANA]
    assert fetch(["iana"], upstream.url, cache, limits=LIMITS).ok
    assert {one.id: one for one in store.status(cache)}["iana"].failed == ()


def test_not_modified_without_a_copy_is_a_failure(upstream: Server, cache: Path) -> None:
    upstream.behaviours[synthetic.IANA] = not_modified
    report = fetch(["iana"], upstream.url, cache, limits=LIMITS)
    assert report.results[0].outcome == "failed"
    assert "304" in report.results[0].reasons[0]


def test_a_bomb_never_takes_its_size_in_memory(upstream: Server, cache: Path) -> None:
    packed = gzip.compress(bytes(50_000_000))
    upstream.behaviours[synthetic.IANA] = lambda exchange: exchange.reply(
        200, packed, content_type="text/xml", Content_Encoding="gzip"
    )
    tracemalloc.start()
    fetch(["iana"], upstream.url, cache, limits=LIMITS)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 10_000_000


def test_one_document_that_fails_does_not_keep_the_others(upstream: Server, cache: Path) -> None:
    upstream.behaviours[synthetic.IANA] = wrong_type
    report = fetch([], upstream.url, cache, limits=LIMITS)
    assert [result.document for result in report.troubled] == ["iana"]
    assert report.counts == {"new": 2, "failed": 1}


def altered(exchange: Exchange) -> None:
    text = synthetic.RFC_TEXT.replace("hot", "hat", 1).encode()
    exchange.reply(200, text, content_type="text/plain")


def test_an_rfc_with_one_byte_changed_is_refused_and_the_good_copy_stays(upstream: Server, cache: Path) -> None:
    fetch(["rfc9998"], upstream.url, cache, limits=LIMITS)
    upstream.behaviours[synthetic.TEXT] = altered
    upstream.requests.clear()
    report = fetch(["rfc9998"], upstream.url, cache, limits=LIMITS)
    assert report.results[0].outcome == "kept"
    assert "SHA-256" in report.results[0].reasons[0]
    assert upstream.paths() == [synthetic.TEXT], "no other form replaces a copy whose hash is right"


@pytest.mark.parametrize("failing", [[synthetic.TEXT], [synthetic.TEXT, synthetic.HTML]])
def test_where_the_text_cannot_be_had_another_form_serves(failing: list[str], upstream: Server, cache: Path) -> None:
    for path in failing:
        upstream.behaviours[path] = altered if path == synthetic.TEXT else challenge
    report = fetch(["rfc9998"], upstream.url, cache, limits=LIMITS)
    assert report.ok
    assert report.results[0].url.endswith((synthetic.HTML, synthetic.TRACKER)[len(failing) - 1])
    assert "SHA-256" in report.results[0].reasons[0]
    assert len(store.official(cache)) == 6
    upstream.behaviours.clear()
    better = fetch(["rfc9998"], upstream.url, cache, limits=LIMITS)
    assert (better.results[0].outcome, better.results[0].url[-4:]) == ("updated", ".txt")


def test_an_mdn_page_whose_data_changed_its_shape_is_read_from_its_html(upstream: Server, cache: Path) -> None:
    data = upstream.root / synthetic.MDN_JSON[1:]
    data.write_text(data.read_text().replace('"content"', '"html"'))
    report = fetch(["mdn"], upstream.url, cache, limits=LIMITS)
    assert report.ok
    assert "changed its shape" in report.results[0].reasons[0]
    assert store.entries(cache)["mdn/Web/API/Teapot/pour"].form == "mdn-html"


def test_an_mdn_page_with_a_renamed_class_is_refused(upstream: Server, cache: Path) -> None:
    fetch(["mdn"], upstream.url, cache, limits=LIMITS)
    (upstream.root / synthetic.MDN_JSON[1:]).unlink()
    page = upstream.root / synthetic.MDN_HTML[1:] / "index.html"
    page.write_text(page.read_text().replace("content-section", "part"))
    assert fetch(["mdn"], upstream.url, cache, limits=LIMITS).results[0].outcome == "kept"
    empty_cache = cache.with_name("second")
    reasons = fetch(["mdn"], upstream.url, empty_cache, limits=LIMITS).results[0].reasons
    assert "404" in reasons[0]
    assert "changed its shape" in reasons[1]


def test_a_page_that_lost_most_of_its_sections_is_refused(upstream: Server, cache: Path) -> None:
    fetch(["mdn"], upstream.url, cache, limits=LIMITS)
    data = upstream.root / synthetic.MDN_JSON[1:]
    data.write_text(
        '{"doc": {"title": "Teapot", "body": [{"type": "prose", "value": {"id": null, "title": null, '
        '"isH3": false, "content": "<p>We moved.</p>"}}]}}'
    )
    result = fetch(["mdn"], upstream.url, cache, limits=LIMITS).results[0]
    assert result.outcome == "kept"
    assert "yields 1 sections where our copy has 4" in result.reasons[0]
