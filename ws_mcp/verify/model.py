"""What a verification comes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"


class Broken(Exception):
    """A guarantee does not hold; the text says what was seen instead."""


class NotOffered(Exception):
    """These options do not promise it, or this machine cannot try it; the text says why."""


@dataclass(frozen=True, slots=True)
class Check:
    """One step or guarantee; ``detail`` is the evidence, or why it failed or was skipped."""

    name: str
    verdict: str
    detail: str
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """The shape that crosses a door."""
        return {"name": self.name, "verdict": self.verdict, "detail": self.detail, "seconds": round(self.seconds, 2)}


@dataclass(frozen=True, slots=True)
class Verification:
    """All checks of one template with one set of options."""

    template: str
    options: Mapping[str, str | int | bool]
    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Nothing failed; what was skipped is told by name."""
        return all(check.verdict != FAILED for check in self.checks)

    def to_json(self) -> dict[str, Any]:
        """The shape that crosses a door."""
        return {
            "template": self.template,
            "options": dict(self.options),
            "ok": self.ok,
            "checks": [check.to_json() for check in self.checks],
        }


def must(holds: object, otherwise: str) -> None:
    """Raise ``Broken`` unless it holds."""
    if not holds:
        raise Broken(otherwise)


@dataclass(slots=True)
class Tries:
    """What came of trying a guarantee in several ways: the evidence of each, or why there is none."""

    held: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def evidence(self) -> str:
        """All that was seen.

        Raises:
            Broken: It did not hold in each way that was tried.
            NotOffered: None was tried.
        """
        must(not self.broken, "; ".join(self.broken))
        if not self.held:
            raise NotOffered("; ".join(self.left_out))
        return "; ".join((*self.held, *self.left_out))
