"""Verifies a template: render → install → its own tests, lint and types → our guarantees on the running process."""

from __future__ import annotations

import asyncio
import importlib
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ws_mcp import engines
from ws_mcp.errors import InputError
from ws_mcp.templates import catalogue, render
from ws_mcp.templates.model import Template
from ws_mcp.verify.lab import Lab
from ws_mcp.verify.model import FAILED, PASSED, SKIPPED, Broken, Check, NotOffered, Verification
from ws_mcp.verify.pool import Clients, Pool
from ws_mcp.verify.workspace import Workspace

STEPS = ("test", "lint", "types")
_SECONDS = 400.0  # for one guarantee
Tell = Callable[[Check], None]


def verify(
    name: str,
    options: Mapping[str, Any] | None = None,
    only: tuple[str, ...] = (),
    tell: Tell | None = None,
    pool: Pool | None = None,
) -> Verification:
    """Verify the template ``name``.

    Args:
        name: of the template.
        options: as for rendering it.
        only: steps and guarantees to keep; all of them where it is empty.
        tell: is called after each check.
        pool: where to do it; a folder that is forgotten afterwards where there is none.

    Raises:
        InputError: An unknown template, option, step or guarantee.
    """
    template = catalogue.get(name)
    known = (*STEPS, *template.guarantees)
    if unknown := [entry for entry in only if entry not in known]:
        raise InputError(f"{template.name} has no check {unknown[0]!r}. There are: {', '.join(known)}.")
    project = render.render(template, options or {})
    wanted = [entry for entry in known if entry in (only or known)]
    with tempfile.TemporaryDirectory(prefix="ws-mcp-verify-", ignore_cleanup_errors=True) as folder:
        pool = pool or Pool(Path(folder))
        pool.space(template.name).put(project)
        checks = _run(pool, template, wanted, tell or _silent)
    return Verification(template.name, project.options, tuple(checks))


def _silent(_: Check) -> None:
    pass


def _run(pool: Pool, template: Template, wanted: list[str], tell: Tell) -> list[Check]:
    checks: list[Check] = []
    workspace = pool.space(template.name)

    def add(name: str, check: Callable[[], tuple[str, str]]) -> bool:
        started = time.monotonic()
        verdict, detail = check()
        checks.append(Check(name, verdict, detail, time.monotonic() - started))
        tell(checks[-1])
        return verdict == PASSED

    if missing := workspace.missing():
        add("install", lambda: (SKIPPED, f"this machine has no {', '.join(missing)}"))
        return checks
    if not add("install", lambda: _outcome(workspace.install())):
        return checks
    for name in wanted:
        if name in STEPS:
            add(name, lambda name=name: _outcome(workspace.step(name)))  # type: ignore[misc]
        else:
            add(name, lambda name=name: asyncio.run(prove(workspace, pool, name)))  # type: ignore[misc]
    return checks


def _outcome(trouble: str) -> tuple[str, str]:
    return (FAILED, trouble) if trouble else (PASSED, "")


async def prove(workspace: Workspace, pool: Pool, name: str) -> tuple[str, str]:
    """Try one guarantee of what is in ``workspace``; the verdict and its evidence."""
    lab = Lab(workspace)
    try:
        async with asyncio.timeout(_SECONDS):
            subject = Clients(workspace, pool) if workspace.project.template.side == "client" else lab
            return PASSED, await module(name).prove(subject)
    except NotOffered as reason:
        return SKIPPED, str(reason)
    except Broken as error:
        return FAILED, str(error)
    except asyncio.CancelledError:  # Ctrl-C; a thread that installs something would hold up the end for minutes
        engines.end_all()
        raise
    except TimeoutError:
        return FAILED, f"not decided within {_SECONDS:g} s"
    except Exception as error:  # a server may break a client of ours in ways that nobody foresaw
        return FAILED, f"{type(error).__name__}: {error}"
    finally:
        lab.close()


def module(name: str) -> Any:
    """The module of a guarantee.

    Raises:
        InputError: There is none of this name.
    """
    try:
        return importlib.import_module(f"ws_mcp.verify.guarantees.{name.replace('-', '_')}")
    except ModuleNotFoundError as error:
        raise InputError(f"there is no guarantee {name!r} in ws_mcp/verify/guarantees") from error


def title(name: str) -> str:
    """A guarantee in words."""
    return str(module(name).TITLE)
