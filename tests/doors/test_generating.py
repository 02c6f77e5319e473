"""Templates over MCP: listed, shown, and written only where the client or whoever started the server allows it."""

from __future__ import annotations

import hashlib
import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any, Literal

import pytest
from mcp import Client
from mcp.client.context import ClientRequestContext
from mcp.shared.exceptions import MCPError
from mcp.types import ElicitRequestParams, ElicitResult, ListRootsResult, Root, TextContent

from tests.doors.answers import refusal, told
from ws_mcp import roots
from ws_mcp.doors.mcp.app import create
from ws_mcp.doors.mcp.settings import Settings
from ws_mcp.templates import catalogue, render

pytestmark = pytest.mark.anyio
Era = Literal["auto", "legacy"]
eras = pytest.mark.parametrize("era", ["auto", "legacy"])
NAME = "python-websockets-server"


def announcing(*folders: Path) -> Any:
    async def answer(context: Any) -> ListRootsResult:
        return ListRootsResult(roots=[Root(uri=folder.as_uri()) for folder in folders])  # type: ignore[arg-type]

    return answer


async def test_templates_are_listed_and_words_narrow_them() -> None:
    async with Client(create()) as client:
        every = told(await client.call_tool("ws_list_templates", {}))["templates"]
        clients = told(await client.call_tool("ws_list_templates", {"filter": "python client"}))["templates"]
    assert [entry["name"] for entry in every] == [template.name for template in catalogue.load()]
    assert {"name", "side", "language", "library", "version", "title", "options"} == set(every[0])
    assert "python-websockets-client" in [entry["name"] for entry in clients]
    assert NAME not in [entry["name"] for entry in clients]


async def test_without_a_folder_the_tree_and_the_main_file_are_shown_and_stay_short() -> None:
    async with Client(create()) as client:
        result = await client.call_tool("ws_generate", {"template": NAME, "options": {"profile": "feed"}})
    found = told(result)
    project = render.render(catalogue.get(NAME), {"profile": "feed"})
    assert found["options"]["profile"] == "feed"
    assert [file["path"] for file in found["files"]] == list(project.files)
    assert found["path"] == "src/ws_service/__main__.py"
    assert found["folder"] == ""
    assert len(json.dumps(found)) < 8_000


async def test_any_file_is_shown_by_only_and_its_parts_join() -> None:
    path = "src/ws_service/session.py"
    text, offset = "", 0
    async with Client(create()) as client:
        while offset is not None:
            given = {"template": NAME, "only": path, "offset": offset}
            found = told(await client.call_tool("ws_generate", given))
            text += found["content"]
            offset = found["next_offset"]
            assert (offset is None) == (found["note"] == "")
    assert text.encode() == render.render(catalogue.get(NAME)).files[path]


@eras
async def test_files_are_written_below_an_announced_root_with_their_hashes(tmp_path: Path, era: Era) -> None:
    async with Client(create(), mode=era, list_roots_callback=announcing(tmp_path)) as client:
        given = {"template": NAME, "write_to": "apps/chat"}
        found = told(await client.call_tool("ws_generate", given))
        again = refusal(await client.call_tool("ws_generate", given))
        over = told(await client.call_tool("ws_generate", {**given, "overwrite": True}))
        outside = refusal(await client.call_tool("ws_generate", {**given, "write_to": "../elsewhere"}))
    assert found["folder"] == str(tmp_path / "apps" / "chat")
    for file in over["files"]:
        written = (tmp_path / "apps" / "chat" / file["path"]).read_bytes()
        assert hashlib.sha256(written).hexdigest() == file["sha256"]
    assert found["files"] == over["files"]
    assert "nothing was written" in again
    assert "overwrite" in again
    assert "outside the allowed folders" in outside
    assert not (tmp_path.parent / "elsewhere").exists()


class User:
    """Somebody who is asked, and what they were asked."""

    def __init__(self, action: Literal["accept", "decline", "cancel"], replace: bool = True) -> None:
        self.asked: list[str] = []
        self._answer = ElicitResult(action=action, content={"replace": replace} if action == "accept" else None)

    async def __call__(self, context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        self.asked.append(params.message)
        return self._answer


def changed(folder: Path) -> dict[str, Any]:
    """A project of which the user changed two files; the arguments that would overwrite it."""
    for path, text in render.render(catalogue.get(NAME), {"profile": "feed"}).files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text)
    (folder / "README.md").write_text("mine")
    (folder / "src/ws_service/session.py").write_text("mine too")
    return {"template": NAME, "options": {"profile": "feed"}, "write_to": str(folder), "overwrite": True}


@eras
async def test_files_that_differ_are_replaced_when_the_user_agrees(tmp_path: Path, era: Era) -> None:
    given, user = changed(tmp_path / "chat"), User("accept")
    async with Client(
        create(), mode=era, elicitation_callback=user, list_roots_callback=announcing(tmp_path)
    ) as client:
        found = told(await client.call_tool("ws_generate", given))
        again = told(await client.call_tool("ws_generate", given))
    (question,) = user.asked  # and none the second time, when nothing differs
    assert "2 files" in question and str(tmp_path / "chat") in question
    assert "README.md, src/ws_service/session.py" in question and "pyproject.toml" not in question
    assert "mine" not in (tmp_path / "chat/README.md").read_text()
    assert found["files"] == again["files"]


@eras
@pytest.mark.parametrize("user", [User("decline"), User("cancel"), User("accept", replace=False), None])
async def test_files_that_differ_stay_unless_the_user_agrees(tmp_path: Path, era: Era, user: User | None) -> None:
    given = changed(tmp_path / "my chat")
    (tmp_path / "my chat/Dockerfile").unlink()
    async with Client(create(Settings(roots=(tmp_path,))), mode=era, elicitation_callback=user) as client:
        text = refusal(await client.call_tool("ws_generate", given))
    assert (tmp_path / "my chat/README.md").read_text() == "mine"
    assert not (tmp_path / "my chat/Dockerfile").exists()
    assert ("the user did not agree" if user else "this client cannot ask") in text
    assert text.endswith(f"In {tmp_path / 'my chat'}: README.md, src/ws_service/session.py.")
    command = shlex.split(text[text.index("websocket-mcp") : text.index("\nIn ")])
    assert command[4:] == [str(tmp_path / "my chat"), "--set", "profile=feed", "--overwrite"]
    done = subprocess.run([sys.executable, "-m", "ws_mcp", *command[1:]], capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "mine" not in (tmp_path / "my chat/README.md").read_text()


async def test_what_changes_while_the_user_is_asked_is_not_replaced(tmp_path: Path) -> None:
    given, user = changed(tmp_path), User("accept")

    async def slow(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        (tmp_path / "Dockerfile").write_text("new")
        return await user(context, params)

    settings = Settings(roots=(tmp_path,))
    async with Client(create(settings), mode="legacy", elicitation_callback=slow) as client:
        text = refusal(await client.call_tool("ws_generate", given))
    assert "Dockerfile" in text and len(user.asked) == 1
    assert (tmp_path / "README.md").read_text() == "mine"


@eras
async def test_nobody_is_asked_where_nothing_would_be_lost(tmp_path: Path, era: Era) -> None:
    user = User("decline")
    given = {"template": NAME, "overwrite": True}
    async with Client(create(Settings(roots=(tmp_path,))), mode=era, elicitation_callback=user) as client:
        told(await client.call_tool("ws_generate", given))
        told(await client.call_tool("ws_generate", {**given, "write_to": "new"}))
        told(await client.call_tool("ws_generate", {**given, "write_to": "new"}))
        assert "outside" in refusal(await client.call_tool("ws_generate", {**given, "write_to": "/elsewhere"}))
        assert "no template" in refusal(
            await client.call_tool("ws_generate", {**given, "template": "x", "write_to": "new"})
        )
        about = {tool.name: tool.annotations for tool in (await client.list_tools()).tools}["ws_generate"]
    assert user.asked == []
    assert about and about.destructive_hint is False and about.open_world_hint is False


@eras
async def test_files_are_written_below_a_root_that_was_given(tmp_path: Path, era: Era) -> None:
    async with Client(create(Settings(roots=(tmp_path,))), mode=era) as client:
        given = {"template": NAME, "write_to": str(tmp_path / "one"), "only": "README.md"}
        found = told(await client.call_tool("ws_generate", given))
    assert (tmp_path / "one" / "README.md").read_text() == found["content"]


async def test_without_roots_nothing_is_written_and_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with Client(create()) as client:
        text = refusal(await client.call_tool("ws_generate", {"template": NAME, "write_to": "here"}))
    assert "--root DIR" in text
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setenv(roots.VARIABLE, str(tmp_path))
    async with Client(create()) as client:
        told(await client.call_tool("ws_generate", {"template": NAME, "write_to": "here"}))
    assert (tmp_path / "here" / "README.md").exists()


@eras
async def test_announced_roots_do_not_count_where_the_client_is_not_trusted(tmp_path: Path, era: Era) -> None:
    settings = Settings(client_roots=False)
    async with Client(create(settings), mode=era, list_roots_callback=announcing(tmp_path)) as client:
        text = refusal(await client.call_tool("ws_generate", {"template": NAME, "write_to": "x"}))
    assert "--root DIR" in text
    assert list(tmp_path.iterdir()) == []


async def test_a_client_that_refuses_to_say_its_roots_gets_an_error(tmp_path: Path) -> None:
    async def refuse(context: Any) -> ListRootsResult:
        raise MCPError(-32603, "no")

    async with Client(create(), mode="legacy", list_roots_callback=refuse) as client:
        shown = told(await client.call_tool("ws_generate", {"template": NAME}))
        assert shown["files"]
        with pytest.raises(MCPError, match="no"):
            await client.call_tool("ws_generate", {"template": NAME, "write_to": "x"})


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"template": "python-websocket-server"}, NAME),
        ({"template": NAME, "options": {"profil": "feed"}}, "Did you mean profile"),
        ({"template": NAME, "options": {"profile": "video"}}, "one of chat, feed"),
        ({"template": NAME, "options": {"port": "http"}}, "a whole number from 1 to 65535"),
        ({"template": NAME, "only": "../../etc/passwd"}, "not a path inside the project"),
        ({"template": NAME, "only": "main.py"}, "There are: .dockerignore"),
        ({"template": NAME, "offset": -1}, "send an offset from 0"),
        ({"template": NAME, "limit": 10**9}, "limit"),
    ],
)
async def test_what_cannot_be_used_is_refused_with_the_choices(given: dict[str, Any], why: str) -> None:
    async with Client(create()) as client:
        assert why in refusal(await client.call_tool("ws_generate", given))


async def test_a_template_is_found_by_search_and_read() -> None:
    async with Client(create()) as client:
        found = told(await client.call_tool("ws_search", {"query": NAME}))
        page = (await client.call_tool("ws_read", {"id": f"template/{NAME}"})).content[0]
    assert found["hits"][0]["id"] == f"template/{NAME}"
    assert isinstance(page, TextContent)
    assert "queue_policy" in page.text
