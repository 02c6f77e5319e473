"""Where the RFC binds we are never less strict than other implementations; what we let pass has its reason."""

from __future__ import annotations

import pytest

from benchmarks.handshakes import live, sansio
from benchmarks.handshakes.compare import Difference, Tally, explained, known, refuse_answer, refuse_request
from benchmarks.handshakes.generate import OFFERS, answers, good_answer, good_request, requests
from ws_mcp.judge_handshake import check_handshake
from ws_mcp.rules.registry import all_rules

REQUESTS = list(requests(400, seed=11))
ANSWERS = list(answers(400, seed=12))


@pytest.mark.parametrize("peer", sansio.SERVERS)
def test_what_a_server_refuses_is_an_error_or_a_known_difference(peer: str) -> None:
    tally = Tally()
    for text in REQUESTS:
        tally.add(peer, "server", refuse_request(text), sansio.SERVERS[peer](text), text)
    assert tally.unknown() == []
    for found in tally.differences:
        advice = (explained(found) or {}).get("advice")
        assert advice in {None, *(finding.rule for finding in check_handshake(found.text).findings)}
    assert tally.counts[peer, "server", True, True] > 100
    assert tally.counts[peer, "server", False, False] > 100


@pytest.mark.parametrize("peer", sansio.CLIENTS)
def test_what_a_client_refuses_is_an_error_or_a_known_difference(peer: str) -> None:
    tally = Tally()
    for offer, text in ANSWERS:
        tally.add(peer, "client", refuse_answer(offer, text), sansio.CLIENTS[peer](offer, text), text)
    assert tally.unknown() == []
    assert tally.counts[peer, "client", True, True] > 100
    assert tally.counts[peer, "client", False, False] > 100


def test_the_same_holds_for_aiohttp_behind_a_socket() -> None:
    tally = Tally()
    with live.aiohttp_server() as port:
        for text in REQUESTS[:200]:
            tally.add("aiohttp", "server", refuse_request(text), live.ask(port, text), text)
    for (offer, text), reason in zip(ANSWERS[:200], live.aiohttp_client(ANSWERS[:200]), strict=True):
        tally.add("aiohttp", "client", refuse_answer(offer, text), reason, text)
    assert tally.unknown() == []
    assert {side for _, side, ours, theirs in tally.counts if ours and theirs} == {"server", "client"}


def test_a_good_handshake_is_good_for_all() -> None:
    request = good_request().text()
    assert not refuse_request(request)
    assert {judge(request) for judge in sansio.SERVERS.values()} == {""}
    for offer in range(len(OFFERS)):
        answer = good_answer().text()
        assert not refuse_answer(offer, answer)
        assert {judge(offer, answer) for judge in sansio.CLIENTS.values()} == {""}


def test_a_known_difference_names_its_section_and_the_advice_that_warns_of_it() -> None:
    for entry in known():
        assert entry["section"].startswith("rfc")
        assert len(entry["why"]) > 20
        assert entry.get("advice", "connection-lists-more-than-upgrade") in all_rules()


def test_a_refusal_that_is_not_listed_counts() -> None:
    assert explained(Difference("websockets", "server", "400: something new", "")) is None
