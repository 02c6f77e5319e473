"""The servers that guides show are started and do what their pages say."""

from __future__ import annotations

import asyncio
import json
import shlex
import ssl
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from tests import npm
from tests.corpus import shown
from tests.corpus.shown import Promise, code, keeps, modules, moved, opened, program, refused, running
from ws_mcp.verify.lab import free_port

WS = Promise("/ws")


def test_websockets(tmp_path: Path) -> None:
    text, port = moved(code("servers/websockets", "python"), 8001)
    (tmp_path / "server.py").write_text(text)
    with running([sys.executable, "server.py"], tmp_path, port) as process:
        with pytest.raises(InvalidStatus, match="401"):
            opened(f"ws://127.0.0.1:{port}/?ticket=wrong")
        keeps(process, port, Promise("/?ticket=demo"))
        assert process.returncode == 0


def test_aiohttp(tmp_path: Path) -> None:
    text, port = moved(code("servers/aiohttp", "python"), 8003)
    (tmp_path / "server.py").write_text(text)
    with running([sys.executable, "server.py"], tmp_path, port) as process:
        keeps(process, port, WS)
        assert process.returncode == 0


def test_fastapi_with_the_command_that_is_shown(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(code("servers/fastapi", "python"))
    port = free_port()
    command = shlex.split(code("servers/fastapi", "sh").replace("\\\n", " "))
    assert command[0] == "uvicorn"
    with running([sys.executable, "-m", *command, "--port", str(port)], tmp_path, port) as process:
        keeps(process, port, replace(WS, echo="alice: hi"))


def test_ws_on_node(tmp_path: Path) -> None:
    text, port = moved(code("servers/ws-node", "js"), 8004)
    (tmp_path / "server.mjs").write_text(text)
    modules(tmp_path, {"ws": "8.23.0"})
    with running([npm.node(), "server.mjs"], tmp_path, port) as process:
        keeps(process, port, WS)
        assert process.returncode == 0


def test_fastify(tmp_path: Path) -> None:
    text, port = moved(code("servers/fastify-hono-bun-deno", "js", 0), 8005)
    (tmp_path / "server.mjs").write_text(text)
    modules(tmp_path, {"fastify": "5.12.8", "@fastify/websocket": "11.3.6"})
    with running([npm.node(), "server.mjs"], tmp_path, port) as process:
        keeps(process, port, WS)


def test_bun(tmp_path: Path) -> None:
    text, port = moved(code("servers/fastify-hono-bun-deno", "js", 1), 8007)
    (tmp_path / "server.mjs").write_text(text)
    with running([program("bun"), "server.mjs"], tmp_path, port) as process:
        keeps(process, port, WS)


def test_deno(tmp_path: Path) -> None:
    text, port = moved(code("servers/fastify-hono-bun-deno", "js", 2), 8008)
    (tmp_path / "server.mjs").write_text(text)
    with running([program("deno"), "run", "--allow-net", "server.mjs"], tmp_path, port) as process:
        keeps(process, port, replace(WS, restart=1001))


def test_hono(tmp_path: Path) -> None:
    text, port = moved(code("servers/hono", "js"), 8009)
    (tmp_path / "server.mjs").write_text(text)
    modules(tmp_path, {"hono": "4.13.19", "@hono/node-server": "1.19.19", "@hono/node-ws": "1.3.1"})
    with running([npm.node(), "server.mjs"], tmp_path, port) as process:
        keeps(process, port, replace(WS, restart=1006))


def test_quart(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(code("servers/flask-quart", "python"))
    port = free_port()
    with running([sys.executable, "-m", "uvicorn", "app:app", "--port", str(port)], tmp_path, port) as process:
        keeps(process, port, replace(WS, limit=None))


def test_tornado(tmp_path: Path) -> None:
    port = free_port()
    start = f"async def main():\n    make().listen({port}, '127.0.0.1')\n    await asyncio.Event().wait()\n"
    text = code("servers/tornado", "python") + f"\n\nimport asyncio\n\n\n{start}\n\nasyncio.run(main())\n"
    (tmp_path / "server.py").write_text(text)
    with running([sys.executable, "server.py"], tmp_path, port) as process:
        keeps(process, port, replace(WS, missing=101, restart=1006))


SETTINGS = """
SECRET_KEY = "shown"
ALLOWED_HOSTS = ["app.example.com", "127.0.0.1"]
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "channels"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}}
CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
USE_TZ = True
"""
LOGIN = """
import django, os
os.environ["DJANGO_SETTINGS_MODULE"] = "site_settings"
django.setup()
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command
call_command("migrate", verbosity=0)
user = User.objects.create_user("alice")
session = SessionStore()
session[SESSION_KEY], session[HASH_SESSION_KEY] = user.pk, user.get_session_auth_hash()
session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
session.save()
print(session.session_key)
"""


def test_django_channels(tmp_path: Path) -> None:
    for text in shown.codes("servers/django-channels", "python"):
        file = tmp_path / text.splitlines()[0].removeprefix("# ")
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    (tmp_path / "site_settings.py").write_text(SETTINGS)
    login = [sys.executable, "-c", LOGIN]
    key = subprocess.run(login, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60).stdout.strip()
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "asgi:application", "--port", str(port)]
    with running(command, tmp_path, port):
        url, cookie = f"ws://127.0.0.1:{port}/ws/chat/7/", {"Cookie": f"sessionid={key}"}
        assert refused(url, shown.ORIGIN) == 403  # nobody is logged in
        with pytest.raises(InvalidStatus, match="403"):
            opened(url, origin="https://evil.test", additional_headers=cookie)
        with opened(url, additional_headers=cookie) as one, opened(url, additional_headers=cookie) as two:
            one.send('{"type": "say", "text": "<b>hi</b>"}')
            assert json.loads(one.recv(10)) == json.loads(two.recv(10)) == {"type": "say", "text": "<b>hi</b>"}


def test_what_is_shown_with_tls(tmp_path: Path, certificate: ssl.SSLContext) -> None:
    async def play() -> None:
        async def echo(connection: ServerConnection) -> None:
            async for message in connection:
                await connection.send(message)

        text, port = moved(code("security/wss", "python").replace('"0.0.0.0"', '"127.0.0.1"'), 8443)
        async with await shown.loaded(text)["start"](echo):
            url = f"wss://localhost:{port}"
            async with connect(url, ssl=certificate, proxy=None) as peer:
                await peer.send("hi")
                assert await peer.recv() == "hi"
                with pytest.raises(ConnectionClosedError, match="1009"):
                    await peer.send("x" * 70_000)
                    await peer.recv()

    asyncio.run(play())


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """What trusts the certificate that lies in the working folder under the names that the guide uses."""
    monkeypatch.chdir(tmp_path)
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    names = ["-addext", "subjectAltName=DNS:localhost", "-keyout", "privkey.pem", "-out", "fullchain.pem"]
    subprocess.run([*make, *names], check=True, capture_output=True, timeout=60)
    return ssl.create_default_context(cafile="fullchain.pem")


@pytest.mark.parametrize("language", ["python", "js"])
def test_smaller_windows_are_agreed_on(language: str, tmp_path: Path) -> None:
    text, port = moved(code("serialisation/compression", language), 8001 if language == "python" else 8004)
    if language == "python":
        text += "\n\nasync def main():\n    await (await start(lambda c: c.wait_closed())).wait_closed()\n"
        text += "\nimport asyncio\nasyncio.run(main())\n"
        command = [sys.executable, "server.py"]
    else:
        modules(tmp_path, {"ws": "8.23.0"})
        command = [npm.node(), "server.mjs"]
    (tmp_path / command[1]).write_text(text)
    with running(command, tmp_path, port), opened(f"ws://127.0.0.1:{port}", compression="deflate") as peer:
        assert peer.response
        agreed = peer.response.headers["Sec-WebSocket-Extensions"]
        assert "server_max_window_bits=11" in agreed and "client_max_window_bits=11" in agreed
