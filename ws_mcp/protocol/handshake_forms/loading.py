"""Data as programs print it: JSON, Python literals and reprs of header classes, JavaScript objects from the console."""

from __future__ import annotations

import ast
import json
import re
import warnings

_MAX_PRINTED = 1024 * 1024  # characters of a print that are parsed
_MAX_JAVASCRIPT = 64 * 1024
_WRAPPED = re.compile(r"<?[A-Za-z_][\w.]{0,60}\((?P<inside>.*)\)>?", re.DOTALL)
_BARE_KEY = re.compile(r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"|([A-Za-z_$][\w$]{0,60})(?=\s{0,20}:)")


class Repeated(dict[str, object]):
    """A JSON object that keeps its repeated names: ``pairs`` in order."""

    def __init__(self, pairs: list[tuple[str, object]]) -> None:
        super().__init__(pairs)
        self.pairs = pairs


def load(text: str) -> object | None:
    """``text`` as JSON, Python literal, JavaScript object or ``Class(…)`` around one; None if it is none of these."""
    body = text.strip().removeprefix("\ufeff")
    wrapped = _WRAPPED.fullmatch(body) if body[:1] == "<" or body[:1].isalpha() else None
    if wrapped:
        inside = wrapped.group("inside").strip()
        body = inside if inside[:1] in ("{", "[", "(") else "{" + inside + "}"
    if body[:1] not in ("{", "[", "("):
        return None
    try:
        value: object = json.loads(body, object_pairs_hook=Repeated)
        return value
    except (ValueError, RecursionError):
        pass
    value = _literal(body)
    if value is None and len(body) <= _MAX_JAVASCRIPT:
        value = _literal(_BARE_KEY.sub(lambda m: repr(m.group(1)) if m.group(1) else m.group(), body))
    return value


def _literal(body: str) -> object | None:
    if len(body) > _MAX_PRINTED:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)  # of odd escapes inside the strings
            warnings.simplefilter("ignore", DeprecationWarning)
            value: object = ast.literal_eval(body)
        return value
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return None
