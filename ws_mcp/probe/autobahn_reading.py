"""Reads what became of Autobahn's cases: a line of the worker → an outcome of ours, deliberate limits explained."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Any

from ws_mcp.knowledge.shipped.requirements import all_requirements
from ws_mcp.probe import explaining
from ws_mcp.probe.catalogue import all_cases
from ws_mcp.report.evidence import printable
from ws_mcp.types import Outcome, Verdict

PREFIX = "autobahn/"
SAYS = "Autobahn says FAILED."  # begins the explanation of each failure that is none for us
LEAST = 8192  # bytes: the smallest limit that a library has by default (Tomcat's)
MANY = 1000  # fragments
TOO_BIG, POLICY, WRONG, AWAY, NORMAL = 1009, 1008, 1002, 1001, 1000
_CLOSINGS = ("7.1.2", "7.1.3", "7.1.4", "7.1.5")
_VERDICTS = {
    "OK": Verdict.PASSED,
    "NON-STRICT": Verdict.NON_STRICT,
    "INFORMATIONAL": Verdict.INFORMATIONAL,
    "UNIMPLEMENTED": Verdict.NOT_RUN,
}
_UNDONE = ("Did not receive", "Case did not finish")  # what Autobahn says from the start, however long it waited
_TAG = re.compile(r"<[^<>]*>")
Line = Mapping[str, Any]


@cache
def facts() -> dict[str, dict[str, Any]]:
    """The tables of ``autobahn.toml``."""
    return tomllib.loads(files("ws_mcp.probe").joinpath("autobahn.toml").read_text("utf-8"))


@cache
def every_case() -> tuple[str, ...]:
    """Autobahn's ids in its own order."""
    return tuple(f"{group}.{number}" for group, count in facts()["groups"].items() for number in range(1, count + 1))


def fitting(table: str, case: str, otherwise: object) -> Any:
    """What a table of ``autobahn.toml`` says of a case."""
    return next((told for pattern, told in facts()[table].items() if fnmatchcase(case, pattern)), otherwise)


def same(case: str) -> str:
    """Our case that asks the same, "" where there is none."""
    return str(fitting("same", case, ""))


def requirements(case: str) -> tuple[str, ...]:
    """What a case shows."""
    ours = all_cases().get(same(case))
    return ours.requirements if ours else tuple(fitting("demands", case, ()))


def size(case: str) -> int:
    """Bytes of the largest message that a case sends; 0 where it is small."""
    return int(fitting("sizes", case, 0))


def limit_of(told: Line) -> str:
    """Which deliberate limit, or freedom of the RFC, the line shows; "" for none. The evidence is on the wire."""
    case, code = told["case"], told["code"]
    if told["behavior"] == "UNIMPLEMENTED":
        return "compression"
    if told["behavior"] != "FAILED":
        fits = told["close"] != "WRONG CODE" or not _may_be_sent(code)
        return "" if fits else "fitting-code"
    if code == NORMAL and told["result"].startswith(_UNDONE) and any(e.startswith("ping") for e in told["events"]):
        return "keepalive"
    if case in _CLOSINGS and code in {WRONG, AWAY}:
        return "answer-code"
    if fitting("fragments", case, 0) >= MANY and (code == POLICY or code == TOO_BIG and "fragment" in told["reason"]):
        return "fragments"
    return "size" if code == TOO_BIG and size(case) >= LEAST else ""


def _may_be_sent(code: int | None) -> bool:
    return code is not None and (code in {*range(1000, 1004), *range(1007, 1015)} or 3000 <= code < 5000)


def outcome_of(told: Line) -> Outcome:
    """The outcome of a line."""
    case = told["case"]
    if "trouble" in told:
        return not_run(case, f"kosoku could not run it: {told['trouble']}")
    needs = requirements(case)
    found = Outcome(
        PREFIX + case,
        _plain(told["title"]),
        _VERDICTS.get(told["behavior"], Verdict.FAILED),
        _plain(told["expected"]),
        _actual(told),
        needs,
        tuple(dict.fromkeys(all_requirements()[requirement].section for requirement in needs)),
        _closing(told),
        _plain(told["result_close"]),
        "",
        told["sent"],
        told["received"],
        told["ms"] / 1000,
    )
    limit = limit_of(told)
    return limited(found, limit, server_of(told)) if limit else found


def not_run(case: str, why: str) -> Outcome:
    """The outcome of a case that gave none."""
    return Outcome(PREFIX + case, f"Autobahn's case {case}", Verdict.NOT_RUN, "", why, requirements(case))


def limited(found: Outcome, limit: str, server: str, evidence: str = "") -> Outcome:
    """The outcome of a case that met a deliberate limit: told and not failed."""
    verdict, closing, words = found.verdict, found.closing, explain(limit, server, evidence)
    if limit == "fitting-code":
        closing = Verdict.NON_STRICT
    elif verdict is Verdict.FAILED:
        verdict = {"answer-code": Verdict.NON_STRICT, "keepalive": Verdict.NOT_RUN}.get(limit, Verdict.INFORMATIONAL)
        words = f"{SAYS} {words}"
    return replace(found, verdict=verdict, closing=closing, explanation=words)


def explain(limit: str, server: str, evidence: str = "") -> str:
    """Why a limit is there and which setting changes it: that of ``server`` where it says who it is, else of all."""
    known = facts()["limits"][limit]
    table: Mapping[str, Any] = known
    if isinstance(known.get("settings"), str):
        table = explaining.limits()[known["settings"]]
    settings: dict[str, str] = table.get("settings", {})
    own = {name: text for name, text in settings.items() if _named(name, server)}
    words = [known["why"], *([evidence] if evidence else [])]
    if settings:
        words.append(f"Change it with: {_pairs(own or settings)}.")
    if table.get("measured") and not own:
        words.append(f"Measured defaults: {_pairs(table['measured'])}.")
    return " ".join(words)


def brief(outcomes: Iterable[Outcome]) -> tuple[Outcome, ...]:
    """The outcomes with each explanation in full once."""
    first: dict[str, str] = {}
    return tuple(
        replace(found, explanation=f"{_sentence(found.explanation)} As in {first[found.explanation]}.")
        if found.explanation and first.setdefault(found.explanation, found.case) != found.case
        else found
        for found in outcomes
    )


def _sentence(text: str) -> str:
    said, rest = (SAYS + " ", text.removeprefix(SAYS).lstrip()) if text.startswith(SAYS) else ("", text)
    return said + re.split(r"(?<=[^\d])[.;:,] ", rest, maxsplit=1)[0] + "."


def _pairs(table: Mapping[str, str]) -> str:
    return "; ".join(f"{name}: {text}" for name, text in table.items())


def _named(library: str, server: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(library)}(?![\w-])", server, re.IGNORECASE) is not None


def server_of(told: Line) -> str:
    """What the server calls itself."""
    found = re.search(r"^server:[ \t]*(.*)$", told["response"], re.IGNORECASE | re.MULTILINE)
    return printable(found[1].strip()[:100]) if found else ""


def _closing(told: Line) -> Verdict:
    """After a wrong behaviour the end says nothing, as in our own cases."""
    if _VERDICTS.get(told["behavior"]) in {None, Verdict.NOT_RUN}:
        return Verdict.NOT_RUN
    return _VERDICTS.get(told["close"], Verdict.FAILED)


def _actual(told: Line) -> str:
    words = [*told["events"]]
    if told["code"] is not None:
        reason = f" “{printable(told['reason'])}”" if told["reason"] else ""
        words.append(f"Close {told['code']}{reason}")
        if told["result"].startswith(_UNDONE):
            return "; ".join(words)
    return " – ".join([*(["; ".join(words)] if words else []), _plain(told["result"])])


def _plain(text: str) -> str:
    return " ".join(_TAG.sub("", text).split())
