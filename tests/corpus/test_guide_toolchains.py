"""Go and Java that guides show are built and run where their tools are.

Debian's golang-go, golang-github-gorilla-websocket-dev, default-jdk-headless and libtomcat10-java bring all of it; two
variables of the environment name other places of the libraries.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from tests.corpus.shown import GUIDES, Promise, code, guides, keeps, program, running
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


def test_go(tmp_path: Path) -> None:
    go = program("go")
    if not (GORILLA / "go.mod").is_file():
        pytest.skip("golang-github-gorilla-websocket-dev is not installed")
    port = free_port()
    (tmp_path / "main.go").write_text(MAIN_GO.format(code=code("servers/go", "go"), port=port))
    (tmp_path / "library").symlink_to(GORILLA)
    name = "github.com/gorilla/websocket"
    (tmp_path / "go.mod").write_text(
        f"module shown\n\ngo 1.19\n\nrequire {name} v1.5.0\n\nreplace {name} => ./library\n"
    )
    cache = Path(tempfile.gettempdir()) / "websocket-mcp-tests-go"  # the standard library takes half a minute
    env = {"GOFLAGS": "-mod=mod", "GOPROXY": "off", "GOTOOLCHAIN": "local", "GOCACHE": str(cache)}
    for command in ([go, "vet", "."], [go, "build", "-o", "server", "."]):
        done = subprocess.run(
            command, cwd=tmp_path, env=os.environ | env, capture_output=True, text=True, timeout=110, check=False
        )
        assert done.returncode == 0, done.stderr
    with running([str(tmp_path / "server")], tmp_path, port) as process:
        keeps(process, port, replace(WS, missing=101, limit=1009, restart=1006), origin=f"http://127.0.0.1:{port}")


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


def test_rust_says_that_it_was_not_built() -> None:
    """Its libraries are in no registry that the tests use."""
    assert guides("rust") == ["servers/rust"]
    page = (GUIDES / "servers/rust.md").read_text("utf-8")
    assert "The code was not compiled here." in page
