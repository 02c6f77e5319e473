"""Which live requirements have cases, and why the rest cannot: the probe's half of the coverage.

Every binding requirement that only an exchange with a live peer can show has a case or stands in ``REASONS``; a test
holds the two halves together. What permits (MAY) needs neither.
"""

from __future__ import annotations

from ws_mcp.knowledge.shipped.requirements import all_requirements
from ws_mcp.probe.catalogue import all_cases
from ws_mcp.types import Requirement

_BINDING = ("MUST", "SHOULD", "SHALL", "REQUIRED", "RECOMMENDED")
_BEHIND_PROXY = "takes a client with a proxy configured; the probe is the server itself"
_URL = "binds what a client does with a URL before it connects; nothing of it reaches a server"
_PROXY = "binds intermediaries; a probe of one end cannot tell who changed a frame on the way"
_API = "is what an endpoint tells its application; no byte on the wire shows it"
_LATER = "is about the pause before a client comes back; for the probe it has to come back at once, for the next case"
_H3 = "takes a peer on HTTP/3, which the probe does not speak"

REASONS = {
    "6455-4.1-03": _URL,
    "6455-4.1-05": _BEHIND_PROXY,
    "6455-4.1-06": _BEHIND_PROXY,
    "6455-4.1-07": _BEHIND_PROXY,
    "6455-4.1-08": "holds as soon as a connection arrives; from where it came, its bytes do not say",
    "6455-4.1-10": _API,
    "6455-5.4-11": _PROXY,
    "6455-5.4-12": _PROXY,
    "6455-5.4-13": _PROXY,
    "6455-5.4-14": _PROXY,
    "6455-7.1.4-01": _API,
    "6455-7.1.5-01": _API,
    "6455-7.1.6-01": _API,
    "6455-7.2.1-02": _API,
    "6455-7.2.3-01": _LATER,
    "6455-7.2.3-02": _LATER,
    "6455-7.2.3-04": _LATER,
    "7692-5-09": "no registered extension works on frames below permessage-deflate, so no such answer can be given",
    "7692-7-08": "what a client does not support is known to it alone; every right answer has to be taken",
    "8441-3-03": "takes a client on HTTP/2; the probe of clients speaks HTTP/1.1",
    "8441-7-01": "takes a client with a forward proxy configured",
    "9220-3-02": _H3,
    "9220-3-03": _H3,
    "9220-3-05": _H3,
    "9220-3-06": _H3,
}


def live() -> list[Requirement]:
    """The requirements that only an exchange with a live peer can show."""
    return [found for found in all_requirements().values() if "live" in found.checkable.split("+")]


def binding(requirement: Requirement) -> bool:
    """Whether it demands something, and does not only permit it."""
    return requirement.level.upper().split()[0] in _BINDING


def shown_by() -> dict[str, tuple[str, ...]]:
    """The cases of each requirement."""
    found: dict[str, list[str]] = {}
    for case in all_cases().values():
        for requirement in case.requirements:
            found.setdefault(requirement, []).append(case.id)
    return {requirement: tuple(cases) for requirement, cases in found.items()}
