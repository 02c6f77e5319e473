"""``template list``, ``show``, ``new`` and ``verify``."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from ws_mcp.doors.cli import output
from ws_mcp.errors import InputError
from ws_mcp.knowledge.local.folder import Local, candidates
from ws_mcp.templates import catalogue, options, render, sections, writing
from ws_mcp.templates.model import Project, Template
from ws_mcp.templates.options import shown, wants
from ws_mcp.verify import matrix, runner
from ws_mcp.verify.model import Check, Verification
from ws_mcp.verify.pool import Pool

app = typer.Typer(help="Servers and clients that run, and prove it.", no_args_is_help=True)


def register(parent: typer.Typer) -> None:
    """Add the template commands."""
    parent.add_typer(app, name="template")


def _theirs() -> tuple[Path, ...]:
    """The folders of the user's own templates."""
    return Local(candidates()).template_folders()


def _names(incomplete: str) -> list[str]:
    return [name for name in catalogue.everything(_theirs()) if name.startswith(incomplete)]


Name = Annotated[str, typer.Argument(help="A template's name; template list shows them.", autocompletion=_names)]
Set = Annotated[list[str] | None, typer.Option("--set", help="An option, KEY=VALUE; again for more.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command(name="list")
def list_(
    words: Annotated[list[str] | None, typer.Argument(help="Keep those that have all of these words.")] = None,
    json: Json = False,
) -> None:
    """List the templates."""
    found = catalogue.find(" ".join(words or ()), _theirs())
    if json:
        output.as_json({"templates": [_described(template) for template in found]})
        return
    for template in found:
        typer.echo(f"{output.style(template.name, fg='cyan', bold=True)}  {template.title}")
    typer.echo("One: websocket-mcp template show NAME" if found else "None. Without words all are listed.", err=True)


@app.command()
def show(
    name: Name,
    sets: Set = None,
    only: Annotated[str, typer.Option(help="Print this file of the project.")] = "",
    json: Json = False,
) -> None:
    """Show what a template offers and the files it makes."""
    template = catalogue.get(name, _theirs())
    project = render.render(template, options.pairs(sets or []))
    if only:
        typer.echo(file_of(project, only), nl=False)
    elif json:
        output.as_json({**_described(template), "files": project.listing()})
    else:
        output.markdown(f"# {template.title}\n\n{sections.text(template)}\n\n## Files\n\n{_tree(project)}")


@app.command()
def new(
    name: Name,
    folder: Annotated[Path, typer.Argument(help="Where to put the project.")],
    sets: Set = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files that are there already.")] = False,
    json: Json = False,
) -> None:
    """Make a project."""
    project = render.render(catalogue.get(name, _theirs()), options.pairs(sets or []))
    files = writing.write(project, folder, overwrite)
    if json:
        output.as_json(
            {"template": name, "folder": str(folder.resolve()), "options": dict(project.options), "files": files}
        )
        return
    for file in files:
        typer.echo(f"{file['sha256'][:12]}  {file['lines']:>5}  {file['path']}")
    typer.echo(f"{len(files)} files in {folder}. Next: README.md there.", err=True)


@app.command()
def verify(
    names: Annotated[
        list[str] | None, typer.Argument(help="Templates; none means all of them.", autocompletion=_names)
    ] = None,
    sets: Set = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", help="Keep this check (test, lint, types, handshake …); again for more."),
    ] = None,
    matrix_file: Annotated[
        Path | None, typer.Option("--matrix", help="Write the table server × guarantee of these runs to this file.")
    ] = None,
    json: Json = False,
) -> None:
    """Prove a template: render, install, its tests, lint and types, our guarantees. Exit 1 where something fails."""
    found: list[Verification] = []
    with tempfile.TemporaryDirectory(prefix="ws-mcp-verify-", ignore_cleanup_errors=True) as folder:
        pool = Pool(Path(folder))  # so that a server is installed once, for itself and for every client
        for name in names or [template.name for template in catalogue.load()]:
            tell = None if json else partial(_tell, name)
            found.append(runner.verify(name, options.pairs(sets or []), tuple(only or ()), tell, pool))
    if matrix_file:
        matrix_file.write_text(matrix.markdown(found), "utf-8")
    if json:
        output.as_json({"ok": all(run.ok for run in found), "verifications": [run.to_json() for run in found]})
    if not all(run.ok for run in found):
        raise typer.Exit(1)


def _tell(name: str, check: Check) -> None:
    if check.name == "install":  # the first of each template
        typer.echo(output.style(name, bold=True))
    colours = {"passed": "green", "failed": "red", "skipped": "yellow"}
    verdict = output.style(f"{check.verdict:8}", fg=colours[check.verdict])
    typer.echo(f"  {verdict} {check.name:14} {check.seconds:6.1f} s  {check.detail}")


def _described(template: Template) -> dict[str, Any]:
    return {
        "name": template.name,
        "side": template.side,
        "language": template.language,
        "library": template.library,
        "version": template.version,
        "title": template.title,
        "summary": template.summary,
        "family": template.family,
        "guarantees": list(template.guarantees),
        "not_offered": dict(template.not_offered),
        "options": {
            variable.name: {"default": variable.default, "wants": wants(variable), "help": variable.help}
            for variable in template.variables
        },
    }


def _tree(project: Project) -> str:
    rows = "\n".join(f"{file['lines']:>5}  {file['path']}" for file in project.listing())
    chosen = ", ".join(f"{name}={shown(value)}" for name, value in project.options.items())
    return f"With {chosen}:\n\n```\n{rows}\n```"


def file_of(project: Project, path: str) -> str:
    """A file's text.

    Raises:
        InputError: The project has no such file.
    """
    content = project.files.get(render.safe_path(path).as_posix())
    if content is None:
        raise InputError(f"There is no file {path[:80]!r}. There are: {', '.join(project.files)}.")
    return content.decode()
