"""For each case, how a peer is broken that the case must tell from a right one.

The first pattern that fits a case id counts. The verdict is FAILED unless the RFC tolerates the flaw.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

from ws_mcp.probe.cases import utf8
from ws_mcp.types import Verdict

NON_STRICT, TOLD = "NON_STRICT", "INFORMATIONAL"
Entry = tuple[str, str, Verdict]


def _entry(pattern: str, flaw: str, verdict: str = "FAILED") -> Entry:
    return pattern, flaw, Verdict(verdict)


SERVER = [
    _entry(*told)
    for told in (
        # opening requests
        ("handshake/right", "accept-wrong"),
        ("handshake/names-lower-case", "names-case"),
        ("handshake/values-mixed-case", "values-case"),
        ("handshake/connection-list", "connection-exact"),
        ("handshake/connection-two-fields", "first-connection"),
        ("handshake/fields-in-other-order", "host-first"),
        ("handshake/unknown-fields", "no-unknown"),
        ("handshake/value-not-ascii", "ascii-head", TOLD),
        ("handshake/spaces-around-values", "no-spaces"),
        ("handshake/in-two-pieces", "one-segment"),
        ("handshake/byte-by-byte", "one-segment"),
        ("handshake/empty-line-before", "no-empty-line", TOLD),
        ("handshake/query", "no-query", TOLD),
        ("handshake/absolute-target", "no-absolute", TOLD),
        ("handshake/upgrade-list", "upgrade-exact", TOLD),
        ("handshake/hundred-fields", "few-fields", TOLD),
        ("handshake/subprotocols-*", "no-protocols", TOLD),
        ("handshake/unknown-resource", "any-resource", TOLD),
        ("handshake/method-*", "method"),
        ("handshake/http-1.0", "http-version"),
        ("handshake/http-unknown", "http-version"),
        ("handshake/no-http", "never-ends"),
        ("handshake/no-version", "http-version target-space"),
        ("handshake/space-in-target", "target-space"),
        ("handshake/fragment-in-target", "target-fragment", NON_STRICT),
        ("handshake/no-host", "host"),
        ("handshake/two-hosts", "hosts", NON_STRICT),
        ("handshake/host-bad", "hosts", NON_STRICT),
        ("handshake/*upgrade*", "connection upgrade"),
        ("handshake/*connection*", "connection upgrade"),
        ("handshake/no-key", "key"),
        ("handshake/key-twice", "key"),
        ("handshake/key-*", "key-value"),
        ("handshake/version-99-told-13", "untold-version"),
        ("handshake/version-13-twice", "version", NON_STRICT),
        ("handshake/version-*", "version"),
        ("handshake/subprotocol-space", "protocols"),
        ("handshake/subprotocol-separator", "protocols"),
        ("handshake/subprotocol-twice", "protocols-twice", NON_STRICT),
        ("handshake/subprotocol-*", "protocols", NON_STRICT),
        ("handshake/extensions-empty", "extensions", NON_STRICT),
        ("handshake/extensions-*", "extensions"),
        ("handshake/space-before-colon", "colon-space"),
        ("handshake/folded-line", "fold", NON_STRICT),
        ("handshake/no-colon", "no-colon"),
        ("handshake/nul-in-value", "control"),
        ("handshake/cr-in-value", "control", NON_STRICT),
        ("handshake/name-*", "name colon-space"),
        ("handshake/lf-only", "line-ends", NON_STRICT),
        ("handshake/with-body", "body", NON_STRICT),
        ("handshake/chunked", "body", NON_STRICT),
        # offers
        ("offers/unknown-extension", "no-offers"),
        ("offers/unknown-*", "offer-unknown"),
        ("offers/server-bits-twice", "offer-twice"),
        ("offers/no-context-twice", "offer-twice"),
        ("offers/server-bits-[78]*", "answers-unasked offer-value"),
        ("offers/server-bits-16", "offer-value"),
        ("offers/server-bits-0*", "offer-value"),
        ("offers/server-bits-[wn]*", "offer-value"),
        ("offers/client-bits-7", "offer-value"),
        ("offers/client-bits-16", "offer-value"),
        ("offers/client-bits-0*", "offer-value"),
        ("offers/*-value", "offer-value"),
        ("offers/bad-then-good", "no-offers", NON_STRICT),
        ("offers/plain", "answers-unasked"),
        ("offers/server-bits-9", "unconfirmed"),
        ("offers/server-bits-10", "unconfirmed"),
        ("offers/*", "no-offers"),
        # frames
        ("hardening/origin-missing", "demands-origin", TOLD),
        ("hardening/origin-*", "origin", TOLD),
        ("hardening/anonymous", "anonymous", TOLD),
        ("hardening/field-64-kib", "head-size", TOLD),
        ("hardening/fields-1000", "head-count", TOLD),
        ("hardening/announced-size", "size", TOLD),
        ("masking/unmasked-*", "mask"),
        ("masking/zero-key", "garbles"),
        ("masking/key-in-pieces", "no-unmasking"),
    )
]

CLIENT = [
    _entry(*told)
    for told in (
        ("answers/right", "refuses-all"),
        ("answers/names-lower-case", "names-case"),
        ("answers/values-mixed-case", "values-case"),
        ("answers/connection-list", "connection-exact"),
        ("answers/*-reason", "reason"),
        ("answers/after-a-while", "hasty"),
        ("answers/one-at-a-time", "impatient", TOLD),
        ("answers/key-is-new", "same-key"),
        ("closing/tcp-left-to-server", "ends-tcp", NON_STRICT),
        ("answers/unknown-fields", "no-unknown"),
        ("answers/spaces-around-accept", "no-spaces"),
        ("answers/frame-with-answer", "refuses-all"),
        ("answers/interim-first", "no-interim", TOLD),
        ("answers/accept-right-twice", "accepts", NON_STRICT),
        ("answers/accept-wrong-then-right", "accepts"),
        ("answers/accept-*", "accept"),
        ("answers/status-*", "status"),
        ("answers/http-1.0", "http-version", NON_STRICT),
        ("answers/garbage", "start"),
        ("answers/upgrade-list", "upgrade", NON_STRICT),
        ("answers/*upgrade*", "upgrade"),
        ("answers/*connection*", "connection"),
        ("answers/lf-only", "line-ends", NON_STRICT),
        ("answers/folded-line", "syntax", NON_STRICT),
        ("answers/no-colon", "syntax", NON_STRICT),
        ("answers/nul-in-value", "syntax", NON_STRICT),
        ("answers/subprotocol-empty", "protocol", NON_STRICT),
        ("answers/subprotocol-*", "protocol"),
        ("answers/extension-*", "extensions"),
        ("answers/deflate-*", "extensions"),
    )
]

FRAMES = [
    _entry(*told)
    for told in (
        ("masking/masked-*", "mask"),
        ("framing/text", "all-binary"),
        ("framing/binary", "all-text"),
        ("framing/two-in-one-segment", "loses-second"),
        ("framing/hundred-messages", "loses-second"),
        ("framing/octet-by-octet", "whole-frames-only"),
        ("framing/header-apart", "whole-frames-only"),
        ("framing/reserved-bits-*", "rsv"),
        ("framing/*reserved-*", "opcode"),
        ("framing/*fault*", "opcode"),
        ("framing/open-without-traffic", "pongs-pongs"),
        ("lengths/not-minimal-ping", "minimal control-size", NON_STRICT),
        ("lengths/not-minimal-*", "minimal", NON_STRICT),
        ("lengths/top-bit", "top-bit size"),
        ("lengths/all-bits", "top-bit size"),
        ("lengths/*-0", "nothing-empty"),
        ("lengths/*-65536", "at-most-65535"),
        ("lengths/*-65537", "at-most-65535"),
        ("lengths/*-12[678]", "at-most-125"),
        ("lengths/*-6553[45]", "at-most-125"),
        ("lengths/*", "garbles"),
        ("fragmentation/octet-by-octet", "whole-frames-only"),
        ("fragmentation/orphan-*", "orphans"),
        ("fragmentation/*-inside", "interleaving"),
        ("fragmentation/two-begun", "interleaving"),
        ("fragmentation/ping*-between", "no-control-inside"),
        ("fragmentation/pong-between", "no-control-inside"),
        ("fragmentation/two-messages", "loses-second"),
        ("fragmentation/character-split", "ascii-only"),
        ("fragmentation/*", "no-fragments"),
        ("control/ping-126", "control-size"),
        ("control/pong-126", "control-size"),
        ("control/close-126", "control-size"),
        ("control/ping-65536", "control-size"),
        ("control/*-fragmented*", "control-fin"),
        ("control/ping-then-text", "garbles"),
        ("control/ping-octet-by-octet", "whole-frames-only"),
        ("control/ping-empty", "no-pong"),
        ("control/ping-binary", "pong-changed"),
        ("control/ping-ten", "pong-twice"),
        ("control/ping*", "no-pong"),
        ("control/pong-then-text", "garbles"),
        ("control/pong*", "pongs-pongs"),
        ("closing/code-101[234]", "close-refuses-later", NON_STRICT),
        ("closing/code-1016", "close-code", NON_STRICT),
        ("closing/code-1100", "close-code", NON_STRICT),
        ("closing/code-2*", "close-code", NON_STRICT),
        ("closing/code-100[01]", "close-1011"),
        ("closing/code-1011", "close-unanswered"),
        ("closing/code-0", "close-code"),
        ("closing/code-1", "close-code"),
        ("closing/code-999", "close-code"),
        ("closing/code-5000", "close-code"),
        ("closing/code-65535", "close-code"),
        ("closing/code-100[456]", "close-code"),
        ("closing/code-1015", "close-code"),
        ("closing/code-*", "close-1011"),
        ("closing/one-byte", "close-body"),
        ("closing/reason-*-utf8", "close-reason"),
        ("closing/reason-cut-utf8", "close-reason"),
        ("closing/octet-by-octet", "whole-frames-only"),
        ("closing/nothing-after", "talks-on"),
        ("closing/crossing", "answers-after-fault", NON_STRICT),
        ("closing/not-by-itself", "leaves", NON_STRICT),
        ("closing/inside-message", "close-inside-refused", NON_STRICT),
        ("closing/empty", "close-ignored"),
        ("closing/*", "close-1011"),
        ("utf8/binary-is-free", "all-text"),
        ("utf8/bad-first-fragment", "late-utf8", NON_STRICT),
        ("utf8/octet-by-octet", "whole-frames-only"),
        ("utf8/fragment-each-byte", "no-fragments"),
        ("utf8/nul", "no-nul"),
        *((f"utf8/{name}", "ascii-only") for name in utf8.GOOD),
        ("utf8/*", "utf8"),
        ("deflate/context-*", "no-context"),
        ("deflate/window-32k", "small-window"),
        ("deflate/final-block", "no-final-block"),
        ("deflate/not-compressed", "packed-only"),
        ("deflate/mixed", "packed-only"),
        ("deflate/octet-by-octet", "whole-frames-only"),
        ("deflate/*-fragments", "no-fragments"),
        ("deflate/ping-between", "no-control-inside"),
        ("deflate/rsv1-continuation*", "rsv1-continuation"),
        ("deflate/rsv1-*", "rsv1-control"),
        ("deflate/rsv[23]", "rsv"),
        ("deflate/bad-utf8", "utf8"),
        ("deflate/block-type-3", "deflate-data"),
        ("deflate/stored-length", "deflate-data"),
        ("deflate/too-far-back", "deflate-data utf8"),
        ("deflate/plain-as-packed", "deflate-data utf8"),
        ("deflate/*", "garbles"),
    )
]

# Over HTTP/2; where nothing fits, the tables above do.
HTTP2 = [
    _entry(*told)
    for told in (
        ("http2/setting-value", "setting-2"),
        ("http2/setting-kept", "setting-back"),
        ("http2/setting-*-of-client", "minds-client-setting"),
        ("http2/right", "answers-no-key answers-key"),
        ("http2/with-key", "answers-key"),
        ("http2/unknown-protocol", "protocol"),
        ("http2/authority-elsewhere", "tunnels"),
        ("http2/protocol-twice", "protocol-once"),
        ("http2/method-get", "method"),
        ("http2/no-scheme", "scheme"),
        ("http2/no-path", "path"),
        ("http2/no-authority", "authority", NON_STRICT),
        ("http2/with-*", "hop-fields"),
        ("http2/name-upper-case", "upper-case"),
        ("http2/octet-by-octet", "whole-frames-only"),
        ("http2/frames-in-one-data", "loses-second"),
        ("http2/padded-data", "keeps-padding"),
        ("http2/empty-data", "empty-ends"),
        ("http2/long-message", "no-window-update"),
        ("http2/small-window", "ignores-window"),
        ("http2/two-sockets", "answers-on-newest"),
        ("http2/fault-on-one", "fault-ends-all"),
        ("http2/close-then-end", "close-stays"),
        ("http2/end-without-close", "half-open"),
        ("http2/close-on-one", "close-ends-all"),
        ("http2/reset-one", "reset-ends-all"),
    )
]


def flaw_of(case: str, table: list[Entry]) -> tuple[tuple[str, ...], Verdict]:
    """The flaws of a peer, and the verdict that it must get."""
    for pattern, flaw, verdict in table:
        if fnmatchcase(case, pattern):
            return tuple(flaw.split()), verdict
    raise LookupError(f"no flaw is known for {case}")
