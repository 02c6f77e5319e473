"""What went over the wire between a client and our server, as ``tap.py`` noted it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its result; times in seconds since the server was started."""

    method: str
    params: dict[str, Any]
    result: dict[str, Any]
    asked: float
    answered: float


def exchanges(log: Path) -> list[Exchange]:
    """All answered requests of one start of the server, the last one where there were several."""
    start = 0.0
    asked: dict[Any, tuple[str, dict[str, Any], float]] = {}
    found: list[Exchange] = []
    for entry in map(json.loads, log.read_text("utf-8").splitlines()):
        if entry["way"] == "start":
            start, asked, found = entry["at"], {}, []
            continue
        message, at = json.loads(entry["line"]), entry["at"] - start
        if "method" in message:
            asked[message.get("id")] = (message["method"], message.get("params") or {}, at)
        elif message.get("id") in asked:
            method, params, begun = asked.pop(message["id"])
            found.append(Exchange(method, params, message.get("result") or {}, begun, at))
    return found


def greeting(found: list[Exchange]) -> Exchange:
    """What began it: a handshake, or the discovery of the stateless era."""
    return next(exchange for exchange in found if exchange.method in {"initialize", "server/discover"})


def calls(found: list[Exchange]) -> list[Exchange]:
    """The calls of tools, without answers that were questions (of the stateless era: which folders are yours?)."""
    return [exchange for exchange in found if exchange.method == "tools/call" and "content" in exchange.result]


def result(found: list[Exchange], method: str, place: int = 0) -> dict[str, Any]:
    """The result of the request of this method at this place."""
    return [exchange for exchange in found if exchange.method == method][place].result


def differences(sent: Any, shown: Any, path: str = "") -> tuple[list[str], list[str]]:
    """Where a JSON value lost or gained something on the way; what was changed is in both."""
    if isinstance(sent, dict) and isinstance(shown, dict):
        lost = [f"{path}/{key}" for key in sent.keys() - shown.keys()]
        gained = [f"{path}/{key}" for key in shown.keys() - sent.keys()]
        for key in sent.keys() & shown.keys():
            deeper = differences(sent[key], shown[key], f"{path}/{key}")
            lost, gained = lost + deeper[0], gained + deeper[1]
        return sorted(lost), sorted(gained)
    return ([], []) if sent == shown else ([path], [path])
