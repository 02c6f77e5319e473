"""Brings a recorded cell and an outcome of ours into the same few words, so that they can be compared.

Compared is what the peer did, with which status or close code, and what it agreed on or named; not how TCP ended after
that, which hangs on what the tester left unread, nor the words of a reason.
"""

from __future__ import annotations

import re

_RECORDED_CLOSE = re.compile(r"Close\((\d*)")
_CLOSE = re.compile(r"Close (\d+|without code)")
_FIELD = re.compile(r"\[(sec-websocket-(?:extensions|version): [^\]]*)\]")
_STATUS = re.compile(r"(?:status )?(\d{3})\b")
_TAKEN = re.compile(r"came back|Pong |goes on")


def frames(recorded: str) -> str:
    """Reads "text[5] | open" as "taken" and "Close(1002 …) | FIN" as "Close 1002"."""
    events, _, end = recorded.rpartition("|")
    return _reaction(_RECORDED_CLOSE.search(events), bool(events.strip()), end.strip() != "open")


def our_frames(actual: str) -> str:
    """The same of an outcome's ``actual``; a limit counts as what happened beyond it."""
    found = _CLOSE.search(actual)
    ended = "TCP closed" in actual or "TCP reset" in actual
    return _reaction(found, bool(_TAKEN.search(actual)), ended)


def _reaction(close: re.Match[str] | None, taken: bool, ended: bool) -> str:
    if close is not None:
        return f"Close {close[1] if close[1].isdigit() else 'without code'}"
    if taken:
        return "taken"
    return "ended without Close" if ended else "no reaction"


def handshake(recorded: str) -> str:
    """Reads "426 [sec-websocket-version: 13] FIN" as "426 version 13"."""
    status = _STATUS.match(recorded)
    return _answer(status, _FIELD.findall(recorded))


def our_handshake(actual: str) -> str:
    """The same of an outcome's ``actual``."""
    told = actual.partition("; but ")[0]
    fields = [part for part in re.split(r"; (?=[A-Z][\w-]+: )", told) if part.startswith("Sec-WebSocket-")]
    return _answer(_STATUS.match(told), fields)


def _answer(status: re.Match[str] | None, fields: list[str]) -> str:
    if status is None:
        return "no answer"
    words = [status[1]]
    for field in fields:
        name, _, value = field.partition(":")
        kind = name.strip().lower().removeprefix("sec-websocket-")
        if kind == "version" and status[1] != "101":
            words.append(f"version {', '.join(part.strip() for part in value.split(','))}")
        elif kind == "extensions":
            words.append("; ".join(sorted(part.strip() for part in value.strip().lower().split(";"))))
    return " ".join(words)


def size(recorded: str) -> str:
    """Reads "2^20+1 -> CLOSED Close(1009 …" as "1 MiB: Close 1009"."""
    power = re.match(r"2\^(\d+)\+1 -> (.*)", recorded)
    if power is None:
        return "never"
    end = _reaction(_RECORDED_CLOSE.search(power[2]), False, True)
    return f"{_power(int(power[1]))}: {end}"


def our_size(actual: str) -> str:
    """The same of "the limit is between 256 KiB and 1 MiB: Close 1009, TCP closed"."""
    limit = re.search(r"limit is (?:between .* and|at most) ([^:]+)", actual)
    return f"{limit[1]}: {our_frames(actual)}" if limit else "never"


def _power(power: int) -> str:
    units = ("bytes", "KiB", "MiB", "GiB")
    return f"{1 << power % 10} {units[power // 10]}"


def flood(recorded: str) -> str:
    """Whether a flood of Pings or fragments, or a bomb, was stopped; "" where nothing was agreed or seen."""
    if recorded == "pmd not negotiated":
        return "nothing to judge"
    if recorded.startswith("TimeoutError"):
        return "went on"
    return "stopped" if re.search(r"FIN|RST|Close\(", recorded) else "went on"


def our_flood(actual: str) -> str:
    """The same of an outcome's ``actual``."""
    if actual.startswith("no permessage-deflate"):
        return "nothing to judge"
    return "stopped" if "was stopped" in actual else "went on"


def patience(recorded: str) -> str:
    """Reads "closed after 10.0s" as "10 s". They waited 40 seconds, we wait 25."""
    return _seconds(re.search(r"closed after ([\d.]+)", recorded))


def our_patience(actual: str) -> str:
    """The same of "the server gave up after 10.0 s"."""
    return _seconds(re.search(r"gave up after ([\d.]+)", actual))


def _seconds(found: re.Match[str] | None) -> str:
    return f"{float(found[1]):.0f} s" if found is not None and float(found[1]) < 25 else "open at 25 s"


def client(recorded: str) -> str:
    """Reads "OPEN hi" as "taken"; every other end is "refused", before or after the connection was open."""
    opened = re.match(r"OPEN (?!then|ERROR|None)(?:TEXT )?\S", recorded)
    return "taken" if opened else "refused"


def our_client(actual: str) -> str:
    """The same of an outcome's ``actual``."""
    return "taken" if "came back" in actual else "refused"
