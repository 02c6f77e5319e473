"""Compares what the probe measured with the matrices of ``interop/``, cell by cell, for the pages of ``docs/``.

Run: python -m benchmarks.probe_interop RESULTS

``RESULTS`` is what ``probe_servers --hardening --save`` and ``probe_clients --save`` wrote. It replaces the section
"Beside the interop matrices" of docs/probe-servers.md and docs/probe-clients.md. A difference has to be explained in
``interop/explained.toml``; one that is not, or an explanation that nothing needs any more, makes the exit code 1.
"""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from benchmarks.interop import mapping, reading

FOLDER = Path(__file__).parent / "interop"
DOCS = Path(__file__).parent.parent / "docs"
TITLE = "## Beside the interop matrices"
Read = Callable[[str], str]
Outcomes = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Cell:
    """One cell: what was recorded and what we measured, in the same words; ``case`` is "" where we have none."""

    matrix: str
    agent: str
    name: str
    case: str
    recorded: str
    measured: str

    @property
    def agrees(self) -> bool:
        """Whether both saw the same."""
        return self.recorded == self.measured


@dataclass(frozen=True)
class Explained:
    """Why cells differ: those of ``matrix`` whose names and agents fit the patterns."""

    matrix: str
    agents: tuple[str, ...]
    cells: tuple[str, ...]
    why: str

    def fits(self, cell: Cell) -> bool:
        """Whether it is about this cell."""
        return (
            cell.matrix == self.matrix
            and any(fnmatchcase(cell.agent, pattern) for pattern in self.agents)
            and any(fnmatchcase(cell.name, pattern) for pattern in self.cells)
        )


@dataclass(frozen=True)
class Comparison:
    """All cells of one side; ``unmeasured`` are agents of the matrices that were not run."""

    cells: list[Cell]
    unmapped: dict[str, int]
    unmeasured: list[str]
    gone: int

    @property
    def differing(self) -> list[Cell]:
        """The cells that want an explanation."""
        return [cell for cell in self.cells if not cell.agrees]


def load(folder: Path) -> dict[str, dict[str, Mapping[str, Any]]]:
    """Outcomes by agent and case; the version behind the name of a file is left away."""
    found = {}
    for file in sorted(folder.glob("*.json")):
        report = json.loads(file.read_text("utf-8"))
        found[file.stem.rpartition(" ")[0]] = {outcome["case"]: outcome for outcome in report["outcomes"]}
    return found


def explanations() -> list[Explained]:
    told = tomllib.loads((FOLDER / "explained.toml").read_text("utf-8"))["explained"]
    return [Explained(one["matrix"], tuple(one["agents"]), tuple(one["cells"]), one["why"]) for one in told]


def _matrix(name: str) -> dict[str, Any]:
    return dict(json.loads((FOLDER / f"{name}.json").read_text("utf-8")))


def _probe_readers(name: str) -> tuple[Read, Read]:
    if name == "header_only_first_refused":
        return reading.size, reading.our_size
    if name in {"no bytes", "half header"}:
        return reading.patience, reading.our_patience
    return reading.flood, reading.our_flood


def compare_servers(servers: Mapping[str, Outcomes], hardening: Mapping[str, Outcomes]) -> Comparison:
    """The three matrices of servers."""
    plans: tuple[tuple[str, Mapping[str, str], Callable[[str], tuple[Read, Read]]], ...] = (
        ("server_frames", mapping.FRAMES, lambda name: (reading.frames, reading.our_frames)),
        ("server_handshake", mapping.HANDSHAKES, lambda name: (reading.handshake, reading.our_handshake)),
        ("server_probes", mapping.PROBES, _probe_readers),
    )
    cells: list[Cell] = []
    unmapped: dict[str, int] = {}
    unmeasured: dict[str, None] = {}
    gone = 0
    for matrix, names, readers in plans:
        for recorded_as, row in _matrix(matrix).items():
            agent = mapping.SERVERS.get(recorded_as, "")
            if agent not in servers:
                unmeasured[recorded_as] = None
                gone += len(row)
                continue
            for name, recorded in row.items():
                case = names.get(name, "")
                outcome = hardening.get(agent, {}).get(case) or servers[agent].get(case)
                if outcome is None:
                    unmapped[name] = unmapped.get(name, 0) + 1
                    continue
                read, ours = readers(name)
                cells.append(Cell(matrix, agent, name, case, read(str(recorded)), ours(str(outcome["actual"]))))
    return Comparison(cells, unmapped, list(unmeasured), gone)


def compare_clients(clients: Mapping[str, Outcomes]) -> Comparison:
    """The matrix of clients, and Chromium's column."""
    matrix = _matrix("client") | {"chromium": json.loads((FOLDER / "chromium_client.json").read_text("utf-8"))}
    cells: list[Cell] = []
    unmapped: dict[str, int] = {}
    unmeasured: list[str] = []
    gone = 0
    for recorded_as, row in matrix.items():
        agent = mapping.CLIENTS.get(recorded_as, "")
        if agent not in clients:
            unmeasured.append(recorded_as)
            gone += len(row)
            continue
        for number, recorded in enumerate(row):
            case = mapping.ANSWERS[number]
            outcome = clients[agent].get(case)
            if outcome is None or outcome["verdict"] == "NOT_RUN":
                unmapped[str(number)] = unmapped.get(str(number), 0) + 1
                continue
            told = reading.our_client(str(outcome["actual"]))
            cells.append(Cell("client", agent, str(number), case, reading.client(recorded), told))
    return Comparison(cells, unmapped, unmeasured, gone)


def section(found: Comparison, known: list[Explained]) -> list[str]:
    """The section of a page."""
    agreeing = len(found.cells) - len(found.differing)
    lines = [
        f"{TITLE}\n",
        "The matrices in `benchmarks/interop/` were recorded with other tools. Compared is what a peer did, with which "
        "status or close code and what it agreed on; not how TCP ended after that.\n",
        f"{len(found.cells)} cells compared, {agreeing} agree, {len(found.differing)} differ.\n",
        *(
            ["| cell | case | agent | recorded | measured | why |", "|---|---|---|---|---|---|"]
            if found.differing
            else []
        ),
    ]
    for cell in found.differing:
        why = next((one.why for one in known if one.fits(cell)), "**not explained**")
        row = (cell.name, f"`{cell.case}`", cell.agent, cell.recorded, cell.measured, why)
        lines.append("| " + " | ".join(text.replace("|", "\\|") for text in row) + " |")
    lines.append("\nNot compared:\n")
    if found.unmeasured:
        lines.append(f"- {found.gone} cells of {', '.join(found.unmeasured)}: not measured here.")
    for name, count in found.unmapped.items():
        lines.append(f"- {name} ({count}): {mapping.LEFT_OUT.get(name, 'no compression agreed or not run')}.")
    return lines


def unexplained(found: Comparison, known: list[Explained]) -> Iterator[str]:
    """Differences without an explanation."""
    for cell in found.differing:
        if not any(one.fits(cell) for one in known):
            where = f"{cell.matrix}: {cell.agent}: {cell.name} ({cell.case})"
            yield f"{where}: recorded {cell.recorded}, measured {cell.measured}"


def unneeded(comparisons: list[Comparison], known: list[Explained]) -> Iterator[str]:
    """Explanations that no difference needs."""
    differing = [cell for found in comparisons for cell in found.differing]
    for one in known:
        if not any(one.fits(cell) for cell in differing):
            yield f"nothing needs this explanation: {one.matrix}: {', '.join(one.agents)}: {', '.join(one.cells)}"


def put(document: Path, lines: list[str]) -> None:
    """Replaces the section at the end of a page."""
    before = document.read_text("utf-8").partition(f"\n{TITLE}\n")[0].rstrip("\n")
    document.write_text("\n".join([before, "", *lines, ""]), "utf-8")


def main() -> int:
    """Compares, writes, tells."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path)
    parser.add_argument("--dry", action="store_true", help="write nothing")
    options = parser.parse_args()
    known = explanations()
    comparisons = {
        "probe-servers.md": compare_servers(load(options.results / "servers"), load(options.results / "hardening")),
        "probe-clients.md": compare_clients(load(options.results / "clients")),
    }
    troubles: list[str] = []
    for name, found in comparisons.items():
        print(f"{name}: {len(found.cells)} cells compared, {len(found.differing)} differ")
        troubles += unexplained(found, known)
        if not options.dry:
            put(DOCS / name, section(found, known))
    troubles += unneeded(list(comparisons.values()), known)
    print("\n".join(troubles))
    return 1 if troubles else 0


if __name__ == "__main__":
    sys.exit(main())
