"""A client for browsers, in a browser: its page against every server of the family."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager

from ws_mcp import engines
from ws_mcp.verify.browser import Browser, Page, chromium, pages
from ws_mcp.verify.lab import Lab, Server, free_port
from ws_mcp.verify.model import Broken, NotOffered, Tries, must
from ws_mcp.verify.peer import Peer, token, welcomed
from ws_mcp.verify.pool import Clients

TITLE = "works in a browser: through reloads, restarts and kills of the server, and ends when its ticket does"
_LINES = "[...document.querySelectorAll('li')].map((item) => item.textContent)"
_HEAD = "document.querySelector('h1')?.textContent"
_LOST = "messages were lost"


async def prove(clients: Clients) -> str:
    """Every server of the family at the same time, each with a page of its own."""
    folder = clients.workspace.folder
    built = await asyncio.to_thread(engines.run, ("npm", "run", "page"), folder, 60)
    must(built.ok, f"the page cannot be built: {built.output}")
    tries = Tries()
    with pages(folder / "examples") as origin:
        async with chromium() as browser:
            await asyncio.gather(*(_server(clients, browser, origin, name, tries) for name in clients.servers()))
    return tries.evidence()


async def _server(clients: Clients, browser: Browser, origin: str, name: str, tries: Tries) -> None:
    """Try one server with a log in memory, then in SQLite."""
    for kept in ("memory", "sqlite"):
        try:
            lab = await clients.lab(name, {"resume": kept})
        except NotOffered as reason:
            tries.left_out.append(f"{name}: not tried, {reason}")
            return
        try:
            await _Play(browser, origin, lab, kept == "sqlite").run()
            tries.held.append(f"{name}, log in {kept}")
        except Broken as error:
            tries.broken.append(f"{name}, log in {kept}: {error}")
        finally:
            lab.close()


class _Play:
    def __init__(self, browser: Browser, origin: str, lab: Lab, lossless: bool) -> None:
        self._browser, self._origin, self._lab, self._lossless = browser, origin, lab, lossless
        self._port, self._database = free_port(), lab.database()

    async def run(self) -> None:
        """A page through everything that happens to pages."""
        async with self._browser.page(self._url(55)) as page:
            async with self._server() as server:
                await page.until(_HEAD, "r: online")
                await self._talk(page, server)
                server.terminate()
                await server.ended(15)
                await page.until(_HEAD, "r: offline")
                await page.enter("while it was away")
            async with self._server() as server:
                await page.until(_HEAD, "r: online", 40)
                back = ["alice: while it was away"] if self._lossless else [_LOST, "alice: while it was away"]
                await page.until(_LINES, ["alice: one", "bob: two", *back])
                await self._reloaded(page, server)
                server.kill()
                await server.ended(5)
                await page.until(_HEAD, "r: offline")
            async with self._server() as server:
                await page.until(_HEAD, "r: online", 40)
                async with welcomed(server.url, "bob") as bob:
                    await _say(bob, "four")
                lost = [] if self._lossless else [_LOST]
                await page.until(_LINES, ["bob: three", *lost, "bob: four"])
        async with self._server(), self._browser.page(self._url(3)) as page:
            await page.until(_HEAD, "r: stopped")

    def _server(self) -> AbstractAsyncContextManager[Server]:
        return self._lab.server(self._port, self._database, allowed_origins=self._origin)

    def _url(self, seconds: int) -> str:
        where = f"url=ws://127.0.0.1:{self._port}/ws&room=r"
        return f"{self._origin}/index.html?{where}&ticket={token('alice', seconds)}"

    async def _talk(self, page: Page, server: Server) -> None:
        """Messages in both directions, one connection however often React mounts."""
        async with welcomed(server.url, "bob") as bob:
            answer = await bob.ask("join", room="r")
            members = (answer.get("data") or {}).get("members")
            must(members in (None, ["alice", "bob"]), f"members: {members}")
            await page.enter("one")
            heard = await bob.receive("message")
            must(heard["data"] == {"text": "one"}, f"bob heard {heard}")
            await _say(bob, "two")
            await page.until(_LINES, ["alice: one", "bob: two"])
        must(await server.metric("ws_connections_total") == 2, "the page opened more than one connection")

    async def _reloaded(self, page: Page, server: Server) -> None:
        """What was shown is not shown again, what came meanwhile is."""
        await page.ask("Page.navigate", url="about:blank")
        for _ in range(100):
            if await server.metric("ws_connections") == 0:
                break
            await asyncio.sleep(0.05)
        async with welcomed(server.url, "bob") as bob:
            await _say(bob, "three")
        await page.ask("Page.navigate", url=self._url(55))
        await page.until(_HEAD, "r: online")
        await page.until(_LINES, ["bob: three"])


async def _say(peer: Peer, text: str) -> None:
    answer = await peer.ask("publish", id=text, room="r", data={"text": text})
    must(answer["type"] == "ack", f"publish: {answer}")
