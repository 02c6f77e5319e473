"""Drives the real Codex with this server, offline: what its models would see, and what comes back from our tools.

Run: python -m benchmarks.clients.codex PATH/TO/codex

Codex shows tools in three ways, by model: all at once (models it does not know), found by a search (GPT-5.5), or as
functions of a script that the model writes (the newer ones). Each is driven. The package ``@openai/codex`` is large, so
this is no test; its output is recorded in benchmarks/clients/RESULTS.md.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from benchmarks.clients import responses, wire
from benchmarks.clients.fake import Model
from benchmarks.clients.home import Home, Ran
from benchmarks.clients.report import (
    CALLS,
    FAULTY,
    QUERIES,
    check_texts,
    cost,
    show_found,
    show_start,
    show_tools,
    show_warnings,
)

ALL, SEARCHED, SCRIPTED = "a-model-that-codex-does-not-know", "gpt-5.5", "gpt-6.1-sol"
SPACE = "mcp__websocket"
EXPERT = "protocol specialist for real-time"
# Each tool with arguments under which it connects to nothing and writes nothing.
EVERY: dict[str, dict[str, Any]] = {
    "ws_search": {"query": "close"},
    "ws_read": {"id": "code/1006"},
    "ws_check_handshake": {"request": "GET / HTTP/1.1\r\n\r\n"},
    "ws_check_frames": {"data": "89 00"},
    "ws_build_frames": {"sequence": "ping"},
    "ws_diagnose": {"text": "1006"},
    "ws_probe_server": {"report": "none"},
    "ws_probe_client": {"report": "none"},
    "ws_list_templates": {},
    "ws_generate": {"template": "python-websockets-client"},
    "ws_fetch_corpus": {"sources": ["none"]},
}
REFUSED = ["ws_fetch_corpus", "ws_probe_server"]  # they connect to where they are told


def main() -> None:
    """Drive it in every way and print what was seen."""
    with Home({"KEY": "none", "RUST_LOG": "warn"}) as home:
        codex = Codex(home, sys.argv[1])
        print(codex.home.run([codex.program, "--version"], check=True).out.strip())
        listed = home.run([codex.program, "mcp", "list"], check=True).out
        assert "websocket" in listed and "enabled" in listed, listed
        print("codex mcp list: enabled (it connects to nothing)")
        home.tap(codex.settings)
        all_at_once(codex)
        searched(codex)
        scripted(codex)
        approvals(codex)
        agent(codex)


class Codex:
    """Codex in a home where our server is installed."""

    def __init__(self, home: Home, program: str) -> None:
        self.home, self.program = home, program
        self.settings = home.folder / ".codex" / "config.toml"
        home.ours("install", "codex")

    def ask(self, which: str, model: Model, *options: str) -> Ran:
        """Have it work for a model, until the model is done."""
        provider = f'{{name="fake", base_url="{model.url}/v1", wire_api="responses", env_key="KEY"}}'
        given = [f'model="{which}"', 'model_provider="fake"', f"model_providers.fake={provider}"]
        given += ["features.plugins=false"]  # which it would fetch
        words = [word for setting in given for word in ("-c", setting)]
        ask = [self.program, "exec", "--skip-git-repo-check", *words, *options, "Use the WebSocket tools."]
        with model:
            ran = self.home.run(ask)
        assert ran.code == 0 and model.asked, ran.err
        return ran


def all_at_once(codex: Codex) -> None:
    """Every tool in the first request; their answers, an error, the resources."""
    print(f"\n== {ALL}")
    items = [responses.call(name, arguments, SPACE) for name, arguments in (*CALLS, FAULTY)]
    items += [responses.call(f"list_mcp_{kind}", {}) for kind in ("resources", "resource_templates")]
    items.append(responses.call("read_mcp_resource", {"server": "websocket", "uri": "websocket://code/1006"}))
    model = responses.model(items)
    ran = codex.ask(ALL, model)
    sent = wire.exchanges(codex.home.log)
    show_start(sent, ran.started, model.times[0])
    shown = responses.tools(model.asked[0])
    ours = {name.partition(".")[2]: tool for name, tool in shown.items() if name.startswith(f"{SPACE}.")}
    show_tools(sent, {name: (tool["description"], tool["parameters"]) for name, tool in ours.items()})
    told = shown[SPACE]["description"]
    assert told == wire.greeting(sent).result["instructions"]
    print(f"Instructions: whole, {len(told)} characters, as the description of the namespace {SPACE}")
    texts = [responses.text(output) for output in responses.outputs(model.asked[-1])[: len(CALLS) + 1]]
    check_texts(sent, texts)
    listed, templates, read = (output["output"] for output in responses.outputs(model.asked[-1])[len(CALLS) + 1 :])
    assert "websocket://rfc6455" in listed and "websocket://{+id}" in templates and "1006" in read
    print(f"Resources: {listed.count('websocket://')} listed, the template listed, websocket://code/1006 read")
    assert not any(exchange.method.startswith("prompts/") for exchange in sent)
    print("Prompts: Codex asks for none")
    show_warnings(ran)


def searched(codex: Codex) -> None:
    """Tools behind a search: what the model knows of them before, and what it finds."""
    print(f"\n== {SEARCHED}")
    items = [responses.search(query, 3) for query in QUERIES]
    items += [responses.call(name, arguments, SPACE) for name, arguments in CALLS]
    model = responses.model(items)
    codex.ask(SEARCHED, model)
    _first_words(model)
    found = responses.outputs(model.asked[-1])
    spaces = [output["tools"] for output in found[: len(QUERIES)]]
    show_found([[tool["name"] for space in each for tool in space.get("tools", ())] for each in spaces])
    check_texts(wire.exchanges(codex.home.log), [responses.text(output) for output in found[len(QUERIES) :]])


def _first_words(model: Model) -> None:
    """What a model is told of a server whose tools it is not shown."""
    said = responses.said(model.asked[0])
    line = next(line for line in said.splitlines() if line.startswith(f"- {SPACE}: "))
    assert not any(name.startswith(SPACE) for name in responses.tools(model.asked[0]))
    assert "test them" in line, "the first sentence of the instructions is cut"
    print(f"Before it searches: {line!r}")


def scripted(codex: Codex) -> None:
    """Tools as functions of scripts: their declarations, and what a script prints."""
    print(f"\n== {SCRIPTED}")
    sources = ["text(ALL_TOOLS.filter(tool => tool.name.startsWith('mcp__websocket')))"]
    sources += [f"text(await tools.{SPACE}__{name}({json.dumps(arguments)}))" for name, arguments in CALLS]
    model = responses.model([responses.script(source) for source in sources])
    codex.ask(SCRIPTED, model)
    _first_words(model)
    declared, *answers = [responses.text(output) for output in responses.outputs(model.asked[-1])]
    tools = {tool["name"].rpartition("__")[2]: tool["description"] for tool in json.loads(declared)}
    assert set(tools) == set(EVERY), sorted(tools)
    print(f"ALL_TOOLS: {len(tools)} tools, declared as {tools['ws_search'].rpartition('declare const ')[2][:61]!r} …")
    sent = wire.calls(wire.exchanges(codex.home.log))
    for (name, _), exchange, answer in zip(CALLS, sent, answers, strict=True):
        whole = json.loads(answer)
        data = exchange.result.get("structuredContent")
        assert whole.get("structuredContent") == data
        words = "".join(block["text"] for block in whole["content"])
        assert data is None or len(words) < 40, "the model is shown the data twice"
        inner = json.dumps(data, ensure_ascii=False, separators=(",", ":")) if data else words
        print(f"  text(await {name}(…)): {cost(answer)}; the answer in it: {cost(inner)}")


def approvals(codex: Codex) -> None:
    """Which tools Codex runs without asking anybody."""
    print("\n== Approvals, in `codex exec` with its defaults")
    model = responses.model([responses.call(name, arguments, SPACE) for name, arguments in EVERY.items()])
    codex.ask(ALL, model)
    texts = dict(zip(EVERY, map(responses.text, responses.outputs(model.asked[-1])), strict=True))
    refused = sorted(name for name, text in texts.items() if "requires approval" in text)
    assert refused == REFUSED, refused
    print(f"Run: {', '.join(name for name in EVERY if name not in refused)}\nRefused: {', '.join(refused)}")


def agent(codex: Codex) -> None:
    """The agent file: for the user, and in a trusted project; spawned, it has our words and our tools."""
    print("\n== Agent file")
    role = "websocket-expert"
    spawn = responses.call("spawn_agent", {"agent_type": role, "message": "Explain 1006."}, "multi_agent_v1")
    for scope, options in (("user", ()), ("project", ("--trust",))):
        written = codex.home.ours("agent", "--client", "codex", "--scope", scope).splitlines()
        model = responses.model([spawn], [responses.call(*CALLS[0], SPACE)], EXPERT)
        codex.ask(ALL, model, *options)
        spawned = [body for body in model.asked if EXPERT in responses.said(body)]
        assert role in json.dumps(responses.tools(model.asked[0])["multi_agent_v1.spawn_agent"])
        assert spawned and f"{SPACE}.ws_search" in responses.tools(spawned[0])
        assert "code/1006" in responses.text(responses.outputs(spawned[-1])[0])
        print(f"{scope}: offered to the model, spawned with our instructions and tools, called ws_search")
        file = written[0].removeprefix("Written: ").partition(". The agent needs")[0]
        (codex.home.folder / file).unlink()


if __name__ == "__main__":
    main()
