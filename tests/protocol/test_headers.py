"""Header facts: lists, keys, extensions, URLs; checked against the RFC's own values and against `websockets`."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.headers import parse_extension as peer_parse_extension
from websockets.utils import accept_key

from ws_mcp.protocol import headers
from ws_mcp.types import Field


def kinds(value: str) -> list[str]:
    return [fault.kind for extension in headers.parse_extensions(value) for fault in extension.faults]


def test_the_accept_value_is_the_one_of_the_rfc() -> None:
    assert headers.expected_accept("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


@given(st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126), max_size=40))
def test_the_accept_value_agrees_with_websockets(key: str) -> None:
    assert headers.expected_accept(key) == accept_key(key)


@pytest.mark.parametrize(
    ("value", "length", "canonical", "problem"),
    [
        ("dGhlIHNhbXBsZSBub25jZQ==", 16, True, ""),
        ("AAAAAAAAAAAAAAAAAAAAAB==", 16, False, "bits"),
        ("AAAA", 3, True, ""),
        ("", None, False, "empty"),
        ("dGhlIHNhbXBsZSBub25jZQ", None, False, "padding"),
        ("dGhl=IHNhbXBsZSBub25jZQ=", None, False, "padding"),
        ("dGhlIHNhbXBsZSBub25j_Q==", None, False, "alphabet"),
    ],
)
def test_a_key_tells_what_it_decodes_to(value: str, length: int | None, canonical: bool, problem: str) -> None:
    key = headers.decode_key(value)
    assert (None if key.nonce is None else len(key.nonce), key.canonical, key.problem) == (length, canonical, problem)


def test_list_fields_join_across_repeats_and_ignore_case_of_names() -> None:
    fields = (Field("Connection", " keep-alive ,, Upgrade"), Field("connection", "x"))
    assert headers.tokens(fields, "CONNECTION") == ("keep-alive", "Upgrade", "x")
    assert headers.has_token(fields, "connection", "upgrade")
    assert headers.list_elements(['a, "b, c" ,']) == ("a", '"b, c"', "")


def test_extensions_keep_parameters_quotes_and_places() -> None:
    one, two = headers.parse_extensions('permessage-deflate; client_max_window_bits="1\\0"; x, foo;a = b')
    assert (one.name, [(p.name, p.value, p.quoted) for p in one.parameters]) == (
        "permessage-deflate",
        [("client_max_window_bits", "10", True), ("x", None, False)],
    )
    assert (two.name, two.offset, two.parameters[0].value, two.faults) == ("foo", 53, "b", ())


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a,,b", ["empty-element"]),
        ("a;;b", ["empty-parameter"]),
        ("a b", ["bad-name"]),
        ("; x", ["bad-name"]),
        ("a; b=", ["empty-value"]),
        ("a; b=c d", ["bad-value"]),
        ("a; =c", ["bad-parameter-name"]),
        ("a; b; b=1", ["duplicate-parameter"]),
        ('a; b="c d"', ["quoted-value-not-token"]),
        ('a; b="c" d', ["text-after-quote"]),
        ('a; b="c', ["unterminated-quote"]),
        ('a; b="c,d;e"', ["quoted-value-not-token"]),
        ("a; b=c; d", []),
    ],
)
def test_every_fault_of_an_extension_list_is_kept(value: str, expected: list[str]) -> None:
    assert kinds(value) == expected


@given(st.text(alphabet='ab=;, "\\', max_size=30))
def test_what_websockets_parses_we_parse_to_the_same_or_name_a_fault(value: str) -> None:
    ours = headers.parse_extensions(value)
    try:
        theirs = peer_parse_extension(value.strip())
    except Exception:  # the peer refuses: ours must say why
        assert not ours or any(extension.faults for extension in ours)
        return
    same = [(e.name, [(p.name, p.value) for p in e.parameters]) for e in ours if e.name]
    assert same == theirs or kinds(value)


@pytest.mark.parametrize(
    ("text", "resource", "port", "faults"),
    [
        ("ws://example.com", "/", 80, ()),
        ("wss://example.com/chat?room=1", "/chat?room=1", 443, ()),
        ("ws://[::1]:9001?x", "/?x", 9001, ()),
        ("ws://h/#f", "/", 80, ("fragment",)),
        ("http://h/", "/", 80, ("not-websocket-scheme",)),
        ("ws://h:99999/", "/", 80, ("bad-port",)),
        ("ws://[::1/", "/", 80, ("bad-ipv6",)),
        ("ws:///x", "/x", 80, ("empty-host",)),
        ("ws://h/a b%zz", "/a b%zz", 80, ("bad-character", "bad-percent")),
        ("//h/", "/", None, ("no-scheme",)),
        ("chat", "chat", None, ("no-scheme", "no-authority")),
    ],
)
def test_urls_are_split(text: str, resource: str, port: int | None, faults: tuple[str, ...]) -> None:
    url = headers.parse_url(text)
    assert (url.resource, url.port, url.faults) == (resource, port, faults)


@pytest.mark.parametrize(
    ("text", "form", "faults"),
    [
        ("/chat?x", "origin", ()),
        ("/c#f", "origin", ("fragment",)),
        ("*", "asterisk", ()),
        ("http://h/c", "absolute", ()),
        ("ws://h/c", "absolute", ()),
        ("h:80", "authority", ()),
        ("chat", "invalid", ()),
        ("", "invalid", ()),
    ],
)
def test_request_targets_have_one_form(text: str, form: str, faults: tuple[str, ...]) -> None:
    target = headers.parse_target(text)
    assert (target.form, target.faults) == (form, faults)


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("https://example.com", ()),
        ("http://localhost:3000", ()),
        ("null", ()),
        ("https://example.com/", ("path",)),
        ("https://EXAMPLE.com:443", ("upper-case", "default-port")),
        ("example.com", ("not-an-origin", "path")),
    ],
)
def test_origins_are_split(text: str, faults: tuple[str, ...]) -> None:
    assert headers.parse_origin(text).faults == faults


@given(st.text(max_size=60))
def test_no_text_makes_a_reader_raise(text: str) -> None:
    headers.parse_url(text)
    headers.parse_target(text)
    headers.parse_origin(text)
    headers.decode_key(text)
    headers.expected_accept(text)
    assert isinstance(headers.parse_extensions(text), tuple)
