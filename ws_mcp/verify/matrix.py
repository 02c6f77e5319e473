"""The table server × guarantee, from runs."""

from __future__ import annotations

from collections.abc import Sequence

from ws_mcp.templates import catalogue
from ws_mcp.verify import runner
from ws_mcp.verify.model import Verification

HEAD = "<!-- Written by `websocket-mcp template verify --matrix FILE`; do not edit. -->"


def markdown(found: Sequence[Verification]) -> str:
    """A page with what each template was seen to do; the evidence below the table."""
    names = [run.template for run in found]
    checks = list(dict.fromkeys(check.name for run in found for check in run.checks))
    lines = [HEAD, "", "# Templates and what they were seen to do", ""]
    lines += [f"| | {' | '.join(f'`{name}`' for name in names)} |", f"|---|{'---|' * len(names)}"]
    for check in checks:
        lines.append(f"| {_words(check)} | {' | '.join(_cell(run, check) for run in found)} |")
    for run in found:
        lines += ["", f"## {run.template}", "", f"Options: {_options(run)}.", ""]
        lines += [
            f"- {check.name}: {check.detail or check.verdict}" for check in run.checks if check.verdict != "failed"
        ]
        lines += [f"- **{check.name}: failed**" for check in run.checks if check.verdict == "failed"]
        not_offered = catalogue.get(run.template).not_offered
        lines += [f"- {name}: not offered: {why}" for name, why in not_offered.items()]
    return "\n".join(lines) + "\n"


def _words(name: str) -> str:
    if name in (*runner.STEPS, "install"):
        own = {"install": "installs", "test": "its own tests", "lint": "lint", "types": "strict types"}
        return own[name]
    return runner.title(name)


def _cell(run: Verification, name: str) -> str:
    found = {check.name: check.verdict for check in run.checks}
    if name in found:
        return {"passed": "yes", "failed": "**no**", "skipped": "not run"}[found[name]]
    return "not offered" if name in catalogue.get(run.template).not_offered else ""


def _options(run: Verification) -> str:
    return ", ".join(f"{name}={value}" for name, value in run.options.items()).lower()
