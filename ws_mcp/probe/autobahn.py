"""Autobahn's cases beside ours, run by kosoku (the extra ``autobahn``) in a process of its own.

Every one becomes an outcome ``autobahn/NUMBER`` of the same report. Limits that a server sets on purpose are told with
the setting that changes them and do not count as failed; the evidence for that is on the wire.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path

from ws_mcp.engines import Running
from ws_mcp.errors import InputError
from ws_mcp.probe import autobahn_reading as reading
from ws_mcp.probe.autobahn_reading import PREFIX
from ws_mcp.probe.autobahn_relay import way
from ws_mcp.probe.client import Door
from ws_mcp.probe.settings import Settings
from ws_mcp.probe.words import Case, Send, fail
from ws_mcp.types import Outcome, Verdict

WORKER = Path(__file__).with_name("autobahn_worker.py")
INSTALL = (
    "Autobahn's cases are run by kosoku (the extra 'autobahn'), which is not installed. "
    f"Install it with: {sys.executable} -m pip install 'kosoku>=0.1,<0.2'"
)
LONG = ("12", "13")  # compression: a thousand messages a case
LONG_SECONDS = 1200.0  # more that these may take together
LATE = 0.45  # seconds after which the shortest of Autobahn's own time limits is over
AGAIN, AGAIN_WIDTH = 16, 4  # cases that are tried again when they failed late, and how many at a time
_LOOK = 0.05  # seconds between looks at what the worker told
_NAMED = "autobahn"


@dataclass(slots=True)
class Deep:
    """What Autobahn's part of a probe came to."""

    outcomes: tuple[Outcome, ...] = ()
    agent: str = ""
    incomplete: str = ""
    notes: list[str] = field(default_factory=list)


def wanted(settings: Settings) -> bool:
    """Whether Autobahn's cases are asked for, as such or by name."""
    return settings.autobahn or any(_is_theirs(word) for word in settings.only)


def without(settings: Settings) -> Settings | None:
    """The settings for cases of our own; None where only Autobahn's are asked for."""
    words = tuple(word for word in settings.only if not _is_theirs(word))
    return replace(settings, only=words) if words or not settings.only else None


def _is_theirs(word: str) -> bool:
    return f"{word.removeprefix('case/')}/".startswith(PREFIX)


def select(settings: Settings) -> list[str]:
    """The numbers of the cases to run.

    Raises:
        InputError: a word of ``only`` names none, or kosoku is not installed.
    """
    if not wanted(settings):
        return []
    if settings.http2:
        raise InputError("Autobahn's cases run over HTTP/1.1 alone. Leave --http2 (http2 of the tool) or them out.")
    words = settings.only
    for word in words:
        if _is_theirs(word) and not any(_fits(case, word) for case in reading.every_case()):
            raise InputError(f"No case of Autobahn's begins with {word!r}. They go from {PREFIX}1.1.1 to 13.7.18.")
    if find_spec("kosoku") is None:
        raise InputError(INSTALL)
    return [
        case
        for case in reading.every_case()
        if (not words or any(_fits(case, word) for word in words))
        and (not _is_long(case) or settings.slow or any(_number(word).startswith(LONG) for word in words))
    ]


def _fits(case: str, word: str) -> bool:
    """Whole numbers count: "autobahn/1" is group 1 and not 12."""
    if not _is_theirs(word):
        return word in reading.requirements(case)
    number = _number(word)
    return not number or f"{case}.".startswith(f"{number}.")


def _number(word: str) -> str:
    """What stands behind the prefix."""
    return word.removeprefix("case/").removeprefix(_NAMED).strip("/.") if _is_theirs(word) else ""


def _is_long(case: str) -> bool:
    return case.partition(".")[0] in LONG


def left_out(settings: Settings, cases: list[str]) -> list[str]:
    """What is not run although Autobahn's cases are."""
    if not cases or settings.only or settings.slow:
        return []
    count = sum(map(_is_long, reading.every_case()))
    return [f"{count} cases of Autobahn's take minutes (compression) and were left out; --slow runs them too."]


async def run(door: Door, cases: list[str], seconds: float, tell: Callable[[Outcome], None]) -> Deep:
    """Runs the cases, for ``seconds`` at most, and more where there are long ones.

    Args:
        door: the way to the server, after the first exchange: whether it echoes is known.
        cases: Autobahn's numbers.
        seconds: what is left of the time of the probe.
        tell: is called with each outcome when it is there.
    """
    if not cases:
        return Deep()
    if not door.echo or door.greeting or door.settings.prefix:
        why = "Autobahn's cases need a server that sends back what it gets and nothing else"
        return Deep(tuple(reading.not_run(case, why) for case in cases), notes=[f"{why}, so none was run."])
    limit = max(seconds, 0.0) + (LONG_SECONDS if any(map(_is_long, cases)) else 0.0)
    loop = asyncio.get_running_loop()
    started = loop.time()
    told: dict[str, reading.Line] = {}
    found: dict[str, Outcome] = {}

    def take(line: str) -> None:
        if line.startswith('{"case": '):
            read = json.loads(line)
            new = read["case"] not in found
            told[read["case"]] = read
            found[read["case"]] = reading.outcome_of(read)
            if new:
                tell(found[read["case"]])

    trouble = await _work(door, cases, limit, take, door.settings.parallel)
    late = [case for case, outcome in found.items() if outcome.failed and outcome.seconds >= LATE]
    if len(late) <= AGAIN:  # a busy machine is late too; where more fail so, it is the server
        await _work(door, late, started + limit - loop.time(), take, AGAIN_WIDTH)
    await _explain_cuts(door, found, told)
    missing = [case for case in cases if case not in found]
    deep = Deep(reading.brief(found.get(case) or reading.not_run(case, "not reached") for case in cases))
    deep.notes.append(f"Autobahn's {len(cases)} cases took {loop.time() - started:.1f} s with kosoku.")
    deep.agent = next((name for line in told.values() if "response" in line and (name := reading.server_of(line))), "")
    broken = sum("trouble" in line for line in told.values())
    if missing:
        deep.incomplete = f"{trouble} with {len(missing)} of Autobahn's cases left"
    elif broken:
        deep.incomplete = f"kosoku could not run {broken} of Autobahn's cases"
    return deep


async def _work(door: Door, cases: list[str], limit: float, take: Callable[[str], None], parallel: int) -> str:
    """Runs the worker and hands over its lines; why it ended early, where it did."""
    if not cases:
        return ""
    loop = asyncio.get_running_loop()
    end = loop.time() + limit
    async with way(door) as url:
        command = [sys.executable, "-P", str(WORKER), url, str(parallel), *cases]
        with Running(command, WORKER.parent) as worker:
            alive = True
            while alive and loop.time() < end:
                await asyncio.sleep(_LOOK)
                alive = worker.alive  # asked first, so that no line of its last moment is lost
                for line in worker.new_lines():
                    take(line)
            if alive:
                return f"the time ({limit:.0f} s) was over"
            return _ended(worker.wait(1.0), worker.output())


def _ended(code: int | None, output: str) -> str:
    """Why the worker ended by itself."""
    if "memory allocation" in output:
        return "kosoku had taken all the memory that it may, as happens where a server sends without end,"
    last = next((line.strip() for line in reversed(output.splitlines()) if line.strip() and line[0] != "{"), "")
    return f"kosoku ended with code {code} ({last[:200]})"


async def _explain_cuts(door: Door, found: dict[str, Outcome], told: dict[str, reading.Line]) -> None:
    """Finds size limits of servers that just drop a message: the announcement of its size alone is refused too."""
    cut = [case for case, outcome in found.items() if _is_cut(case, outcome, told)]
    if not cut or await _refuses(door, 100):
        return
    sizes = sorted({reading.size(case) for case in cut})
    refused = dict(zip(sizes, await asyncio.gather(*(_refuses(door, size) for size in sizes)), strict=True))
    for case in cut:
        size = reading.size(case)
        if refused[size]:
            evidence = f"This server refuses a frame that only announces {size:,} bytes as well, without 1009."
            found[case] = reading.limited(found[case], "size", reading.server_of(told[case]), evidence)


def _is_cut(case: str, outcome: Outcome, told: dict[str, reading.Line]) -> bool:
    failed = outcome.verdict is Verdict.FAILED and told[case]["behavior"] == "FAILED"
    return failed and reading.size(case) >= reading.LEAST and not told[case]["events"]


async def _refuses(door: Door, size: int) -> bool:
    """Whether the server ends the connection when a frame announces ``size`` bytes and does not bring them."""
    announced = Send("binary", b"\0" * 16, form=64 if size > 65535 else None, length=size)
    case = Case("announced", "", (), (announced,), (fail(),), sentinel=False, limit=1.0)
    return (await door.exchange(case)).verdict is Verdict.PASSED
