"""Exact look-up: what in a query names a section, before any ranking.

Two halves meet in a table of keys. ``keys_of`` says by which keys a section is known (its id, the keys of its row,
its API name, its title); ``references`` finds in a query the keys it may mean. BM25 alone finds none of them: the
number 5.5.1 stands in every section that refers to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ws_mcp.knowledge.shipped import requirements
from ws_mcp.types import Section

# Where several sections share a key, the earlier source answers first.
_ORDER = ("code", "opcode", "status", "header", "error", "rsv", "iana", "rfc6455", "mdn", "guides")

_FILLERS = frozenset(
    "a an the what is are does do mean means meaning of in for on my i get got why how to please explain show me read "
    "websocket websockets ws close closes closing closed code codes status error errors header headers field opcode "
    "frame event method property constructor section sec rfc http response request api console message says say "
    "browser disconnect disconnected reason number value chrome firefox about shows seen that this it when with "
    "op op-code op-codes mdn interface object class handler listener callback see and or vs versus "
    "difference between".split()
)
_ASKING = frozenset("a an the what whats is are does do mean means meaning please explain define show me".split())
_URL = re.compile(
    r"(?:https?://|\b(?=(?:www\.)?(?:developer\.mozilla\.org|rfc-editor\.org|datatracker\.ietf\.org|iana\.org)/))"
    r"(?:www\.)?([\w.-]+)/([^\s<>\"']*)",
    re.I,
)
_RFC = re.compile(
    r"(?:rfc[\s_-]*)?(?<![\d.])([6789]\d{3})(?![\d.])\W{0,3}(?:#?\s*(?:section|sec|appendix|§|s)?[\s._-]*)"
    r"(\d{1,2}(?:\.\d{1,2})*|[A-Z](?:\.\d{1,2})*)\b",
    re.I,
)
_DOCUMENT = re.compile(r"\brfc[\s-]*(\d{4})\b", re.I)
_SECTION = re.compile(r"(?:§|\bsections?\b|\bsec\.?)[\s_-]*(\d+(?:\.\d+)*)", re.I)
_BARE_SECTION = re.compile(r"(?<![\w.])(\d{1,2}(?:\.\d{1,2}){1,2})(?!\.?\w)")
_CODE = re.compile(r"(?<![\w-])(?<!\d[.,])([1-4]\d{3})(?![\w-]|[.,]\d|\s*(?:ms|s|bytes|connections|users|clients)\b)")
_HEX = re.compile(r"\b0x([0-9a-f])\b", re.I)
_OPCODE = re.compile(r"\bop[\s-]?codes?\s*(?:=|:|is)?\s*(1[0-5]|\d)\b(?!\.)", re.I)
_STATUS = re.compile(r"\b(?:http|status|response)(?:\s+(?:status|code|error|response))*\s*:?\s*([1-5]\d\d)\b", re.I)
_HEADER = re.compile(r"\b(?:http_)?sec([-_])websocket\1([a-z]+)\b", re.I)  # also as CGI and WSGI write it
_ERRNO = re.compile(r"\be(?:conn|pipe|timedout|notfound|host|net|addr)[a-z]*\b")  # says enough by itself
_ADDRESS = re.compile(
    r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b|\b\d\d:\d\d:\d\d(?:[.,]\d+)?\b|\b\d{4}-\d\d-\d\dt?\b", re.I
)
_OWNERS = {  # what people call their variables
    **dict.fromkeys(("ws", "socket", "sock", "conn", "connection", "client"), ("websocket",)),
    **dict.fromkeys(("e", "ev", "evt", "event"), ("closeevent", "messageevent")),
}
_DOTTED = re.compile(r"\b([a-z]\w*)\.(?:prototype\.)?([a-z]\w*)\b(?:\(\))?", re.I)


@dataclass(frozen=True, slots=True)
class References:
    """Keys found in a query: ``exact`` when the query is nothing else, ``mentioned`` when it says more."""

    exact: tuple[str, ...] = ()
    mentioned: tuple[str, ...] = ()


def normal(text: str) -> str:
    """A key's form: lower case, one space between words, no quotes or ends of sentence."""
    return " ".join(text.casefold().replace("websocket://", "").translate(_QUOTES).split()).strip(" .?!,;:")


_SHAPES = (_URL, _RFC, _DOCUMENT, _SECTION, _OPCODE, _HEX, _HEADER, _DOTTED, _STATUS, _CODE, _BARE_SECTION)
_REGISTRIES = {  # the anchors of IANA's page whose names differ from our ids
    "close-code-number": "close-codes",
    "opcode": "opcodes",
    "extension-name": "extensions",
    "subprotocol-name": "subprotocols",
    "version-number": "versions",
}
_QUOTES = str.maketrans(dict.fromkeys("\"'`‘’“”*", " "))


def words_only(text: str) -> str:
    """An error text's form: words and numbers alone, without addresses and times, which differ each time."""
    return " ".join(re.findall(r"[a-z0-9]+", _ADDRESS.sub(" ", text.casefold())))


def keys_of(section: Section) -> tuple[str, ...]:
    """By which keys a section is known, its own first."""
    keys = [normal(section.id), *map(normal, section.keys)]
    if section.source == "mdn":
        keys += _api_names(section)
    keys += [demand.id.lower() for demand in requirements.by_section().get(section.id, ())]
    keys.append(normal(section.title))
    plain = re.sub(r"^[\dA-Z.]+ ", "", section.title)
    keys.append(normal(plain))
    return tuple(dict.fromkeys(key for key in keys if key))


def _api_names(section: Section) -> list[str]:
    """``websocket.close``, ``close()``, ``onclose`` and the like for an API page; nothing for parts and guides."""
    parts = section.id.split("/")
    if "#" in section.id or len(parts) < 4 or parts[1:3] != ["Web", "API"]:
        return [normal(parts[-1].replace("_", " "))]
    if len(parts) == 4:
        return [normal(parts[-1]), f"{normal(parts[-1])} interface", f"{normal(parts[-1])} object"]
    owner, name = parts[-2].lower(), parts[-1].lower()
    if name == owner:
        return [f"new {name}", f"new {name}()", f"{name}()", f"{name} constructor", f"{name}() constructor"]
    if name.endswith("_event"):
        event = name.removesuffix("_event")
        return [
            f"on{event}",
            name,
            f"{owner}.on{event}",
            f"{owner}.{event}",
            f"{event} event",
            f"{owner} {event} event",
        ]
    return [f"{owner}.{name}", f"{owner} {name}", f"{owner}#{name}", f"{owner}: {name}", name, f"{name}()"]


def table(sections: Iterable[Section]) -> dict[str, list[str]]:
    """Key → ids of the sections known by it, the best owner first."""
    keys: dict[str, list[str]] = {}
    for section in sections:
        for key in keys_of(section):
            keys.setdefault(key, []).append(section.id)
    for owners in keys.values():
        owners.sort(key=_rank)
    return keys


def _rank(identity: str) -> int:
    """The place of a section among those that share a key."""
    source = identity.split("/", 1)[0]
    return _ORDER.index(source) if source in _ORDER else len(_ORDER)


def references(query: str) -> References:
    """The keys a query names, each form tried in its own way."""
    whole = normal(query)
    found = list(dict.fromkeys(key for find in _FINDERS for key in find(query))) or _documents(query)
    bare = _without_fillers(query, found)
    asked = " ".join(word for word in whole.split() if word not in _ASKING)
    exact = [*found, whole, asked] if not bare else [whole, asked]
    if 0 < len(bare) <= 3:
        exact.append(" ".join(bare))
    return References(tuple(dict.fromkeys(exact)), tuple(found))


def _without_fillers(query: str, found: list[str]) -> list[str]:
    """The query's words that are neither fillers nor part of a key that was found."""
    text = normal(query)
    for pattern in _SHAPES if found else ():
        text = pattern.sub(" ", text)
    return [word for word in re.findall(r"[.#()+-]*\w[\w.#()+-]*", text) if word not in _FILLERS]


def _urls(query: str) -> list[str]:
    return [
        key for host, path in _URL.findall(query) for key in _url(host, re.sub(r"\?[^#]*", "", path.rstrip(".,;:!?)")))
    ]


def _url(host: str, path: str) -> list[str]:
    if "developer.mozilla.org" in host:
        return [f"mdn/{re.sub(r'^.*?docs/', '', path).lower()}".rstrip("/")]
    if "iana.org" in host and path.startswith("assignments/websocket"):
        anchor = path.partition("#")[2]
        return [f"iana/{_REGISTRIES.get(anchor, anchor)}" if anchor else "iana"]
    found = re.search(r"rfc(\d{4})(?:\.\w+)?(?:/?#(?:section|appendix)-([\w.]+))?", path, re.I)
    if not found:
        return []
    return [f"rfc{found[1]}/{found[2]}".lower() if found[2] else f"rfc{found[1]}"]


def _rfc_sections(query: str) -> list[str]:
    return [f"rfc{number}/{section}".lower() for number, section in _RFC.findall(_URL.sub(" ", query))]


def _documents(query: str) -> list[str]:
    return [f"rfc{number}" for number in _DOCUMENT.findall(query)]


def _sections(query: str) -> list[str]:
    text = _RFC.sub(" ", _URL.sub(" ", query))
    document = _DOCUMENT.search(query)
    number = document[1] if document else "6455"
    found = [*_SECTION.findall(text), *_BARE_SECTION.findall(text)]
    return [f"rfc{number}/{section}" for section in found]


def _opcodes(query: str) -> list[str]:
    return [f"0x{digit.lower()}" for digit in _HEX.findall(query)] + [f"0x{int(n):x}" for n in _OPCODE.findall(query)]


def _codes(query: str) -> list[str]:
    text = _HEX.sub(" ", _RFC.sub(" ", _URL.sub(" ", query)))
    return [*_CODE.findall(_DOCUMENT.sub(" ", text)), *_STATUS.findall(text)]


def _headers(query: str) -> list[str]:
    return [f"sec-websocket-{name.lower()}" for _, name in _HEADER.findall(query)]


def _members(query: str) -> list[str]:
    found = [(owner.lower(), name.lower()) for owner, name in _DOTTED.findall(_URL.sub(" ", query))]
    return [f"{known}.{name}" for owner, name in found for known in _OWNERS.get(owner, (owner,))]


_FINDERS = (_urls, _rfc_sections, _sections, _opcodes, _codes, _headers, _members)


def error_text(query: str, errors: Mapping[str, str]) -> str:
    """The id of the known error text that a query quotes, whole or in good part; "" when it quotes none.

    ``errors`` maps texts in ``words_only`` form to ids. The longest known text inside the query wins; a query of four
    words or more that stands inside a known text counts too, unless it names something of its own.
    """
    asked = f" {words_only(query)} "
    quoted = [t for t in errors if (t.count(" ") >= 2 or _ERRNO.search(t)) and f" {t} " in asked]
    if not quoted and asked.count(" ") >= 5 and references(query).exact[0] == normal(query):
        quoted = [text for text in errors if asked in f" {text} "]
    return errors[max(quoted, key=len)] if quoted else ""
