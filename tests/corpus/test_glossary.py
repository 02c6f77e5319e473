"""The expert's vocabulary: a short page for each term, found by asking for it, linked from where it is used."""

from __future__ import annotations

import pytest

from ws_mcp.library import Library

TERMS = {
    "websocket": "what is a websocket",
    "full-duplex": "full-duplex communication meaning",
    "handshake": "what is the websocket handshake",
    "frame": "what is a websocket frame",
    "opcode": "what is an opcode",
    "ping-pong": "what are ping and pong",
    "close-frame": "what is a close frame",
    "subprotocol": "subprotocol definition",
    "connection-pooling": "what is connection pooling",
    "load-balancing": "what is load balancing",
    "sticky-sessions": "what are sticky sessions",
    "message-broker": "what is a message broker",
    "pub-sub": "what is publish/subscribe",
    "broadcast": "what is a broadcast",
    "room-based-routing": "what is room-based routing",
    "heartbeat": "what is a heartbeat",
    "reconnection-strategy": "what is a reconnection strategy",
    "backpressure": "what is backpressure",
}


def test_the_glossary_lists_its_eighteen_terms_and_no_others(library: Library) -> None:
    there = [name for name in library.sections if name.startswith("guides/glossary/")]
    assert len(TERMS) == 18
    assert sorted(there) == sorted(f"guides/glossary/{term}" for term in TERMS)
    assert set(library.sections["guides/glossary"].links) == set(there)


@pytest.mark.parametrize("term", TERMS)
def test_a_term_is_a_short_page_that_asks_what_it_is_and_leads_on(library: Library, term: str) -> None:
    section = library.sections[f"guides/glossary/{term}"]
    assert section.title.startswith(("What is ", "What are ")) and section.title.endswith("?")
    assert 60 <= len(section.summary.split()) <= 200
    assert len(section.links) >= 3


@pytest.mark.parametrize("term", TERMS)
def test_asking_for_a_term_finds_its_page(library: Library, term: str) -> None:
    hits = [hit.id for hit in library.search(TERMS[term], limit=5).hits]
    assert f"guides/glossary/{term}" in hits, hits


def test_sections_of_the_rfc_link_to_the_terms_they_introduce(library: Library) -> None:
    linked = {
        link.rsplit("/", 1)[1]
        for section in library.sections.values()
        if section.source == "rfc6455"
        for link in section.links
        if link.startswith("guides/glossary/")
    }
    assert linked >= {"websocket", "full-duplex", "handshake", "frame", "opcode", "ping-pong", "close-frame"}
    assert "guides/glossary/frame" in library.read("rfc6455/5.2").text
