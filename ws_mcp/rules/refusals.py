"""What the status of an answer means that opens no WebSocket; a hundred stands for its whole class."""

from __future__ import annotations

MEANINGS = {
    200: "the URL was served as an ordinary page; no WebSocket endpoint is at this path, or a proxy dropped Upgrade",
    204: "the URL was served as an ordinary resource; no WebSocket endpoint is at this path",
    300: "a redirect; browsers and most libraries do not follow one in a handshake, so use the new URL yourself",
    301: "a redirect for good; use the new URL, since browsers do not follow one in a handshake",
    302: "a redirect, often to a login page; browsers do not follow one in a handshake",
    307: "a redirect; use the new URL, since browsers do not follow one in a handshake",
    308: "a redirect for good, often from http to https; use wss and the new URL",
    400: "the server takes the request for malformed; see the findings on it, or a proxy changed it on the way",
    401: "the server wants authentication first; a browser's WebSocket cannot add an Authorization field",
    403: "the server understood and refuses, as a rule because of Origin, cookie or token",
    404: "nothing is at this path; check path and prefix, and that a proxy passes on the path as it is",
    405: "the method or the path does not take this; a GET handshake reached an endpoint for something else",
    407: "a proxy on the way wants authentication",
    408: "the server waited too long for the rest of the request",
    413: "the server takes the request for too large",
    421: "the connection belongs to another site; open a new one for this host",
    426: "the server wants an upgrade or another version; compare Upgrade, Connection and Sec-WebSocket-Version",
    429: "too many connections or requests; wait as Retry-After says, and back off",
    431: "the fields of the request are too large, most often cookies",
    500: "the server failed while it handled the handshake; its log says more",
    501: "the server or proxy does not know this method, or this :protocol over HTTP/2 and HTTP/3",
    502: "the proxy got no usable answer from the server behind it, which is down or does not speak WebSocket there",
    503: "no server is ready, or its limit of connections is reached; try again later, with a growing delay",
    504: "the proxy waited too long for the server behind it",
    505: "the server does not take this version of HTTP; a proxy speaks HTTP/1.0 to it",
    520: "a content network got no usable answer from the server behind it",
    100: "an interim status; the real answer has to follow",
    400 + 51: "the server refuses for legal reasons",
}
