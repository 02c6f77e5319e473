"""The largest and densest input that each tool can get: the answer stays small and says what it leaves out."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.types import TextContent
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import WebSocketException
from websockets.http11 import Request, Response

from tests.o200k import count
from ws_mcp.doors.mcp.app import create
from ws_mcp.doors.mcp.settings import Settings
from ws_mcp.probe.result import ProbeReport, SeenFinding
from ws_mcp.probe.shown import page
from ws_mcp.types import Finding, Outcome, Severity, Verdict

MOST_TOKENS, MOST_CHARACTERS = 2_000, 8_000
DICE = random.Random(6455)
pytestmark = pytest.mark.anyio


def rare(length: int) -> str:
    """Characters that are four tokens each."""
    return "".join(chr(DICE.randrange(0x10000, 0x12000)) for _ in range(length))


def hexed(length: int) -> str:
    return DICE.randbytes(length).hex(" ")


def key(length: int) -> str:
    return base64.b64encode(DICE.randbytes(length)).decode()


FIELDS = "".join(f"X-{number}: {rare(80)}\r\n" for number in range(60))
GET = "GET / HTTP/1.1\r\n"
FRAME = b"\x81\x7e\x01\x90"  # a text of 400 bytes
CASES: list[tuple[str, str, dict[str, Any], str]] = [
    ("rare words", "ws_search", {"query": rare(2_000)}, ""),
    ("the user's dense file", "ws_search", {"query": "zorkmid"}, "characters)"),
    ("every section of a document", "ws_read", {"id": "rfc9110"}, "more characters: ws_read(id='rfc9110', offset="),
    ("a page of hex", "ws_read", {"id": "local/hex.txt"}, "more characters: ws_read(id='local/hex.txt', offset="),
    (
        "a page of rare words",
        "ws_read",
        {"id": "local/rare.md"},
        "more characters: ws_read(id='local/rare.md', offset=",
    ),
    ("rare fields", "ws_check_handshake", {"request": GET + FIELDS + "\r\n"}, "characters)"),
    (
        "long keys and lists",
        "ws_check_handshake",
        {"request": f"{GET}Sec-WebSocket-Key: {key(5_000)}\r\nSec-WebSocket-Protocol: {key(30)},{key(9_000)}\r\n\r\n"},
        "characters)",
    ),
    ("rare answers", "ws_check_handshake", {"request": GET + "\r\n", "response": f"HTTP/1.1 200 OK\r\n{FIELDS}"}, ""),
    ("random bytes", "ws_check_frames", {"data": hexed(20_000)}, '"next_offset":'),
    (
        "rare texts",
        "ws_check_frames",
        {"data": (FRAME + rare(100).encode()).hex() * 90, "sender": "server", "extensions": "none"},
        '"next_offset":6',
    ),
    (
        "one frame of hex",
        "ws_build_frames",
        {"frames": [{"opcode": 2, "payload_hex": hexed(9_000)}]},
        "bytes are shown",
    ),
    ("many frames", "ws_build_frames", {"sequence": "text hello\n" * 900}, "of 900 frames are described"),
    ("rare frames", "ws_build_frames", {"sequence": f"text {rare(90)}\n" * 90}, "of 90 frames are described"),
    ("frames that break much", "ws_build_frames", {"sequence": f"0xf rsv1 rsv2 rsv3 nofin {rare(40)}\n" * 300}, "Only"),
    ("a long key", "ws_build_frames", {"key": key(700)}, "characters)"),
    ("rare log", "ws_diagnose", {"text": f"2026/01/01 [error] upstream prematurely closed {rare(300)}\n" * 300}, ""),
    ("a rare handshake", "ws_diagnose", {"text": GET + "Upgrade: websocket\r\n" + FIELDS + "\r\n"}, ""),
    ("bytes", "ws_diagnose", {"text": hexed(20_000)}, ""),
    ("a hundred templates", "ws_list_templates", {}, "more fit ''; give more words as filter"),
    ("a project of many files", "ws_generate", {"template": "own-1"}, "more files: their README names them"),
    ("a dense file", "ws_generate", {"template": "own-1", "only": "dense.txt"}, "more characters: ws_generate"),
    ("many files written", "ws_generate", {"template": "own-1", "write_to": "out"}, "are not listed"),
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of the user's with dense documents, and templates of many files."""
    folder = tmp_path_factory.mktemp("large")
    (folder / "hex.txt").write_text("\n".join(hexed(30) for _ in range(400)))
    (folder / "rare.md").write_text(f"# {rare(60)}\n\n" + "\n\n".join(f"zorkmid {rare(400)}" for _ in range(40)))
    for number in range(40):
        (folder / f"zorkmid-{number}.md").write_text(f"# zorkmid {rare(90)}\n\nzorkmid {rare(900)}\n")
    for number in range(100):
        template = folder / "server-templates" / f"own-{number}"
        (template / "files").mkdir(parents=True)
        head = f'title = "{rare(60)}"\nsummary = "s"\nside = "server"\nlanguage = "python"\nlibrary = "none"\n'
        (template / "template.toml").write_text(f'{head}version = "1"\nmain = "dense.txt"\n')
        (template / "files" / "dense.txt").write_text(key(20_000))
    for number in range(300):
        (folder / "server-templates" / "own-1" / "files" / f"a-file-of-ours-{number}.txt").write_text(f"{number}\n")
    return folder


def small(text: str) -> None:
    assert len(text) < MOST_CHARACTERS
    assert count(text) < MOST_TOKENS


@pytest.mark.parametrize(
    ("tool", "arguments", "left_out"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
async def test_the_answer_is_small_and_says_what_is_left_out(
    place: Path, monkeypatch: pytest.MonkeyPatch, tool: str, arguments: dict[str, Any], left_out: str
) -> None:
    monkeypatch.setenv("WS_MCP_LOCAL", str(place))
    async with Client(create(Settings(roots=(place,)))) as client:
        result = await client.call_tool(tool, arguments)
    (block,) = result.content
    assert isinstance(block, TextContent)
    assert not result.is_error, block.text
    small(block.text)
    assert left_out in block.text
    if result.structured_content is not None:
        assert result.structured_content == json.loads(block.text)


def test_every_tool_that_is_given_or_finds_something_large_is_here() -> None:
    tools = {tool.name for tool in create()._tool_manager.list_tools()}
    assert tools - {tool for _, tool, _, _ in CASES} == {
        "ws_probe_server",
        "ws_probe_client",
        "ws_fetch_corpus",
    }  # below


async def test_the_parts_of_a_dense_section_join(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WS_MCP_LOCAL", str(place))
    text, offset = "", 0
    async with Client(create()) as client:
        for _ in range(60):
            result = await client.call_tool("ws_read", {"id": "local/hex.txt", "offset": offset})
            assert isinstance(result.content[0], TextContent)
            part, _, rest = result.content[0].text.partition("\n\n[")
            text += part
            if not rest:
                break
            offset = int(rest.rsplit("=", 1)[1].rstrip(")]"))
    assert offset and all(line in text for line in (place / "hex.txt").read_text().splitlines())


async def test_many_documents_with_trouble_are_told_in_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("WS_MCP_OFFLINE", raising=False)
    monkeypatch.setenv("WS_MCP_MIRROR", str(tmp_path))
    async with Client(create()) as client:
        result = await client.call_tool("ws_fetch_corpus", {})
    (block,) = result.content
    assert isinstance(block, TextContent)
    small(block.text)
    found = json.loads(block.text)
    assert found["note"].startswith(f"{sum(found['counts'].values()) - len(found['trouble'])} more documents")


async def chatty(socket: ServerConnection) -> None:
    async for _ in socket:
        await socket.send(rare(200))


def decorate(socket: ServerConnection, request: Request, response: Response) -> None:
    socket.response = Response(
        101, "Switching Protocols", Headers([*response.headers.raw_items(), ("Server", key(900))])
    )


@asynccontextmanager
async def verbose() -> AsyncIterator[str]:
    """A server that says much and nothing that was asked for."""
    async with serve(chatty, "127.0.0.1", 0, process_response=decorate) as server:
        yield f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}/"


async def test_a_probe_of_a_talkative_server_is_told_in_short_on_every_page() -> None:
    async with verbose() as url, Client(create()) as client:
        given: dict[str, Any] = {"url": url + key(900).replace("/", "a"), "only": ["framing/", "utf8/"], "echo": True}
        while given:
            result = await client.call_tool("ws_probe_server", {**given, "passed": True})
            (block,) = result.content
            assert isinstance(block, TextContent)
            assert not result.is_error, block.text
            small(block.text)
            found = json.loads(block.text)
            more = found["next_offset"]
            given = {"report": found["report"], "offset": more} if more else {}
    assert sum(found["counts"].values()) > 20


async def test_a_probe_of_a_client_is_told_in_short() -> None:
    async with Client(create()) as client:
        started = await client.call_tool("ws_probe_client", {})
        found = started.structured_content or {}
        small(json.dumps(found, ensure_ascii=False))
        for _ in range(12):
            try:
                async with connect(found["url"], open_timeout=2, user_agent_header=key(500)) as socket:
                    await socket.send(rare(300))
                    await socket.recv()
            except (WebSocketException, OSError):  # what the cases do to it
                pass
        told = await client.call_tool("ws_probe_client", {"session": found["session"], "wait": 0.1, "passed": True})
        small(json.dumps(told.structured_content, ensure_ascii=False))
        assert (told.structured_content or {})["next_offset"]
        await client.call_tool("ws_probe_client", {"session": found["session"], "stop": True})


def test_the_densest_report_of_a_probe_fits_and_all_its_pages_tell_all() -> None:
    outcomes = tuple(
        Outcome(
            f"case/{number}",
            rare(100),
            Verdict.FAILED,
            rare(900),
            rare(900),
            ("6455-5.1-03",) * 3,
            closing=Verdict.FAILED,
            closing_actual=rare(900),
            explanation=rare(900),
            sent=hexed(900),
            received=hexed(900),
        )
        for number in range(30)
    )
    finding = Finding("a-rule", Severity.ERROR, ("rfc6455/5.1",), ("6455-5.1-03",), rare(2_000), rare(2_000), 9, ())
    seen = tuple(SeenFinding(finding, ("case/1",) * 5, 9) for _ in range(5))
    report = ProbeReport(f"ws://{key(2_000)}", "server", rare(500), outcomes, seen, 1.0, (rare(900),) * 9, rare(2_000))
    offset, cases, findings = 0, 0, 0
    while True:
        shown = page(report, "probe-1", offset, 20, True)
        small(json.dumps(shown, ensure_ascii=False, separators=(",", ":")))
        cases, findings = cases + len(shown["outcomes"]), findings + len(shown["findings"])
        if shown["next_offset"] is None:
            break
        offset = shown["next_offset"]
    assert (cases, findings) == (30, 5)
