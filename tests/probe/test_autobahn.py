"""Autobahn's cases in our report: real kosoku against real and scripted servers."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import xml.etree.ElementTree as Tree
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from tests.probe.echo import listening
from tests.probe.endpoint import Endpoint
from tests.probe.flaws import FRAMES, flaw_of
from tests.probe.server_peer import ServerPeer
from ws_mcp.errors import InputError
from ws_mcp.knowledge.shipped.requirements import all_requirements
from ws_mcp.probe import autobahn, baseline
from ws_mcp.probe import autobahn_reading as reading
from ws_mcp.probe.catalogue import all_cases
from ws_mcp.probe.forms import html, junit, sarif, text
from ws_mcp.probe.result import ProbeReport
from ws_mcp.probe.runner import probe_server
from ws_mcp.probe.settings import Settings
from ws_mcp.types import Outcome, Side, Verdict

Command = Callable[..., "subprocess.CompletedProcess[str]"]
HEADERS = (("Authorization", "Bearer test"), ("Origin", "https://here.example"))
PASSED, FAILED, TOLD = Verdict.PASSED, Verdict.FAILED, Verdict.INFORMATIONAL


async def probe(url: str, *only: str, **options: object) -> ProbeReport:
    return await probe_server(url, Settings(only=only, **options))  # type: ignore[arg-type]


def of_peer(peer: ServerPeer, *only: str, **options: object) -> ProbeReport:
    async def run() -> ProbeReport:
        async with peer.listening():
            return await probe(peer.url, *only, headers=HEADERS, **options)

    return asyncio.run(run())


def of_websockets(*only: str, **options: object) -> ProbeReport:
    async def run() -> ProbeReport:
        async with listening() as url:
            return await probe(url, *only, **options)

    return asyncio.run(run())


def by_case(report: ProbeReport) -> dict[str, Outcome]:
    return {found.case.removeprefix(reading.PREFIX): found for found in report.outcomes}


@pytest.fixture(scope="module")
def whole() -> ProbeReport:
    """The 301 cases that do not need minutes, on websockets with its defaults, beside a few of ours."""

    async def run() -> ProbeReport:
        async with listening() as url:
            return await probe(url, "framing/", "autobahn/", "6455-5.4-08", autobahn=True)

    return asyncio.run(run())


def test_the_numbers_are_those_of_kosoku() -> None:
    code = (
        "from kosoku import _caseindex as index; index.initialize_shims(); from kosoku.cases import CASES;"
        "print(*CASES, flush=True); import os; os._exit(0)"
    )
    told = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True).stdout
    assert tuple(told.split()) == reading.every_case()
    assert len(reading.every_case()) == 517


def test_every_case_says_what_it_shows_by_requirements_that_exist() -> None:
    for case in reading.every_case():
        assert reading.requirements(case), case
        assert set(reading.requirements(case)) <= set(all_requirements())
        assert not reading.same(case) or Side.SERVER in all_cases()[reading.same(case)].sides


def test_patterns_that_never_count_do_not_stand_in_the_data() -> None:
    for table in ("same", "demands", "sizes", "fragments"):
        used = set()
        for case in reading.every_case():
            used.add(next((p for p in reading.facts()[table] if fnmatchcase(case, p)), None))
        assert set(reading.facts()[table]) <= used, table


def test_a_sound_server_has_nothing_to_mend_and_its_limits_are_explained(whole: ProbeReport) -> None:
    found = by_case(whole)
    assert whole.ok, whole.failures
    assert any("301 cases took" in note for note in whole.notes)
    assert sum(outcome.case.startswith("autobahn/") for outcome in whole.outcomes) == 301
    big = found["9.1.4"]
    assert (big.verdict, big.closing) == (TOLD, Verdict.NOT_RUN)
    assert "Close 1009" in big.actual and "serve(max_size=...)" in big.explanation
    assert big.explanation.startswith("Autobahn says FAILED.")
    assert "websockets" in whole.agent
    assert "As in autobahn/9.1.4" in found["9.1.5"].explanation and len(found["9.1.5"].explanation) < 150
    assert "fragments" in found["9.3.1"].explanation
    assert (found["9.1.3"].verdict, found["1.1.8"].verdict) == (PASSED, PASSED)
    assert found["1.1.1"].sent.startswith("81 80") and found["1.1.1"].received == "81 00 88 02 03 e8"
    assert found["7.7.1"].requirements == all_cases()["closing/code-1000"].requirements


def test_a_close_inside_a_message_may_be_answered_with_another_code(whole: ProbeReport) -> None:
    outcome = by_case(whole)["7.1.5"]
    assert outcome.verdict is Verdict.NON_STRICT
    assert "Close 1002" in outcome.actual and "5.5.1" in outcome.explanation


def test_the_results_stand_in_every_form(whole: ProbeReport) -> None:
    assert "autobahn: " in text.render(whole) and "autobahn/9.1.4" in text.render(whole)
    suite = Tree.fromstring(junit.render(whole).encode()).find("testsuite")
    assert suite is not None
    assert sum(case.get("classname") == "websocket-mcp.probe.autobahn" for case in suite) == 301
    assert suite.get("failures") == "0"
    levels = {found["ruleId"]: found["level"] for found in sarif.render(whole)["runs"][0]["results"]}
    assert levels["case/autobahn/9.1.4"] == "note" and levels["case/autobahn/7.1.5"] == "warning"
    assert ">9.1.4<" in html.render([whole])
    assert json.loads(json.dumps(whole.to_json()))["failed"] == []


def test_a_prefix_selects_cases_and_a_requirement_selects_both_ours_and_theirs() -> None:
    report = of_websockets("autobahn/2.", "6455-5.4-08", "autobahn/12.1.1")
    cases = [found.case for found in report.outcomes]
    assert {"autobahn/2.1", "autobahn/2.11", "autobahn/5.6", "fragmentation/ping-between"} <= set(cases)
    assert cases[-1] == "autobahn/12.1.1" and "autobahn/1.1.1" not in cases and "framing/text" not in cases
    assert report.ok, report.failures


def test_long_cases_are_left_out_unless_asked_for() -> None:
    default, slow = autobahn.select(Settings(autobahn=True)), autobahn.select(Settings(autobahn=True, slow=True))
    assert (len(default), len(slow)) == (301, 517)
    assert autobahn.select(Settings(only=("autobahn/13.7.",))) == [f"13.7.{number}" for number in range(1, 19)]
    assert autobahn.select(Settings()) == []
    assert "--slow" in autobahn.left_out(Settings(autobahn=True), default)[0]


@pytest.mark.parametrize(
    "case", ["1.1.2", "2.2", "2.5", "3.3", "5.1", "5.9", "5.18", "6.12.1", "6.20.1", "7.3.2", "7.5.1", "7.9.4"]
)
def test_a_server_broken_in_one_way_fails_theirs_as_it_fails_ours(case: str) -> None:
    same = reading.same(case)
    flaws, verdict = flaw_of(same, FRAMES)
    report = of_peer(ServerPeer(*flaws), f"autobahn/{case}", same, echo=True)
    found = {outcome.case: outcome for outcome in report.outcomes if outcome.case in {f"autobahn/{case}", same}}
    assert verdict is FAILED
    assert {name: outcome.verdict for name, outcome in found.items()} == {same: FAILED, f"autobahn/{case}": FAILED}


def test_a_right_server_passes_the_same_cases_and_fields_reach_it() -> None:
    report = of_peer(ServerPeer(), "autobahn/2", "autobahn/3", "autobahn/4", "autobahn/5", "autobahn/7")
    assert report.ok, report.failures
    assert report.counts["PASSED"] >= 80


def test_a_size_limit_without_1009_is_found_by_the_announcement_of_the_size() -> None:
    report = of_peer(ServerPeer("fails-without-close"), "autobahn/9.1.4", "autobahn/9.1.1")
    found = by_case(report)
    assert found["9.1.1"].verdict is PASSED
    assert found["9.1.4"].verdict is TOLD
    assert "only announces 4,194,304 bytes" in found["9.1.4"].explanation
    assert "maxPayload" in found["9.1.4"].explanation


def test_a_message_that_comes_back_wrong_is_no_limit() -> None:
    report = of_peer(ServerPeer("garbles"), "autobahn/9.1.1", "autobahn/9.2.1", echo=True)
    assert [found.verdict for found in report.outcomes] == [FAILED, FAILED]
    assert not any(found.explanation for found in report.outcomes)


def test_without_compression_its_cases_are_not_run_and_say_which_setting_it_takes() -> None:
    report = of_peer(ServerPeer(deflate=False), "autobahn/12.1.1", "autobahn/13.3.1")
    assert [found.verdict for found in report.outcomes] == [Verdict.NOT_RUN, Verdict.NOT_RUN]
    assert "perMessageDeflate: true" in report.outcomes[0].explanation
    assert report.ok


def test_a_case_that_the_servers_keepalive_cut_short_says_nothing() -> None:
    async def run() -> ProbeReport:
        async with listening(ping_interval=0.02) as url:
            return await probe(url, "autobahn/9.7.1")

    outcome = asyncio.run(run()).outcomes[0]
    assert outcome.verdict is Verdict.NOT_RUN, outcome
    assert "ping_interval" in outcome.explanation


def test_a_fault_that_does_not_end_the_connection_ended_wrong() -> None:
    report = of_peer(ServerPeer("opcode"), "autobahn/4.2.1")
    assert [(found.verdict, found.closing) for found in report.outcomes] == [(PASSED, FAILED)]


def test_subprotocols_and_an_encrypted_server_are_reached(tmp_path: Path) -> None:
    import ssl

    file = tmp_path / "both.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
    subprocess.run([*command, "-keyout", file, "-out", f"{file}.crt"], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{file}.crt", file)
    asked: list[tuple[str, str | None]] = []

    def check(connection: object, request: object) -> None:
        asked.append((request.path, request.headers.get("Sec-WebSocket-Protocol")))  # type: ignore[attr-defined]

    async def run() -> ProbeReport:
        async with listening(ssl=context, subprotocols=["chat"], process_request=check) as url:
            place = url.replace("ws:", "wss:") + "room?a=1"
            return await probe(place, "autobahn/1.1", "autobahn/7.1.1", insecure=True, subprotocols=("chat",))

    report = asyncio.run(run())
    assert report.counts["PASSED"] == 9, report.failures
    assert set(asked) == {("/room?a=1", "chat")}


def test_the_total_time_bounds_it_and_what_was_not_reached_is_said() -> None:
    report = of_peer(ServerPeer(), "autobahn/9.", total=1.0, parallel=1)
    assert report.seconds < 6
    assert "the time" in report.incomplete and not report.ok
    assert any(found.verdict is Verdict.NOT_RUN and found.actual == "not reached" for found in report.outcomes)


def test_a_case_that_was_only_late_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    run, runs = Endpoint.run, 0

    async def slow(endpoint: Endpoint) -> None:
        nonlocal runs
        runs += 1
        await asyncio.sleep(1.5 if runs == 2 else 0)  # the first is not kosoku's
        await run(endpoint)

    monkeypatch.setattr(Endpoint, "run", slow)
    report = of_peer(ServerPeer(), "autobahn/7.3.3")
    assert (runs, report.ok) == (3, True), report.failures


def test_a_server_that_falls_silent_costs_the_time_that_was_given_and_no_more() -> None:
    peer = ServerPeer()
    serve_one, served = peer.serve, 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal served
        served += 1
        await (serve_one(reader, writer) if served == 1 else asyncio.sleep(60))

    peer.serve = serve  # type: ignore[method-assign]
    report = of_peer(peer, "autobahn/1", "autobahn/2", total=2.0)
    assert report.seconds < 6
    assert report.counts["NOT_RUN"] == 27 and "27 of Autobahn's cases left" in report.incomplete


def test_a_server_that_does_not_echo_is_not_judged_by_them() -> None:
    report = of_websockets("autobahn/1.", echo=False)
    assert report.counts["NOT_RUN"] == len(report.outcomes) == 16
    assert any("sends back" in note for note in report.notes)


def test_a_baseline_accepts_their_failures_too(tmp_path: Path) -> None:
    report = of_peer(ServerPeer("garbles"), "autobahn/1.1.2", "autobahn/1.1.3", echo=True)
    file = tmp_path / "baseline.json"
    assert baseline.write(report, file) == 2
    assert baseline.apply(report, file).ok


def test_without_kosoku_the_message_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "kosoku", None)
    with pytest.raises(InputError, match="pip install 'kosoku"):
        autobahn.select(Settings(autobahn=True))


def test_over_http2_they_do_not_run() -> None:
    with pytest.raises(InputError, match="HTTP/1.1 alone"):
        autobahn.select(Settings(autobahn=True, http2=True))


def test_a_word_that_names_no_case_of_theirs_is_told() -> None:
    with pytest.raises(InputError, match="autobahn/8"):
        autobahn.select(Settings(only=("autobahn/8.",)))


def test_beyond_this_machine_they_are_not_run_either() -> None:
    with pytest.raises(InputError, match="allow"):
        asyncio.run(probe("ws://192.0.2.1:9/", "autobahn/"))


@pytest.fixture
def server() -> Iterator[str]:
    code = (
        "import asyncio, logging\nfrom websockets.asyncio.server import serve\n"
        "logging.disable(logging.CRITICAL)\n"
        "async def echo(ws):\n    async for m in ws: await ws.send(m)\n"
        "async def main():\n    async with serve(echo, '127.0.0.1', 0) as s:\n"
        "        print(s.sockets[0].getsockname()[1], flush=True)\n        await s.serve_forever()\n"
        "asyncio.run(main())"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield f"ws://127.0.0.1:{process.stdout.readline().strip()}/"
        process.terminate()


def test_the_command_line_runs_them_and_its_exit_code_counts_them(server: str) -> None:
    command = [
        sys.executable,
        "-m",
        "ws_mcp",
        "probe",
        "server",
        server,
        "--autobahn",
        "--only",
        "autobahn/9.1",
        "--json",
    ]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    told = json.loads(ran.stdout)
    assert ran.returncode == 0, ran.stderr
    assert [found["case"] for found in told["outcomes"]] == [f"autobahn/9.1.{number}" for number in range(1, 7)]
    assert told["counts"]["INFORMATIONAL"] == 3


def test_the_tool_runs_them_too(server: str) -> None:
    from mcp import Client

    from ws_mcp.doors.mcp.app import create

    async def call() -> dict[str, Any]:
        async with Client(create(), mode="legacy") as client:
            arguments = {"url": server, "autobahn": True, "only": ["autobahn/9.1"], "passed": True}
            result = await client.call_tool("ws_probe_server", arguments)
            assert result.structured_content is not None
            found: dict[str, Any] = result.structured_content
            return found

    told = asyncio.run(call())
    assert told["ok"] and told["counts"]["INFORMATIONAL"] == 3
    assert any("max_size" in found.get("explanation", "") for found in told["outcomes"])
