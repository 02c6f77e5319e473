"""What no rule enforces, and why: the other half of the coverage page.

Every binding requirement (MUST, SHOULD, must, should) that frames or a handshake can show is enforced by a rule or
stands here; a test holds the two halves together.
"""

from __future__ import annotations

from collections.abc import Iterable

from ws_mcp.knowledge.shipped.requirements import all_requirements
from ws_mcp.rules.registry import all_rules
from ws_mcp.types import Requirement

_RECEIVER = "binds the receiver; the cases of the probe check how a peer reacts"

REASONS = {
    "6455-5.2-09": "the mask bit decides how a reader takes the four bytes, so a breach is not visible as such; what "
    "follows then reads as noise",
    "6455-5.2-10": "extension data is part of the payload; only the extension could tell it from application data",
    "6455-5.3-05": "payload that was masked otherwise unmasks to other bytes; in text that shows as invalid-utf8-text",
    "6455-5.3-06": "a length that also counts the key makes the reader take four bytes too many; what follows reads as "
    "noise",
    "6455-5.5.1-15": "says what both ends take the connection for; the bytes are the same either way",
    "6455-6.1-03": "sums up section 5.2, whose own requirements have their rules",
    "6455-7.1.2-01": "a connection that ends without Close shows on the transport, not in its frames",
    "6455-7.3-03": "a connection that ends without Close shows on the transport, not in its frames",
    "6455-9.1-06": "there is one extension that frames can use, so an order of several cannot be seen",
    "7692-5-04": "an answer that does not name the extension declines the offer, which is a server's right; compressed "
    "frames after it show as reserved-bit-set",
    "7692-5-08": "no registered extension but permessage-deflate works on frames or messages, so no pair can be named",
    "7692-5.1-01": "why a client closes is not in the bytes; the code it gives is checked by the rules on Close",
    "7692-6.1-02": "data that is not marked as compressed is application data, whatever it looks like",
    "7692-6.2-01": _RECEIVER,
    "7692-6.2-02": _RECEIVER,
    "7692-7.2.1-04": "zlib skips the padding bits without showing them, and no receiver looks at them",
    "7692-7.2.2-01": _RECEIVER,
    "8441-5-09": "the frames are the same on HTTP/2; all rules apply to them",
}


def enforced_by() -> dict[str, tuple[str, ...]]:
    """The rules that enforce each requirement."""
    found: dict[str, list[str]] = {}
    for rule in all_rules().values():
        for requirement in rule.requirements:
            found.setdefault(requirement, []).append(rule.id)
    return {requirement: tuple(rules) for requirement, rules in found.items()}


def binding(checkable: Iterable[str] = ("frames",)) -> list[Requirement]:
    """The requirements that bind and that this kind of evidence can show."""
    wanted = set(checkable)
    keywords = ("MUST", "SHOULD", "SHALL", "REQUIRED", "RECOMMENDED")
    return [
        requirement
        for requirement in all_requirements().values()
        if wanted & set(requirement.checkable.split("+")) and requirement.level.upper().split()[0] in keywords
    ]
