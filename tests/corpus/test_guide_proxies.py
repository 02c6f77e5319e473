"""The proxies that guides show carry WebSockets; commands that guides show for them are run against them."""

from __future__ import annotations

import configparser
import json
import re
import shlex
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http import HTTPStatus
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

from tests import npm
from tests.corpus.shown import Block, blocks, code, codes, opened, program, running
from ws_mcp.checking.handshakes import check
from ws_mcp.types import Severity
from ws_mcp.verify.lab import free_port

# What starts each proxy in the foreground with the file that is appended.
COMMANDS = {
    "nginx": ("nginx", "-g", "daemon off;", "-c"),
    "haproxy": ("haproxy", "-db", "-f"),
    "caddy": ("caddy", "run", "--adapter", "caddyfile", "--config"),
    "envoy": ("envoy", "--log-level", "error", "--disable-hot-restart", "--concurrency", "1", "--config-path"),
}
LANGUAGES = {"caddy": "caddyfile", "envoy": "yaml"}  # where the block's is not the proxy's name
HANDSHAKE = (
    "GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: https://example.org\r\n\r\n"
)


@contextmanager
def backend(origins: list[str] | None = None) -> Iterator[int]:
    """An echo with a health check."""

    def page(connection: ServerConnection, request: Request) -> Response | None:
        return connection.respond(HTTPStatus.OK, "ok\n") if request.path == "/healthz" else None

    def echo(connection: ServerConnection) -> None:
        for message in connection:
            connection.send(message)

    with serve(echo, "127.0.0.1", 0, process_request=page, origins=origins) as server:  # type: ignore[arg-type]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.socket.getsockname()[1]


@contextmanager
def proxied(name: str, folder: Path) -> Iterator[int]:
    """The shown proxy before two such servers; its port."""
    front = free_port()
    text = codes(f"proxies/{name}", LANGUAGES.get(name, name))[0]
    with ExitStack() as stack:
        ports = {"8080": front} | {shown: stack.enter_context(backend()) for shown in ("8000", "8001", "8002")}
        shown_port = r"(?:(?<=:)|(?<=listen )|(?<=_value: ))80(?:80|00|01|02)\b"
        text = re.sub(shown_port, lambda found: str(ports[found[0]]), text)
        file = folder / ("proxy.yaml" if name == "envoy" else "proxy.conf")
        file.write_text(text.replace("/tmp/nginx-websocket.pid", f"{folder}/nginx.pid"))
        first, *rest = COMMANDS[name]
        command = [program(first), *rest, str(file)]
        stack.enter_context(running(command, folder, front, HOME=str(folder)))
        yield front


@pytest.mark.parametrize("name", COMMANDS)
def test_a_proxy_carries_messages_and_a_clean_handshake(name: str, tmp_path: Path) -> None:
    with proxied(name, tmp_path) as port:
        with opened(f"ws://127.0.0.1:{port}/ws") as one, opened(f"ws://127.0.0.1:{port}/ws") as two:
            for peer in (one, two):
                peer.send("x" * 100_000)
                assert peer.recv(10) == "x" * 100_000
        request = HANDSHAKE.format(port=port)
        with socket.create_connection(("127.0.0.1", port), 10) as wire:
            wire.sendall(request.encode())
            answer = b""
            while b"\r\n\r\n" not in answer:
                answer += wire.recv(4096)
        report = check(request, answer.decode("latin-1")).report
        faults = {one.rule for one in report.findings if one.severity is Severity.ERROR}
        # Its page says so: it sends its Server field beside the application's.
        assert faults == ({"duplicate-single-field"} if name == "caddy" else set())


def _run(text: str, folder: Path) -> str:
    command = [program("bash"), "-euo", "pipefail", "-c", text]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_curl_sees_the_101_through_nginx(tmp_path: Path) -> None:
    check_, curl = code("proxies/nginx", "sh").split("\n", 1)
    assert check_ == 'nginx -t -c "$PWD/nginx.conf"'  # which the engine's own check runs
    with proxied("nginx", tmp_path) as port:
        printed = _run(_lasting(curl).replace("8080", str(port)), tmp_path)
    assert printed.startswith("HTTP/1.1 101 Switching Protocols")


def test_curl_sees_what_a_server_answers(tmp_path: Path) -> None:
    with backend() as port:
        text = code("debugging/first-steps", "sh").replace("https://example.org/ws", f"http://127.0.0.1:{port}/ws")
        assert _run(_lasting(text), tmp_path).startswith("HTTP/1.1 101")
        text = code("debugging/command-line", "sh", 0).replace("8001", str(port)).replace("-time 5", "-time 2")
        assert _run(text, tmp_path).startswith("HTTP/1.1 101")
    with backend(["https://example.org"]) as port:
        text = code("vulnerabilities/cswsh", "sh").replace("8001", str(port))
        assert _run(_lasting(text), tmp_path).startswith("HTTP/1.1 403")


def _lasting(text: str) -> str:
    """curl ends by its time limit, with 28: a WebSocket stays open."""
    head, _, tail = text.strip().rpartition(" | ")
    return f"{{ {re.sub('--max-time [0-9]+', '--max-time 2', head)} || [ $? = 28 ]; }} | {tail}"


def test_the_probe_command_of_haproxy_runs_through_it(tmp_path: Path) -> None:
    command = next(line for line in code("proxies/haproxy", "sh").splitlines() if line.startswith("websocket-mcp "))
    with proxied("haproxy", tmp_path) as port:
        arguments = shlex.split(command.replace("8080", str(port)))[1:]
        done = subprocess.run(
            [sys.executable, "-m", "ws_mcp", *arguments, "--only", "handshake/", "--json"],
            capture_output=True, text=True, timeout=100,
        )  # fmt: skip
    assert json.loads(done.stdout)["counts"]["PASSED"] > 40, done.stderr


def test_how_long_a_balancer_leaves_a_socket_open_is_measured(tmp_path: Path) -> None:
    def gone(connection: ServerConnection) -> None:
        threading.Event().wait(1)
        connection.close(1001)

    with serve(gone, "127.0.0.1", 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
        text = code("proxies/cloud-balancers", "sh").replace("wss://example.org/ws", url)
        text = text.replace("python -c", f"{sys.executable} -c")
        done = subprocess.run([program("bash"), "-c", text], capture_output=True, text=True, timeout=60)
    assert re.fullmatch(r"lived [1-9]\.\d s\n", done.stdout), done.stderr


@pytest.mark.parametrize("block", [b for b in blocks() if b.language == "sh"], ids=lambda block: block.guide)
def test_a_shell_reads_what_is_shown(block: Block) -> None:
    text = block.code
    done = subprocess.run([program("bash"), "-n"], input=text, capture_output=True, text=True, timeout=20)
    assert done.returncode == 0 and not done.stderr, done.stderr


@pytest.mark.parametrize("block", [b for b in blocks() if b.language == "json"], ids=lambda block: block.guide)
def test_json_is_json_without_doubles(block: Block) -> None:
    def pairs(found: list[tuple[str, object]]) -> dict[str, object]:
        assert len({name for name, _ in found}) == len(found)
        return dict(found)

    json.loads(block.code, object_pairs_hook=pairs)


def test_the_settings_are_settings_of_linux() -> None:
    parser = configparser.ConfigParser()
    parser.read_string("[sysctl]\n" + code("operations/kernel-limits", "ini"))
    settings = dict(parser["sysctl"])
    assert len(settings) >= 5
    for name, value in settings.items():
        assert re.fullmatch(r"\d+( \d+)?", value), name
        module = name.startswith("net.netfilter.")  # there once its module is loaded
        file = Path("/proc/sys") / name.replace(".", "/")
        assert module or not Path("/proc/sys/net/ipv4").is_dir() or file.exists(), f"{name} is no setting here"


def test_asyncapi_holds_to_its_schema() -> None:
    document = yaml.safe_load(code("neighbours/asyncapi", "yaml"))
    schema = json.loads((npm.package("@asyncapi/specs", "6.11.1") / "schemas" / "3.0.0-without-$id.json").read_text())
    jsonschema.Draft7Validator(schema).validate(document)
    links = re.findall(r"\$ref: '#/([^']+)'", code("neighbours/asyncapi", "yaml"))
    assert links
    for at in links:
        part = document
        for name in at.split("/"):
            part = part[name]


def test_kubernetes_keeps_the_promises_of_its_page() -> None:
    deployment, ingress = yaml.safe_load_all(code("proxies/kubernetes", "yaml"))
    pod = deployment["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert deployment["spec"]["selector"]["matchLabels"] == deployment["spec"]["template"]["metadata"]["labels"]
    assert container["readinessProbe"]["httpGet"]["path"] != container["livenessProbe"]["httpGet"]["path"]
    ports = {one["containerPort"] for one in container["ports"]}
    assert {container[probe]["httpGet"]["port"] for probe in ("readinessProbe", "livenessProbe")} <= ports
    wait = int(container["lifecycle"]["preStop"]["exec"]["command"][1])
    assert wait < pod["terminationGracePeriodSeconds"]
    assert all(isinstance(value, str) for value in ingress["metadata"]["annotations"].values())
    (path,) = ingress["spec"]["rules"][0]["http"]["paths"]
    assert path["backend"]["service"]["port"]["number"] in ports


def test_envoy_routes_upgrades_to_a_cluster_that_it_has() -> None:
    """Envoy itself checks the file where it is installed; this holds without it."""
    resources = yaml.safe_load(code("proxies/envoy", "yaml"))["static_resources"]
    (chain,) = resources["listeners"][0]["filter_chains"]
    manager = chain["filters"][0]["typed_config"]
    assert manager["upgrade_configs"] == [{"upgrade_type": "websocket"}]
    (route,) = manager["route_config"]["virtual_hosts"][0]["routes"]
    assert route["route"]["timeout"] == "0s"
    assert route["route"]["cluster"] in {cluster["name"] for cluster in resources["clusters"]}


def test_traefik_routes_to_a_service_and_an_entry_point_that_it_has() -> None:
    fixed, dynamic = map(yaml.safe_load, codes("proxies/traefik", "yaml"))
    (router,) = dynamic["http"]["routers"].values()
    assert set(router["entryPoints"]) <= set(fixed["entryPoints"])
    balancer = dynamic["http"]["services"][router["service"]]["loadBalancer"]
    assert all(server["url"].startswith("http://") for server in balancer["servers"])
    assert fixed["providers"]["file"]["filename"].endswith("dynamic.yml")
