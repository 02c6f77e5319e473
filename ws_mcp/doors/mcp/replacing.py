"""Whether files may be replaced: only where the user agrees, asked through the client.

So ``ws_generate`` is not destructive: a model that asks for overwriting gets nothing overwritten by that alone.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mcp.server.mcpserver import AcceptedElicitation, Context, Elicit, ElicitationResult
from pydantic import BaseModel, Field

from ws_mcp.errors import InputError
from ws_mcp.templates import writing
from ws_mcp.templates.model import Project
from ws_mcp.templates.options import shown

_ASKED, _TOLD = 60, 8  # files that the question names, and a refusal


class Consent(BaseModel):
    """What the user is asked before files are replaced."""

    replace: bool = Field(description="Replace them")


class Place(BaseModel):
    """Where a project goes, and what it would replace there."""

    folder: Path = Path()
    files: tuple[str, ...] = ()


def question(context: Context, place: Place) -> Consent | Elicit[Consent]:
    """Asks the user whether the files may be replaced, if there are any and the client can ask."""
    if not place.files or not _can_ask(context):
        return Consent(replace=False)
    many = f"the {len(place.files)} files" if len(place.files) > 1 else "the file"
    return Elicit(
        f"Replace {many} in {place.folder} that hold something else now? {_names(place.files, _ASKED)}.", Consent
    )


def write(
    project: Project, place: Place, options: Mapping[str, Any], answer: ElicitationResult[Consent], context: Context
) -> list[dict[str, Any]]:
    """Write a project over what is there, as far as the user agreed; what was written.

    Raises:
        InputError: Files differ, and the user did not agree, could not be asked, or was asked about others.
    """
    folder, there = place.folder, writing.differing(project, place.folder)
    agreed = isinstance(answer, AcceptedElicitation) and answer.data.replace and set(there) <= set(place.files)
    if there and not agreed:
        why = "the user did not agree" if _can_ask(context) else "only the user can agree, whom this client cannot ask"
        sets = [word for name in options for word in ("--set", f"{name}={shown(project.options[name])}")]
        command = ["websocket-mcp", "template", "new", project.template.name, str(folder), *sets, "--overwrite"]
        raise InputError(
            f"Nothing was written: {why} to replace what differs there. Take another folder, or the user deletes "
            f"these files or runs: {shlex.join(command)}\nIn {folder}: {_names(there, _TOLD)}."
        )
    return writing.write(project, folder, overwrite=True)


def _can_ask(context: Context) -> bool:
    """Whether the client shows forms to its user; one that names no kind of question does."""
    capabilities = context.client_capabilities
    asks = capabilities.elicitation if capabilities is not None else None
    return asks is not None and (asks.form is not None or asks.url is None)


def _names(files: Sequence[str], most: int) -> str:
    more = f" and {len(files) - most} more" if len(files) > most else ""
    return f"{', '.join(files[:most])}{more}"
