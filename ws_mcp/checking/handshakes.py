"""Checks pasted opening handshakes: a request, an answer, or both, in any form people have them."""

from __future__ import annotations

from ws_mcp.checking.arguments import Checked
from ws_mcp.errors import InputError
from ws_mcp.judge_handshake import judge_handshake
from ws_mcp.protocol.handshake import read_handshake, split_stream
from ws_mcp.protocol.inputs import Pasted, read_bytes
from ws_mcp.report.evidence import Evidence
from ws_mcp.types import Handshake, Policy, Side


def check(
    request: str | bytes,
    response: str | bytes = "",
    policy: Policy | None = None,
    form: str = "auto",
    name: str = "",
) -> Checked:
    """Checks a handshake; ``request`` may hold both sides. ``bytes`` are a file's, ``name`` is the file's.

    ``form`` names a form of bytes (hex, xxd, …) that the heads are written in, where "auto" does not see it.

    Raises:
        InputError: there is no request or response in it.
    """
    first, second = _lines(request), _lines(response)
    if form != "auto":
        return _dumped(read_bytes(first, form), policy, name)
    handshake = read_handshake(first, second)
    one, two = _text(first), _text(second)
    texts = {Side.CLIENT: one or two, Side.SERVER: two or one}
    return Checked(judge_handshake(handshake, policy), Evidence("handshake", name, {}, texts))


def _dumped(pasted: Pasted, policy: Policy | None, name: str) -> Checked:
    handshake, _ = split_stream(pasted)
    if handshake == Handshake():
        raise InputError(f"These bytes (read as {pasted.form}) do not begin with a request or an answer.")
    return Checked(judge_handshake(handshake, policy), Evidence("handshake", name, {}, texts_of(pasted)))


def texts_of(pasted: Pasted) -> dict[Side, str]:
    """The bytes of each side as text, to show lines of its head from."""
    return {side: (pasted.sent_by(side) or pasted.sent_by(None)).decode("latin-1") for side in Side}


def _lines(source: str | bytes) -> str | bytes:
    r"""The text with real line ends where it was pasted on one line, with ``\r\n`` written out."""
    if isinstance(source, bytes) or "\n" in source.strip() or "\\n" not in source:
        return source
    return source.replace("\\r", "\r").replace("\\n", "\n")


def _text(source: str | bytes) -> str:
    return source if isinstance(source, str) else source.decode("latin-1")
