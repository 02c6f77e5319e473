"""A headless Chromium and its pages, over the DevTools protocol."""

from __future__ import annotations

import asyncio
import json
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from ws_mcp import engines
from ws_mcp.verify.model import Broken, NotOffered

_FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
_START = 20.0  # seconds until the browser must be there


class Page:
    """A tab."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._count = 0
        self._turn = asyncio.Lock()

    async def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """The result of a command; events are left out."""
        async with asyncio.timeout(20), self._turn:
            self._count += 1
            await self._socket.send(json.dumps({"id": self._count, "method": method, "params": parameters}))
            while True:
                found: dict[str, Any] = json.loads(await self._socket.recv())
                if found.get("id") == self._count:
                    break
        if "error" in found:
            raise Broken(f"{method}: {found['error'].get('message')}")
        return dict(found["result"])

    async def value(self, expression: str) -> Any:
        """What an expression is in the page."""
        found = await self.ask("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in found:
            raise Broken(f"{expression}: {found['result'].get('description')}")
        return found["result"].get("value")

    async def until(self, expression: str, wanted: Any, patience: float = 20) -> None:
        """Wait until an expression has a value.

        Raises:
            Broken: It has not, in time.
        """
        found = None
        for _ in range(int(patience / 0.05)):
            with suppress(Broken):  # while a page is loaded anew
                found = await self.value(expression)
            if found == wanted:
                return
            await asyncio.sleep(0.05)
        raise Broken(f"the page shows {found}, not {wanted}")

    async def enter(self, text: str) -> None:
        """Type a line into the field of the page, as a person does."""
        await self.value("document.querySelector('input').focus()")
        await self.ask("Input.insertText", text=text)
        await self.ask("Input.dispatchKeyEvent", type="keyDown", key="Enter", text="\r", windowsVirtualKeyCode=13)


class Browser:
    """A running browser."""

    def __init__(self, address: str, socket: ClientConnection) -> None:
        self._address = address
        self._control = Page(socket)

    @asynccontextmanager
    async def page(self, url: str) -> AsyncIterator[Page]:
        """A tab that shows ``url``; it is closed at the end."""
        target = (await self._control.ask("Target.createTarget", url=url))["targetId"]
        async with _talk(f"ws://{self._address}/devtools/page/{target}") as socket:
            yield Page(socket)
        await self._control.ask("Target.closeTarget", targetId=target)


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A browser with an empty profile.

    Raises:
        NotOffered: This machine has none.
        Broken: It does not start.
    """
    if engines.find("chromium") is None:
        raise NotOffered("this machine has no chromium")
    with tempfile.TemporaryDirectory(prefix="ws-mcp-verify-", ignore_cleanup_errors=True) as profile:
        folder = Path(profile)
        command = ("chromium", *_FLAGS, "--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank")
        running = engines.Running(command, folder, {"HOME": profile})
        try:
            port, path = await _listening(running, folder / "DevToolsActivePort")
            async with _talk(f"ws://127.0.0.1:{port}{path}") as socket:
                yield Browser(f"127.0.0.1:{port}", socket)
                with suppress(ConnectionClosed):  # it may end faster than it answers
                    await Page(socket).ask("Browser.close")
            await asyncio.to_thread(running.wait, 5)
        finally:
            await asyncio.to_thread(running.__exit__, None, None, None)


async def _listening(running: engines.Running, file: Path) -> tuple[str, str]:
    for _ in range(int(_START / 0.05)):
        lines = file.read_text().split() if file.exists() else []
        if len(lines) == 2:
            return lines[0], lines[1]
        await asyncio.sleep(0.05)
    raise Broken(f"chromium did not start within {_START:g} s: {running.output()[-300:]}")


def _talk(url: str) -> connect:
    return connect(url, proxy=None, max_size=None, compression=None, ping_interval=None)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


@contextmanager
def pages(folder: Path) -> Iterator[str]:
    """Serves the files of a folder on loopback; the origin."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
