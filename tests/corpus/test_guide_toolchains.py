"""Go and Java that guides show are built and run where their tools are.

Debian's golang-go, golang-github-gorilla-websocket-dev, default-jdk-headless and libtomcat10-java bring all of it; two
variables of the environment name other places of the libraries.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import threading
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from xml.etree import ElementTree

import pytest
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

from tests import npm
from tests.corpus.shown import GUIDES, Promise, code, codes, keeps, program, running
from ws_mcp.verify.lab import free_port

WS = Promise("/ws")
GORILLA = Path(os.environ.get("WS_MCP_GORILLA", "/usr/share/gocode/src/github.com/gorilla/websocket"))
TOMCAT = Path(os.environ.get("WS_MCP_TOMCAT", "/usr/share/maven-repo/org/apache/tomcat"))

MAIN_GO = """package main

import (
	"net/http"
	"time"

	"github.com/gorilla/websocket"
)

{code}
func main() {{
	http.HandleFunc("/ws", serve)
	http.ListenAndServe("127.0.0.1:{port}", nil)
}}
"""
CLIENT_GO = """package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/gorilla/websocket"
)

{code}
func main() {{
	header := http.Header{{}}
	if len(os.Args) > 2 {{
		header.Set("Authorization", "Bearer "+os.Args[2])
	}}
	got := func(data []byte) {{ fmt.Println("got", string(data)) }}
	fmt.Println("end", run(context.Background(), os.Args[1], header, got))
}}
"""
MAIN_JAVA = """
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.websocket.server.WsSci;

public class Main {{
    public static void main(String[] arguments) throws Exception {{
        var tomcat = new Tomcat();
        tomcat.setBaseDir(".");
        tomcat.setPort({port});
        tomcat.getConnector().setProperty("address", "127.0.0.1");
        var context = tomcat.addContext("", null);
        Tomcat.addServlet(context, "default", new org.apache.catalina.servlets.DefaultServlet());
        context.addServletMappingDecoded("/", "default");
        context.addServletContainerInitializer(new WsSci(), java.util.Set.of(Feed.class));
        tomcat.start();
        tomcat.getServer().await();
    }}
}}
"""


def _built(folder: Path, source: str) -> str:
    """The program that Go makes of a file, with gorilla/websocket."""
    go = program("go")
    if not (GORILLA / "go.mod").is_file():
        pytest.skip("golang-github-gorilla-websocket-dev is not installed")
    (folder / "main.go").write_text(source)
    (folder / "library").symlink_to(GORILLA)
    name = "github.com/gorilla/websocket"
    module = f"module shown\n\ngo 1.19\n\nrequire {name} v1.5.0\n\nreplace {name} => ./library\n"
    (folder / "go.mod").write_text(module)
    cache = Path(tempfile.gettempdir()) / "websocket-mcp-tests-go"  # the standard library takes half a minute
    env = {"GOFLAGS": "-mod=mod", "GOPROXY": "off", "GOTOOLCHAIN": "local", "GOCACHE": str(cache)}
    for command in ([go, "vet", "."], [go, "build", "-o", "shown", "."]):
        done = subprocess.run(command, cwd=folder, env=os.environ | env, capture_output=True, text=True, timeout=110)
        assert done.returncode == 0, done.stderr
    return str(folder / "shown")


def test_go(tmp_path: Path) -> None:
    port = free_port()
    server = _built(tmp_path, MAIN_GO.format(code=code("servers/go", "go"), port=port))
    with running([server], tmp_path, port) as process:
        keeps(process, port, replace(WS, missing=101, restart=1006), origin=f"http://127.0.0.1:{port}")


def test_a_client_in_go_hears_and_tells_why_it_was_refused(tmp_path: Path) -> None:
    def server(connection: ServerConnection) -> None:
        assert connection.request
        connection.send(connection.request.headers["Authorization"])
        connection.close(4000, "enough")

    def refuse(connection: ServerConnection, request: Request) -> Response | None:
        return None if "Authorization" in request.headers else connection.respond(HTTPStatus.UNAUTHORIZED, "no token\n")

    client = _built(tmp_path, CLIENT_GO.format(code=code("clients/go", "go")))
    with serve(server, "127.0.0.1", 0, process_request=refuse) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        url = f"ws://127.0.0.1:{listening.socket.getsockname()[1]}"
        told = [
            subprocess.run([client, url, *more], capture_output=True, text=True, timeout=30) for more in ((), ("t",))
        ]
    assert told[0].stdout == "end 401 Unauthorized: no token\n\n"
    assert told[1].stdout == "got Bearer t\nend websocket: close 4000: enough\n"


def test_java(tmp_path: Path) -> None:
    compiler, java = program("javac"), program("java")
    jars = sorted(TOMCAT.glob("*/10.1*/*.jar")) or sorted(TOMCAT.glob("*/10.*/*.jar"))
    jars += sorted((TOMCAT.parent.parent / "eclipse" / "jdt").rglob("*.jar"))
    if not jars:
        pytest.skip("libtomcat10-java is not installed")
    port = free_port()
    (tmp_path / "Feed.java").write_text(code("servers/java", "java"))
    (tmp_path / "Main.java").write_text(MAIN_JAVA.format(port=port))
    path = os.pathsep.join(map(str, [*jars, tmp_path]))
    build = [compiler, "-Werror", "-cp", path, "Feed.java", "Main.java"]
    done = subprocess.run(build, cwd=tmp_path, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    with running([java, "-cp", path, "Main"], tmp_path, port) as process:
        keeps(process, port, replace(WS, restart=1006))


@pytest.mark.parametrize("guide", ["servers/rust", "proxies/cloudflare", "proxies/iis"])
def test_a_page_whose_code_cannot_be_run_here_says_so(guide: str, tmp_path: Path) -> None:
    """Crates, Cloudflare's runtime and Windows are out of reach for the tests; what can be read is read."""
    page = " ".join((GUIDES / f"{guide}.md").read_text("utf-8").split())
    assert re.search(r"not compiled here|not run\b", page)
    for text in codes(guide, "xml"):
        rewrite = ElementTree.fromstring(text)
        assert all(rule.find("match") is not None and rule.find("action") is not None for rule in rewrite.iter("rule"))
    for text in codes(guide, "js"):
        (tmp_path / "shown.mjs").write_text(text)
        subprocess.run([npm.node(), "--check", "shown.mjs"], cwd=tmp_path, check=True, timeout=60)
