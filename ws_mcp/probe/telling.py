"""Says in words what a case expects and what a peer did."""

from __future__ import annotations

from collections.abc import Iterable

from ws_mcp.probe.observed import Observed
from ws_mcp.probe.words import HTTP2, TEXT, Case, Expect, Kind
from ws_mcp.report.evidence import printable
from ws_mcp.rules.http_parts import accepts

SHOWN = 40  # characters of a content
LISTED = 6
_STREAM_ENDS = {"fin": "END_STREAM", "reset": "RST_STREAM", "lost": "the connection ends without END_STREAM"}


def tell_expected(case: Case, http2: bool = False) -> str:
    """What is right, and what is tolerated."""
    http2 = http2 or case.chapter == HTTP2
    if case.wanted:
        return case.wanted
    right = " or ".join(dict.fromkeys(tell(expect, http2) for expect in case.passed))
    rest = " or ".join(dict.fromkeys(tell(expect, http2) for expect in case.tolerated))
    return f"{right}; tolerated: {rest}" if rest else right


def tell(expect: Expect, http2: bool = False) -> str:
    """One reaction that counts."""
    if expect.kind is Kind.ACCEPT:
        return _accept(expect, http2)
    if expect.kind is Kind.REFUSE:
        first, last = expect.statuses
        status = f"status {first}" if first == last else f"a status from {first} to {last}"
        return f"{status} with {expect.field[0]}: {expect.field[1]}" if expect.field else status
    if expect.kind is Kind.ECHO:
        return f"{_messages(expect.messages)} comes back"
    if expect.kind is Kind.PONG:
        return f"Pong {_list(_bytes(body) for body in expect.pongs)}" if expect.pongs else "no Pong"
    if expect.kind is Kind.FAIL:
        codes = " or ".join(str(code) for code in expect.codes)
        return f"the connection is failed{f', best with Close {codes}' if codes else ''}"
    if expect.kind is Kind.CLOSE:
        told = " or ".join("without code" if code is None else str(code) for code in expect.codes)
        return f"Close {told} answers{', and nothing after it' if expect.last else ''}"
    if expect.kind is Kind.END:
        closed = f"Close {' or '.join(map(str, expect.codes))}, then " if expect.codes else ""
        return closed + " or ".join(_STREAM_ENDS[end] for end in expect.ends)
    return {
        Kind.DROP: f"the {'stream is reset' if http2 else 'connection ends'} without an answer",
        Kind.SHUN: "the client does not open the connection",
        Kind.ALIVE: "the connection goes on",
    }[expect.kind]


def _accept(expect: Expect, http2: bool) -> str:
    words = ["2xx" if http2 else "101"]
    if expect.deflate is not None:
        words.append("with permessage-deflate" if expect.deflate else "without permessage-deflate")
    if expect.absent:
        words.append(f"without {', '.join(expect.absent)}")
    words += [f"without {name[1:]}" if name.startswith("-") else f"with {name}" for name in expect.parameters]
    if expect.subprotocol is not None:
        named = " or ".join(expect.subprotocol)
        words.append(f"naming subprotocol {named}" if named else "naming no subprotocol")
    return " ".join(words)


def tell_reaction(seen: Observed, opening: bool) -> str:
    """What the peer did, up to the closing."""
    if seen.refused:
        return seen.refused
    response = seen.response
    if opening or not seen.opened or (response is not None and not accepts(response)):
        return _opening(seen)
    words = [f"{_messages(seen.messages)} came back"] if seen.messages else []
    if seen.pongs:
        words.append(f"Pong {_list(_bytes(body) for body in seen.pongs)}")
    if seen.close is not None:
        words.append(_close(*seen.close) + (f", {seen.late} more after it" if seen.late else ""))
    if seen.end:
        words.append(_end(seen))
    elif seen.alive:
        words.append("the connection goes on")
    elif seen.close is None:
        words.append("the connection stays open" if words else "no reaction, the connection stays open")
    if seen.stopped:
        words.append(f"we stopped listening: {seen.stopped}")
    if seen.blocked:
        words.append("it stopped reading")
    return "; ".join(words)


def _opening(seen: Observed) -> str:
    response = seen.response
    if response is None:
        got = (
            f" after {seen.received_size} bytes that are no HTTP answer" if seen.received_size else " without an answer"
        )
        return f"{_end(seen)}{got}" if seen.end else f"no whole answer, {seen.received_size} bytes in time"
    words = [f"status {response.status}"]
    names = ("Sec-WebSocket-Version", "Sec-WebSocket-Extensions", "Sec-WebSocket-Protocol", "Location")
    words += [f"{name}: {printable(', '.join(values)[:120])}" for name in names if (values := response.values(name))]
    return "; ".join(words)


def tell_closing(seen: Observed) -> str:
    """How the connection ended."""
    words = [_close(*seen.close)] if seen.close is not None else ["no Close"]
    still = "the stream stays open" if seen.http is not None else "TCP stays open"
    return ", ".join([*words, _end(seen) if seen.end else still])


def tell_echo_skipped() -> str:
    """Said where the content was not looked at."""
    return " (content not checked: no echo)"


def _close(code: int | None, reason: bytes) -> str:
    text = printable(reason.decode("utf-8", "replace")[:SHOWN])
    return "Close without code" if code is None else f"Close {code}{f' “{text}”' if text else ''}"


def _end(seen: Observed) -> str:
    if seen.http is not None and seen.end:
        return seen.end_told or _STREAM_ENDS[seen.end]
    return {"fin": "TCP closed", "reset": "TCP reset"}.get(seen.end, "TCP open")


def _messages(messages: Iterable[tuple[int, bytes]]) -> str:
    return _list(f"{'text' if code == TEXT else 'binary'} {_content(code, data)}" for code, data in messages)


def _content(code: int, data: bytes) -> str:
    if len(data) > SHOWN:
        return f"of {len(data):,} bytes"
    if code == TEXT:
        shown = "".join(sign if sign.isprintable() else "·" for sign in data.decode("utf-8", "replace"))
        return f"“{shown}”"
    return _bytes(data)


def _bytes(data: bytes) -> str:
    if not data:
        return "(empty)"
    return data[:SHOWN].hex(" ") + (f" … ({len(data):,} bytes)" if len(data) > SHOWN else "")


def _list(texts: Iterable[str]) -> str:
    found = list(texts)
    more = len(found) - LISTED
    return ", ".join(found[:LISTED]) + (f" and {more:,} more" if more > 0 else "")
