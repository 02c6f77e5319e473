"""What a report on a handshake says: every fault at once, what could not be checked, what follows, what was read."""

from __future__ import annotations

import pytest

from tests.rules.handshakes import ACCEPT, KEY, head, request, response
from ws_mcp.errors import InputError
from ws_mcp.judge_handshake import check_handshake
from ws_mcp.types import Policy, Report, Severity

DEFLATE = "Sec-WebSocket-Extensions: permessage-deflate"


def errors(report: Report) -> set[str]:
    return {finding.rule for finding in report.findings if finding.severity is Severity.ERROR}


def rules(report: Report) -> set[str]:
    return {finding.rule for finding in report.findings}


EIGHT = head(
    "POST /chat HTTP/1.0",
    "Upgrade: h2c",
    "Connection: close",
    "Sec-WebSocket-Key: short",
    "Sec-WebSocket-Version: 8",
    "Sec-WebSocket-Protocol: ch at",
    "Sec-WebSocket-Extensions: ;;;",
)


def test_a_request_with_nine_faults_gives_all_nine() -> None:
    report = check_handshake(EIGHT)
    assert errors(report) == {
        "request-method-not-get",
        "request-http-version-too-low",
        "request-without-host",
        "request-without-upgrade",
        "request-without-connection-upgrade",
        "malformed-key",
        "version-not-13",
        "malformed-subprotocol-offer",
        "malformed-extension-list",
    }
    assert report.verdict == "violations"
    assert report.counts["error"] == 9


def test_an_answer_with_eight_faults_gives_all_eight() -> None:
    answer = head(
        "HTTP/1.0 101 Switching Protocols",
        "Upgrade: h2c",
        "Connection: close",
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
        "Sec-WebSocket-Protocol: chat",
        "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=16",
        "Content-Length: 0",
    )
    assert errors(check_handshake(request(), answer)) == {
        "answer-http-version-too-low",
        "answer-without-upgrade",
        "answer-without-connection-upgrade",
        "wrong-accept",
        "subprotocol-not-offered",
        "extension-not-offered",
        "window-bits-out-of-range",
        "answer-announces-content",
    }


BAD_REQUESTS = {
    "POST method": request(start="POST /chat HTTP/1.1"),
    "HTTP/1.0": request(start="GET /chat HTTP/1.0"),
    "no Host": request(drop=("Host",)),
    "two Host": request("Host: other.example"),
    "no Upgrade": request(drop=("Upgrade",)),
    "Upgrade: h2c": request("Upgrade: h2c", drop=("Upgrade",)),
    "Upgrade: websocket/13, foo list": request("Upgrade: websocket/13, foo", drop=("Upgrade",)),
    "no Connection": request(drop=("Connection",)),
    "Connection: keep-alive": request("Connection: keep-alive", drop=("Connection",)),
    "no key": request(drop=("Sec-WebSocket-Key",)),
    "key empty": request("Sec-WebSocket-Key:", drop=("Sec-WebSocket-Key",)),
    "key 15 bytes": request("Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4P", drop=("Sec-WebSocket-Key",)),
    "key 17 bytes": request("Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEBE=", drop=("Sec-WebSocket-Key",)),
    "key not base64": request("Sec-WebSocket-Key: ????????????????????????", drop=("Sec-WebSocket-Key",)),
    "key no padding": request(f"Sec-WebSocket-Key: {KEY[:-2]}", drop=("Sec-WebSocket-Key",)),
    "duplicate key": request(f"Sec-WebSocket-Key: {KEY}"),
    "no version": request(drop=("Sec-WebSocket-Version",)),
    "version 8": request("Sec-WebSocket-Version: 8", drop=("Sec-WebSocket-Version",)),
    "version 99": request("Sec-WebSocket-Version: 99", drop=("Sec-WebSocket-Version",)),
    "version 013": request("Sec-WebSocket-Version: 013", drop=("Sec-WebSocket-Version",)),
    'version "13, 8"': request("Sec-WebSocket-Version: 13, 8", drop=("Sec-WebSocket-Version",)),
    "duplicate version": request("Sec-WebSocket-Version: 13"),
    "subproto dup values": request("Sec-WebSocket-Protocol: chat, chat"),
    "subproto empty element": request("Sec-WebSocket-Protocol: chat,,mqtt"),
    "subproto bad char": request("Sec-WebSocket-Protocol: ch at/1"),
    'ext garbage ";;;"': request("Sec-WebSocket-Extensions: ;;;"),
    "ext unknown": request("Sec-WebSocket-Extensions: x-foo"),
    "ext empty value": request("Sec-WebSocket-Extensions:"),
    "pmd unknown param": request(f"{DEFLATE}; foo=1"),
    "pmd dup param": request(f"{DEFLATE}; server_no_context_takeover; server_no_context_takeover"),
    "pmd bits=7": request(f"{DEFLATE}; server_max_window_bits=7"),
    "pmd bits=16": request(f"{DEFLATE}; server_max_window_bits=16"),
    "pmd bits=08": request(f"{DEFLATE}; server_max_window_bits=08"),
    "pmd bits no value": request(f"{DEFLATE}; server_max_window_bits"),
    "pmd takeover=1 value": request(f"{DEFLATE}; server_no_context_takeover=1"),
    "space before colon": request("X-Test : 1"),
    "obs-fold": request("X-Test: a", " b"),
    "bad header no colon": request("garbage"),
    "NUL in header": request("X-Test: a\0b"),
    "fragment in URI": request(start="GET /chat#frag HTTP/1.1"),
}
GOOD_REQUESTS = {
    "baseline ok": request(),
    "ok mixed-case Upgrade/Connection": request(
        "Upgrade: WebSocket", "Connection: keep-alive, UPGRADE", drop=("Upgrade", "Connection")
    ),
    "pmd ok": request(f"{DEFLATE}; server_max_window_bits=12; client_max_window_bits"),
    'pmd bits quoted "10"': request(f'{DEFLATE}; server_max_window_bits="10"'),
    "pmd bits=8": request(f"{DEFLATE}; server_max_window_bits=8"),
    "pmd fallback list": request(f"{DEFLATE}; server_max_window_bits=12, permessage-deflate"),
    "evil Origin": request("Origin: http://evil.example"),
    "header non-ascii": request("X-Test: caf\xe9"),
    "absolute-form URI": request(start="GET http://example.com/chat HTTP/1.1"),
    "100 headers": request(*[f"X-{number}: 1" for number in range(90)]),
}


@pytest.mark.parametrize("name", BAD_REQUESTS)
def test_each_bad_request_that_servers_were_tried_with_is_a_violation(name: str) -> None:
    assert check_handshake(BAD_REQUESTS[name]).verdict == "violations"


@pytest.mark.parametrize("name", GOOD_REQUESTS)
def test_each_good_request_that_servers_were_tried_with_is_clean(name: str) -> None:
    assert check_handshake(GOOD_REQUESTS[name]).verdict == "clean"


OFFER = request(f"{DEFLATE}; client_max_window_bits")
BAD_ANSWERS = {
    "wrong accept": (
        request(),
        response("Sec-WebSocket-Accept: irp6q+ESTrngzW5IT4cfGJHhQ7g=", drop=("Sec-WebSocket-Accept",)),
    ),
    "no accept": (request(), response(drop=("Sec-WebSocket-Accept",))),
    "two accepts": (request(), response(f"Sec-WebSocket-Accept: {ACCEPT}")),
    "accept with a tail": (request(), response(f"Sec-WebSocket-Accept: {ACCEPT}x", drop=("Sec-WebSocket-Accept",))),
    "status 200": (request(), response(start="HTTP/1.1 200 OK")),
    "status 102": (request(), response(start="HTTP/1.1 102 X")),
    "HTTP/1.0": (request(), response(start="HTTP/1.0 101 X")),
    "no Upgrade": (request(), response(drop=("Upgrade",))),
    "Upgrade: h2c": (request(), response("Upgrade: h2c", drop=("Upgrade",))),
    "Upgrade: websocket, h2c": (request(), response("Upgrade: websocket, h2c", drop=("Upgrade",))),
    "no Connection": (request(), response(drop=("Connection",))),
    "Connection: close": (request(), response("Connection: close", drop=("Connection",))),
    "subprotocol not asked for": (request(), response("Sec-WebSocket-Protocol: evil")),
    "two subprotocols": (request(), response("Sec-WebSocket-Protocol: a", "Sec-WebSocket-Protocol: b")),
    "empty subprotocol": (request(), response("Sec-WebSocket-Protocol:")),
    "unknown extension": (OFFER, response("Sec-WebSocket-Extensions: x-foo")),
    "unknown parameter": (OFFER, response(f"{DEFLATE}; nope")),
    "server bits 16": (OFFER, response(f"{DEFLATE}; server_max_window_bits=16")),
    "client bits 7": (OFFER, response(f"{DEFLATE}; client_max_window_bits=7")),
    "client bits without value": (OFFER, response(f"{DEFLATE}; client_max_window_bits")),
    "deflate twice": (OFFER, response(f"{DEFLATE}, permessage-deflate")),
    "parameter twice": (OFFER, response(f"{DEFLATE}; server_no_context_takeover; server_no_context_takeover")),
    "garbage extensions": (OFFER, response("Sec-WebSocket-Extensions: ;;;=")),
}


@pytest.mark.parametrize("name", BAD_ANSWERS)
def test_each_bad_answer_that_clients_were_tried_with_is_a_violation(name: str) -> None:
    report = check_handshake(*BAD_ANSWERS[name])
    assert report.verdict == "violations"
    assert report.next is not None
    assert report.next["action"] == "fail the connection"


def test_a_legal_answer_that_several_clients_refuse_is_clean_with_a_remark_that_names_them() -> None:
    report = check_handshake(request(), response("Connection: keep-alive, upgrade", drop=("Connection",)))
    (finding,) = report.findings
    assert report.verdict == "clean"
    assert finding.rule == "connection-lists-more-than-upgrade"
    assert "aiohttp 3.14.5" in finding.interop.partition("refused by")[2]
    assert finding.to_json()["interop"] == finding.interop


def test_a_message_names_what_was_seen_where_and_what_is_due() -> None:
    text = request("Sec-WebSocket-Protocol: chat, chat")
    (finding, *_) = check_handshake(text).findings
    place = finding.where[0]
    assert "'chat'" in finding.message
    assert text[place.offset : place.offset + place.length] == "Sec-WebSocket-Protocol: chat, chat"
    assert finding.corrected == "Sec-WebSocket-Protocol: chat"
    assert finding.requirements == ("6455-4.1-33",)


def test_the_right_accept_is_said_and_known_mistakes_are_named() -> None:
    answer = response("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", drop=("Sec-WebSocket-Accept",))
    report = check_handshake(request(), answer)
    (finding,) = report.findings
    assert finding.corrected == f"Sec-WebSocket-Accept: {ACCEPT}"
    assert "hard-coded" in finding.message
    assert report.facts["expected_accept"] == ACCEPT
    mended = report.facts["mended"]
    assert check_handshake(mended["request"], mended["response"]).findings == ()


def test_a_request_alone_is_judged_and_the_rules_on_the_answer_stand_unchecked() -> None:
    report = check_handshake(request())
    assert report.verdict == "clean"
    assert {"answer-without-accept": "response", "wrong-accept": "response"}.items() <= dict(report.unchecked).items()
    assert not {rule for rule, _ in report.unchecked} & {"request-without-host", "malformed-key"}


def test_an_answer_alone_is_undecided_because_its_accept_cannot_be_checked() -> None:
    report = check_handshake(response())
    assert report.verdict == "undecided"
    assert dict(report.unchecked)["wrong-accept"] == "request"


def test_a_field_list_without_a_request_line_leaves_the_rules_on_that_line_unchecked() -> None:
    text = "Host: example.com\nUpgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Key: x\n"
    report = check_handshake(text)
    assert dict(report.unchecked)["request-method-not-get"] == "request line"
    assert errors(report) == {"malformed-key", "request-without-version"}


def test_a_pasted_text_with_line_feeds_only_is_not_blamed_for_them() -> None:
    report = check_handshake(request().replace("\r\n", "\n"))
    assert report.verdict == "clean"
    assert dict(report.unchecked)["line-without-carriage-return"] == "line ends"


def test_a_head_that_breaks_off_is_incomplete_and_still_judged() -> None:
    report = check_handshake(request().rstrip("\r\n"))
    assert report.incomplete is not None
    assert (report.incomplete["side"], report.verdict) == ("client", "clean")


@pytest.mark.parametrize(
    ("text", "action", "status"),
    [
        (request(), "accept", 101),
        (request("Sec-WebSocket-Version: 8", drop=("Sec-WebSocket-Version",)), "refuse", 426),
        (request(start="POST /chat HTTP/1.1"), "refuse", 405),
        (request(start="GET /chat HTTP/1.0"), "refuse", 505),
        (request(drop=("Sec-WebSocket-Key",)), "refuse", 400),
        (request(f"{DEFLATE}; server_max_window_bits=16"), "accept", 101),
    ],
)
def test_the_next_step_of_a_server_follows_from_the_request(text: str, action: str, status: int) -> None:
    step = (check_handshake(text).next or {})["server"]
    assert (step["action"], step["status"]) == (action, status)


def test_the_answer_that_a_server_is_told_to_send_passes() -> None:
    text = request("Sec-WebSocket-Version: 8", drop=("Sec-WebSocket-Version",))
    for asked in (request(), text):
        answer = (check_handshake(asked).next or {})["server"]["head"]
        found = rules(check_handshake(asked, answer))
        assert found <= {"connection-refused", "version-not-13"}


@pytest.mark.parametrize(
    ("answer", "action"),
    [
        (response(), "open"),
        (response(drop=("Upgrade",)), "fail the connection"),
        (head("HTTP/1.1 401 Unauthorized", "WWW-Authenticate: Basic"), "authenticate"),
        (head("HTTP/1.1 302 Found", "Location: /login"), "follow or fail"),
        (head("HTTP/1.1 426 Upgrade Required", "Sec-WebSocket-Version: 13"), "retry"),
        (head("HTTP/1.1 503 Service Unavailable", "Retry-After: 5"), "wait"),
        (head("HTTP/1.1 404 Not Found"), "fail the connection"),
    ],
)
def test_the_next_step_of_a_client_follows_from_the_answer(answer: str, action: str) -> None:
    assert (check_handshake(request(), answer).next or {})["client"]["action"] == action


def test_a_refusal_is_no_violation_and_its_meaning_is_told() -> None:
    report = check_handshake(request("Origin: https://example.com"), head("HTTP/1.1 403 Forbidden"))
    (finding,) = report.findings
    assert (finding.rule, finding.severity, report.verdict) == ("connection-refused", Severity.INFO, "clean")
    assert "Origin" in finding.message


def test_the_facts_hold_what_was_sent_and_what_was_agreed() -> None:
    offer = f"{DEFLATE}; client_max_window_bits; server_max_window_bits=12"
    asked = request("Sec-WebSocket-Protocol: chat, mqtt", offer)
    answer = response(
        "Sec-WebSocket-Protocol: mqtt", f"{DEFLATE}; server_max_window_bits=10; client_no_context_takeover"
    )
    report = check_handshake(asked, answer)
    facts = report.facts
    assert report.verdict == "clean"
    assert facts["request"]["subprotocols"] == ["chat", "mqtt"]
    assert facts["request"]["key"]["decoded_bytes"] == 16
    assert facts["request"]["fields"][0] == {"name": "Host", "value": "example.com", "offset": 20}
    assert facts["negotiated"] == {
        "subprotocol": "mqtt",
        "extensions": ["permessage-deflate"],
        "permessage_deflate": {
            "server_no_context_takeover": False,
            "client_no_context_takeover": True,
            "server_max_window_bits": 10,
            "client_max_window_bits": 15,
        },
    }


@pytest.mark.parametrize(
    ("policy", "asked", "answer", "rule"),
    [
        (Policy(origins=("https://a.example",)), request("Origin: https://b.example"), "", "policy-origin"),
        (Policy(subprotocol="chat"), request(), "", "policy-subprotocol-not-offered"),
        (
            Policy(subprotocol="chat"),
            request("Sec-WebSocket-Protocol: chat"),
            response(),
            "policy-subprotocol-not-chosen",
        ),
        (Policy(extensions=()), request(DEFLATE), response(DEFLATE), "policy-extension"),
        (Policy(browser=True), request(), "", "browser-without-origin"),
    ],
)
def test_a_breach_of_the_policy_is_an_error(policy: Policy, asked: str, answer: str, rule: str) -> None:
    assert errors(check_handshake(asked, answer, policy)) == {rule}
    assert errors(check_handshake(asked, answer)) == set()


def test_an_origin_outside_the_policy_is_answered_403() -> None:
    report = check_handshake(request("Origin: https://b.example"), "", Policy(origins=("https://a.example",)))
    assert (report.next or {})["server"]["status"] == 403


def test_what_was_not_told_of_the_connection_is_listed_and_keeps_the_report_clean() -> None:
    report = check_handshake(request())
    assert {"browser-without-origin": "client kind", "connection-without-tls": "scheme"}.items() <= dict(
        report.unchecked
    ).items()
    assert report.verdict == "clean"


@pytest.mark.parametrize(
    ("lines", "rule"),
    [
        (("Cookie: sid=1",), "cookie-without-origin"),
        (("Cookie: " + "x" * 9000, "Origin: https://example.com"), "oversized-field"),
        (tuple(f"X-{number}: 1" for number in range(120)), "oversized-head"),
        (("Content-Length: 5",), "request-with-content"),
    ],
)
def test_advice_warns_and_leaves_the_verdict_clean(lines: tuple[str, ...], rule: str) -> None:
    report = check_handshake(request(*lines))
    assert rule in rules(report)
    assert report.verdict == "clean"


def test_extended_connect_is_judged_by_its_own_rules() -> None:
    pseudo = [":method: GET", ":protocol: websocket", ":scheme: wss", ":path: /chat"]
    text = "\n".join([*pseudo, "connection: Upgrade", "sec-websocket-version: 13", ""])
    assert errors(check_handshake(text)) == {
        "bootstrap-method-not-connect",
        "bootstrap-wrong-scheme",
        "bootstrap-with-upgrade-fields",
        "bootstrap-without-authority",
    }


@pytest.mark.parametrize("text", ["", "   ", "hello", "\x00\x01"])
def test_what_is_no_handshake_is_refused_with_words(text: str) -> None:
    with pytest.raises(InputError, match="GET /chat HTTP/1.1"):
        check_handshake(text)
