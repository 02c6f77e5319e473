"""Drives the real Gemini CLI with this server, offline: what its model would see, and what comes back from our tools.

Run: python -m benchmarks.clients.gemini PATH/TO/gemini

The package ``@google/gemini-cli`` is large, so this is no test; benchmarks/clients/RESULTS.md records its output.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.clients import wire
from benchmarks.clients.fake import EVENTS, Answer, Model, events
from benchmarks.clients.home import Home, Ran
from benchmarks.clients.report import CALLS, FAULTY, check_texts, show_start, show_tools, show_warnings

PREFIX = "mcp_websocket_"
MODEL = "gemini-2.5-pro"  # named, so that no other model is asked which one to take
SETTINGS = {
    "security": {"auth": {"selectedType": "gemini-api-key"}},
    "privacy": {"usageStatisticsEnabled": False},
    "general": {"disableAutoUpdate": True},
}
VARIABLES = {"GEMINI_API_KEY": "none", "GEMINI_CLI_NO_RELAUNCH": "1", "TERM": "xterm-256color"}
EXPERT, ROLE = "protocol specialist for real-time", "websocket-expert"
TASK = "drops after 60 seconds behind nginx"

Part = dict[str, Any]


def main() -> None:
    """Drive it and print what was seen."""
    with Home(VARIABLES) as home:
        gemini = Gemini(home, sys.argv[1])
        print("gemini-cli", home.run([gemini.program, "--version"], check=True).out.strip())
        before = _listed(gemini)
        gemini.trust()
        assert "Connected" in _listed(gemini)
        print(f"gemini mcp list: {before} in a folder that it does not trust, Connected in one that it does")
        home.tap(gemini.settings)
        tools(gemini)
        approvals(gemini)
        prompts(gemini)
        agent(gemini)


class Gemini:
    """Gemini CLI in a home where our server is installed."""

    def __init__(self, home: Home, program: str) -> None:
        self.home, self.program = home, program
        self.folder = home.folder / ".gemini"
        self.settings = self.folder / "settings.json"
        self.folder.mkdir()
        self.settings.write_text(json.dumps(SETTINGS, indent=2))
        home.ours("install", "gemini")

    def trust(self) -> None:
        """Say what a user says of a folder in the CLI's first question."""
        (self.folder / "trustedFolders.json").write_text(json.dumps({str(self.home.project): "TRUST_FOLDER"}))

    def ask(self, model: Model, question: str, *options: str) -> Ran:
        """Have it work for a model, until the model is done."""
        with model:
            self.home.variables["GOOGLE_GEMINI_BASE_URL"] = model.url
            ran = self.home.run([self.program, "-m", MODEL, *options, "-p", question])
        assert ran.code == 0 and model.asked, ran.err
        return ran


def _listed(gemini: Gemini) -> str:
    ran = gemini.home.run([gemini.program, "mcp", "list"], check=True)
    line = next(line for line in (ran.out + ran.err).splitlines() if "ws_mcp serve" in line)
    return line.rpartition(" - ")[2].strip()


def _model(parts: Sequence[Part], inner: Sequence[Part] = ()) -> Model:
    """A model that says ``parts`` one after the other, then "done"; ``inner`` where it is the expert."""

    def answer(path: str, body: dict[str, Any]) -> Answer:
        chosen = inner if EXPERT in json.dumps(body["systemInstruction"]) else parts
        place = len(_responses(body))
        said = chosen[place] if place < len(chosen) else {"text": "done"}
        content = {"role": "model", "parts": [said]}
        usage = {"promptTokenCount": 1, "candidatesTokenCount": 1, "totalTokenCount": 2}
        whole = {"candidates": [{"content": content, "finishReason": "STOP", "index": 0}], "usageMetadata": usage}
        if "stream" in path:
            return EVENTS, events(whole)
        return "application/json", json.dumps(whole).encode()

    return Model(lambda path: "enerateContent" in path, answer)


def _call(name: str, arguments: dict[str, Any]) -> Part:
    return {"functionCall": {"name": name, "args": arguments}}


def _responses(body: dict[str, Any]) -> list[Part]:
    """What came back for the model's calls, in order."""
    parts = (part for content in body["contents"] for part in content["parts"])
    return [part["functionResponse"]["response"] for part in parts if "functionResponse" in part]


def _text(response: Part) -> str:
    """A response as the model reads it, without the mark that the client puts around what comes from outside."""
    text: str = response.get("output") or response.get("error") or ""
    return text.removeprefix("<untrusted_context>\n").removesuffix("\n</untrusted_context>")


def _declared(body: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for tool in body["tools"] for each in tool.get("functionDeclarations", ())}


def tools(gemini: Gemini) -> None:
    """Tools, instructions, answers and an error."""
    print("\n== Tools")
    reads = [_call("read_mcp_resource", {"uri": uri}) for uri in ("websocket://iana", "websocket://code/1006")]
    calls = [_call(PREFIX + name, arguments) for name, arguments in (*CALLS, FAULTY)]
    model = _model([*calls, _call("list_mcp_resources", {}), *reads])
    ran = gemini.ask(model, "Use the WebSocket tools.", "--yolo")
    sent, first = wire.exchanges(gemini.home.log), model.asked[0]
    show_start(sent, ran.started, model.times[0])
    ours = {name.removeprefix(PREFIX): tool for name, tool in _declared(first).items() if name.startswith(PREFIX)}
    show_tools(sent, {name: (tool["description"], tool["parametersJsonSchema"]) for name, tool in ours.items()})
    told = wire.greeting(sent).result["instructions"]
    assert told in first["contents"][0]["parts"][0]["text"]
    print(f"Instructions: whole, {len(told)} characters, in the first message")
    *texts, listed, read, by_template = [_text(response) for response in _responses(model.asked[-1])]
    check_texts(sent, texts)
    assert "websocket://rfc6455 | rfc6455 | Contents of RFC 6455" in listed and "code/1006" in read
    print(f"Resources: {listed.count('websocket://')} listed and read; by the template: {by_template}")
    show_warnings(ran, f"{FAULTY[0]} read_mcp_resource")


def approvals(gemini: Gemini) -> None:
    """Which of our tools a model is given where nobody can be asked."""
    model = _model([])
    gemini.ask(model, "Use the WebSocket tools.")
    shown = [name for name in _declared(model.asked[0]) if name.startswith(PREFIX)]
    print(f"Without --yolo, where nobody can be asked: {len(shown)} of our tools")


def prompts(gemini: Gemini) -> None:
    """Our prompts are commands; one is used."""
    print("\n== Prompts")
    sent = wire.exchanges(gemini.home.log)
    names = [prompt["name"] for prompt in wire.result(sent, "prompts/list")["prompts"]]
    for name in names:
        model = _model([])
        gemini.ask(model, f'/{name} --task="{TASK}" --role=auditor')
        said = json.dumps(model.asked[0]["contents"])
        assert EXPERT in said and TASK in said and "be adversarial toward scaling claims" in said, said
    print(f"{len(names)} commands, each sends the expert with the task and the role: /{', /'.join(names)}")
    got = wire.result(wire.exchanges(gemini.home.log), "prompts/get")["messages"]
    embedded = [message["content"]["resource"]["uri"] for message in got if message["content"]["type"] == "resource"]
    print(f"The embedded section {embedded[0]} reaches the model: {embedded[0] in said}")


def agent(gemini: Gemini) -> None:
    """The agent file: for the user, and in a project where the user agreed; invoked, it has our words and our tools."""
    print("\n== Agent file")
    invoke = _call("invoke_agent", {"agent_name": ROLE, "prompt": "Explain 1006."})
    finish = _call("complete_task", {"result": "It never stands on the wire."})
    for scope in ("user", "project"):
        written = gemini.home.ours("agent", "--client", "gemini", "--scope", scope).splitlines()
        file = Path(written[0].removeprefix("Written: ").partition(". The agent needs")[0])
        if scope == "project":
            _agree(gemini, file)
        model = _model([invoke], [_call(f"{PREFIX}{CALLS[0][0]}", CALLS[0][1]), finish])
        gemini.ask(model, "Use the WebSocket tools.", "--yolo")
        expert = [body for body in model.asked if EXPERT in json.dumps(body["systemInstruction"])]
        assert ROLE in json.dumps(model.asked[0]), "the model is not told of it"
        assert expert, "it was not invoked"
        given = {name.removeprefix(PREFIX) for name in _declared(expert[0]) if name.startswith(PREFIX)}
        assert len(given) == 11 and "code/1006" in _text(_responses(expert[-1])[0])
        print(f"{scope}: offered to the model, invoked with our instructions and {len(given)} tools, called ws_search")
        file.unlink()


def _agree(gemini: Gemini, file: Path) -> None:
    """Say what a user says when asked about a project's new agents: its name and digest are kept."""
    kept = gemini.folder / "acknowledgments" / "agents.json"
    kept.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    kept.write_text(json.dumps({str(gemini.home.project): {ROLE: digest}}))


if __name__ == "__main__":
    main()
