"""Access log lines of proxies: what the status and HAProxy's termination state say of a WebSocket."""

from __future__ import annotations

import re

from ws_mcp.diagnose.answer import Diagnosis
from ws_mcp.diagnose.words import summary_of
from ws_mcp.library import Library

# Combined log format of nginx, Apache, Caddy and others: "GET /ws HTTP/1.1" 101 512 … and what is logged after it.
_ACCESS = re.compile(
    r'"[A-Z]{3,10} (?P<target>\S{1,2000}) HTTP/[\d.]{1,3}" (?P<status>\d{3}) (?P<bytes>\d+|-)(?P<rest>[^\n]*)'
)
# HAProxy's HTTP log: TR/Tw/Tc/Tr/Ta status bytes cookie cookie state
_HAPROXY = re.compile(
    r"(?P<timers>(?:[+-]?\d+/){3,4}[+-]?\d+) (?P<status>\d{3}|-1) \+?\d+ \S+ \S+ "
    r"(?P<state>[CSPLRIDUKcs-][RQCHDLT-])\S\S "
)
_SECONDS = re.compile(r"(?<![\d.])(\d{1,6}\.\d{3})(?![\d.])")
_FIRST = {
    "C": "the client closed or lost the connection",
    "S": "the server closed, reset or refused the connection",
    "c": "the time-out on the client's side ran out",
    "s": "the time-out on the server's side ran out",
    "P": "the proxy itself ended or refused it",
    "L": "the proxy answered by itself",
    "R": "the proxy lacked a resource (memory, sockets, ports)",
    "I": "the proxy met an internal error",
    "D": "the server was taken down",
    "U": "a backup server gave way to the main one",
    "K": "an administrator ended it",
    "-": "it ended in order",
}
_SECOND = {
    "R": "while it waited for the request",
    "Q": "while it was queued",
    "C": "while the proxy connected to the server",
    "H": "while it waited for the server's answer to the handshake",
    "D": "while the connection was open and passed data",
    "L": "while the last data was sent",
    "T": "while it was held back (tarpit)",
    "-": "",
}
_ROUND = (30, 60, 75, 90, 100, 120, 300, 350, 600, 900, 1800, 3600)


def diagnose(text: str, library: Library) -> Diagnosis | None:
    """The last line that is an access log's, where most lines are."""
    lines = text.splitlines()
    for line in reversed(lines[-200:]):
        if found := _HAPROXY.search(line[:8_000]):
            return _haproxy(found, library)
        if found := _ACCESS.search(line[:8_000]):
            return _access(found, library)
    return None


def _haproxy(found: re.Match[str], library: Library) -> Diagnosis:
    first, second = found["state"][0], found["state"][1]
    points = [f"Termination state {first}{second}: {_FIRST[first]} {_SECOND[second]}".rstrip() + "."]
    total = abs(int(found["timers"].rsplit("/", 1)[1])) / 1000
    points += _lasted(total, found["status"] == "101")
    if first in "cs" and second == "D":
        points.append("After the upgrade `timeout tunnel` counts; without it `timeout client` and `timeout server` do.")
        step = (
            "set `timeout tunnel 1h` (or more than your ping interval) and send Pings more often than every time-out."
        )
    else:
        step = "look at the log of the side named above for the same moment, and paste it."
    points += _status(found["status"], library)
    return Diagnosis("a line of HAProxy's HTTP log", tuple(points), step, _read(found["status"], library))


def _access(found: re.Match[str], library: Library) -> Diagnosis:
    status = found["status"]
    points = [f"The request for {found['target'][:120]} was answered with {status}."]
    if status == "101":
        points[0] += " The upgrade worked; proxies write this line when the connection ends."
    times = [float(seconds) for seconds in _SECONDS.findall(found["rest"].rsplit('"', 1)[-1])]
    points += _lasted(max(times), status == "101") if times else []
    points += _status(status, library)
    step = (
        "if it ended too early, compare how long it was open with each hop's idle time-out, and send Pings in between."
        if status == "101"
        else "send the same request with curl -v to the proxy and past it to the application; paste both answers."
    )
    return Diagnosis("a line of a proxy's access log", tuple(points), step, _read(status, library))


def _lasted(seconds: float, upgraded: bool) -> list[str]:
    """How long it was open; a round number of seconds is somebody's idle time-out."""
    if not upgraded or seconds < 1:
        return []
    near = next((limit for limit in _ROUND if abs(seconds - limit) <= max(1.0, limit * 0.01)), None)
    text = f"It was open for {seconds:,.1f} s"
    if near is None:
        return [f"{text}."]
    return [
        f"{text}, about {near} s: that is an idle time-out (nginx proxy_read_timeout and ALB have 60 s by default)."
    ]


def _status(status: str, library: Library) -> list[str]:
    section = library.sections.get(f"status/{status}")
    return list(summary_of(section)) if section and status != "101" else []


def _read(status: str, library: Library) -> tuple[str, ...]:
    section = library.sections.get(f"status/{status}")
    return (section.id, *section.links[:3]) if section else ("statuses",)
