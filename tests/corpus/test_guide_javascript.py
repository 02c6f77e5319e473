"""The JavaScript that guides show does what they say of it, in Node or in Chromium; servers are in their own file."""

from __future__ import annotations

import asyncio
import html
import json
import re
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.server import ServerConnection, serve
from websockets.typing import Subprotocol

from tests import npm
from tests.corpus.shown import code, modules, moved, opened, program, running, script
from ws_mcp.verify.lab import free_port

SOCKETIO = "4.8.4"


@contextmanager
def serving(handler: Callable[[ServerConnection], None], **how: Any) -> Iterator[str]:
    with serve(handler, "127.0.0.1", 0, compression=None, **how) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}"


def echo(connection: ServerConnection) -> None:
    for message in connection:
        connection.send(message)


def test_the_events_come_in_the_order_that_is_told(tmp_path: Path) -> None:
    def server(connection: ServerConnection) -> None:
        connection.send("hi")
        connection.close(4000, "enough")

    with serving(server) as url:
        lines = script(tmp_path, code("connections/lifecycle", "js").replace("wss://example.org/ws", url)).splitlines()
    events = [line.split()[1:] for line in lines]
    assert [event[:2] for event in events] == [["open", "1"], ["message", "1"], ["close", "3"]]
    assert events[-1][2:] == ["4000", "enough"]


@pytest.mark.parametrize(
    ("guide", "chosen"), [("concepts/subprotocols", "mqtt"), ("serialisation/formats", "feed.v2.json")]
)
def test_the_page_learns_which_subprotocol_was_chosen(guide: str, chosen: str, tmp_path: Path) -> None:
    with serving(echo, subprotocols=[Subprotocol(chosen)], select_subprotocol=_any(chosen)) as url:
        assert script(tmp_path, _offering(guide, url)) == f"{chosen}\n"


def test_a_page_that_offered_subprotocols_never_opens_without_one(tmp_path: Path) -> None:
    with serving(echo) as url:
        assert script(tmp_path, _offering("concepts/subprotocols", url)) == ""


def _offering(guide: str, url: str) -> str:
    text = code(guide, "js")
    name = text.split()[1]
    return re.sub(r"wss://[\w./]+", url, text) + f'\n{name}.addEventListener("open", () => {name}.close());'


def _any(chosen: str) -> Callable[..., Subprotocol | None]:
    return lambda _connection, offered: Subprotocol(chosen) if chosen in offered else None


def test_a_line_of_node_says_whether_a_server_answers(tmp_path: Path) -> None:
    (tmp_path / "try.mjs").write_text(code("debugging/command-line", "js"))

    def tried(*arguments: str) -> tuple[int, str]:
        command = [npm.node(), "try.mjs", *arguments]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout + done.stderr

    with serving(echo) as url:
        assert tried(url) == (0, "hello\nclosed 1000 \n")
        assert tried(url, "hi") == (0, "hi\nclosed 1000 \n")
    code_, said = tried(f"ws://127.0.0.1:{free_port()}")
    assert code_ == 1 and "not connected" in said


def test_slow_handlers_keep_the_order(tmp_path: Path) -> None:
    before = """
const socket = {};
const handle = (data) => new Promise((resolve, reject) => setTimeout(() => {
  console.log(data);
  data === 20 ? reject("failed") : resolve();
}, data));
"""
    after = "for (const data of [40, 20, 1]) socket.onmessage({ data });"
    assert script(tmp_path, before + code("messaging/ordering", "js") + after) == "40\n20\n1\n"


def test_answers_find_their_question(tmp_path: Path) -> None:
    def server(connection: ServerConnection) -> None:
        held = []
        for text in connection:
            message = json.loads(text)
            if message["method"] == "silent":
                continue
            if message["method"] == "end":
                connection.close()
                return
            known = message["method"] == "double"
            value = {"result": message["params"] * 2} if known else {"error": {"code": "unknown", "message": "no"}}
            held.append({"re": message["id"], **value})
            if len(held) == 3:
                connection.send('{"type": "news"}')
                for answer in reversed(held):
                    connection.send(json.dumps(answer))

    play = """
const socket = new WebSocket(process.argv[2]);
await new Promise((resolve) => (socket.onopen = resolve));
const calls = new Calls(socket, (push) => console.log("push", push.type));
const said = (promise) => promise.then((found) => console.log(found), (e) => console.log(e.code ?? "", e.message));
await Promise.all([said(calls.call("double", 1)), said(calls.call("double", 2)), said(calls.call("gone"))]);
await said(calls.call("silent", 0, 100));
await Promise.all([said(calls.call("silent")), said(calls.call("end"))]);
"""
    with serving(server) as url:
        printed = script(tmp_path, code("messaging/request-response", "js") + play, url).splitlines()
    assert printed == [
        *("push news", "unknown no", "4", "2"),
        " silent: no answer in 100 ms",
        *[" connection lost"] * 2,
    ]


def test_a_file_arrives_whole_with_a_bounded_window(tmp_path: Path) -> None:
    got: list[str | bytes] = []

    def server(connection: ServerConnection) -> None:
        for message in connection:
            got.append(message)
            if isinstance(message, bytes):
                connection.send(str(int.from_bytes(message[4:8]) + 1))

    play = """
const ws = new WebSocket(process.argv[2]);
await new Promise((resolve) => (ws.onopen = resolve));
let done = 0;
let asked = 0;
const waiting = [];
ws.onmessage = ({ data }) => {
  done = Number(data);
  for (const one of waiting.splice(0)) one();
};
const acked = async (n) => {
  asked = Math.max(asked, n);
  while (done < n) await new Promise((resolve) => waiting.push(resolve));
};
const file = new File([new Uint8Array(40 * SIZE + 5).map((_, at) => at % 251)], "a.bin");
await sendFile(ws, 7, file, acked);
console.log(asked);
ws.close();
"""
    with serving(server) as url:
        assert script(tmp_path, code("serialisation/large-messages", "js") + play, url) == "41\n"
    first, *chunks, last = got
    size = 40 * 65_536 + 5
    assert json.loads(first) == {"type": "file.begin", "id": 7, "name": "a.bin", "size": size}
    assert json.loads(last) == {"type": "file.end", "id": 7}
    assert [chunk[:8] for chunk in chunks] == [(7).to_bytes(4) + n.to_bytes(4) for n in range(41)]
    assert b"".join(bytes(chunk[8:], "ascii") if isinstance(chunk, str) else chunk[8:] for chunk in chunks) == bytes(
        at % 251 for at in range(size)
    )


def test_an_app_is_connected_while_it_is_in_front(tmp_path: Path) -> None:
    play = """
const listeners = new Set();
const AppState = {
  currentState: "active",
  addEventListener: (type, listener) => (listeners.add(listener), { remove: () => listeners.delete(listener) }),
};
const untie = tieToApp(AppState, () => console.log("connect"), () => console.log("disconnect"));
for (const state of ["background", "active", "inactive"]) for (const listener of listeners) listener(state);
untie();
console.log(listeners.size);
"""
    printed = script(tmp_path, code("clients/react-native", "js") + play).split()
    assert printed == ["connect", "disconnect", "connect", "disconnect", "disconnect", "0"]


def test_markup_in_a_message_stays_text(tmp_path: Path) -> None:
    page = f"""<!doctype html><ul id="chat"></ul><script>
const socket = {{}};
{code("security/injection", "js")}
socket.onmessage({{ data: JSON.stringify({{ text: "<img src=x onerror=document.title='run'>" }}) }});
</script>"""
    (tmp_path / "page.html").write_text(page)
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}/profile", "--dump-dom"]
    command = [program("chromium"), *options, (tmp_path / "page.html").as_uri()]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    item = re.search(r"<li>(.*?)</li>", shown)
    assert item and html.unescape(item[1]) == "<img src=x onerror=document.title='run'>" != item[1]
    assert "<title>run" not in shown


def test_ws_goes_through_a_proxy(tmp_path: Path) -> None:
    asked: list[str] = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readuntil(b"\r\n\r\n")).decode().splitlines()[0])
        writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async def play() -> str:
        server = await asyncio.start_server(proxy, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        text = code("clients/node", "js").replace("http://proxy.example.com:3128", f"http://127.0.0.1:{port}")
        async with server:
            return await asyncio.to_thread(script, tmp_path, f"delete process.env.HTTPS_PROXY;\n{text}")

    modules(tmp_path, {"ws": "8.23.0", "https-proxy-agent": "9.1.0"})
    asyncio.run(play())
    assert asked == ["CONNECT app.example.com:443 HTTP/1.1"]


def test_graphql_over_websocket_ticks_and_refuses(tmp_path: Path) -> None:
    text, port = moved(code("neighbours/graphql-ws", "js"), 4000)
    modules(tmp_path, {"ws": "8.23.0", "graphql-ws": "6.4.2", "graphql": ""})
    (tmp_path / "server.mjs").write_text(text)
    url, protocol = f"ws://127.0.0.1:{port}/graphql", [Subprotocol("graphql-transport-ws")]
    with running([npm.node(), "server.mjs"], tmp_path, port):
        with opened(url, subprotocols=protocol) as peer:
            peer.send('{"type": "connection_init", "payload": {"token": "demo"}}')
            assert json.loads(peer.recv(10))["type"] == "connection_ack"
            peer.send('{"id": "1", "type": "subscribe", "payload": {"query": "subscription { tick }"}}')
            answers = [json.loads(peer.recv(10)) for _ in range(4)]
            assert [one["payload"]["data"]["tick"] for one in answers[:3]] == [0, 1, 2]
            assert answers[3] == {"id": "1", "type": "complete"}
        with opened(url, subprotocols=protocol) as peer:
            peer.send('{"type": "connection_init", "payload": {"token": "wrong"}}')
            assert _code(peer) == 4403


def _code(peer: Any) -> int | None:
    with pytest.raises(Exception, match="4403"):
        peer.recv(10)
    code: int | None = peer.close_code
    return code


def test_packets_of_socketio_are_decoded(tmp_path: Path) -> None:
    packets = ['42["chat","hi"]', '42/admin,7["ban",5]', "2", '0{"sid":"x"}', '4312["ok"]', '451-["img",{"num":0}]']
    play = f"for (const packet of {json.dumps(packets)}) console.log(JSON.stringify(decode(packet)));"
    chat, ban, ping, first, ack, image = map(
        json.loads, script(tmp_path, code("socketio/protocol", "js") + play).splitlines()
    )
    assert (chat["type"], chat["namespace"], chat["data"]) == ("EVENT", "/", ["chat", "hi"])
    assert (ban["namespace"], ban["id"], ban["data"]) == ("/admin", 7, ["ban", 5])
    assert ping == {"engine": "ping", "data": ""} and first == {"engine": "open", "data": '{"sid":"x"}'}
    assert (ack["type"], ack["id"]) == ("ACK", 12)
    assert (image["type"], image["attachments"]) == ("BINARY_EVENT", 1)


def test_socketio_recovers_what_was_missed(tmp_path: Path) -> None:
    text, port = moved(code("socketio/recovery", "js", 0), 3000)
    text += """
setInterval(() => io.to("news").emit("item", { seq: ++seq }), 50);
let seq = 0;
"""
    (tmp_path / "server.mjs").write_text(text)
    client = code("socketio/recovery", "js", 1).replace("https://app.example.com", f"http://127.0.0.1:{port}")
    client += """
const got = [];
socket.on("item", ({ seq }) => {
  got.push(seq);
  if (got.length === 5) socket.io.engine.close(); // without goodbye
  if (got.length === 60) {
    console.log(JSON.stringify(got));
    process.exit(0);
  }
});
"""
    modules(tmp_path, {"socket.io": SOCKETIO, "socket.io-client": SOCKETIO})
    with running([npm.node(), "server.mjs"], tmp_path, port):
        *states, got = script(tmp_path, client).splitlines()
    seqs = json.loads(got)
    assert states == ["fresh", "recovered"]
    assert seqs == list(range(seqs[0], seqs[0] + 60))


def test_socketio_reaches_the_other_node_and_refuses_foreign_pages(tmp_path: Path) -> None:
    modules(
        tmp_path,
        {
            "socket.io": SOCKETIO,
            "socket.io-client": SOCKETIO,
            "redis": "6.2.1",
            "@socket.io/redis-streams-adapter": "0.3.1",
        },
    )
    store, one, two = (free_port() for _ in range(3))
    redis = [program("redis-server"), "--port", str(store), "--save", "", "--bind", "127.0.0.1"]
    (tmp_path / "server.mjs").write_text(code("socketio/scaling", "js"))
    node, url = [npm.node(), "server.mjs"], f"redis://127.0.0.1:{store}"
    play = """
import { io } from "socket.io-client";
const [one, two] = process.argv.slice(2).map((port) => io(`http://127.0.0.1:${port}`, {
  transports: ["websocket"], extraHeaders: { Origin: "https://app.example.com" },
}));
const foreign = io(`http://127.0.0.1:${process.argv[2]}`, {
  transports: ["websocket"], extraHeaders: { Origin: "https://evil.test" }, reconnection: false,
});
const events = [[foreign, "connect_error"], [one, "connect"], [two, "connect"]];
await Promise.all(events.map(([each, event]) => new Promise((resolve) => each.on(event, resolve))));
const heard = new Promise((resolve) => two.on("said", resolve));
const { ok } = await one.emitWithAck("say", "hi");
console.log(ok, await heard);
process.exit(0);
"""
    with (
        running(redis, tmp_path, store),
        running(node, tmp_path, one, PORT=str(one), REDIS=url),
        running(node, tmp_path, two, PORT=str(two), REDIS=url),
    ):
        assert script(tmp_path, play, str(one), str(two)) == "true hi\n"


def test_a_client_of_socketio_tells_its_reasons(tmp_path: Path) -> None:
    modules(tmp_path, {"socket.io": SOCKETIO, "socket.io-client": SOCKETIO})
    port = free_port()
    (tmp_path / "server.mjs").write_text(
        f"""import {{ Server }} from "socket.io";
const served = new Server({port});
served.on("connection", (socket) => setTimeout(() => socket.disconnect(), 500));
"""
    )
    client = code("socketio/troubleshooting", "js").replace("https://app.example.com", f"http://127.0.0.1:{port}")
    with running([npm.node(), "server.mjs"], tmp_path, port):
        lines = script(tmp_path, client + 'client.on("disconnect", () => process.exit(0));').splitlines()
    # On one machine the upgrade is often done before the namespace is entered.
    assert "upgraded to websocket" in lines[:2] and {"transport polling", "transport websocket"} & set(lines[:2])
    assert lines[2].startswith("io server disconnect")
    lines = script(tmp_path, client + 'client.on("connect_error", () => process.exit(0));').splitlines()
    assert lines[0].startswith("xhr poll error")


def test_a_server_of_socketio_tells_of_its_restart(tmp_path: Path) -> None:
    modules(tmp_path, {"socket.io": SOCKETIO, "socket.io-client": SOCKETIO})
    text, port = moved(code("socketio/server", "js"), 8010)
    (tmp_path / "server.mjs").write_text(text)
    play = f"""
import {{ io }} from "socket.io-client";
const url = "http://127.0.0.1:{port}";
const from = (origin, auth) => io(url, {{
  transports: ["websocket"], extraHeaders: {{ Origin: origin }}, auth, forceNew: true, reconnection: false,
}});
const refused = (socket) => new Promise((resolve) => socket.on("connect_error", (e) => resolve(e.message)));
console.log(await refused(from("https://evil.test", {{ token: "t" }})));
console.log(await refused(from("https://app.example.com", {{}})));
const socket = from("https://app.example.com", {{ token: "t" }});
socket.on("server:restart", () => console.log("restart"));
const over = new Promise((resolve) => socket.on("disconnect", resolve));
console.log((await socket.emitWithAck("say", "x".repeat(2000))).length);
process.kill(Number(process.argv[2]), "SIGTERM");
console.log(await over);
"""
    with running([npm.node(), "server.mjs"], tmp_path, port) as process:
        printed = script(tmp_path, play, str(process.pid)).splitlines()
        assert process.wait(15) == 0
    assert printed == ["websocket error", "unauthorized", "1000", "restart", "io server disconnect"]
