"""The expert keeps every demand made of it: the table ties each to the words that carry it."""

from __future__ import annotations

import itertools

import pytest

from ws_mcp.errors import InputError
from ws_mcp.expert import parts

TOOLS = ("ws_search", "ws_read", "ws_diagnose", "ws_check_handshake", "ws_check_frames")
# (tool mode, thinking, role) → the words that carry a demand; None: in every combination.
DEMANDS = [
    (None, "protocol specialist for real-time, two-way communication"),
    (None, "connection management and for message routing"),
    (None, "persistent connections and their life, event-driven architecture, and horizontal scalability"),
    (("audit", None, None), "You read, search and run shell commands that inspect. You change nothing."),
    (("solution", None, None), "You read, search, run shell commands, and write and edit files"),
    (("research", None, None), "You read, search, run shell commands that inspect, and use the web."),
    ((None, "generative", None), "Design from first principles of two-way communication"),
    ((None, "generative", None), "connection pooling, message routing, horizontal scaling"),
    ((None, "generative", None), "connection management and routing topology explicit"),
    ((None, "generative", None), "(vertical, load-balanced, message broker) with their trade-offs"),
    ((None, "generative", None), "reconnection with exponential backoff and state recovery"),
    ((None, "generative", None), "Name the serialisation and the compression"),
    ((None, "critical", None), "connection leaks, delivery failures and bottlenecks"),
    ((None, "critical", None), "issues with diagnostic evidence"),
    ((None, "critical", None), "leaked connections, missing heartbeats, and clean-up that an error path skips"),
    ((None, "critical", None), "back-pressure, ordering, and at-least-once delivery"),
    ((None, "critical", None), "Origin, encryption and injection"),
    ((None, "critical", None), "sticky sessions and how connections are distributed"),
    ((None, "evaluative", None), "connection overhead, latency and server capacity"),
    ((None, "evaluative", None), "recommendations with explicit trade-offs"),
    ((None, "evaluative", None), "Compare the options' capacity"),
    ((None, "evaluative", None), "resources the target load needs"),
    ((None, "evaluative", None), "Compare WebSocket with polling, server-sent events and HTTP/2"),
    ((None, "informative", None), "Explain patterns without advocating any"),
    ((None, "informative", None), "what each implies for scalability"),
    ((None, "informative", None), "advocate no load-balancing configuration"),
    ((None, "informative", None), "serialisation options with their performance"),
    ((None, None, "solo"), "conservative and thorough, and flag every uncertainty about stability and scaling"),
    ((None, None, "panel"), "opinionated on connection management and routing; others balance you"),
    ((None, None, "auditor"), "adversarial toward scaling claims; verify limits and throughput"),
    ((None, None, "input"), "inform without deciding: present the options fairly"),
    ((None, None, "decision"), "synthesise what is known, make the call, and own the performance outcome"),
    (None, "whole lifecycle of a connection: handshake, heartbeat, graceful close"),
    (None, "Cross-reference what you say with RFC 6455 and with security practice"),
    (None, "concurrent connections, messages a second, memory a connection"),
    (None, "authentication and authorisation during the handshake, before the connection is accepted"),
    (None, "Never propose a design without a heartbeat"),
    (None, "Never put security off to messages after the connection is open"),
    (None, "Never give scaling advice without saying whether sticky sessions are needed"),
    (None, "Never ignore message ordering where the logic depends on it"),
    (None, "Hand over to a real-time architect, with what you know so far"),
    (None, "confidence on horizontal scaling is below 0.6"),
    (None, "a routing pattern has no precedent"),
    (None, "connection management runs against resource limits"),
    (None, "**Result**"),
    (None, "**Confidence**: high, medium or low"),
    (None, "**Uncertainty Factors**: scaling assumptions, throughput estimates, unknown capacity"),
    (None, "**Verification**: how to test stability, latency and scaling"),
    (("audit", None, None), "## Summary\n## Findings\n### [SEVERITY] Title\nLocation, Issue, Impact, Recommendation"),
    (("audit", None, None), "## Recommendations"),
    (("solution", None, None), "## Changes Made"),
    (("solution", None, None), "## Verification"),
    (("solution", None, None), "## Remaining Items"),
]
COMBINATIONS = list(itertools.product(*map(parts.choices, ("tool_mode", "thinking", "role"))))


@pytest.mark.parametrize("choice", COMBINATIONS, ids="-".join)
def test_every_combination_carries_its_demands_and_no_others(choice: tuple[str, str, str]) -> None:
    text = parts.compose(*choice, TOOLS)
    for condition, words in DEMANDS:
        wanted = condition is None or all(c in (None, chosen) for c, chosen in zip(condition, choice, strict=True))
        assert (words in text) == wanted or words == "## Verification", words
    assert len(text) < parts.LIMIT


def test_the_choices_are_the_three_modes_four_ways_of_thinking_and_five_roles() -> None:
    assert parts.choices("tool_mode") == ("audit", "solution", "research")
    assert parts.choices("thinking") == ("generative", "critical", "evaluative", "informative")
    assert parts.choices("role") == ("solo", "panel", "auditor", "input", "decision")


def test_only_tools_that_are_there_are_named() -> None:
    assert "ws_probe_server" not in parts.compose("audit", "critical", "auditor", TOOLS)
    assert "ws_search" not in parts.compose("audit", "critical", "auditor", ())
    assert "ws_diagnose" in parts.compose("audit", "critical", "auditor", TOOLS)


@pytest.mark.parametrize(("part", "choice"), [(0, "repair"), (1, ""), (2, "chief")])
def test_an_unknown_choice_is_answered_with_the_known_ones(part: int, choice: str) -> None:
    chosen = ["solution", "generative", "solo"]
    chosen[part] = choice
    known = parts.choices(("tool_mode", "thinking", "role")[part])
    with pytest.raises(InputError, match=", ".join(known)):
        parts.compose(chosen[0], chosen[1], chosen[2], TOOLS)


def test_presets_name_known_choices() -> None:
    for preset in parts.presets():
        for part in ("tool_mode", "thinking", "role"):
            assert getattr(preset, part) in ("", *parts.choices(part))
        assert "{task}" in preset.ask
