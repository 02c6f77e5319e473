"""``ws_list_templates`` and ``ws_generate``.

Annotations are evaluated here, not postponed: the SDK has to see the resolver in one of them.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from mcp.server import MCPServer
from mcp.server.mcpserver import Context, Elicit, ElicitationResult
from mcp.server.mcpserver.resolve import ListRoots, Resolve
from mcp.types import CallToolResult, ListRootsResult, ToolAnnotations
from pydantic import BaseModel, Field

from ws_mcp import roots
from ws_mcp.doors.mcp import replacing, results
from ws_mcp.doors.mcp.following import folder
from ws_mcp.doors.mcp.replacing import Consent, Place
from ws_mcp.errors import InputError
from ws_mcp.knowledge.local.folder import Local
from ws_mcp.report import cost
from ws_mcp.templates import catalogue, render, writing
from ws_mcp.templates.model import Project, Template

_READS = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
# It replaces nothing that the user did not agree to replace.
_WRITES = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
_SHOWN = 5_000  # characters of a file, fewer where they are dense
_ENTRY, _OPTIONS, _FILES, _NOTE = 1_200, 600, 3_000, 300  # weight of a template, the options, the files, the notes
_MOST = 50_000


class Listed(BaseModel):
    """One template."""

    name: str = Field(description="give it to ws_generate; ws_read template/NAME tells its options")
    side: str
    language: str
    library: str
    version: str
    title: str
    options: list[str]


class TemplateList(BaseModel):
    """Templates by name."""

    templates: list[Listed]
    note: str


class Generated(BaseModel):
    """A project, and one of its files."""

    template: str
    options: dict[str, str | int | bool]
    files: list[dict[str, str | int]] = Field(description="path, lines; with sha256 and bytes where they were written")
    folder: str = Field(description="where they were written, empty where not")
    path: str = Field(description="the file whose content this is")
    content: str
    next_offset: int | None
    note: str


def register(server: MCPServer, local: Local, given: Sequence[Path] = (), client_roots: bool = True) -> None:
    """Add the tools.

    Args:
        server: where to.
        local: has the user's own templates.
        given: folders that may be written, beside announced ones where ``client_roots`` holds.
        client_roots: whether to ask the client for its roots.
    """
    _lists(server, local)

    async def announced(write_to: str, context: Context) -> ListRootsResult | ListRoots:
        capabilities = context.client_capabilities
        if write_to and client_roots and capabilities is not None and capabilities.roots is not None:
            return ListRoots()
        return ListRootsResult(roots=[])

    def replaced(
        client: Annotated[ListRootsResult, Resolve(announced)],
        template: str,
        options: dict[str, Any],
        write_to: str,
        overwrite: bool,
    ) -> Place:
        if not (write_to and overwrite):
            return Place()
        try:
            project = render.render(catalogue.get(template, local.template_folders()), options)
            place = roots.inside(write_to, _allowed(given, client))
            return Place(folder=place, files=writing.differing(project, place))
        except InputError:
            return Place()  # the tool itself tells

    def agreed(context: Context, place: Annotated[Place, Resolve(replaced)]) -> Consent | Elicit[Consent]:
        return replacing.question(context, place)

    @server.tool(
        title="Generate a WebSocket project",
        annotations=_WRITES,
        meta={
            "anthropic/searchHint": "create scaffold websocket server client chat code project python typescript node"
        },
    )
    @results.explained
    async def ws_generate(
        context: Context,
        client: Annotated[ListRootsResult, Resolve(announced)],
        place: Annotated[Place, Resolve(replaced)],
        answer: Annotated[ElicitationResult[Consent], Resolve(agreed)],
        template: Annotated[str, Field(description="a name of ws_list_templates", examples=["python-fastapi-server"])],
        options: Annotated[
            dict[str, Any],
            Field(description='{"profile": "feed"}; ws_read template/NAME tells them', examples=[{"profile": "feed"}]),
        ] = {},  # noqa: B006
        write_to: Annotated[
            str, Field(description="a folder below the workspace to write the project into", examples=["chat"])
        ] = "",
        only: Annotated[
            str, Field(description="show this file of the project instead of its main one", examples=["README.md"])
        ] = "",
        overwrite: Annotated[bool, Field(description="replace files there, if the user agrees when asked")] = False,
        offset: Annotated[int, Field(description="characters of the file to skip")] = 0,
        limit: Annotated[int, Field(description=f"characters of the file, 0 to {_MOST}")] = _SHOWN,
    ) -> Annotated[CallToolResult, Generated]:
        """Generate the code of a WebSocket server or client, such as a chat backend: a complete, tested project.

        Without write_to: its tree and main file, any file by only.

        With write_to the files are written there, never over others unless the user agrees, and listed with SHA-256.
        """
        project = render.render(catalogue.get(template, local.template_folders()), options)
        found = _shown(project, only, offset, limit)
        if write_to:
            target = roots.inside(write_to, _allowed(given, client))
            if overwrite:
                there = Place(folder=target, files=place.files)
                files = replacing.write(project, there, options, answer, context)
            else:
                files = writing.write(project, target)
            found |= _written(found, files, str(target), not only)
        return results.data(found)


def _lists(server: MCPServer, local: Local) -> None:
    @server.tool(
        title="List templates",
        annotations=_READS,
        meta={"anthropic/searchHint": "websocket server client template boilerplate scaffold chat python node"},
    )
    @results.explained
    def ws_list_templates(
        filter: Annotated[
            str,
            Field(description='words that all must fit: "python server", "client", "chat"', examples=["python server"]),
        ] = "",
    ) -> Annotated[CallToolResult, TemplateList]:
        """List the servers and clients that ws_generate makes: tested projects with auth, limits, resume and drain."""
        found = catalogue.find(filter, local.template_folders())
        entries, left = cost.first([_listed(template) for template in found], cost.MOST - _NOTE, _ENTRY)
        note = f"{left} more fit {filter!r}; give more words as filter, such as a language or a side." if left else ""
        return results.data({"templates": entries, "note": note})


def _allowed(given: Sequence[Path], client: ListRootsResult) -> list[Path]:
    return [*given, *roots.named(), *(path for root in client.roots if (path := folder(str(root.uri))))]


def _listed(template: Template) -> dict[str, Any]:
    return {
        "name": template.name,
        "side": template.side,
        "language": template.language,
        "library": template.library,
        "version": template.version,
        "title": template.title,
        "options": [variable.name for variable in template.variables],
    }


def _shown(project: Project, only: str, offset: int, limit: int) -> dict[str, Any]:
    path = render.safe_path(only).as_posix() if only else project.template.main
    if path not in project.files:
        raise InputError(f"There is no file {path[:80]!r}. There are: {', '.join(project.files)}.")
    if not (0 <= offset <= 1_000_000 and 0 <= limit <= _MOST):
        raise InputError(f"offset is {offset}, limit {limit}; send an offset from 0 on and a limit from 0 to {_MOST}.")
    files, left = cost.first([{"path": file["path"], "lines": file["lines"]} for file in project.listing()], _FILES)
    about = {
        "template": project.template.name,
        "options": cost.shortened(dict(project.options), _OPTIONS),
        "files": files,
        "folder": "",
        "path": path,
    }
    text = project.files[path].decode()
    end = offset + limit
    if limit == _SHOWN:
        end = min(end, offset + cost.fitting(text[offset:], cost.MOST - _NOTE - cost.weight(about)))
    rest = len(text) - end
    notes = [f"{left} more files: their README names them."] if left else []
    if rest > 0:
        call = f"ws_generate({project.template.name!r}, only={path!r}, offset={end})"
        notes.append(f"{rest} more characters: {call} with the same options")
    return {
        **about,
        "content": text[offset:end],
        "next_offset": end if rest > 0 else None,
        "note": " ".join(notes),
    }


def _written(found: dict[str, Any], files: list[dict[str, Any]], folder: str, alone: bool) -> dict[str, Any]:
    """What changes in what is told when ``files`` were written; ``alone``: and no content is shown."""
    nothing = {"path": "", "content": "", "next_offset": None}
    about = {**found, **nothing, "files": [], "folder": folder, "note": ""}
    shown, left = cost.first(files, cost.MOST - _NOTE - cost.weight(about) if alone else _FILES)
    more = f" {left} more files were written and are not listed." if left else ""
    changed = {"files": shown, "folder": folder}
    return {**changed, **nothing, "note": f"Next: README.md there.{more}"} if alone else changed
